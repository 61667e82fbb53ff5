package lab

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net"
	"time"
)

// validity of everything the lab makes: made anew at each start, and long
// enough that no session lives to see it end.
const validity = 10 * 365 * 24 * time.Hour

// authority is a CA.
type authority struct {
	cert *x509.Certificate
	key  crypto.Signer
}

func newAuthority(name string) (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	a := &authority{key: key}
	a.cert, err = a.issue(&x509.Certificate{
		Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}, key.Public())
	return a, err
}

// soon is when dave's certificate ends: within the life of most sessions.
const soon = time.Hour

// verify judges a client's chain (DER, leaf first) at a time.
func (a *authority) verify(chain [][]byte, now time.Time) error {
	if len(chain) == 0 {
		return errors.New("the client sent no certificate")
	}
	leaf, err := x509.ParseCertificate(chain[0])
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AddCert(a.cert)
	_, err = leaf.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	return err
}

// client makes a client certificate.
func (a *authority) client(name string) (tls.Certificate, error) {
	var key crypto.Signer
	var err error
	if name == "bob" {
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	} else {
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	if err != nil {
		return tls.Certificate{}, err
	}
	var ends time.Time
	if name == "dave" {
		ends = time.Now().Add(soon)
	}
	return a.certificate(&x509.Certificate{
		Subject: pkix.Name{CommonName: name}, NotAfter: ends, EmailAddresses: []string{name + "@lab.test"},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}, key)
}

// server makes a server certificate for names and IP addresses.
func (a *authority) server(names []string) (tls.Certificate, error) {
	return a.serverWith(names, nil, time.Time{})
}

// serverWith does it with a key and an end; nil and the zero time are the usual ones.
func (a *authority) serverWith(names []string, key crypto.Signer, ends time.Time) (tls.Certificate, error) {
	if key == nil {
		var err error
		if key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
			return tls.Certificate{}, err
		}
	}
	t := &x509.Certificate{
		Subject: pkix.Name{CommonName: names[0]}, NotAfter: ends,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, n := range names {
		if ip := net.ParseIP(n); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
		} else {
			t.DNSNames = append(t.DNSNames, n)
		}
	}
	return a.certificate(t, key)
}

func (a *authority) certificate(t *x509.Certificate, key crypto.Signer) (tls.Certificate, error) {
	leaf, err := a.issue(t, key.Public())
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: key, Leaf: leaf}, nil
}

// issue signs t; an authority without a certificate yet signs its own.
func (a *authority) issue(t *x509.Certificate, public crypto.PublicKey) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	t.SerialNumber = serial
	t.NotBefore = time.Now().Add(-time.Hour)
	if t.NotAfter.IsZero() {
		t.NotAfter = time.Now().Add(validity)
	}
	parent := a.cert
	if parent == nil {
		parent = t
	}
	der, err := x509.CreateCertificate(rand.Reader, t, parent, public, a.key)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}
