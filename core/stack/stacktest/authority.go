// Package stacktest has what the tests of the TLS stacks share: a certificate
// authority, identities and real servers on loopback. No program imports it.
package stacktest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"rechallenge/core/identity"
)

// Authority is a CA for one test.
type Authority struct {
	t    testing.TB
	cert *x509.Certificate
	key  crypto.Signer
	Dir  string // holds ca.pem and NAME.pem, NAME.key of each leaf
	Pool *x509.CertPool
	next int64
}

// NewAuthority makes a CA.
func NewAuthority(t testing.TB) *Authority {
	t.Helper()
	a := &Authority{t: t, Dir: t.TempDir(), Pool: x509.NewCertPool(), next: 1}
	// Servers that drop their privileges must still be able to read the files.
	if err := os.Chmod(a.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test CA"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	a.key = newKey(t)
	a.cert = a.sign(template, template, a.key)
	a.Pool.AddCert(a.cert)
	a.write("ca.pem", "CERTIFICATE", a.cert.Raw)
	return a
}

func newKey(t testing.TB) crypto.Signer {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (a *Authority) sign(template, parent *x509.Certificate, key crypto.Signer) *x509.Certificate {
	a.t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return cert
}

func (a *Authority) write(name, kind string, der []byte) {
	a.t.Helper()
	if err := os.WriteFile(filepath.Join(a.Dir, name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o644); err != nil {
		a.t.Fatal(err)
	}
}

// Leaf makes a certificate for name, both for servers (with the names given
// besides localhost and 127.0.0.1) and for clients, and writes name.pem and name.key.
func (a *Authority) Leaf(name string, names ...string) tls.Certificate {
	a.t.Helper()
	a.next++
	key := newKey(a.t)
	cert := a.sign(&x509.Certificate{
		SerialNumber: big.NewInt(a.next), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(12 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
		DNSNames: append([]string{"localhost"}, names...), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}, a.cert, key)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	a.write(name+".pem", "CERTIFICATE", cert.Raw)
	a.write(name+".key", "PRIVATE KEY", pkcs8)
	return tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key, Leaf: cert}
}

// Identity makes a client identity.
func (a *Authority) Identity(name string) *identity.Identity {
	a.t.Helper()
	leaf := a.Leaf(name)
	c := identity.Certificate{Subject: "CN=" + name, DER: leaf.Certificate[0]}
	return &identity.Identity{
		Public: identity.Public{ID: name, Certificate: c, Chain: []identity.Certificate{c}, Usable: true},
		Signer: leaf.PrivateKey.(crypto.Signer),
	}
}

// Path is the path of a file of the authority.
func (a *Authority) Path(name string) string { return filepath.Join(a.Dir, name) }
