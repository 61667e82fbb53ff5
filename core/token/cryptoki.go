//go:build !nolibssl && (amd64 || arm64) && ((linux && !android) || darwin || windows)

package token

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"strings"
	"unsafe"

	"github.com/ebitengine/purego"
)

// Available says that this build can load PKCS#11 modules.
const Available = true

// Cryptoki is PKCS#11's C interface (version 2.40). On Windows its structures
// are packed and CK_ULONG has four bytes; elsewhere it is a word.

// Places in CK_FUNCTION_LIST.
const (
	fnInitialize = iota
	fnFinalize
	_
	_
	fnGetSlotList
	fnGetSlotInfo
	fnGetTokenInfo
	fnGetMechanismList
	fnOpenSession     = 12
	fnCloseSession    = 13
	fnGetSessionInfo  = 15
	fnLogin           = 18
	fnGetAttributes   = 24
	fnFindInit        = 26
	fnFind            = 27
	fnFindFinal       = 28
	fnSignInit        = 42
	fnSign            = 43
	fnCount           = 44
	flagSerialSession = 4
	userNormal        = 1
	userContext       = 2
)

// Attributes and classes.
const (
	ckaClass              = 0x0
	ckaToken              = 0x1
	ckaLabel              = 0x3
	ckaValue              = 0x11
	ckaCertificateType    = 0x80
	ckaKeyType            = 0x100
	ckaID                 = 0x102
	ckaAlwaysAuthenticate = 0x202
	classCertificate      = 1
	classPrivateKey       = 3
)

// cryptoki is a loaded module.
type cryptoki struct {
	functions [fnCount]uintptr
	sessions  map[uint64]uint64 // by slot
	pinned    []any             // what the module keeps pointers to
}

var ulongSize = map[bool]int{true: 4, false: 8}[runtime.GOOS == "windows"]

// words is a row of CK_ULONGs.
func words(values ...uint64) []byte {
	out := make([]byte, 0, len(values)*ulongSize)
	for _, v := range values {
		if ulongSize == 4 {
			out = binary.LittleEndian.AppendUint32(out, uint32(v))
		} else {
			out = binary.LittleEndian.AppendUint64(out, v)
		}
	}
	return out
}

func word(b []byte, i int) uint64 {
	if ulongSize == 4 {
		return uint64(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return binary.LittleEndian.Uint64(b[8*i:])
}

// address lends a buffer to C; the caller keeps it alive and pinned.
func address(p *runtime.Pinner, b []byte) uintptr {
	if len(b) == 0 {
		return 0
	}
	p.Pin(&b[0])
	return uintptr(unsafe.Pointer(&b[0]))
}

// foreign is C memory at an address.
func foreign(address uintptr, size int) []byte {
	return unsafe.Slice((*byte)(*(*unsafe.Pointer)(unsafe.Pointer(&address))), size)
}

// call calls a function of the module; arguments are numbers or lent addresses.
func (m *cryptoki) call(fn int, args ...uintptr) uint64 {
	value, _, _ := purego.SyscallN(m.functions[fn], args...)
	if ulongSize == 4 {
		return uint64(uint32(value))
	}
	return uint64(value)
}

// load loads a module and initializes it. settings are NSS's.
func load(path, settings string) (*cryptoki, uint64, error) {
	library, err := openLibrary(path)
	if err != nil {
		return nil, 0, fmt.Errorf("load the module: %w", err)
	}
	entry, err := symbol(library, "C_GetFunctionList")
	if err != nil || entry == 0 {
		return nil, 0, fmt.Errorf("it is no PKCS#11 module: it has no C_GetFunctionList")
	}
	m := &cryptoki{sessions: map[uint64]uint64{}}
	var p runtime.Pinner
	defer p.Unpin()
	out := make([]byte, 8)
	if value, _, _ := purego.SyscallN(entry, address(&p, out)); value != 0 {
		return nil, uint64(value), nil
	}
	offset := 8
	if runtime.GOOS == "windows" {
		offset = 2
	}
	list := foreign(uintptr(binary.LittleEndian.Uint64(out)), offset+8*fnCount)
	for i := range m.functions {
		m.functions[i] = uintptr(binary.LittleEndian.Uint64(list[offset+8*i:]))
	}
	if settings == "" {
		return m, m.call(fnInitialize, 0), nil
	}
	// NSS: LibraryParameters stands before pReserved.
	text := append([]byte(settings), 0)
	args := make([]byte, 0, 56)
	args = append(args, make([]byte, 32)...)
	args = append(args, words(0)...)
	var keep runtime.Pinner // for ever: the module may look again
	args = binary.LittleEndian.AppendUint64(args, uint64(address(&keep, text)))
	args = append(args, make([]byte, 8)...)
	m.pinned = append(m.pinned, text, args, &keep)
	return m, m.call(fnInitialize, address(&keep, args)), nil
}

// tokens lists the slots that hold a token.
func (m *cryptoki) tokens() reply {
	var p runtime.Pinner
	defer p.Unpin()
	n := words(0)
	if v := m.call(fnGetSlotList, 1, 0, address(&p, n)); v != 0 {
		return result(v, "C_GetSlotList")
	}
	count := min(word(n, 0), 256)
	if count == 0 {
		return reply{}
	}
	slots := make([]byte, int(count)*ulongSize)
	n = words(count)
	if v := m.call(fnGetSlotList, 1, address(&p, slots), address(&p, n)); v != 0 {
		return result(v, "C_GetSlotList")
	}
	var out reply
	for i := range int(min(count, word(n, 0))) {
		slot := word(slots, i)
		if t, v := m.token(slot); v == 0 {
			out.Tokens = append(out.Tokens, t)
		}
	}
	return out
}

// Flags of CK_TOKEN_INFO.
const (
	flagLoginRequired  = 0x4
	flagProtectedPath  = 0x100
	flagInitialized    = 0x400
	flagPINCountLow    = 0x10000
	flagPINFinalTry    = 0x20000
	flagPINLocked      = 0x40000
	flagPINToBeChanged = 0x80000
)

func (m *cryptoki) token(slot uint64) (Token, uint64) {
	var p runtime.Pinner
	defer p.Unpin()
	info := make([]byte, 256)
	if v := m.call(fnGetTokenInfo, uintptr(slot), address(&p, info)); v != 0 {
		return Token{}, v
	}
	text := func(from, size int) string {
		return strings.TrimRight(strings.ToValidUTF8(string(info[from:from+size]), "?"), " \x00")
	}
	flags := word(info[96:], 0)
	t := Token{
		Slot: slot, Label: text(0, 32), Manufacturer: text(32, 32), Model: text(64, 16), Serial: text(80, 16),
		NeedsPIN: flags&flagLoginRequired != 0, Pad: flags&flagProtectedPath != 0, Locked: flags&flagPINLocked != 0,
	}
	switch {
	case flags&flagInitialized == 0:
		return Token{}, valueNotRecognized
	case t.Locked:
		t.Tries = "locked"
	case flags&flagPINFinalTry != 0:
		t.Tries = "last try"
	case flags&flagPINCountLow != 0:
		t.Tries = "a wrong one was tried since the last right one"
	}
	return t, 0
}

// session is the one session with a slot.
func (m *cryptoki) session(slot uint64) (uint64, uint64) {
	if s, ok := m.sessions[slot]; ok {
		return s, 0
	}
	var p runtime.Pinner
	defer p.Unpin()
	out := words(0)
	v := m.call(fnOpenSession, uintptr(slot), flagSerialSession, 0, 0, address(&p, out))
	if v == 0 {
		m.sessions[slot] = word(out, 0)
	}
	return word(out, 0), v
}

// renew opens the session with a slot anew; a login stays, as it is the slot's
// while it has any session (PKCS#11 2.40, section 5.6).
func (m *cryptoki) renew(slot uint64) {
	old, open := m.sessions[slot]
	delete(m.sessions, slot)
	m.session(slot)
	if open {
		m.call(fnCloseSession, uintptr(old))
	}
}

// absent is why a private key is not found: nobody is logged in, as after a card
// was pulled and put back, or it is there no more.
func (m *cryptoki) absent(slot, session uint64) uint64 {
	var p runtime.Pinner
	defer p.Unpin()
	const public, publicRW = 0, 2 // CK_STATE
	info := words(0, 0, 0, 0)
	v := m.call(fnGetSessionInfo, uintptr(session), address(&p, info))
	state := word(info, 1)
	if t, failed := m.token(slot); v == 0 && failed == 0 && t.NeedsPIN && (state == public || state == publicRW) {
		return valueNotLoggedIn
	}
	return valueKeyGone
}

func (m *cryptoki) login(slot uint64, pin []byte, pad bool, user uintptr) reply {
	s, v := m.session(slot)
	if v != 0 {
		return result(v, "C_OpenSession")
	}
	var p runtime.Pinner
	defer p.Unpin()
	at, size := address(&p, pin), len(pin)
	if pad {
		at, size = 0, 0
	}
	if v := m.call(fnLogin, uintptr(s), user, at, uintptr(size)); v != 0 && v != valueAlreadyLoggedIn {
		return result(v, "C_Login")
	}
	return reply{}
}

// attribute is one CK_ATTRIBUTE: type, pointer, length.
type attribute struct {
	kind  uint64
	value []byte
}

// template lays attributes out as C has them.
func template(p *runtime.Pinner, list []attribute) []byte {
	var out []byte
	for _, a := range list {
		out = append(out, words(a.kind)...)
		out = binary.LittleEndian.AppendUint64(out, uint64(address(p, a.value)))
		out = append(out, words(uint64(len(a.value)))...)
	}
	return out
}

// find gives the handles of the objects that have these attributes.
func (m *cryptoki) find(session uint64, list ...attribute) ([]uint64, uint64) {
	var p runtime.Pinner
	defer p.Unpin()
	t := template(&p, list)
	if v := m.call(fnFindInit, uintptr(session), address(&p, t), uintptr(len(list))); v != 0 {
		return nil, v
	}
	defer m.call(fnFindFinal, uintptr(session))
	var out []uint64
	for len(out) < 2000 {
		buf, n := make([]byte, 64*ulongSize), words(0)
		if v := m.call(fnFind, uintptr(session), address(&p, buf), 64, address(&p, n)); v != 0 {
			return nil, v
		}
		count := int(min(word(n, 0), 64))
		for i := range count {
			out = append(out, word(buf, i))
		}
		if count == 0 {
			break
		}
	}
	return out, 0
}

// attribute reads one attribute of an object, of at most 64 KiB.
func (m *cryptoki) attribute(session, object, kind uint64) []byte {
	var p runtime.Pinner
	defer p.Unpin()
	size := func(buf []byte) int {
		t := append(words(kind), make([]byte, 8)...)
		binary.LittleEndian.PutUint64(t[ulongSize:], uint64(address(&p, buf)))
		t = append(t, words(uint64(len(buf)))...)
		if m.call(fnGetAttributes, uintptr(session), uintptr(object), address(&p, t), 1) != 0 {
			return 0
		}
		n := word(t[ulongSize+8:], 0)
		if n > 1<<16 {
			return 0
		}
		return int(n)
	}
	n := size(nil)
	if n == 0 {
		return nil
	}
	buf := make([]byte, n)
	return buf[:min(n, size(buf))]
}

// objects lists a token's X.509 certificates, and the keys that are seen.
func (m *cryptoki) objects(slot uint64) reply {
	s, v := m.session(slot)
	if v != 0 {
		return result(v, "C_OpenSession")
	}
	var out reply
	keys, v := m.find(s, attribute{ckaClass, words(classPrivateKey)})
	if v != 0 {
		return result(v, "C_FindObjects")
	}
	for _, k := range keys {
		out.Keys = append(out.Keys, append([]byte{}, m.attribute(s, k, ckaID)...))
	}
	certs, v := m.find(s, attribute{ckaClass, words(classCertificate)}, attribute{ckaCertificateType, words(0)})
	if v != 0 {
		return result(v, "C_FindObjects")
	}
	for _, c := range certs {
		o := Object{Label: strings.ToValidUTF8(string(m.attribute(s, c, ckaLabel)), "?"), ID: m.attribute(s, c, ckaID), DER: m.attribute(s, c, ckaValue)}
		if len(o.DER) > 0 {
			out.Objects = append(out.Objects, o)
		}
	}
	out.Mechanisms = m.mechanisms(slot)
	return out
}

func (m *cryptoki) mechanisms(slot uint64) (out []uint64) {
	var p runtime.Pinner
	defer p.Unpin()
	n := words(0)
	if m.call(fnGetMechanismList, uintptr(slot), 0, address(&p, n)) != 0 {
		return nil
	}
	count := min(word(n, 0), 1000)
	list := make([]byte, int(count)*ulongSize)
	n = words(count)
	if count == 0 || m.call(fnGetMechanismList, uintptr(slot), address(&p, list), address(&p, n)) != 0 {
		return nil
	}
	for i := range int(min(count, word(n, 0))) {
		out = append(out, word(list, i))
	}
	return out
}

// pssHashes are CK_RSA_PKCS_PSS_PARAMS's hash and mask by name.
var pssHashes = map[string][2]uint64{"SHA-1": {0x220, 1}, "SHA-256": {0x250, 2}, "SHA-384": {0x260, 3}, "SHA-512": {0x270, 4}}

// sign signs with the private key of that CKA_ID.
func (m *cryptoki) sign(r request) reply {
	s, v := m.session(r.Slot)
	if v != 0 {
		return result(v, "C_OpenSession")
	}
	keys, v := m.find(s, attribute{ckaClass, words(classPrivateKey)}, attribute{ckaID, r.Key})
	if v != 0 {
		return result(v, "C_FindObjects")
	}
	if len(keys) == 0 {
		return result(m.absent(r.Slot, s), "C_FindObjects")
	}
	var p runtime.Pinner
	defer p.Unpin()
	var parameter []byte
	if r.Kind == kindPSS {
		h := pssHashes[r.Hash]
		parameter = words(h[0], h[1], uint64(r.Salt))
	}
	mechanism := words(mechanisms[r.Kind])
	mechanism = binary.LittleEndian.AppendUint64(mechanism, uint64(address(&p, parameter)))
	mechanism = append(mechanism, words(uint64(len(parameter)))...)
	if v := m.call(fnSignInit, uintptr(s), address(&p, mechanism), uintptr(keys[0])); v != 0 {
		return result(v, "C_SignInit")
	}
	if always := m.attribute(s, keys[0], ckaAlwaysAuthenticate); len(always) == 1 && always[0] != 0 {
		if out := m.login(r.Slot, r.PIN, r.Pad, userContext); out.Value != 0 {
			m.renew(r.Slot) // the signature that was begun ends with its session
			return out
		}
	}
	out, n := make([]byte, 4096), words(4096)
	if v := m.call(fnSign, uintptr(s), address(&p, r.Data), uintptr(len(r.Data)), address(&p, out), address(&p, n)); v != 0 {
		return result(v, "C_Sign")
	}
	return reply{Signature: out[:min(word(n, 0), 4096)]}
}

// serve answers one request. A session that the token ended is opened anew by
// the next one.
func (m *cryptoki) serve(r request) reply {
	out := m.answer(r)
	if out.loggedOut() {
		m.renew(r.Slot)
	}
	return out
}

func (m *cryptoki) answer(r request) reply {
	switch r.Op {
	case "tokens":
		return m.tokens()
	case "token":
		t, v := m.token(r.Slot)
		if v != 0 {
			return result(v, "C_GetTokenInfo")
		}
		return reply{Tokens: []Token{t}}
	case "present":
		t, v := m.token(r.Slot)
		if v != 0 {
			return result(v, "C_GetTokenInfo")
		}
		s, v := m.session(r.Slot)
		if v != 0 {
			return result(v, "C_OpenSession")
		}
		keys, v := m.find(s, attribute{ckaClass, words(classPrivateKey)}, attribute{ckaID, r.Key})
		if v == 0 && len(keys) == 0 {
			v = m.absent(r.Slot, s)
		}
		if v != 0 {
			return result(v, "C_FindObjects")
		}
		return reply{Tokens: []Token{t}}
	case "objects":
		return m.objects(r.Slot)
	case "login":
		return m.login(r.Slot, r.PIN, r.Pad, userNormal)
	case "sign":
		return m.sign(r)
	}
	return reply{Error: "the helper does not know " + r.Op}
}
