package identity

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
)

// privateKey is a key found in a file. signer is nil for one that can't be
// used here; public.uses then says by what it can.
type privateKey struct {
	public publicKey
	signer crypto.Signer
}

// RSAPSSKey is an RSA key whose algorithm is id-RSASSA-PSS (RFC 4055), which
// may sign with PSS padding only. crypto/tls has no such certificates: only a
// stack that knows them (OpenSSL) can use it.
type RSAPSSKey struct {
	key       *rsa.PrivateKey
	algorithm []byte // AlgorithmIdentifier, with the parameters the key came with
}

// Public returns the *rsa.PublicKey.
func (k *RSAPSSKey) Public() crypto.PublicKey { return k.key.Public() }

// Sign signs digest with PSS; other padding is refused.
func (k *RSAPSSKey) Sign(rand io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	if _, ok := opts.(*rsa.PSSOptions); !ok {
		return nil, errors.New("sign with an RSA-PSS key: only PSS padding is allowed")
	}
	return k.key.Sign(rand, digest, opts)
}

// PKCS8 returns the key's PrivateKeyInfo in DER (RFC 5958), for a stack that
// takes keys and not signers. The caller should overwrite it after use. It
// fails for a key that can't leave its signer.
func (id *Identity) PKCS8() ([]byte, error) {
	if k, ok := id.Signer.(*RSAPSSKey); ok {
		pkcs1 := x509.MarshalPKCS1PrivateKey(k.key)
		defer clear(pkcs1)
		body := appendTLV(nil, tagInteger, false, []byte{0})
		body = append(body, k.algorithm...)
		body = appendTLV(body, tagOctets, false, pkcs1)
		defer clear(body)
		return appendTLV(nil, tagSequence, true, body), nil
	}
	switch id.Signer.(type) {
	case *rsa.PrivateKey, *ecdsa.PrivateKey, ed25519.PrivateKey:
		return x509.MarshalPKCS8PrivateKey(id.Signer)
	}
	return nil, fmt.Errorf("export the key of %q: a %T does not give its key away", id.ID, id.Signer)
}

// parsePKCS8 reads a PrivateKeyInfo or OneAsymmetricKey (RFC 5958 section 2).
func parsePKCS8(data []byte, lay *layer) (*privateKey, error) {
	root, _, err := parseBER(data, lay)
	if err != nil {
		return nil, err
	}
	return pkcs8Of(root)
}

func pkcs8Of(root element) (*privateKey, error) {
	c, err := root.open("PrivateKeyInfo", tagSequence)
	if err != nil {
		return nil, err
	}
	if _, err := c.number("PrivateKeyInfo version"); err != nil {
		return nil, err
	}
	algorithm, err := c.take("private-key algorithm", tagSequence)
	if err != nil {
		return nil, err
	}
	ac, err := algorithm.open("private-key algorithm", tagSequence)
	if err != nil {
		return nil, err
	}
	k := &privateKey{}
	if err := k.public.readAlgorithm(ac); err != nil {
		return nil, err
	}
	octets, err := c.take("privateKey", tagOctets)
	if err != nil {
		return nil, err
	}
	inner := octets.octets()
	for _, e := range c.rest {
		if e.tag == context1 {
			if b := e.bits(); len(b) > 1 {
				k.public.describe(b[1:])
			}
		}
	}
	lay := octets.inner("the private key")
	switch k.public.algorithm {
	case oidRSA, oidRSAPSS:
		err = k.readRSA(inner, algorithm.der(), lay)
	case oidEC:
		err = k.readEC(inner, lay)
	case oidEd25519:
		err = k.readEd25519(root, lay)
	case oidDSA:
		k.readDSA(ac, inner)
	}
	if err != nil {
		return nil, err
	}
	return k, nil
}

// ecKey is the key on one of the curves that crypto/tls has.
func ecKey(curve string, scalar []byte) (*ecdsa.PrivateKey, error) {
	c := map[string]elliptic.Curve{
		"1.2.840.10045.3.1.7": elliptic.P256(), "1.3.132.0.34": elliptic.P384(), "1.3.132.0.35": elliptic.P521(),
	}[curve]
	size := (c.Params().BitSize + 7) / 8
	// Some producers drop leading zeros, some add one (RFC 5915 section 3 wants neither).
	scalar = trimZeros(scalar)
	if len(scalar) > size {
		return nil, errors.New("the private key is longer than the curve's order")
	}
	padded := make([]byte, size)
	defer clear(padded)
	copy(padded[size-len(scalar):], scalar)
	return ecdsa.ParseRawPrivateKey(c, padded)
}

// normalDER reads one value and gives it in DER.
func normalDER(data []byte, lay *layer) (element, []byte, error) {
	root, _, err := parseBER(data, lay)
	if err != nil {
		return element{}, nil, err
	}
	return root, root.der(), nil
}

// readRSA reads an RSAPrivateKey (RFC 8017 appendix A.1.2).
func (k *privateKey) readRSA(data, algorithm []byte, lay *layer) error {
	root, der, err := normalDER(data, lay)
	if err != nil {
		return err
	}
	defer clear(der)
	if len(root.children) < 9 {
		return root.damaged("the RSA key has %d parts instead of 9", len(root.children))
	}
	if bits := bitLength(trimZeros(root.children[1].body)); bits > 16384 {
		return &Error{Code: TooMuchWork, What: fmt.Sprintf("the RSA key has %d bits, more than the 16384 that are read", bits), Offset: -1}
	}
	public := appendTLV(nil, tagSequence, true, append(root.children[1].der(), root.children[2].der()...))
	k.public.describe(public)
	key, err := x509.ParsePKCS1PrivateKey(der)
	if err != nil {
		key, err = reduced(root)
	}
	if err != nil {
		if k.public.bits < 1024 {
			return nil // too weak for crypto/rsa: named, not used
		}
		return root.damaged("the RSA key's numbers do not belong together")
	}
	if k.public.algorithm == oidRSAPSS {
		k.signer = &RSAPSSKey{key: key, algorithm: algorithm}
	} else {
		k.signer = key
	}
	return nil
}

// reduced is an RSA key made from its two primes: some producers write a d that
// is larger than it need be, or leave the numbers of the Chinese remainder
// theorem wrong, which crypto/rsa refuses and others compute with.
func reduced(root element) (*rsa.PrivateKey, error) {
	number := func(i int) *big.Int { return new(big.Int).SetBytes(root.children[i].body) }
	n, e, d, p, q := number(1), number(2), number(3), number(4), number(5)
	one := big.NewInt(1)
	if p.Cmp(one) <= 0 || q.Cmp(one) <= 0 || new(big.Int).Mul(p, q).Cmp(n) != 0 || !e.IsInt64() || e.BitLen() > 31 || d.BitLen() > 4*n.BitLen() {
		return nil, errors.New("the numbers do not belong together")
	}
	p1, q1 := new(big.Int).Sub(p, one), new(big.Int).Sub(q, one)
	lambda := new(big.Int).Div(new(big.Int).Mul(p1, q1), new(big.Int).GCD(nil, nil, p1, q1))
	if new(big.Int).Mod(new(big.Int).Mul(d, e), lambda).Cmp(one) != 0 {
		return nil, errors.New("the exponents do not belong together")
	}
	key := &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: n, E: int(e.Int64())}, D: d.Mod(d, lambda), Primes: []*big.Int{p, q}}
	key.Precompute()
	return key, key.Validate()
}

// readEC reads an ECPrivateKey (RFC 5915) on the curve already known, or on
// the one it names.
func (k *privateKey) readEC(data []byte, lay *layer) error {
	root, der, err := normalDER(data, lay)
	if err != nil {
		return err
	}
	defer clear(der)
	c, err := root.open("ECPrivateKey", tagSequence)
	if err != nil {
		return err
	}
	if _, err := c.number("ECPrivateKey version"); err != nil {
		return err
	}
	scalar, err := c.take("privateKey", tagOctets)
	if err != nil {
		return err
	}
	if p, ok := c.maybe(context0); ok && len(p.children) == 1 && k.public.curve == "" && p.children[0].tag == tagOID {
		k.public.curve = oidString(p.children[0].body)
	}
	if p, ok := c.maybe(context1); ok && len(p.children) == 1 {
		if b := p.children[0].bits(); len(b) > 1 {
			k.public.describe(b[1:])
		}
	}
	k.public.keyType = k.public.typeName(0)
	switch k.public.keyType {
	case "P-256", "P-384", "P-521":
	default:
		return nil
	}
	key, err := ecKey(k.public.curve, scalar.octets())
	if err != nil {
		return scalar.damaged("the private key does not fit the curve %s", k.public.keyType)
	}
	spki, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return fmt.Errorf("read the %s key: %w", k.public.keyType, err)
	}
	if e, _, err := parseBER(spki, &layer{base: -1}); err == nil {
		if own, err := parseSPKI(e); err == nil {
			if k.public.id != "" && k.public.id != own.id {
				return root.damaged("the private key and the public key beside it do not belong together")
			}
			k.public.id = own.id
		}
	}
	k.signer = key
	return nil
}

// readEd25519 reads a CurvePrivateKey (RFC 8410 section 7).
func (k *privateKey) readEd25519(root element, lay *layer) error {
	der := root.children[2].octets()
	inner, _, err := parseBER(der, lay)
	if err != nil {
		return err
	}
	seed := inner.octets()
	if len(seed) != ed25519.SeedSize {
		return inner.damaged("an Ed25519 key has %d bytes instead of 32", len(seed))
	}
	key := ed25519.NewKeyFromSeed(seed)
	id := k.public.id
	k.public.describe(key.Public().(ed25519.PublicKey))
	if id != "" && id != k.public.id {
		return inner.damaged("the private key and the public key beside it do not belong together")
	}
	k.signer = key
	return nil
}

// readDSA finds the public key y = g^x mod p (RFC 3279 section 2.3.2), so that
// the key's certificate is found.
func (k *privateKey) readDSA(algorithm *cursor, data []byte) {
	params, ok := algorithm.maybe(tagSequence)
	x, _, err := parseBER(data, &layer{base: -1})
	if !ok || len(params.children) != 3 || err != nil || len(params.children[0].body) > 1024 || len(x.body) > 64 {
		return
	}
	p := new(big.Int).SetBytes(params.children[0].body)
	g := new(big.Int).SetBytes(params.children[2].body)
	if p.Sign() <= 0 || p.Bit(0) == 0 || g.Cmp(p) >= 0 {
		return
	}
	y := new(big.Int).Exp(g, new(big.Int).SetBytes(x.body), p)
	k.public.bits = p.BitLen()
	k.public.describe(appendTLV(nil, tagInteger, false, y.Bytes()))
}
