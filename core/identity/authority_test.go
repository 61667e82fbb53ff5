package identity_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"math/big"
	"net/url"
	"testing"
	"time"

	"rechallenge/core/identity"
)

// certified is a certificate with its key.
type certified struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

var serials int64 = 1000

func certify(t *testing.T, c *x509.Certificate, by *certified, key *ecdsa.PrivateKey) *certified {
	t.Helper()
	if key == nil {
		var err error
		if key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
			t.Fatal(err)
		}
	}
	serials++
	c.SerialNumber = big.NewInt(serials)
	if c.NotBefore.IsZero() {
		c.NotBefore = time.Now().Add(-time.Hour)
	}
	if c.NotAfter.IsZero() {
		c.NotAfter = time.Now().AddDate(5, 0, 0)
	}
	parent, signer := c, key
	if by != nil {
		parent, signer = by.cert, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	out, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &certified{out, key}
}

func newCA(t *testing.T, cn string, by *certified) *certified {
	return certify(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: cn}, BasicConstraintsValid: true, IsCA: true, KeyUsage: x509.KeyUsageCertSign,
	}, by, nil)
}

func client(cn string) *x509.Certificate {
	return &x509.Certificate{
		Subject: pkix.Name{CommonName: cn, Organization: []string{"Example, Inc."}, Country: []string{"CZ"}}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, DNSNames: []string{cn + ".test"}, EmailAddresses: []string{cn + "@a.test"},
		URIs: []*url.URL{{Scheme: "spiffe", Host: "a.test", Path: "/" + cn}},
	}
}

func (c *certified) issue(t *testing.T, cn string) *certified { return certify(t, client(cn), c, nil) }

// chainOf is the public part of an identity of that chain.
func chainOf(list ...*certified) identity.Public {
	p := identity.Public{ID: list[0].cert.Subject.CommonName, Usable: true}
	for _, c := range list {
		p.Chain = append(p.Chain, identity.ParseCertificate(c.cert.Raw))
	}
	p.Certificate = p.Chain[0]
	return p
}

func (c *certified) certPEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.cert.Raw})
}

func (c *certified) keyPEM(t *testing.T) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(c.key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// readPEM reads the blocks one after another.
func readPEM(t *testing.T, parts ...[]byte) (*identity.File, error) {
	t.Helper()
	return identity.Read(context.Background(), "made.pem", bytes.Join(parts, nil), nil, identity.Options{})
}

func bytesOf(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
