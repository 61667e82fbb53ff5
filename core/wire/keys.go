package wire

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	_ "crypto/sha256" // for crypto.Hash
	_ "crypto/sha512"
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/crypto/chacha20poly1305"
)

// opener decrypts the records of one direction and epoch, in order.
type opener interface {
	open(r record) (ContentType, []byte, error)
}

// aeadSuite is what decryption needs to know of a cipher suite.
type aeadSuite struct {
	hash    crypto.Hash
	keyLen  int
	fixedIV int // bytes of the key block's IV in TLS 1.2
	new     func(key []byte) (cipher.AEAD, error)
}

func gcm(key []byte) (cipher.AEAD, error) {
	b, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(b)
}

var (
	aes128 = aeadSuite{crypto.SHA256, 16, 4, gcm}
	aes256 = aeadSuite{crypto.SHA384, 32, 4, gcm}
	chacha = aeadSuite{crypto.SHA256, 32, 12, chacha20poly1305.New}
)

var aeadSuites = map[uint16]aeadSuite{
	0x1301: aes128, 0x1302: aes256, 0x1303: chacha,
	0x009c: aes128, 0x009e: aes128, 0xc02b: aes128, 0xc02f: aes128,
	0x009d: aes256, 0x009f: aes256, 0xc02c: aes256, 0xc030: aes256,
	0xcca8: chacha, 0xcca9: chacha, 0xccaa: chacha,
}

// secure says that a direction is protected from here on by the TLS 1.3
// traffic secret of that label.
func (d *Decoder) secure(side Side, label string) {
	h := &d.halves[side]
	h.secure, h.label, h.secret, h.opener, h.said = true, label, nil, nil, false
	h.epoch++
}

// changeCipher says that a direction is protected from here on by keys from
// the master secret (RFC 5246 section 6.3).
func (d *Decoder) changeCipher(side Side) {
	h := &d.halves[side]
	h.secure, h.label, h.opener, h.said = true, "", nil, false
	h.epoch++
	d.arm(side)
}

// arm makes the direction's opener if it has none; false while the secret is
// not known.
func (d *Decoder) arm(side Side) bool {
	h := &d.halves[side]
	if h.opener != nil {
		return true
	}
	suite, ok := aeadSuites[d.suite]
	if !ok {
		h.opener = refuse{fmt.Errorf("cipher suite 0x%04x is not supported", d.suite)}
		return true
	}
	if d.version == 0x0304 {
		if h.secret == nil {
			h.secret = d.keys.Secret(h.label, d.clientRandom)
		}
		if h.secret == nil {
			return false
		}
		return d.armed(h, suite, expand(suite.hash, h.secret, "key", suite.keyLen), expand(suite.hash, h.secret, "iv", 12))
	}
	master := d.keys.Secret("CLIENT_RANDOM", d.clientRandom)
	if master == nil && d.resuming != nil {
		master = d.resuming
		d.keys.Add("CLIENT_RANDOM", d.clientRandom, master)
	}
	if master == nil {
		return false
	}
	seed := append(append([]byte(nil), d.serverRandom...), d.clientRandom...)
	block := prf12(suite.hash, master, "key expansion", seed, 2*suite.keyLen+2*suite.fixedIV)
	key, iv := block[:suite.keyLen], block[2*suite.keyLen:2*suite.keyLen+suite.fixedIV]
	if side == Server {
		key, iv = block[suite.keyLen:2*suite.keyLen], block[2*suite.keyLen+suite.fixedIV:]
	}
	return d.armed(h, suite, key, iv)
}

func (d *Decoder) armed(h *half, suite aeadSuite, key, iv []byte) bool {
	aead, err := suite.new(key)
	if err != nil {
		h.opener = refuse{err}
		return true
	}
	h.opener = &aeadOpener{aead: aead, iv: iv, tls13: d.version == 0x0304}
	return true
}

// refuse is the opener of what can't be decrypted.
type refuse struct{ err error }

func (r refuse) open(record) (ContentType, []byte, error) { return 0, nil, r.err }

// aeadOpener decrypts AEAD records: RFC 8446 section 5.2 and 5.3, RFC 5288
// section 3, RFC 7905 section 2.
type aeadOpener struct {
	aead  cipher.AEAD
	iv    []byte
	seq   uint64
	tls13 bool
}

func (o *aeadOpener) open(r record) (ContentType, []byte, error) {
	var nonce [12]byte
	text, aad := r.payload, r.header
	if len(o.iv) == 4 { // explicit nonce
		if len(text) < 8+o.aead.Overhead() {
			return 0, nil, errors.New("the record is too short")
		}
		copy(nonce[:], o.iv)
		copy(nonce[4:], text[:8])
		text = text[8:]
	} else {
		binary.BigEndian.PutUint64(nonce[4:], o.seq)
		for i := range nonce {
			nonce[i] ^= o.iv[i]
		}
	}
	if !o.tls13 {
		if len(text) < o.aead.Overhead() {
			return 0, nil, errors.New("the record is too short")
		}
		aad = binary.BigEndian.AppendUint64(nil, o.seq)
		aad = append(aad, r.header[:3]...)
		aad = binary.BigEndian.AppendUint16(aad, uint16(len(text)-o.aead.Overhead()))
	}
	plain, err := o.aead.Open(nil, nonce[:], text, aad)
	if err != nil {
		return 0, nil, errors.New("the record does not authenticate under the secret at hand")
	}
	o.seq++
	if !o.tls13 {
		return r.content, plain, nil
	}
	end := len(plain)
	for end > 0 && plain[end-1] == 0 {
		end--
	}
	if end == 0 {
		return 0, nil, errors.New("the record has no content type")
	}
	return ContentType(plain[end-1]), plain[:end-1], nil
}

// expand is HKDF-Expand-Label with an empty context (RFC 8446 section 7.1).
func expand(hash crypto.Hash, secret []byte, label string, n int) []byte {
	info := binary.BigEndian.AppendUint16(nil, uint16(n))
	info = append(info, byte(6+len(label)))
	info = append(info, "tls13 "+label...)
	info = append(info, 0)
	out, err := hkdf.Expand(hash.New, secret, string(info), n)
	if err != nil {
		return make([]byte, n) // n is far below the limit of HKDF
	}
	return out
}

// nextSecret is the traffic secret after a KeyUpdate (RFC 8446 section 7.2).
func nextSecret(suite uint16, secret []byte) []byte {
	s, ok := aeadSuites[suite]
	if !ok {
		return secret
	}
	return expand(s.hash, secret, "traffic upd", s.hash.Size())
}

// prf12 is the PRF of TLS 1.2 (RFC 5246 section 5).
func prf12(hash crypto.Hash, secret []byte, label string, seed []byte, n int) []byte {
	seed = append([]byte(label), seed...)
	mac := func(parts ...[]byte) []byte {
		h := hmac.New(hash.New, secret)
		for _, p := range parts {
			h.Write(p)
		}
		return h.Sum(nil)
	}
	var out []byte
	for a := mac(seed); len(out) < n; a = mac(a) {
		out = append(out, mac(a, seed)...)
	}
	return out[:n]
}
