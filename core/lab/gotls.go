package lab

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// goServer serves with crypto/tls, HTTP/1.1 and HTTP/2.
type goServer struct {
	http *http.Server
	done chan struct{}
}

func (s *Server) startGo(listener net.Listener, cert tls.Certificate) *goServer {
	g := &goServer{done: make(chan struct{})}
	config := s.whole(cert, s.config)
	g.http = &http.Server{
		Handler: s.handler(), TLSConfig: config,
		ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute,
		ErrorLog: log.New(io.Discard, "", 0), // refused handshakes are what a lab is for
	}
	go func() {
		defer close(g.done)
		g.http.ServeTLS(listener, "", "")
	}()
	return g
}

// whole is the server's configuration, with those of its other names in it; make
// makes each.
func (s *Server) whole(cert tls.Certificate, make func(tls.Certificate, *authority, *table) *tls.Config) *tls.Config {
	table := &table{sessions: map[string][]byte{}}
	config := make(cert, s.lab.ca, table)
	named := map[string]*tls.Config{}
	if s.behaviour.SeparateCAs {
		named[otherName] = make(cert, s.lab.other, table)
	}
	if s.behaviour.TwoCertificates {
		named[otherName] = make(s.renewed, s.lab.ca, table)
	}
	if s.behaviour.SkipsCallback {
		named[otherName] = make(cert, s.lab.ca, table)
		named[otherName].VerifyPeerCertificate = bobAlone
	}
	if s.behaviour.OpenName {
		named[openName] = make(cert, s.lab.ca, table)
		named[openName].ClientAuth = tls.NoClientCert
	}
	config.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		name := strings.ToLower(hello.ServerName)
		s.greeted()
		if !s.altered() {
			return named[name], nil
		}
		ca, c := s.lab.ca, named[name]
		if c == nil {
			c = config
		} else if name == otherName {
			ca = s.lab.other
		}
		return s.alteredConfig(c, ca), nil
	}
	return config
}

// bobAlone is what crypto/tls asks of full handshakes only.
func bobAlone(_ [][]byte, chains [][]*x509.Certificate) error {
	if len(chains) == 0 || chains[0][0].Subject.CommonName != "bob" {
		return errors.New("this name is for bob")
	}
	return nil
}

func (g *goServer) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	err := g.http.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = g.http.Close()
	}
	<-g.done
	return err
}

// config is the server's for names of which ca vouches for the clients. Each
// has a ticket key of its own, so that sessions stay with it.
func (s *Server) config(cert tls.Certificate, ca *authority, t *table) *tls.Config {
	b := &s.behaviour
	roots := x509.NewCertPool()
	roots.AddCert(ca.cert)
	c := &tls.Config{
		Certificates: []tls.Certificate{cert}, ClientCAs: roots,
		SessionTicketsDisabled: b.NoTickets, NextProtos: []string{"h2", "http/1.1"}, Time: s.lab.now,
	}
	c.MinVersion, c.MaxVersion = b.versions()
	if c.MinVersion < tls.VersionTLS12 {
		for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
			c.CipherSuites = append(c.CipherSuites, suite.ID)
		}
		c.NextProtos = []string{"http/1.1"} // RFC 9113 section 9.2: HTTP/2 wants TLS 1.2
	}
	switch b.Auth {
	case AuthNone:
		c.ClientAuth = tls.NoClientCert
	case AuthOptional:
		c.ClientAuth = tls.VerifyClientCertIfGiven
	default:
		c.ClientAuth = tls.RequireAndVerifyClientCert
	}
	if b.AnyIssuer {
		c.ClientAuth = tls.RequireAnyClientCert
	}
	if b.OtherList {
		c.ClientAuth, c.ClientCAs = tls.RequestClientCert, x509.NewCertPool()
		c.ClientCAs.AddCert(s.lab.other.cert)
	}
	if s.opt.KeyLog != nil {
		c.KeyLogWriter = keyLines(s.opt.KeyLog)
	}
	if s.opt.Answer != nil {
		c.NextProtos = []string{"http/1.1"} // a visit is a connection
	}
	key := s.lab.ticketKey
	if !b.SharedTickets && !b.OverTCPAndQUIC {
		rand.Read(key[:])
	}
	if b.ZeroKey {
		clear(key[:])
	}
	c.SetSessionTicketKeys([][32]byte{key})
	if b.ClearTickets {
		c.WrapSession = func(_ tls.ConnectionState, state *tls.SessionState) ([]byte, error) { return state.Bytes() }
		c.UnwrapSession = func(ticket []byte, _ tls.ConnectionState) (*tls.SessionState, error) {
			state, err := tls.ParseSessionState(ticket)
			if err != nil {
				state = nil // no ticket of ours, or none: crypto/tls asks for that too
			}
			return state, nil
		}
		return c
	}
	if !b.RefuseTickets && !b.Stateful && b.Lifetime == 0 {
		return c
	}
	c.WrapSession = func(_ tls.ConnectionState, state *tls.SessionState) ([]byte, error) {
		state.Extra = append(state.Extra, binary.BigEndian.AppendUint64(nil, uint64(s.lab.now().Unix())))
		if !b.Stateful {
			return c.EncryptTicket(tls.ConnectionState{}, state)
		}
		return t.add(state)
	}
	c.UnwrapSession = func(ticket []byte, cs tls.ConnectionState) (state *tls.SessionState, err error) {
		switch {
		case b.RefuseTickets:
			return nil, nil
		case b.Stateful:
			state = t.find(ticket, b.SingleUse)
		default:
			state, err = c.DecryptTicket(ticket, cs)
		}
		if state == nil || err != nil || s.old(state) {
			return nil, err
		}
		return state, nil
	}
	return c
}

// keyLines hands lines of SSLKEYLOGFILE on.
type keyLines func(line []byte)

func (k keyLines) Write(line []byte) (int, error) {
	k(line)
	return len(line), nil
}

// old reports whether a session has outlived the behaviour's lifetime.
func (s *Server) old(state *tls.SessionState) bool {
	if s.behaviour.Lifetime == 0 || len(state.Extra) == 0 {
		return false
	}
	made := state.Extra[len(state.Extra)-1]
	if len(made) != 8 {
		return false
	}
	return !s.lab.now().Before(time.Unix(int64(binary.BigEndian.Uint64(made)), 0).Add(s.behaviour.Lifetime))
}

// table is where stateful tickets point.
type table struct {
	mu       sync.Mutex
	sessions map[string][]byte
}

// maxTable bounds it; one session is well below a kilobyte.
const maxTable = 10_000

func (t *table) add(state *tls.SessionState) ([]byte, error) {
	data, err := state.Bytes()
	if err != nil {
		return nil, err
	}
	ticket := make([]byte, 32)
	rand.Read(ticket)
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.sessions) >= maxTable {
		clear(t.sessions)
	}
	t.sessions[string(ticket)] = data
	return ticket, nil
}

// find returns the session of a ticket, or nil, and forgets it after its only use.
func (t *table) find(ticket []byte, once bool) *tls.SessionState {
	t.mu.Lock()
	data := t.sessions[string(ticket)]
	if once {
		delete(t.sessions, string(ticket))
	}
	t.mu.Unlock()
	if data == nil {
		return nil
	}
	state, err := tls.ParseSessionState(data)
	if err != nil {
		return nil
	}
	return state
}

func (s *Server) handler() http.Handler { return http.HandlerFunc(s.serveHTTP) }

// serveHTTP answers a request that came over crypto/tls.
func (s *Server) serveHTTP(w http.ResponseWriter, r *http.Request) {
	v := visitor{path: r.URL.Path, host: r.Host, name: r.TLS.ServerName, resumed: r.TLS.DidResume, version: r.TLS.Version, from: r.RemoteAddr, header: r.Header}
	if len(r.TLS.PeerCertificates) > 0 {
		v.leaf = r.TLS.PeerCertificates[0]
	}
	if says := s.altSvc(); says != "" && r.ProtoMajor < 3 {
		w.Header().Set("Alt-Svc", says)
	}
	s.answer(v).write(w)
}
