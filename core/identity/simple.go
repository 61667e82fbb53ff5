package identity

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"software.sslmate.com/src/go-pkcs12"
)

// Read reads a PKCS#12 file. A nil password means none was given.
func Read(ctx context.Context, name string, data []byte, password *string, opt Options) (*File, error) {
	pw := ""
	if password != nil {
		pw = *password
	}
	key, leaf, cas, err := pkcs12.DecodeChain(data, pw)
	switch {
	case errors.Is(err, pkcs12.ErrIncorrectPassword) && password == nil:
		return nil, &Error{Code: PasswordNeeded, What: "the file is protected by a password", Offset: -1}
	case errors.Is(err, pkcs12.ErrIncorrectPassword):
		return nil, &Error{Code: WrongPassword, What: "the MAC does not match", Do: "wrong password?", Offset: -1}
	case err != nil:
		return nil, &Error{Code: NotAnIdentity, What: err.Error(), Offset: -1}
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, &Error{Code: NoKey, What: "no key that can sign", Offset: -1}
	}
	id := &Identity{Signer: signer}
	id.Usable = true
	for _, c := range append([]*x509.Certificate{leaf}, cas...) {
		id.Chain = append(id.Chain, ParseCertificate(c.Raw))
	}
	id.Certificate = id.Chain[0]
	return &File{Format: "pkcs12", Identities: []*Identity{id}}, nil
}

// ReadPair reads a certificate and its key from two files.
func ReadPair(ctx context.Context, cert, key []byte, password *string, opt Options) (*File, error) {
	return nil, errors.New("not yet")
}

// ParseCertificate gives what may be shown of a DER certificate.
func ParseCertificate(der []byte) Certificate {
	sum := sha256.Sum256(der)
	out := Certificate{DER: der, FingerprintSHA256: hex.EncodeToString(sum[:])}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return out
	}
	out.Subject, out.Issuer, out.NotBefore, out.NotAfter = c.Subject.String(), c.Issuer.String(), c.NotBefore, c.NotAfter
	switch k := c.PublicKey.(type) {
	case *rsa.PublicKey:
		out.KeyType = fmt.Sprintf("RSA-%d", k.N.BitLen())
	case *ecdsa.PublicKey:
		out.KeyType = k.Curve.Params().Name
	case ed25519.PublicKey:
		out.KeyType = "Ed25519"
	}
	return out
}

// Match finds which of ids a distinguished name means.
func Match(words string, ids []Public) (id string, ok bool) {
	for _, p := range ids {
		if strings.EqualFold(words, p.Subject) {
			return p.ID, true
		}
	}
	return "", false
}
