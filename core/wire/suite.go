package wire

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"strings"

	"rechallenge/core/protocol"

	_ "crypto/md5"

	// for crypto.Hash
	_ "crypto/sha1"

	_ "crypto/sha256"

	_ "crypto/sha512"

	"golang.org/x/crypto/chacha20poly1305"
)

// suite is what decryption needs to know of a cipher suite.
type suite struct {
	hash   crypto.Hash // of HKDF or the PRF from TLS 1.2 on
	keyLen int
	ivLen  int                                    // of the key block's part; implicit nonce or CBC's first IV
	aead   func(key []byte) (cipher.AEAD, error)  // nil for CBC
	block  func(key []byte) (cipher.Block, error) // of CBC
	mac    crypto.Hash                            // of CBC
}

// suiteOf reads a suite's parameters from its name, as RFC 5246 appendix C and
// RFC 8446 appendix B.4 build names; ok is false for what this package does
// not decrypt.
func suiteOf(id uint16) (s suite, ok bool) {
	name := protocol.CipherSuiteName(id)
	if _, after, found := strings.Cut(name, "_WITH_"); found {
		name = after
	} else {
		name = strings.TrimPrefix(name, "TLS_")
	}
	s.hash, s.ivLen = crypto.SHA256, 4
	if strings.HasSuffix(name, "_SHA384") {
		s.hash = crypto.SHA384
	}
	s.keyLen = 16
	if strings.HasPrefix(name, "AES_256_") {
		s.keyLen = 32
	}
	switch {
	case strings.HasPrefix(name, "CHACHA20_POLY1305"):
		s.keyLen, s.ivLen, s.aead = 32, 12, chacha20poly1305.New
		return s, true
	case strings.HasPrefix(name, "3DES_EDE_CBC_"):
		s.keyLen, s.ivLen, s.block = 24, 8, des.NewTripleDESCipher
	case !strings.HasPrefix(name, "AES_128_") && !strings.HasPrefix(name, "AES_256_"):
		return s, false
	case strings.Contains(name, "_GCM_"):
		s.aead = newGCM
		return s, true
	case strings.Contains(name, "_CCM_8"):
		s.aead = func(key []byte) (cipher.AEAD, error) { return newCCM(key, 8) }
		return s, true
	case strings.Contains(name, "_CCM"):
		s.aead = func(key []byte) (cipher.AEAD, error) { return newCCM(key, 16) }
		return s, true
	case strings.Contains(name, "_CBC_"):
		s.ivLen, s.block = 16, aes.NewCipher
	default:
		return s, false
	}
	switch name[strings.LastIndex(name, "_")+1:] {
	case "SHA":
		s.mac = crypto.SHA1
	case "SHA256":
		s.mac = crypto.SHA256
	case "SHA384":
		s.mac = crypto.SHA384
	default:
		return s, false
	}
	return s, true
}

func newGCM(key []byte) (cipher.AEAD, error) {
	b, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(b)
}
