package wire

import (
	"bytes"
	"crypto"
	"crypto/hmac"
	"encoding/binary"
	"fmt"
	"hash"

	"rechallenge/core/protocol"
)

// secure says that a direction is protected from here on by the TLS 1.3
// traffic secret of that label.
func (d *Decoder) secure(side Side, label string) {
	if d.quic != nil { // each packet says which keys it is under
		d.moved = true
		return
	}
	d.uncounted(side)
	h := &d.halves[side]
	h.params = d.next
	h.secure, h.early, h.label, h.secret, h.opener = true, false, label, nil, nil
	h.epoch++
	d.moved = true
}

// changeCipher says that a direction is protected from here on by keys from
// the master secret (RFC 5246 section 6.3).
func (d *Decoder) changeCipher(side Side) {
	d.uncounted(side)
	h := &d.halves[side]
	h.params = d.next
	h.secure, h.early, h.label, h.secret, h.opener = true, false, "", nil, nil
	h.epoch++
	d.moved = true
}

// arm makes the direction's opener if it has none; false while the secret is
// not known.
func (d *Decoder) arm(side Side) bool { return d.armHalf(&d.halves[side], side) }

func (d *Decoder) armHalf(h *half, side Side) bool {
	if h.opener != nil {
		return true
	}
	p := &h.params
	s, ok := suiteOf(p.suite)
	switch {
	case p.suite == 0:
		return false
	case p.draft > 0 && p.draft < 28: // the last one is as the standard is
		h.opener = refuse{fmt.Errorf("this program does not decrypt drafts of TLS 1.3 (this is draft %d)", p.draft)}
		return true
	case !ok:
		h.opener = refuse{fmt.Errorf("this program does not decrypt %s", protocol.CipherSuiteName(p.suite))}
		return true
	case p.version == protocol.TLS13:
		if h.secret == nil {
			h.secret = d.keys.Secret(h.label, p.clientRandom)
		}
		if h.secret == nil {
			return false
		}
		e := newExpander(s.hash, h.secret)
		h.opener = newOpener(s, p, e.expand("key", s.keyLen), e.expand("iv", 12), nil)
		return true
	case p.version < protocol.TLS10:
		h.opener = refuse{fmt.Errorf("this program does not decrypt %s", protocol.VersionName(p.version))}
		return true
	}
	master, logged := d.master(p)
	if master == nil {
		return false
	}
	macLen := 0
	if s.mac != 0 {
		macLen = s.mac.Size()
	}
	block := d.keyBlock(p, s.hash, master, 2*(macLen+s.keyLen+s.ivLen))
	part := func(at, n int) []byte {
		if side == Server {
			at += n
		}
		return block[at : at+n]
	}
	mac, key, iv := part(0, macLen), part(2*macLen, s.keyLen), part(2*macLen+2*s.keyLen, s.ivLen)
	h.opener = newOpener(s, p, key, iv, mac)
	if !logged {
		h.opener = &trial{opener: h.opener, master: master}
	}
	if side == Server {
		for _, id := range []string{string(p.sessionID), p.issued} {
			if id != "" {
				d.keys.remember(id, master)
			}
		}
	}
	return true
}

// block is a key block, kept from one direction to the other.
type block struct {
	serverRandom, master []byte
	keys                 []byte
}

// keyBlock derives the keys of both directions (RFC 5246 section 6.3).
func (d *Decoder) keyBlock(p *params, hash crypto.Hash, master []byte, n int) []byte {
	if b := &d.block; len(b.keys) == n && bytes.Equal(b.serverRandom, p.serverRandom) && bytes.Equal(b.master, master) {
		keys := b.keys
		d.block = block{}
		return keys
	}
	seed := append(bytes.Clone(p.serverRandom), p.clientRandom...)
	keys := prf(p.version, hash, master, "key expansion", seed, n)
	d.block = block{serverRandom: p.serverRandom, master: master, keys: keys}
	return keys
}

// master finds the master secret: the key log's, else that of the session
// which the server agreed to resume; logged says which.
func (d *Decoder) master(p *params) (master []byte, logged bool) {
	if master = d.keys.Secret("CLIENT_RANDOM", p.clientRandom); master != nil {
		return master, true
	}
	if p.master != nil {
		return p.master, false
	}
	if len(p.sessionID) > 0 {
		if master = d.keys.session(string(p.sessionID)); master != nil {
			return master, false
		}
	}
	if p.full {
		return nil, true
	}
	if d.resuming != nil {
		return d.resuming, false
	}
	if p.offered != "" {
		if master = d.keys.session(p.offered); master != nil {
			return master, false
		}
	}
	if len(p.clientID) > 0 && bytes.Equal(p.clientID, p.sessionID) {
		master = d.keys.session(string(p.clientID))
	}
	return master, false
}

// trial is an opener whose secret no key log named: the first record that it
// opens proves it right.
type trial struct {
	opener
	master []byte
}

// proved puts a secret that turned out right into the key log.
func (p *params) proved(keys *KeyLog, o opener) {
	if t, ok := o.(*trial); ok && t.master != nil {
		keys.Add("CLIENT_RANDOM", p.clientRandom, t.master)
		t.master = nil
	}
}

// expander is HKDF-Expand-Label of one secret, with an empty context (RFC 8446 section 7.1).
type expander struct{ mac hash.Hash }

func newExpander(h crypto.Hash, secret []byte) expander { return expander{hmac.New(h.New, secret)} }

// expand gives n bytes, at most one block of the hash: RFC 5869 section 2.3,
// of which T(1) is enough.
func (e expander) expand(label string, n int) []byte {
	info := make([]byte, 0, 32)
	info = binary.BigEndian.AppendUint16(info, uint16(n))
	info = append(info, byte(6+len(label)))
	info = append(info, "tls13 "+label...)
	info = append(info, 0, 1) // no context; the block's number
	e.mac.Reset()
	e.mac.Write(info)
	return e.mac.Sum(nil)[:n]
}

// nextSecret is the traffic secret after a KeyUpdate (RFC 8446 section 7.2).
func nextSecret(id uint16, secret []byte) []byte {
	s, ok := suiteOf(id)
	if !ok {
		return secret
	}
	return newExpander(s.hash, secret).expand("traffic upd", s.hash.Size())
}

// prf is the pseudorandom function: that of the suite in TLS 1.2 (RFC 5246
// section 5), MD5 and SHA-1 over half the secret each before (RFC 4346 section 5).
func prf(version uint16, h crypto.Hash, secret []byte, label string, seed []byte, n int) []byte {
	seed = append([]byte(label), seed...)
	if version >= protocol.TLS12 {
		return pHash(h, secret, seed, n)
	}
	half := (len(secret) + 1) / 2
	out := pHash(crypto.MD5, secret[:half], seed, n)
	for i, b := range pHash(crypto.SHA1, secret[len(secret)-half:], seed, n) {
		out[i] ^= b
	}
	return out
}

// pHash is P_hash of RFC 5246 section 5.
func pHash(hash crypto.Hash, secret, seed []byte, n int) []byte {
	h := hmac.New(hash.New, secret)
	sum := func(parts ...[]byte) []byte {
		h.Reset()
		for _, p := range parts {
			h.Write(p)
		}
		return h.Sum(nil)
	}
	out := make([]byte, 0, n+hash.Size())
	for a := sum(seed); len(out) < n; a = sum(a) {
		out = append(out, sum(a, seed)...)
	}
	return out[:n]
}
