package identity

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/md5"
	"crypto/rc4"
	"crypto/sha1"
	"errors"
	"fmt"
	"hash"
	"strings"

	"rechallenge/core/protocol"
)

// errPadding says that a decryption did not end in padding: nearly always
// because the key, and so the password, is wrong.
var errPadding = errors.New("the padding is wrong")

// errChanged is what decrypt gives where the password is right and the bytes
// are not.
var errChanged = &Error{Code: Damaged, What: "damaged: the password opens the encryption, but its end is not what was written", Do: getAgain, Offset: -1}

// encryption is an AlgorithmIdentifier of password-based encryption, read.
type encryption struct {
	text string // for people, e.g. "PBES2 AES-256-CBC, PBKDF2-HMAC-SHA-256, 2048 iterations"
	// facts for the doctor
	scheme     string // "PBES2" or the PBES1 scheme's name
	cipher     string
	prf        string // of PBES2; "scrypt" for that
	iterations int
	bmp        bool // the key is made from the BMPString
	misnamed   bool // the OID is another AES's

	block func(key []byte) (cipher.Block, error) // nil = RC4
	key   func(w *work, s secret) (key, iv []byte, err error)
}

// blockCipher is a CBC cipher by its OID.
type blockCipher struct {
	name    string
	keySize int
	ivSize  int
	new     func(key []byte) (cipher.Block, error)
}

var blockCiphers = map[string]blockCipher{
	"2.16.840.1.101.3.4.1.2":    {"AES-128-CBC", 16, 16, aes.NewCipher},
	"2.16.840.1.101.3.4.1.22":   {"AES-192-CBC", 24, 16, aes.NewCipher},
	"2.16.840.1.101.3.4.1.42":   {"AES-256-CBC", 32, 16, aes.NewCipher},
	"1.2.392.200011.61.1.1.1.2": {"Camellia-128-CBC", 16, 16, newCamellia},
	"1.2.392.200011.61.1.1.1.3": {"Camellia-192-CBC", 24, 16, newCamellia},
	"1.2.392.200011.61.1.1.1.4": {"Camellia-256-CBC", 32, 16, newCamellia},
	"1.2.840.113549.3.7":        {"3DES-CBC", 24, 8, des.NewTripleDESCipher},
	"1.3.14.3.2.7":              {"DES-CBC", 8, 8, des.NewCipher},
	oidRC2:                      {"RC2-CBC", 16, 8, func(k []byte) (cipher.Block, error) { return newRC2(k, 8*len(k)) }},
}

const (
	oidRC2    = "1.2.840.113549.3.2"
	oidPBES2  = "1.2.840.113549.1.5.13"
	oidPBKDF2 = "1.2.840.113549.1.5.12"
	oidPBMAC1 = "1.2.840.113549.1.5.14"
	oidScrypt = "1.3.6.1.4.1.11591.4.11"
)

// pbes1 is a scheme whose OID says everything (RFC 7292 appendix C, RFC 8018 section 6.1).
type pbes1 struct {
	name    string
	cipher  string
	keySize int
	ivSize  int
	new     func(key []byte) (cipher.Block, error)
	pkcs5   func() hash.Hash // PBKDF1 with this hash; nil = the PKCS#12 derivation with SHA-1
}

var pbes1Schemes = map[string]pbes1{
	"1.2.840.113549.1.12.1.1": {"PBE-SHA1-RC4-128", "RC4-128", 16, 0, nil, nil},
	"1.2.840.113549.1.12.1.2": {"PBE-SHA1-RC4-40", "RC4-40", 5, 0, nil, nil},
	"1.2.840.113549.1.12.1.3": {"PBE-SHA1-3DES", "3DES-CBC", 24, 8, des.NewTripleDESCipher, nil},
	"1.2.840.113549.1.12.1.4": {"PBE-SHA1-2DES", "3DES-CBC", 16, 8, twoKeyDES, nil},
	"1.2.840.113549.1.12.1.5": {"PBE-SHA1-RC2-128", "RC2-CBC", 16, 8, rc2Of(128), nil},
	"1.2.840.113549.1.12.1.6": {"PBE-SHA1-RC2-40", "RC2-CBC", 5, 8, rc2Of(40), nil},
	"1.2.840.113549.1.5.3":    {"PBE-MD5-DES", "DES-CBC", 8, 8, des.NewCipher, md5.New},
	"1.2.840.113549.1.5.6":    {"PBE-MD5-RC2-64", "RC2-CBC", 8, 8, rc2Of(64), md5.New},
	"1.2.840.113549.1.5.10":   {"PBE-SHA1-DES", "DES-CBC", 8, 8, des.NewCipher, sha1.New},
	"1.2.840.113549.1.5.11":   {"PBE-SHA1-RC2-64", "RC2-CBC", 8, 8, rc2Of(64), sha1.New},
}

func rc2Of(bits int) func([]byte) (cipher.Block, error) {
	return func(k []byte) (cipher.Block, error) { return newRC2(k, bits) }
}

func twoKeyDES(k []byte) (cipher.Block, error) {
	full := append(append([]byte(nil), k...), k[:8]...)
	defer clear(full)
	return des.NewTripleDESCipher(full)
}

// parseEncryption reads an AlgorithmIdentifier that encrypts by password.
func parseEncryption(e element) (*encryption, error) {
	c, err := e.open("encryption algorithm", tagSequence)
	if err != nil {
		return nil, err
	}
	oid, err := c.oid("encryption algorithm")
	if err != nil {
		return nil, err
	}
	if oid == oidPBES2 {
		return parsePBES2(c)
	}
	p, ok := pbes1Schemes[oid]
	if !ok {
		return nil, unsupported("encryption", oid)
	}
	params, err := c.enter("PBE parameters", tagSequence)
	if err != nil {
		return nil, err
	}
	salt, iterations, err := saltAndCount(params)
	if err != nil {
		return nil, err
	}
	enc := &encryption{scheme: p.name, cipher: p.cipher, iterations: iterations, bmp: p.pkcs5 == nil, block: p.new}
	enc.text = fmt.Sprintf("%s, %s", p.name, rounds(iterations))
	enc.key = func(w *work, s secret) ([]byte, []byte, error) {
		if p.pkcs5 != nil {
			both, err := w.pbkdf1(p.pkcs5, s.raw, salt, iterations, p.keySize+p.ivSize)
			if err != nil {
				return nil, nil, err
			}
			return both[:p.keySize], both[p.keySize:], nil
		}
		key, err := w.pkcs12KDF(sha1.New, s.bmp, salt, iterations, forKey, p.keySize)
		if err != nil || p.ivSize == 0 {
			return key, nil, err
		}
		iv, err := w.pkcs12KDF(sha1.New, s.bmp, salt, iterations, forIV, p.ivSize)
		return key, iv, err
	}
	return enc, nil
}

func saltAndCount(params *cursor) (salt []byte, iterations int, err error) {
	e, err := params.take("salt", tagOctets)
	if err != nil {
		return nil, 0, err
	}
	iterations, err = params.number("iterations")
	return e.octets(), iterations, err
}

// rounds is a number of iterations in words.
func rounds(n int) string {
	if n >= endless {
		return count(n) + " iterations"
	}
	return protocol.Plural(n, "iteration")
}

// parsePBES2 reads PBES2-params (RFC 8018 appendix A.4).
func parsePBES2(c *cursor) (*encryption, error) {
	params, err := c.enter("PBES2 parameters", tagSequence)
	if err != nil {
		return nil, err
	}
	kdf, err := params.enter("key derivation", tagSequence)
	if err != nil {
		return nil, err
	}
	scheme, err := params.enter("encryption scheme", tagSequence)
	if err != nil {
		return nil, err
	}
	oid, err := scheme.oid("encryption scheme")
	if err != nil {
		return nil, err
	}
	b, ok := blockCiphers[oid]
	if !ok {
		return nil, unsupported("PBES2 cipher", oid)
	}
	d, err := parseDerivation(kdf)
	if err != nil {
		return nil, err
	}
	var iv element
	if oid == oidRC2 {
		// RC2-CBC-Parameter (RFC 8018 appendix B.2.3).
		p, err := scheme.enter("RC2 parameters", tagSequence)
		if err != nil {
			return nil, err
		}
		bits := 32
		if e, ok := p.maybe(tagInteger); ok {
			version, err := e.number("RC2 version")
			if err != nil {
				return nil, err
			}
			switch version {
			case 160:
				bits = 40
			case 120:
				bits = 64
			case 58:
				bits = 128
			default:
				if version < 256 || version > 1024 {
					return nil, e.damaged("RC2 version %s is not known", count(version))
				}
				bits = version
			}
		}
		if d.length > 0 {
			b.keySize = d.length
		}
		b.name = fmt.Sprintf("RC2-%d-CBC", bits)
		b.new = rc2Of(bits)
		iv, err = p.take("initialisation vector", tagOctets)
		if err != nil {
			return nil, err
		}
	} else if iv, err = scheme.take("initialisation vector", tagOctets); err != nil {
		return nil, err
	}
	vector := iv.octets()
	if len(vector) != b.ivSize {
		return nil, iv.damaged("the initialisation vector of %s has %d bytes instead of %d", b.name, len(vector), b.ivSize)
	}
	odd := false
	if strings.HasPrefix(b.name, "AES-") && d.length != b.keySize && (d.length == 16 || d.length == 24 || d.length == 32) {
		// NSS before 3.35 wrote the OID of AES-128 and used the key's length.
		odd = true
		b.name = fmt.Sprintf("AES-%d-CBC (named %s)", 8*d.length, b.name)
		b.keySize = d.length
	}
	if d.length > 0 && d.length != b.keySize {
		return nil, iv.damaged("the key derivation makes %d bytes, %s takes %d", d.length, b.name, b.keySize)
	}
	return &encryption{
		text: fmt.Sprintf("PBES2 %s, %s", b.name, d.text), scheme: "PBES2", cipher: b.name, misnamed: odd, prf: d.prf, iterations: d.iterations, block: b.new,
		key: func(w *work, s secret) ([]byte, []byte, error) {
			key, err := d.derive(w, s.raw, b.keySize)
			return key, vector, err
		},
	}, nil
}

// derivation is PBKDF2 or scrypt with its parameters.
type derivation struct {
	text       string
	prf        string
	iterations int
	length     int // keyLength, 0 where absent
	derive     func(w *work, password []byte, length int) ([]byte, error)
}

// parseDerivation reads a key derivation's AlgorithmIdentifier.
func parseDerivation(c *cursor) (*derivation, error) {
	oid, err := c.oid("key derivation")
	if err != nil {
		return nil, err
	}
	params := &cursor{}
	switch oid {
	case oidPBKDF2, oidScrypt:
		if params, err = c.enter("key derivation parameters", tagSequence); err != nil {
			return nil, err
		}
	default:
		return nil, unsupported("key derivation", oid)
	}
	salt, n, err := saltAndCount(params)
	if err != nil {
		return nil, err
	}
	d := &derivation{iterations: n}
	if oid == oidScrypt {
		return d.scrypt(params, salt, n)
	}
	if d.length, err = params.keyLength(); err != nil {
		return nil, err
	}
	// The default is HMAC-SHA-1 (RFC 8018 appendix A.2).
	prf := "1.2.840.113549.2.7"
	if e, ok := params.maybe(tagSequence); ok {
		ac := &cursor{parent: e, rest: e.children}
		if prf, err = ac.oid("pseudo-random function"); err != nil {
			return nil, err
		}
	}
	h, ok := prfs[prf]
	if !ok {
		return nil, unsupported("PBKDF2 function", prf)
	}
	d.prf = h.name
	d.text = fmt.Sprintf("PBKDF2-%s, %s", h.name, rounds(n))
	d.derive = func(w *work, password []byte, length int) ([]byte, error) {
		return w.pbkdf2(h.new, password, salt, n, length)
	}
	return d, nil
}

// scrypt reads the rest of scrypt-params (RFC 7914 section 7).
func (d *derivation) scrypt(params *cursor, salt []byte, n int) (*derivation, error) {
	r, err := params.number("scrypt block size")
	if err != nil {
		return nil, err
	}
	p, err := params.number("scrypt parallelization")
	if err != nil {
		return nil, err
	}
	if d.length, err = params.keyLength(); err != nil {
		return nil, err
	}
	d.prf, d.iterations = "scrypt", 0
	d.text = fmt.Sprintf("scrypt N=%s r=%s p=%s", count(n), count(r), count(p))
	d.derive = func(w *work, password []byte, length int) ([]byte, error) {
		return w.scrypt(prfs["1.2.840.113549.2.9"].new, password, salt, n, r, p, length)
	}
	return d, nil
}

// keyLength is the optional keyLength of a derivation.
func (c *cursor) keyLength() (int, error) {
	e, ok := c.maybe(tagInteger)
	if !ok {
		return 0, nil
	}
	n, err := e.number("key length")
	if err == nil && (n < 1 || n > 256) {
		err = e.damaged("a key of %s bytes is asked for", count(n))
	}
	return n, err
}

// decrypt decrypts with one form of the password. errPadding = wrong password;
// Damaged = the password is right and the bytes are not. The caller overwrites
// the result after use.
func (e *encryption) decrypt(w *work, data []byte, s secret) ([]byte, error) {
	key, iv, err := e.key(w, s)
	if err != nil {
		return nil, err
	}
	defer clear(key)
	if e.block == nil {
		c, err := rc4.NewCipher(key)
		if err != nil {
			return nil, err
		}
		out := make([]byte, len(data))
		c.XORKeyStream(out, data)
		if n := sequenceSize(out); n != len(out) && n != 0 || !isContents(out) {
			clear(out)
			return nil, errPadding
		}
		return out, nil
	}
	b, err := e.block(key)
	if err != nil {
		return nil, err
	}
	return cbc(b, iv, data)
}

// open decrypts with the first of list that fits; odd says that this is none
// of the standards' forms.
func (e *encryption) open(w *work, data []byte, list []secret) (out []byte, odd bool, err error) {
	for i, s := range list {
		if seenForm(list[:i], s, e.bmp) {
			continue
		}
		out, err := e.decrypt(w, data, s)
		if !errors.Is(err, errPadding) {
			return out, s.odd, err
		}
	}
	return nil, false, errPadding
}

// cbc decrypts and takes the padding off (RFC 8018 section 6.1.1). What such
// files encrypt is always a SEQUENCE, so its header tells a wrong password
// from damaged bytes where the padding alone could not.
func cbc(b cipher.Block, iv, data []byte) ([]byte, error) {
	size := b.BlockSize()
	if len(data) == 0 || len(data)%size != 0 {
		return nil, &Error{Code: Damaged, What: fmt.Sprintf("damaged: %d encrypted bytes are not a whole number of %d-byte blocks", len(data), size), Do: getAgain, Offset: -1}
	}
	out := make([]byte, len(data))
	cipher.NewCBCDecrypter(b, iv).CryptBlocks(out, data)
	padding := int(out[len(out)-1])
	padded := padding >= 1 && padding <= size
	for i := len(out) - padding; padded && i < len(out); i++ {
		padded = int(out[i]) == padding
	}
	n := sequenceSize(out)
	switch {
	case !isContents(out):
	case padded && (n == len(out)-padding || n == 0):
		return out[:len(out)-padding], nil
	case n >= len(out)-size && n < len(out):
		clear(out)
		return nil, errChanged
	}
	clear(out)
	return nil, errPadding
}

// isContents says that b begins as what such files encrypt: a key or
// SafeContents. A wrong password gives that once in 2^40 times, while a mere
// SEQUENCE of the right size is found by one in some thousands.
func isContents(b []byte) bool {
	inside, ok := insideSequence(b)
	if !ok {
		return false
	}
	if len(inside) == 0 {
		return b[1] == 0 // SafeContents without a bag
	}
	// PrivateKeyInfo, RSAPrivateKey, ECPrivateKey: a version, then the rest.
	if len(inside) > 3 && inside[0] == tagInteger && inside[1] == 1 && inside[2] <= 2 {
		return inside[3] == 0x30 || inside[3] == tagInteger || inside[3] == tagOctets
	}
	bag, ok := insideSequence(inside)
	return ok && len(bag) > 4 && bag[0] == tagOID && bag[1] >= 8 && bag[1] < 20 && bag[2] == 0x2a
}

// insideSequence is what follows a SEQUENCE's identifier and length.
func insideSequence(b []byte) ([]byte, bool) {
	if len(b) < 2 || b[0] != 0x30 {
		return nil, false
	}
	n := 2
	if b[1] > 0x80 {
		n += int(b[1] & 0x7f)
	}
	if n > 6 || n > len(b) {
		return nil, false
	}
	return b[n:], true
}

// sequenceSize is the size of the SEQUENCE that b begins with, header and all;
// 0 when its length is indefinite, -1 when b does not begin with one.
func sequenceSize(b []byte) int {
	if len(b) < 2 || b[0] != 0x30 {
		return -1
	}
	n := int(b[1] & 0x7f)
	switch {
	case b[1] == 0x80:
		if len(b) > 2 && b[2] == 0x30 || len(b) > 2 && b[2] == tagInteger {
			return 0
		}
		return -1
	case b[1] < 0x80:
		return 2 + n
	case n > 4 || len(b) < 2+n:
		return -1
	}
	l := 0
	for _, c := range b[2 : 2+n] {
		l = l<<8 | int(c)
	}
	return 2 + n + l
}
