package identity

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"slices"
	"unicode/utf16"
)

// Style is how Encode protects a file.
type Style string

// The styles. No single one is read by everybody.
const (
	// Modern is PBES2 with AES-256-CBC and HMAC-SHA-256.
	Modern Style = "modern"
	// Compatible is PBE-SHA1-3DES with a SHA-1 MAC: for programs of before
	// about 2020. Whoever gets hold of the file guesses its password faster.
	Compatible Style = "compatible"
)

// Styles are those that Encode knows.
var Styles = []Style{Modern, Compatible}

// Iterations of Encode's key derivations. Compatible stays at what the oldest
// readers take.
const (
	modernIterations     = 100_000
	compatibleIterations = 2048
)

// Encode writes ids into one PKCS#12 file (RFC 7292), each with its chain and
// alias. The key must not be one that can't leave its signer.
func Encode(ids []*Identity, password string, style Style) ([]byte, error) {
	if len(ids) == 0 {
		return nil, errors.New("write a PKCS#12 file: there is no identity to write")
	}
	if style != Modern && style != Compatible {
		return nil, fmt.Errorf("write a PKCS#12 file: the style %q is not one of %v", style, Styles)
	}
	s := secret{bmp: bmpBytes(password), raw: []byte(password)}
	defer wipe([]secret{s})
	var keys, certs, rest []byte
	seen := map[string]bool{}
	for _, id := range ids {
		plain, err := id.PKCS8()
		if err != nil {
			return nil, fmt.Errorf("write a PKCS#12 file: %w", err)
		}
		algorithm, sealed, err := seal(plain, s, style)
		clear(plain)
		if err != nil {
			return nil, fmt.Errorf("write a PKCS#12 file: %w", err)
		}
		sum := sha1.Sum(id.DER)
		attrs := appendAttributes(nil, id.Alias, sum[:])
		shrouded := sequence(algorithm, appendTLV(nil, tagOctets, false, sealed))
		keys = append(keys, bagDER(oidShroudedBag, shrouded, attrs)...)
		for i, c := range id.Chain {
			if seen[c.FingerprintSHA256] {
				continue
			}
			seen[c.FingerprintSHA256] = true
			value := sequence(appendOID(nil, oidX509Cert), explicit(appendTLV(nil, tagOctets, false, c.DER)))
			if i == 0 {
				certs = append(certs, bagDER(oidCertBag, value, attrs)...)
			} else {
				rest = append(rest, bagDER(oidCertBag, value, nil)...)
			}
		}
	}
	algorithm, sealed, err := seal(appendTLV(nil, tagSequence, true, append(certs, rest...)), s, style)
	if err != nil {
		return nil, fmt.Errorf("write a PKCS#12 file: %w", err)
	}
	safes := append(
		contentInfo(oidEncryptedData, sequence(appendTLV(nil, tagInteger, false, []byte{0}),
			sequence(appendOID(nil, oidData), algorithm, appendTLV(nil, context0, false, sealed)))),
		contentInfo(oidData, appendTLV(nil, tagOctets, false, appendTLV(nil, tagSequence, true, keys)))...)
	content := appendTLV(nil, tagSequence, true, safes)
	sum, err := macDER(content, s, style)
	if err != nil {
		return nil, fmt.Errorf("write a PKCS#12 file: %w", err)
	}
	return sequence(appendTLV(nil, tagInteger, false, []byte{3}), contentInfo(oidData, appendTLV(nil, tagOctets, false, content)), sum), nil
}

// seal encrypts and returns the AlgorithmIdentifier that says how.
func seal(plain []byte, s secret, style Style) (algorithm, out []byte, err error) {
	salt, iv := random(8), random(aes.BlockSize)
	var block cipher.Block
	w := newWork(context.Background(), Options{})
	if style == Compatible {
		algorithm = sequence(appendOID(nil, "1.2.840.113549.1.12.1.3"), sequence(appendTLV(nil, tagOctets, false, salt), integer(compatibleIterations)))
		var key []byte
		if key, err = w.pkcs12KDF(sha1.New, s.bmp, salt, compatibleIterations, forKey, 24); err != nil {
			return nil, nil, err
		}
		defer clear(key)
		if iv, err = w.pkcs12KDF(sha1.New, s.bmp, salt, compatibleIterations, forIV, des.BlockSize); err != nil {
			return nil, nil, err
		}
		block, err = des.NewTripleDESCipher(key)
	} else {
		salt = random(16)
		prf := sequence(appendOID(nil, "1.2.840.113549.2.9"), appendTLV(nil, tagNull, false, nil))
		kdf := sequence(appendOID(nil, oidPBKDF2), sequence(appendTLV(nil, tagOctets, false, salt), integer(modernIterations), prf))
		scheme := sequence(appendOID(nil, "2.16.840.1.101.3.4.1.42"), appendTLV(nil, tagOctets, false, iv))
		algorithm = sequence(appendOID(nil, oidPBES2), sequence(kdf, scheme))
		var key []byte
		if key, err = w.pbkdf2(sha256.New, s.raw, salt, modernIterations, 32); err != nil {
			return nil, nil, err
		}
		defer clear(key)
		block, err = aes.NewCipher(key)
	}
	if err != nil {
		return nil, nil, err
	}
	n := block.BlockSize() - len(plain)%block.BlockSize()
	out = append(make([]byte, 0, len(plain)+n), plain...)
	for range n {
		out = append(out, byte(n))
	}
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(out, out)
	return algorithm, out, nil
}

// macDER makes MacData (RFC 7292 section 4).
func macDER(content []byte, s secret, style Style) ([]byte, error) {
	oid, newHash, iterations, size := "2.16.840.1.101.3.4.2.1", sha256.New, modernIterations, sha256.Size
	if style == Compatible {
		oid, newHash, iterations, size = "1.3.14.3.2.26", func() hash.Hash { return sha1.New() }, compatibleIterations, sha1.Size
	}
	salt := random(16)
	key, err := newWork(context.Background(), Options{}).pkcs12KDF(newHash, s.bmp, salt, iterations, forMAC, size)
	if err != nil {
		return nil, err
	}
	defer clear(key)
	h := hmac.New(newHash, key)
	h.Write(content)
	info := sequence(sequence(appendOID(nil, oid), appendTLV(nil, tagNull, false, nil)), appendTLV(nil, tagOctets, false, h.Sum(nil)))
	return sequence(info, appendTLV(nil, tagOctets, false, salt), integer(iterations)), nil
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

func sequence(parts ...[]byte) []byte {
	var body []byte
	for _, p := range parts {
		body = append(body, p...)
	}
	return appendTLV(nil, tagSequence, true, body)
}

func explicit(value []byte) []byte { return appendTLV(nil, context0, true, value) }

func contentInfo(oid string, value []byte) []byte {
	return sequence(appendOID(nil, oid), explicit(value))
}

func bagDER(oid string, value, attrs []byte) []byte {
	return sequence(appendOID(nil, oid), explicit(value), attrs)
}

// integer is a positive INTEGER below 2^31.
func integer(n int) []byte {
	b := trimZeros([]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
	if len(b) == 0 || b[0]&0x80 != 0 {
		b = append([]byte{0}, b...)
	}
	return appendTLV(nil, tagInteger, false, b)
}

// appendAttributes appends a bag's attributes: localKeyID, and friendlyName where there is one.
func appendAttributes(out []byte, alias string, id []byte) []byte {
	set := [][]byte{sequence(appendOID(nil, oidLocalKeyID), appendTLV(nil, tagSet, true, appendTLV(nil, tagOctets, false, id)))}
	if alias != "" {
		var bmp []byte
		for _, u := range utf16.Encode([]rune(alias)) {
			bmp = append(bmp, byte(u>>8), byte(u))
		}
		set = append(set, sequence(appendOID(nil, oidFriendlyName), appendTLV(nil, tagSet, true, appendTLV(nil, tagBMP, false, bmp))))
	}
	// DER sorts a SET OF (X.690 section 11.6).
	slices.SortFunc(set, bytes.Compare)
	return appendTLV(out, tagSet, true, slices.Concat(set...))
}

// appendOID appends an OBJECT IDENTIFIER given as dotted text, one of our own constants.
func appendOID(out []byte, dotted string) []byte {
	body, arcs, v := []byte{}, 0, 0
	flush := func() {
		if arcs++; arcs == 2 {
			v += 40 * int(body[0])
			body = body[:0]
		}
		var group []byte
		for more := byte(0); ; more = 0x80 {
			group = append([]byte{byte(v&0x7f) | more}, group...)
			if v >>= 7; v == 0 {
				break
			}
		}
		body, v = append(body, group...), 0
	}
	for _, c := range dotted {
		if c == '.' {
			flush()
		} else {
			v = 10*v + int(c-'0')
		}
	}
	flush()
	return appendTLV(out, tagOID, false, body)
}
