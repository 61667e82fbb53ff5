package lab

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// otherName is the name that has a CA of its own under Behaviour.SeparateCAs.
const otherName = "b.test"

// openName is the name that asks nobody under Behaviour.OpenName.
const openName = "a.test"

// patience is how long Close waits for connections to end by themselves.
const patience = 2 * time.Second

// Server is one running server.
type Server struct {
	lab       *Lab
	behaviour Behaviour
	opt       Options
	listener  net.Listener
	packets   net.PacketConn // of HTTP/3
	engine    interface{ close() error }
	quic      *quicServer // nil = HTTP/3 is not served
	noHTTP3   error       // why, where it was to be

	renewed tls.Certificate // takes the place of the first one

	mu      sync.Mutex
	seen    []Seen
	changed map[string]bool // by the id of a condition
	armed   *armed          // a change that comes by itself; nil = none does
	shown   *shown          // in the place of the server's certificate; nil = none
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

// Options are what a server is told besides its behaviour.
type Options struct {
	Port   int               // on 127.0.0.1; 0 picks a free one
	KeyLog func(line []byte) // hears each line of SSLKEYLOGFILE; nil = nobody does
	// Answer says what a visit was, on the page that it gets; each visit then has a
	// connection of its own. nil = the lab's plain answer.
	Answer func(Guest) Answer
}

// Start runs a server on 127.0.0.1; port 0 picks a free one. Where the
// behaviour needs libssl and there is none, the error says what to do.
func (l *Lab) Start(b Behaviour, port int) (*Server, error) {
	return l.StartWith(b, Options{Port: port})
}

// StartWith runs a server that is told more.
func (l *Lab) StartWith(b Behaviour, opt Options) (*Server, error) {
	cert, err := l.ca.server(b.names())
	if err != nil {
		return nil, fmt.Errorf("make the lab server's certificate: %w", err)
	}
	if b.OldToo && NeedLibssl.Missing() == nil {
		b.SessionIDs = true
	}
	s := &Server{lab: l, behaviour: b, opt: opt}
	if err := s.listen(opt.Port); err != nil {
		return nil, fmt.Errorf("start the lab server: %w", err)
	}
	if err := s.serveOn(cert); err != nil {
		s.listener.Close()
		if s.packets != nil {
			s.packets.Close()
		}
		return nil, err
	}
	return s, nil
}

// serveOn serves on what listens.
func (s *Server) serveOn(cert tls.Certificate) (err error) {
	if s.renewed, err = s.lab.ca.server(s.behaviour.names()); err != nil {
		return fmt.Errorf("make the lab server's second certificate: %w", err)
	}
	if s.behaviour.Speaks != "" {
		s.engine, err = s.startService(s.listener, cert)
		return err
	}
	if s.packets != nil {
		if s.quic, err = s.startQUIC(cert); err != nil {
			return err
		}
	}
	if !s.behaviour.needsLibssl() {
		s.engine = s.startGo(s.listener, cert)
		return nil
	}
	libssl, err := s.startLibssl(s.listener, cert)
	if err != nil {
		if s.quic != nil {
			s.quic.close()
		}
		return err
	}
	s.engine = libssl
	return nil
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
	if s.quic != nil {
		s.quic.close()
	}
	return s.engine.close()
}

// visitor is a request, whatever TLS it came over.
type visitor struct {
	path, host, name string            // name is the server name of the handshake
	leaf             *x509.Certificate // nil = nobody
	resumed          bool
	version          uint16
	from             string // ip:port
	header           http.Header
}

// reply is what the visitor gets.
type reply struct {
	status int
	header http.Header
	body   string
}

func (a reply) write(w http.ResponseWriter) {
	for name, values := range a.header {
		w.Header()[name] = values
	}
	w.WriteHeader(a.status)
	io.WriteString(w, a.body)
}

// answer says whom the server saw; a path that names one of the lab's
// identities is for that identity alone.
func (s *Server) answer(v visitor) reply {
	var subject, cn string
	if v.leaf != nil {
		subject, cn = v.leaf.Subject.String(), v.leaf.Subject.CommonName
	}
	status := http.StatusOK
	who := owner(v.path)
	switch {
	case s.behaviour.Misdirected && !strings.EqualFold(hostname(v.host), v.name):
		status = http.StatusMisdirectedRequest
	case s.lab.knows(who) && who != cn, subject != "" && s.is(RightsChanged):
		status = http.StatusForbidden
	case s.behaviour.RefusesNobody && cn == "" && !(s.behaviour.WelcomesResumed && v.resumed):
		status = http.StatusUnauthorized
	}
	host := ""
	if !s.behaviour.IgnoresHost && slices.Contains(s.behaviour.names(), strings.ToLower(hostname(v.host))) {
		host = fmt.Sprintf("host=%q\n", hostname(v.host)) // each name has content of its own
	}
	s.mu.Lock()
	s.seen = append(s.seen, Seen{At: time.Now(), Path: v.path, Subject: subject, Resumed: v.resumed, Version: v.version, Status: status})
	s.mu.Unlock()
	if s.opt.Answer != nil {
		return s.visited(v, subject, status)
	}
	return reply{
		status: status,
		header: http.Header{Header: {subject}, "Content-Type": {"text/plain; charset=utf-8"}, "Cache-Control": {"no-store"}},
		body:   fmt.Sprintf("path=%q\ndn=%q\nresumed=%v\nversion=%q\n", v.path, subject, v.resumed, tls.VersionName(v.version)) + host,
	}
}

// owner is whom a path would be for: /alice and /as/alice are alice's.
func owner(path string) string { return strings.TrimPrefix(strings.Trim(path, "/"), visitPath) }

// hostname is a Host header without its port.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return host
}

// knows reports whether the lab has made an identity of that name.
func (l *Lab) knows(name string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, ok := l.identities[name]
	return ok
}
