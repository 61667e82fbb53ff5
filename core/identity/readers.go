package identity

import (
	"slices"
	"strings"
)

// Bases of a Reader's verdict.
const (
	measured   = "measured"   // the corpus test lets that program read such files
	documented = "documented" // by its vendor's documentation: it does not run where the tests do
)

// NotOpened is Reader.Why where nothing stands against a file, as far as can be
// told before its password is known.
const NotOpened = "the contents were not opened"

// reader is a program that reads PKCS#12 files, and why it refuses one.
type reader struct {
	name  string
	basis string
	// refuses says why it does not read the file, "" when nothing stands against it.
	refuses func(m *material) string
	// doubts says what is not known, "" when the verdict is sure.
	doubts func(m *material) string
}

// readers are in the order of the contract. The measured rules were found by
// experiment with OpenSSL 3.0, Java 17, NSS 3.87, Node 20 and go-pkcs12 0.7.4,
// and are held to those by the corpus test.
var readers = []reader{
	{name: "openssl 3", basis: measured, refuses: func(m *material) string { return first(m.opensslAlways(), m.opensslLegacy()) }},
	{name: "openssl 3 -legacy", basis: measured, refuses: (*material).opensslAlways},
	{name: "macos", basis: documented, refuses: (*material).onlyDER, doubts: (*material).macDoubts},
	{name: "java 8", basis: documented, refuses: (*material).java8Refuses, doubts: (*material).java8Doubts},
	{name: "java 17", basis: measured, refuses: (*material).javaRefuses},
	{name: "go-pkcs12", basis: measured, refuses: (*material).goRefuses},
	{name: "node", basis: measured, refuses: func(m *material) string {
		if !m.facts.mac.present {
			return "it wants a MAC"
		}
		return first(m.opensslAlways(), m.opensslLegacy())
	}},
	{name: "firefox", basis: measured, refuses: (*material).nssRefuses},
	{name: "windows", basis: documented, refuses: (*material).windowsRefuses, doubts: (*material).windowsDoubts},
}

// whoReads gives every reader's verdict on a PKCS#12 file that has a key and a
// certificate, or may have: one whose parts are still closed.
func (m *material) whoReads(closed bool) (out []Reader) {
	for _, r := range readers {
		v := Reader{Name: r.name, Basis: r.basis, Why: r.refuses(m)}
		yes, no := true, false
		switch {
		case m.misnamed() && r.name != "firefox":
			v.Why = "the key is longer than the OID of its AES says, as old NSS wrote it"
			if strings.HasPrefix(r.name, "openssl") || r.name == "node" {
				v.Reads = &no
			}
		case v.Why != "":
			v.Reads = &no
		case m.facts.oddPassword:
			v.Why = "the file was made with the password encoded in a way of its own: few programs try more than one"
		case r.doubts != nil && r.doubts(m) != "":
			v.Why = r.doubts(m)
		case closed:
			v.Why = NotOpened
		default:
			v.Reads = &yes
		}
		out = append(out, v)
	}
	return out
}

func (m *material) misnamed() bool {
	return slices.ContainsFunc(m.facts.encryptions, func(e *encryption) bool { return e.misnamed })
}

func first(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}

// sealedWith says of the encryptions whether one is as asked, and gives its name.
func (m *material) sealedWith(is func(e *encryption) bool) (string, bool) {
	for _, e := range m.facts.encryptions {
		if is(e) {
			name := e.scheme
			if e.scheme == "PBES2" {
				name = "PBES2 with " + e.cipher
			}
			return name, true
		}
	}
	return "", false
}

func (m *material) onlyDER() string {
	if m.facts.armoured {
		return "the file is text (base64), not binary"
	}
	return ""
}

func (m *material) opensslAlways() string {
	if m.facts.mac.pbmac1 {
		return "PBMAC1 needs OpenSSL 3.4 or later"
	}
	if _, ok := m.sealedWith(func(e *encryption) bool { return strings.HasPrefix(e.prf, "HMAC-SHA3") }); ok {
		return "it has no PBKDF2 with SHA-3"
	}
	return m.onlyDER()
}

// opensslLegacy is what needs OpenSSL's legacy provider.
func (m *material) opensslLegacy() string {
	name, ok := m.sealedWith(func(e *encryption) bool {
		return strings.HasPrefix(e.cipher, "RC2") || strings.HasPrefix(e.cipher, "RC4") || e.cipher == "DES-CBC"
	})
	if ok {
		return name + " is in its legacy provider only: use -legacy"
	}
	return ""
}

// digestName is the hash of the MAC, "" where there is none.
func (m *material) digestName() string { return strings.TrimPrefix(m.facts.mac.digest, "HMAC-") }

func (m *material) javaRefuses() string {
	switch mac := m.facts.mac; {
	case mac.pbmac1:
		return "PBMAC1 is not known to it"
	case mac.present && !slices.Contains([]string{"SHA-1", "SHA-224", "SHA-256", "SHA-384", "SHA-512", "SHA-512/224", "SHA-512/256"}, mac.digest):
		return "a MAC with " + mac.digest + " is not known to it"
	case m.facts.plainKey:
		return "it takes no key that is not encrypted"
	case !m.facts.asciiPassword:
		return "it takes ASCII passwords only"
	case m.hasKey("EC with explicit parameters"):
		return "it takes no explicit curve parameters"
	}
	name, ok := m.sealedWith(func(e *encryption) bool {
		switch {
		case e.scheme == "PBES2":
			return e.cipher != "AES-128-CBC" && e.cipher != "AES-256-CBC"
		case e.cipher == "DES-CBC", strings.HasSuffix(e.scheme, "RC2-64"):
			return true
		}
		return e.scheme == "PBE-SHA1-2DES"
	})
	if ok {
		return name + " is not known to it"
	}
	for _, e := range m.facts.encryptions {
		if e.prf == "scrypt" || strings.HasPrefix(e.prf, "HMAC-SHA3") || e.prf == "HMAC-MD5" {
			return e.prf + " is not known to it"
		}
	}
	for _, k := range m.keys {
		if leaf := m.leafOf(k); leaf >= 0 && !m.javaJoins(k, m.certs[leaf]) {
			return "it joins certificate and key by localKeyID or friendly name, which the file lacks"
		}
	}
	return m.onlyDER()
}

// javaJoins says whether Java finds a key's certificate. Where nothing says
// which it is, and there is one key, it takes the first bag of a safe for it.
func (m *material) javaJoins(k foundKey, c foundCert) bool {
	if k.id == c.id && k.id != "" || k.alias != "" && strings.EqualFold(k.alias, c.alias) {
		return true
	}
	return k.id == "" && c.id == "" && len(m.keys) == 1 && c.place == 0
}

// java8Refuses: signatures on Edwards curves came with Java 15 (JEP 339).
func (m *material) java8Refuses() string {
	if m.hasKey("Ed25519") || m.hasKey("Ed448") {
		return "keys of type Ed25519 and Ed448 need Java 15 or later"
	}
	return m.javaRefuses()
}

func (m *material) goRefuses() string {
	switch mac := m.facts.mac; {
	case m.facts.armoured:
		return m.onlyDER()
	case m.file.Encoding == "ber":
		return "it reads DER only, and the file is BER"
	case m.facts.trailing > 0:
		return "there are bytes after the end"
	case !mac.present:
		return "it wants a MAC"
	case !slices.Contains([]string{"SHA-1", "SHA-256", "SHA-512"}, m.digestName()):
		return "a MAC with " + m.digestName() + " is not known to it"
	case m.facts.safes > 2:
		return "it takes two safes at most, the file has " + count(m.facts.safes)
	case len(m.keys) > 1:
		return "it takes one key, the file has " + count(len(m.keys))
	case !m.facts.bmpPassword:
		return "it takes no password with characters beyond the basic plane, such as emoji"
	}
	name, ok := m.sealedWith(func(e *encryption) bool {
		if e.scheme == "PBES2" {
			return !strings.HasPrefix(e.cipher, "AES-")
		}
		return !slices.Contains([]string{"PBE-SHA1-3DES", "PBE-SHA1-RC2-128", "PBE-SHA1-RC2-40"}, e.scheme)
	})
	if ok {
		return name + " is not known to it"
	}
	for _, e := range m.facts.encryptions {
		if e.scheme == "PBES2" && !slices.Contains([]string{"HMAC-SHA-1", "HMAC-SHA-256", "HMAC-SHA-512"}, e.prf) {
			return e.prf + " is not known to it"
		}
	}
	for _, k := range m.keys {
		if !slices.Contains([]string{"P-224", "P-256", "P-384", "P-521", "Ed25519"}, k.public.keyType) && k.public.algorithm != oidRSA {
			return k.public.keyType + " keys are not known to it"
		}
		if m.leafOf(k) > 0 {
			return "it takes the first certificate for the key's, which is another"
		}
	}
	return ""
}

func (m *material) nssRefuses() string {
	mac := m.facts.mac
	switch {
	case m.facts.armoured:
		return m.onlyDER()
	case !mac.present:
		return "it wants a MAC"
	case mac.pbmac1:
		return "PBMAC1 is not known to it"
	case !slices.Contains([]string{"MD5", "SHA-1", "SHA-224", "SHA-256", "SHA-384", "SHA-512"}, mac.digest):
		return "a MAC with " + mac.digest + " is not known to it"
	}
	if name, ok := m.sealedWith(func(e *encryption) bool { return e.scheme == "PBE-SHA1-2DES" }); ok {
		return name + " is not known to it"
	}
	for _, e := range m.facts.encryptions {
		if e.prf == "scrypt" || strings.HasPrefix(e.prf, "HMAC-SHA3") || strings.HasPrefix(e.prf, "HMAC-SHA-512/") {
			return e.prf + " is not known to it"
		}
	}
	for _, k := range m.keys {
		if slices.Contains([]string{"Ed25519", "Ed448", "EC with explicit parameters"}, k.public.keyType) {
			return k.public.keyType + " keys are not known to it"
		}
		if leaf := m.leafOf(k); leaf >= 0 && (k.id == "" || m.certs[leaf].id != k.id) {
			return "it joins certificate and key by localKeyID, which the file lacks"
		}
	}
	return ""
}

func (m *material) hasKey(keyType string) bool {
	return slices.ContainsFunc(m.keys, func(k foundKey) bool { return k.public.keyType == keyType })
}

// beyondOld gives "" for a file made as every program of the last decades reads
// it (SHA-1 MAC, PBE-SHA1 with 3DES or RC2-40, RSA or a NIST curve), else what
// is otherwise.
func (m *material) beyondOld() string {
	if k := m.newKey(); k != "" {
		return "a key of type " + k
	}
	if mac := m.facts.mac; !mac.present {
		return "no MAC"
	} else if mac.pbmac1 || mac.digest != "SHA-1" {
		return "a MAC with " + m.digestName()
	}
	name, ok := m.sealedWith(func(e *encryption) bool { return e.scheme != "PBE-SHA1-3DES" && e.scheme != "PBE-SHA1-RC2-40" })
	if ok {
		return name
	}
	if m.facts.plainKey {
		return "a key that is not encrypted"
	}
	return ""
}

// newKey is the type of a key that is neither RSA nor on a NIST curve, "" when
// there is none.
func (m *material) newKey() string {
	for _, k := range m.keys {
		if k.public.algorithm != oidRSA && !slices.Contains([]string{"P-256", "P-384", "P-521"}, k.public.keyType) {
			return k.public.keyType
		}
	}
	return ""
}

// modern says whether what is new in the file is PBES2 with AES and
// HMAC-SHA-256 at most.
func (m *material) modern() bool {
	if m.newKey() != "" {
		return false
	}
	_, other := m.sealedWith(func(e *encryption) bool {
		return !(e.scheme == "PBES2" && strings.HasPrefix(e.cipher, "AES-") && e.prf == "HMAC-SHA-256" || e.scheme == "PBE-SHA1-3DES" || e.scheme == "PBE-SHA1-RC2-40")
	})
	return !other && m.facts.mac.present && !m.facts.mac.pbmac1 && slices.Contains([]string{"SHA-1", "SHA-256"}, m.facts.mac.digest)
}

func (m *material) macDoubts() string {
	what := m.beyondOld()
	switch {
	case what == "":
		return ""
	case m.modern():
		return what + ": recent versions read it; older ones say \"MAC verification failed (wrong password?)\""
	}
	return what + ": not documented"
}

func (m *material) windowsDoubts() string {
	what := m.beyondOld()
	switch {
	case what == "":
		return ""
	case m.modern():
		return what + ": Windows 10 1709 and Windows Server 2019 or later read it, older ones do not"
	}
	return what + ": not documented"
}

// windowsRefuses: its event log says "Iteration count doesn't lie in expected
// range. Maximum permissible value: 600000", its dialog that the password is wrong.
func (m *material) windowsRefuses() string {
	const limit = 600_000
	most := m.facts.mac.iterations
	for _, e := range m.facts.encryptions {
		most = max(most, e.iterations)
	}
	if most > limit {
		return "it takes 600000 iterations at most and says of " + count(most) + " that the password is wrong"
	}
	return m.onlyDER()
}

func (m *material) java8Doubts() string {
	if what := m.beyondOld(); what != "" {
		return what + ": update 301 or later is needed at least"
	}
	return ""
}
