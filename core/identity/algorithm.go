package identity

import "fmt"

// keyAlgorithm describes a public-key algorithm or curve by OID.
type keyAlgorithm struct {
	name string
	// uses says what can use such a key, for those that the stacks here can't.
	uses string
}

// keyAlgorithms are the SubjectPublicKeyInfo algorithms (RFC 5480, 8410, 8017, 3279).
var keyAlgorithms = map[string]keyAlgorithm{
	oidRSA:                    {name: "RSA"},
	oidRSAPSS:                 {name: "RSA-PSS"},
	oidEC:                     {name: "EC"},
	oidEd25519:                {name: "Ed25519"},
	oidEd448:                  {"Ed448", "TLS clients built on OpenSSL or GnuTLS, and Java 15 or later, use such a key"},
	"1.3.101.110":             {"X25519", "it is for key agreement and can't sign, so no TLS client can present it"},
	"1.3.101.111":             {"X448", "it is for key agreement and can't sign, so no TLS client can present it"},
	oidDSA:                    {"DSA", "only TLS 1.2 and older can use DSA, with an old OpenSSL or Java; TLS 1.3 has no signature scheme for it"},
	"1.2.840.113549.1.3.1":    {"DH", "it is for key agreement and can't sign, so no TLS client can present it"},
	"1.2.840.10046.2.1":       {"DH", "it is for key agreement and can't sign, so no TLS client can present it"},
	"1.2.643.7.1.1.1.1":       {"GOST R 34.10-2012-256", "only TLS libraries with the GOST cipher suites use it"},
	"1.2.643.7.1.1.1.2":       {"GOST R 34.10-2012-512", "only TLS libraries with the GOST cipher suites use it"},
	"1.2.643.2.2.19":          {"GOST R 34.10-2001", "only TLS libraries with the GOST cipher suites use it"},
	"2.16.840.1.101.3.4.3.17": {"ML-DSA-44", "OpenSSL 3.5 or later uses it"},
	"2.16.840.1.101.3.4.3.18": {"ML-DSA-65", "OpenSSL 3.5 or later uses it"},
	"2.16.840.1.101.3.4.3.19": {"ML-DSA-87", "OpenSSL 3.5 or later uses it"},
}

// curves are the named curves (RFC 5480, RFC 5639, SEC 2).
var curves = map[string]keyAlgorithm{
	"1.2.840.10045.3.1.7":   {name: "P-256"},
	"1.3.132.0.34":          {name: "P-384"},
	"1.3.132.0.35":          {name: "P-521"},
	"1.3.132.0.33":          {"P-224", "OpenSSL uses it up to TLS 1.2; TLS 1.3 has no signature scheme for it"},
	"1.2.840.10045.3.1.1":   {"P-192", "OpenSSL uses it up to TLS 1.2; TLS 1.3 has no signature scheme for it"},
	"1.3.132.0.10":          {"secp256k1", "OpenSSL uses it up to TLS 1.2; TLS 1.3 has no signature scheme for it"},
	"1.3.36.3.3.2.8.1.1.7":  {"brainpoolP256r1", brainpoolUses},
	"1.3.36.3.3.2.8.1.1.11": {"brainpoolP384r1", brainpoolUses},
	"1.3.36.3.3.2.8.1.1.13": {"brainpoolP512r1", brainpoolUses},
	"1.2.156.10197.1.301":   {"SM2", "only TLS libraries with the ShangMi cipher suites use it (RFC 8998)"},
}

const brainpoolUses = "TLS clients built on OpenSSL or GnuTLS use it up to TLS 1.2; in TLS 1.3 the schemes of RFC 8734 are needed"

const (
	oidRSA     = "1.2.840.113549.1.1.1"
	oidRSAPSS  = "1.2.840.113549.1.1.10"
	oidEC      = "1.2.840.10045.2.1"
	oidEd25519 = "1.3.101.112"
	oidEd448   = "1.3.101.113"
	oidDSA     = "1.2.840.10040.4.1"
)

// publicKey is a SubjectPublicKeyInfo as far as pairing and describing need it.
type publicKey struct {
	algorithm string // OID
	curve     string // OID of a named curve, "" where there is none
	keyType   string // as Certificate.KeyType
	bits      int    // of the RSA or DSA modulus
	id        string // equal for equal keys; "" when it can't be told
	// identifier is the AlgorithmIdentifier in DER, with its parameters.
	identifier []byte
}

// uses says what can use the key, "" for one that every stack here takes.
func (k publicKey) uses() string {
	if k.algorithm == oidEC {
		if c, ok := curves[k.curve]; ok {
			return c.uses
		}
		return "no TLS client here knows the curve"
	}
	a, ok := keyAlgorithms[k.algorithm]
	if !ok {
		return "no TLS client here knows the algorithm"
	}
	return a.uses
}

// oid is the identifier that names the algorithm best: the curve's for EC.
func (k publicKey) oid() string {
	if k.curve != "" {
		return k.curve
	}
	return k.algorithm
}

// parseSPKI reads a SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7).
func parseSPKI(e element) (publicKey, error) {
	k := publicKey{}
	c, err := e.open("SubjectPublicKeyInfo", tagSequence)
	if err != nil {
		return k, err
	}
	identifier, err := c.take("public-key algorithm", tagSequence)
	if err != nil {
		return k, err
	}
	alg, err := identifier.open("public-key algorithm", tagSequence)
	if err != nil {
		return k, err
	}
	k.identifier = identifier.der()
	if err := k.readAlgorithm(alg); err != nil {
		return k, err
	}
	b, err := c.take("subjectPublicKey", tagBitString)
	if err != nil {
		return k, err
	}
	bits := b.bits()
	if len(bits) == 0 {
		return k, b.damaged("the public key is empty")
	}
	k.describe(bits[1:])
	return k, nil
}

// readAlgorithm reads the inside of an AlgorithmIdentifier of a key.
func (k *publicKey) readAlgorithm(alg *cursor) error {
	var err error
	if k.algorithm, err = alg.oid("public-key algorithm"); err != nil {
		return err
	}
	if k.algorithm == oidEC {
		if e, ok := alg.maybe(tagOID); ok {
			k.curve = oidString(e.body)
		}
	}
	k.keyType = k.typeName(0)
	return nil
}

// typeName is the name to show; bits is the modulus's size, 0 when not known.
func (k *publicKey) typeName(bits int) string {
	switch k.algorithm {
	case oidEC:
		if c, ok := curves[k.curve]; ok {
			return c.name
		}
		if k.curve == "" {
			return "EC with explicit parameters"
		}
		return "EC " + k.curve
	}
	a, ok := keyAlgorithms[k.algorithm]
	if !ok {
		return k.algorithm
	}
	if bits > 0 {
		return fmt.Sprintf("%s-%d", a.name, bits)
	}
	return a.name
}

// describe fills what the subjectPublicKey's bits tell.
func (k *publicKey) describe(bits []byte) {
	switch k.algorithm {
	case oidRSA, oidRSAPSS:
		root, _, err := parseBER(bits, &layer{base: -1})
		if err != nil || len(root.children) != 2 {
			return
		}
		n := trimZeros(root.children[0].body)
		k.bits = bitLength(n)
		k.id = "rsa:" + string(n) + ":" + string(trimZeros(root.children[1].body))
	case oidDSA:
		if root, _, err := parseBER(bits, &layer{base: -1}); err == nil {
			k.id = "dsa:" + string(trimZeros(root.body))
		}
	case oidEC:
		if len(bits) < 3 {
			return
		}
		// By its x coordinate and parity a point is known in either form.
		switch half := (len(bits) - 1) / 2; bits[0] {
		case 2, 3:
			k.id = fmt.Sprintf("ec:%s:%x:%d", k.curve, bits[1:], bits[0]&1)
		case 4:
			k.id = fmt.Sprintf("ec:%s:%x:%d", k.curve, bits[1:1+half], bits[len(bits)-1]&1)
		}
	default:
		k.id = k.algorithm + ":" + string(bits)
	}
	k.keyType = k.typeName(k.bits)
}

func trimZeros(b []byte) []byte {
	for len(b) > 0 && b[0] == 0 {
		b = b[1:]
	}
	return b
}

func bitLength(b []byte) int {
	if len(b) == 0 {
		return 0
	}
	n := 8 * (len(b) - 1)
	for c := b[0]; c > 0; c >>= 1 {
		n++
	}
	return n
}
