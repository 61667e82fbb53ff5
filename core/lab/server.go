package lab

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// ClientAuth is when the server asks for a certificate.
type ClientAuth string

// The values.
const (
	AuthNone     ClientAuth = "none"
	AuthOptional ClientAuth = "optional"
	AuthRequired ClientAuth = "required"
)

// Behaviour is what a lab server does. The zero value asks for a certificate
// and requires it, speaks TLS 1.2 and 1.3 and gives tickets.
type Behaviour struct {
	Names      []string // certificate names; nil = localhost, *.localhost, a.test, b.test, 127.0.0.1, ::1
	MinVersion uint16   // 0 = TLS 1.2
	MaxVersion uint16   // 0 = TLS 1.3
	NoTickets  bool
	Auth       ClientAuth // "" = required
}

// Server is one running server.
type Server struct {
	lab      *Lab
	listener net.Listener
	http     *http.Server
	done     chan struct{}

	mu   sync.Mutex
	seen []Seen
}

// Seen is one request as the server saw it.
type Seen struct {
	At      time.Time
	Path    string
	Subject string // RFC 2253; "" = nobody
	Resumed bool
	Version uint16
	Status  int
}

// Start runs a server on 127.0.0.1; port 0 picks a free one.
func (l *Lab) Start(b Behaviour, port int) (*Server, error) {
	names := b.Names
	if names == nil {
		names = []string{"localhost", "*.localhost", "a.test", "b.test", "127.0.0.1", "::1"}
	}
	cert, err := l.ca.server(names)
	if err != nil {
		return nil, fmt.Errorf("make the lab server's certificate: %w", err)
	}
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return nil, fmt.Errorf("start the lab server: %w", err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(l.ca.cert)
	config := &tls.Config{
		Certificates: []tls.Certificate{cert}, ClientCAs: roots, ClientAuth: b.clientAuth(),
		MinVersion: cmp.Or(b.MinVersion, tls.VersionTLS12), MaxVersion: cmp.Or(b.MaxVersion, tls.VersionTLS13),
		SessionTicketsDisabled: b.NoTickets, NextProtos: []string{"h2", "http/1.1"},
	}
	var key [32]byte
	rand.Read(key[:])
	config.SetSessionTicketKeys([][32]byte{key})
	s := &Server{lab: l, listener: listener, done: make(chan struct{})}
	s.http = &http.Server{
		Handler: http.HandlerFunc(s.answer), TLSConfig: config,
		ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute,
		ErrorLog: log.New(io.Discard, "", 0), // refused handshakes are what a lab is for
	}
	go func() {
		defer close(s.done)
		s.http.ServeTLS(listener, "", "")
	}()
	return s, nil
}

func (b Behaviour) clientAuth() tls.ClientAuthType {
	switch b.Auth {
	case AuthNone:
		return tls.NoClientCert
	case AuthOptional:
		return tls.VerifyClientCertIfGiven
	}
	return tls.RequireAndVerifyClientCert
}

// Addr is the server's ip:port.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Seen lists whom the server saw, in order.
func (s *Server) Seen() []Seen {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Seen(nil), s.seen...)
}

// Close stops the server and waits for its connections.
func (s *Server) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	err := s.http.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = s.http.Close()
	}
	<-s.done
	return err
}

// answer says whom the server saw; a path that names one of the lab's
// identities is for that identity alone.
func (s *Server) answer(w http.ResponseWriter, r *http.Request) {
	var subject, cn string
	if len(r.TLS.PeerCertificates) > 0 {
		leaf := r.TLS.PeerCertificates[0]
		subject, cn = leaf.Subject.String(), leaf.Subject.CommonName
	}
	status := http.StatusOK
	owner := strings.Trim(r.URL.Path, "/")
	if s.lab.knows(owner) && owner != cn {
		status = http.StatusForbidden
	}
	s.mu.Lock()
	s.seen = append(s.seen, Seen{At: time.Now(), Path: r.URL.Path, Subject: subject, Resumed: r.TLS.DidResume, Version: r.TLS.Version, Status: status})
	s.mu.Unlock()
	w.Header().Set(Header, subject)
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	fmt.Fprintf(w, "path=%q\ndn=%q\nresumed=%v\nversion=%q\n", r.URL.Path, subject, r.TLS.DidResume, tls.VersionName(r.TLS.Version))
}

// knows reports whether the lab has made an identity of that name.
func (l *Lab) knows(name string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, ok := l.identities[name]
	return ok
}
