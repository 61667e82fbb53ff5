package token

import (
	"crypto"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
)

// digestInfos stand before a digest in PKCS #1 v1.5 (RFC 8017 section 9.2).
var digestInfos = map[crypto.Hash][]byte{
	crypto.MD5SHA1: {},
	crypto.SHA1:    {0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14},
	crypto.SHA256:  {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20},
	crypto.SHA384:  {0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02, 0x05, 0x00, 0x04, 0x30},
	crypto.SHA512:  {0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03, 0x05, 0x00, 0x04, 0x40},
	0:              {}, // the caller made it
}

// rsa fills a request for an RSA signature.
func (s *signer) rsa(rand io.Reader, key *rsa.PublicKey, r *request, digest []byte, opts crypto.SignerOpts) error {
	pss, ok := opts.(*rsa.PSSOptions)
	if !ok {
		info, ok := digestInfos[opts.HashFunc()]
		if !ok {
			return fmt.Errorf("sign with the token %q: PKCS #1 v1.5 with %v is not done", s.token.Label, opts.HashFunc())
		}
		r.Kind, r.Data = kindPKCS1, append(append([]byte{}, info...), digest...)
		return nil
	}
	hash := pss.HashFunc()
	salt := pss.SaltLength
	if salt == rsa.PSSSaltLengthAuto || salt == rsa.PSSSaltLengthEqualsHash {
		salt = hash.Size()
	}
	if s.can(kindPSS) {
		r.Kind, r.Hash, r.Salt = kindPSS, hash.String(), salt
		return nil
	}
	if !s.can(kindRaw) {
		return fmt.Errorf("sign with the token %q: it makes no RSA-PSS signatures, which TLS 1.3 wants", s.token.Label)
	}
	block, err := encodePSS(rand, hash, digest, key.N.BitLen()-1, salt)
	if err != nil {
		return err
	}
	r.Kind, r.Data = kindRaw, block
	if missing := key.Size() - len(block); missing > 0 {
		r.Data = append(make([]byte, missing), block...)
	}
	return nil
}

// encodePSS is EMSA-PSS-ENCODE (RFC 8017 section 9.1.1), for tokens that have
// RSA and no padding.
func encodePSS(rand io.Reader, hash crypto.Hash, digest []byte, bits, salt int) ([]byte, error) {
	size := (bits + 7) / 8
	if !hash.Available() || len(digest) != hash.Size() || size < hash.Size()+salt+2 {
		return nil, errors.New("encode an RSA-PSS signature: the key is too short for the hash")
	}
	block := make([]byte, size)
	db := block[:size-1-hash.Size()]
	random := db[len(db)-salt:]
	if _, err := io.ReadFull(rand, random); err != nil {
		return nil, err
	}
	h := hash.New()
	h.Write(make([]byte, 8))
	h.Write(digest)
	h.Write(random)
	sum := h.Sum(nil)
	db[len(db)-salt-1] = 1
	// MGF1 (appendix B.2.1).
	for i, done := 0, 0; done < len(db); i++ {
		h.Reset()
		h.Write(sum)
		h.Write([]byte{byte(i >> 24), byte(i >> 16), byte(i >> 8), byte(i)})
		for _, c := range h.Sum(nil) {
			if done == len(db) {
				break
			}
			db[done] ^= c
			done++
		}
	}
	db[0] &= 0xff >> (8*size - bits)
	copy(block[len(db):], sum)
	block[size-1] = 0xbc
	return block, nil
}
