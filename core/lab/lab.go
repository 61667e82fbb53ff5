// Package lab is the TLS server we own: on loopback, with its own CA and
// identities made on the spot, and behaviours one picks. It says whom it saw
// in a header and in the body. The demo and the tests use it; the engine never
// imports it.
package lab

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"sync"

	"software.sslmate.com/src/go-pkcs12"
)

// Header is the response header in which the lab says whom it saw: the
// subject in RFC 2253 form, empty for nobody.
const Header = "X-Client-DN"

// Lab is a CA, its identities and the running servers.
type Lab struct {
	ca *authority

	mu         sync.Mutex
	identities map[string]tls.Certificate
}

// New makes a CA. Nothing listens yet.
func New() (*Lab, error) {
	ca, err := newAuthority("Rechallenge Lab CA")
	if err != nil {
		return nil, fmt.Errorf("make the lab's CA: %w", err)
	}
	return &Lab{ca: ca, identities: map[string]tls.Certificate{}}, nil
}

// CAPEM is the CA's certificate.
func (l *Lab) CAPEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: l.ca.cert.Raw})
}

// Certificate returns the identity of that name for crypto/tls, made on first
// use: alice and anybody else with a P-256 key, bob with an RSA-2048 one.
func (l *Lab) Certificate(name string) (tls.Certificate, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c, ok := l.identities[name]; ok {
		return c, nil
	}
	c, err := l.ca.client(name)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("make the lab identity %q: %w", name, err)
	}
	l.identities[name] = c
	return c, nil
}

// PKCS12 returns the same identity as a PKCS#12 file and its password: the
// demo opens it the way a user's file is opened.
func (l *Lab) PKCS12(name string) (data []byte, password string, err error) {
	c, err := l.Certificate(name)
	if err != nil {
		return nil, "", err
	}
	password = name + "-password"
	data, err = pkcs12.Modern2023.Encode(c.PrivateKey, c.Leaf, []*x509.Certificate{l.ca.cert}, password)
	if err != nil {
		return nil, "", fmt.Errorf("write the lab identity %q: %w", name, err)
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
