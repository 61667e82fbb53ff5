// Package lab is the TLS server we own: on loopback, with its own CA and
// identities made on the spot, and behaviours one picks. It says whom it saw
// in a header and in the body. The demo and the tests use it; the engine never
// imports it.
package lab

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"sync"
	"time"

	"software.sslmate.com/src/go-pkcs12"
)

// Header is the response header in which the lab says whom it saw: the
// subject in RFC 2253 form, empty for nobody.
const Header = "X-Client-DN"

// Lab is a CA, its identities and the running servers.
type Lab struct {
	ca        *authority
	other     *authority // of otherName, and of carol
	ticketKey [32]byte   // of servers that share theirs

	mu         sync.Mutex
	identities map[string]tls.Certificate
	clock      func() time.Time
}

// New makes a CA. Nothing listens yet.
func New() (*Lab, error) {
	ca, err := newAuthority("Rechallenge Lab CA")
	if err != nil {
		return nil, fmt.Errorf("make the lab's CA: %w", err)
	}
	other, err := newAuthority("Rechallenge Lab CA B")
	if err != nil {
		return nil, fmt.Errorf("make the lab's second CA: %w", err)
	}
	l := &Lab{ca: ca, other: other, identities: map[string]tls.Certificate{}, clock: time.Now}
	rand.Read(l.ticketKey[:])
	return l, nil
}

// SetNow gives the lab another clock, by which sessions grow old: the one that
// moves instead of waiting. It may be called while servers run.
func (l *Lab) SetNow(now func() time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.clock = now
}

func (l *Lab) now() time.Time {
	l.mu.Lock()
	now := l.clock
	l.mu.Unlock()
	return now()
}

// CAPEM is the CA's certificate.
func (l *Lab) CAPEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: l.ca.cert.Raw})
}

// Certificate returns the identity of that name for crypto/tls, made on first
// use: alice and anybody else with a P-256 key, bob with an RSA-2048 one; carol
// by the second CA; dave's ends within an hour.
func (l *Lab) Certificate(name string) (tls.Certificate, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c, ok := l.identities[name]; ok {
		return c, nil
	}
	ca := l.issuer(name)
	c, err := ca.client(name)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("make the lab identity %q: %w", name, err)
	}
	l.identities[name] = c
	return c, nil
}

// issuer is the CA of an identity.
func (l *Lab) issuer(name string) *authority {
	if name == "carol" {
		return l.other
	}
	return l.ca
}

// PKCS12 returns the same identity as a PKCS#12 file and its password: the
// demo opens it the way a user's file is opened.
func (l *Lab) PKCS12(name string) (data []byte, password string, err error) {
	c, err := l.Certificate(name)
	if err != nil {
		return nil, "", err
	}
	password = name + "-password"
	data, err = pkcs12.Modern2023.Encode(c.PrivateKey, c.Leaf, []*x509.Certificate{l.issuer(name).cert}, password)
	if err != nil {
		return nil, "", fmt.Errorf("write the lab identity %q: %w", name, err)
	}
	return data, password, nil
}

// OldPKCS12 returns it in the algorithms that older systems read, of the same password.
func (l *Lab) OldPKCS12(name string) ([]byte, error) {
	c, err := l.Certificate(name)
	if err != nil {
		return nil, err
	}
	data, err := pkcs12.LegacyDES.Encode(c.PrivateKey, c.Leaf, []*x509.Certificate{l.issuer(name).cert}, name+"-password")
	if err != nil {
		return nil, fmt.Errorf("write the lab identity %q: %w", name, err)
	}
	return data, nil
}

// CAPKCS12 is the CA with its key, for who makes certificates with it.
func (l *Lab) CAPKCS12() (data []byte, password string, err error) {
	password = "ca-password"
	data, err = pkcs12.Modern2023.Encode(l.ca.key, l.ca.cert, nil, password)
	if err != nil {
		return nil, "", fmt.Errorf("write the lab's CA: %w", err)
	}
	return data, password, nil
}

// ServerPEM makes a server certificate of the lab's CA for names, as PEM, for
// servers that are not the lab's own.
func (l *Lab) ServerPEM(names ...string) (cert, key []byte, err error) {
	c, err := l.ca.server(names)
	if err != nil {
		return nil, nil, fmt.Errorf("make a server certificate: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		return nil, nil, fmt.Errorf("write the server's key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}
