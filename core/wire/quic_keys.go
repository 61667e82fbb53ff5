package wire

import (
	"bytes"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/subtle"
	"encoding/binary"
	"encoding/hex"

	"golang.org/x/crypto/chacha20"
)

// quicVersion is how a version of QUIC makes its keys (RFC 9001 sections 5.1, 5.2
// and 5.8; RFC 9369 section 3.3).
type quicVersion struct {
	salt       []byte
	labels     string // before "key", "iv", "hp", "ku"
	retryKey   []byte
	retryNonce []byte
}

var (
	quicV1 = &quicVersion{
		bytesOf("38762cf7f55934b34d179ae6a4c80cadccbb7f0a"), "quic ",
		bytesOf("be0c690b9f66575a1d766b54e368c84e"), bytesOf("461599d35d632bf2239825bb"),
	}
	quicV2 = &quicVersion{
		bytesOf("0dede3def700a6db819381be6e269dcbf9bd2ed9"), "quicv2 ",
		bytesOf("8fb4b01b56ac48e260fbcbcead7ccc92"), bytesOf("d86969bc2d7c6d9990efb04a"),
	}
)

func bytesOf(digits string) []byte {
	b, err := hex.DecodeString(digits)
	if err != nil {
		panic(err)
	}
	return b
}

func versionOf(v uint32) *quicVersion {
	switch v {
	case quicVersion1:
		return quicV1
	case quicVersion2:
		return quicV2
	}
	return nil
}

// packetKeys protect the packets of one side and level (RFC 9001 section 5).
type packetKeys struct {
	version *quicVersion
	suite   suite
	secret  []byte
	aead    cipher.AEAD
	iv      []byte
	mask    func(sample []byte) (mask [5]byte) // of the header; stays when keys are updated
	phase   byte
	updates int
	before  *packetKeys // of the phase before, for packets that come late
}

func newPacketKeys(version uint32, id uint16, s suite, secret []byte) (*packetKeys, error) {
	k := &packetKeys{version: versionOf(version), suite: s, secret: secret}
	if k.version == nil {
		k.version = quicV1
	}
	if err := k.arm(); err != nil {
		return nil, err
	}
	key := newExpander(s.hash, secret).expand(k.version.labels+"hp", s.keyLen)
	if id == 0x1303 { // TLS_CHACHA20_POLY1305_SHA256: RFC 9001 section 5.4.4
		k.mask = func(sample []byte) (mask [5]byte) {
			c, err := chacha20.NewUnauthenticatedCipher(key, sample[4:16])
			if err == nil {
				c.SetCounter(binary.LittleEndian.Uint32(sample))
				c.XORKeyStream(mask[:], mask[:])
			}
			return mask
		}
		return k, nil
	}
	block, err := aes.NewCipher(key) // RFC 9001 section 5.4.3
	if err != nil {
		return nil, err
	}
	k.mask = func(sample []byte) (mask [5]byte) {
		var out [16]byte
		block.Encrypt(out[:], sample)
		copy(mask[:], out[:])
		return mask
	}
	return k, nil
}

// arm makes the AEAD of the secret.
func (k *packetKeys) arm() (err error) {
	e := newExpander(k.suite.hash, k.secret)
	k.iv = e.expand(k.version.labels+"iv", 12)
	k.aead, err = k.suite.aead(e.expand(k.version.labels+"key", k.suite.keyLen))
	return err
}

// initialKeys are those of a side's Initial packets (RFC 9001 section 5.2).
func initialKeys(version uint32, id []byte, side Side) *packetKeys {
	v := versionOf(version)
	secret, err := hkdf.Extract(crypto.SHA256.New, id, v.salt)
	if err != nil {
		return nil
	}
	label := "client in"
	if side == Server {
		label = "server in"
	}
	const suiteID = 0x1301 // TLS_AES_128_GCM_SHA256
	s, _ := suiteOf(suiteID)
	k, err := newPacketKeys(version, suiteID, s, newExpander(crypto.SHA256, secret).expand(label, 32))
	if err != nil {
		return nil
	}
	return k
}

// open removes a packet's protection and appends its frames to dst; updated says
// that it is the first one under new keys (RFC 9001 sections 5.3, 5.4 and 6).
func (k *packetKeys) open(dst []byte, p *packet, largest int64) (number int64, text []byte, updated, ok bool) {
	const sample = 16
	if k == nil || len(p.data) < p.number+4+sample {
		return 0, nil, false, false
	}
	mask := k.mask(p.data[p.number+4 : p.number+4+sample])
	head := bytes.Clone(p.data[:p.number+4])
	bits := byte(0x0f)
	if p.short {
		bits = 0x1f
	}
	head[0] ^= mask[0] & bits
	n := int(head[0]&3) + 1
	sent := int64(0)
	for i := range n {
		head[p.number+i] ^= mask[1+i]
		sent = sent<<8 | int64(head[p.number+i])
	}
	head = head[:p.number+n]
	number = packetNumber(largest, sent, 8*n)
	body := p.data[len(head):]
	phase := head[0] >> 2 & 1
	if !p.short || phase == k.phase {
		text, ok = k.unseal(dst, number, body, head)
		return number, text, false, ok
	}
	if k.before != nil && number < largest {
		if text, ok = k.before.unseal(dst, number, body, head); ok {
			return number, text, false, true
		}
	}
	next := *k
	next.secret = newExpander(k.suite.hash, k.secret).expand(k.version.labels+"ku", k.suite.hash.Size())
	if next.arm() != nil {
		return number, nil, false, false
	}
	if text, ok = next.unseal(dst, number, body, head); !ok {
		return number, nil, false, false
	}
	old := *k
	old.before = nil
	next.phase, next.updates, next.before = phase, k.updates+1, &old
	*k = next
	return number, text, true, true
}

func (k *packetKeys) unseal(dst []byte, number int64, body, head []byte) ([]byte, bool) {
	var nonce [12]byte
	binary.BigEndian.PutUint64(nonce[4:], uint64(number))
	subtle.XORBytes(nonce[:], nonce[:], k.iv)
	if len(body) < k.aead.Overhead() {
		return nil, false
	}
	text, err := k.aead.Open(dst, nonce[:], body, head)
	return text, err == nil
}

// opens reports whether the keys open a packet, without changing anything.
func (k *packetKeys) opens(p *packet, q *quic) bool {
	if k == nil {
		return false
	}
	_, _, _, ok := k.open(nil, p, q.numbers[p.from][p.level.space()].largest)
	return ok
}

// retryGenuine reports whether a Retry packet's integrity tag is right (RFC 9001
// section 5.8): whoever saw the client's first packet can make one.
func retryGenuine(version uint32, original, b []byte) bool {
	v := versionOf(version)
	aead, err := newGCM(v.retryKey)
	if err != nil || len(b) < 16 {
		return false
	}
	pseudo := append([]byte{byte(len(original))}, original...)
	pseudo = append(pseudo, b[:len(b)-16]...)
	_, err = aead.Open(nil, v.retryNonce, b[len(b)-16:], pseudo)
	return err == nil
}
