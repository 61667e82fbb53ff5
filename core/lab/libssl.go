package lab

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"time"

	"rechallenge/core/openssl"
)

// libsslServer serves with OpenSSL's library, HTTP/1.1 only: later challenges
// don't go with HTTP/2 (RFC 9113 section 9.2.3).
type libsslServer struct {
	*Server
	*conversations
	tls   *openssl.Server
	hosts map[string]openssl.Host // by server name; "" = all others
}

func (s *Server) startLibssl(listener net.Listener, cert tls.Certificate) (*libsslServer, error) {
	library, err := openssl.Load()
	if err != nil {
		return nil, fmt.Errorf("start the lab server: this behaviour needs libssl: %w", err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
	if err != nil {
		return nil, fmt.Errorf("start the lab server: %w", err)
	}
	credential, err := library.NewCredential(cert.Certificate, pkcs8)
	if err != nil {
		return nil, fmt.Errorf("start the lab server: %w", err)
	}
	b := &s.behaviour
	l := &libsslServer{Server: s, conversations: newConversations(listener), hosts: map[string]openssl.Host{"": s.host(credential, s.lab.ca, "")}}
	if b.SeparateCAs {
		context := otherName
		if b.AcrossNames {
			context = ""
		}
		l.hosts[otherName] = s.host(credential, s.lab.other, context)
	}
	if b.OpenName {
		context := openName
		if b.AcrossNames {
			context = ""
		}
		h := s.host(credential, s.lab.ca, context)
		h.ClientAuth = openssl.NoClientCert
		l.hosts[openName] = h
	}
	cfg := openssl.ServerConfig{
		ALPN: protocols(b), NoTickets: b.NoTickets || b.Stateful, NoCache: !b.SessionIDs && !b.Stateful, RefuseTickets: b.RefuseTickets,
		SessionTimeout: b.Lifetime, Overlong: b.Overlong, Now: s.lab.now, ResumeOnRenegotiation: b.ResumeOnRenegotiation, KeyLog: s.opt.KeyLog,
		Host: func(name string) openssl.Host {
			name, ca := strings.ToLower(name), s.lab.ca
			h, ok := l.hosts[name]
			switch {
			case !ok:
				h = l.hosts[""]
			case name == otherName:
				ca = s.lab.other
			}
			if !s.altered() {
				return h
			}
			return s.alteredHost(h, ca)
		},
	}
	cfg.MinVersion, cfg.MaxVersion = b.versions()
	if l.tls, err = library.NewServer(cfg); err != nil {
		return nil, fmt.Errorf("start the lab server: %w", err)
	}
	l.begin(l.converse)
	return l, nil
}

// host is what the server is to clients for which ca vouches.
func (s *Server) host(credential *openssl.Credential, ca *authority, context string) openssl.Host {
	auth := map[ClientAuth]openssl.ClientAuth{AuthNone: openssl.NoClientCert, AuthLater: openssl.NoClientCert, AuthOptional: openssl.RequestClientCert}
	h := openssl.Host{
		Credential: credential, ClientAuth: openssl.RequireClientCert, Authorities: [][]byte{ca.cert.RawSubject},
		Verify: func(chain [][]byte) error { return ca.verify(chain, s.lab.now()) }, Context: context, SessionAlert: s.behaviour.SessionAlert,
	}
	if a, ok := auth[s.behaviour.Auth]; ok {
		h.ClientAuth = a
	}
	return h
}

// close ends the conversations, then what they used.
func (l *libsslServer) close() error {
	err := l.conversations.close()
	l.tls.Close()
	return err
}

// maxRequest is the largest request that is read, in bytes.
const maxRequest = 64 << 10

// converse serves one connection.
func (l *libsslServer) converse(raw net.Conn) {
	c, err := l.tls.Conn(raw)
	if err != nil {
		return
	}
	defer c.Close()
	l.await(raw)
	if c.Handshake(l.ctx) != nil {
		return
	}
	if c.State().ALPN == "h2" {
		l.lateOnHTTP2(c)
		return
	}
	resumed := c.State().Resumed
	limited := &io.LimitedReader{R: c}
	reader := bufio.NewReader(limited)
	for asked := false; ; {
		l.await(raw)
		limited.N = maxRequest
		request, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		if _, err := io.Copy(io.Discard, request.Body); err != nil {
			return
		}
		if l.behaviour.Auth == AuthLater && !asked && l.lab.knows(owner(request.URL.Path)) && (!l.behaviour.TrustsResumed || len(c.State().Certificates) == 0) {
			asked = true
			// Who can't be asked later is answered as nobody, as Apache does.
			if err := c.RequestCertificate(l.ctx, openssl.RequireClientCert); err != nil && !errors.Is(err, openssl.ErrNoPostHandshakeAuth) {
				return
			}
		}
		state := c.State()
		v := visitor{path: request.URL.Path, host: request.Host, name: state.Host, resumed: resumed, version: state.Version, from: raw.RemoteAddr().String(), header: request.Header}
		if len(state.Certificates) > 0 {
			v.leaf, _ = x509.ParseCertificate(state.Certificates[0])
		}
		a := l.answer(v)
		last := request.Close || l.opt.Answer != nil
		response := &http.Response{
			StatusCode: a.status, ProtoMajor: 1, ProtoMinor: 1, Header: a.header, Close: last, Request: request,
			Body: io.NopCloser(strings.NewReader(a.body)), ContentLength: int64(len(a.body)),
		}
		if response.Write(c) != nil || last {
			return
		}
	}
}

// protocols are those that a server offers.
func protocols(b *Behaviour) []string {
	if b.LateOnHTTP2 {
		return []string{"h2", "http/1.1"}
	}
	return []string{"http/1.1"}
}

// lateOnHTTP2 asks once HTTP/2 is agreed upon, and serves it. The client's
// answer comes among its frames, and a request waits for it.
func (l *libsslServer) lateOnHTTP2(c *openssl.Conn) {
	before := c.State().Handshakes
	err := c.RequestCertificate(l.ctx, openssl.RequestClientCert)
	if err != nil && !errors.Is(err, openssl.ErrNoPostHandshakeAuth) {
		return
	}
	asked := err == nil
	one := &oneConn{Listener: l.conversations.listener, conn: c, closed: make(chan struct{})}
	server := http.Server{
		Protocols: new(http.Protocols), IdleTimeout: maxWait, ReadHeaderTimeout: maxWait, ErrorLog: log.New(io.Discard, "", 0),
		ConnState: func(_ net.Conn, state http.ConnState) {
			if state == http.StateClosed {
				close(one.closed)
			}
		},
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			state := c.State()
			for end := time.Now().Add(patience); asked && state.Handshakes == before && time.Now().Before(end) && l.ctx.Err() == nil; state = c.State() {
				time.Sleep(5 * time.Millisecond)
			}
			v := visitor{path: r.URL.Path, host: r.Host, name: state.Host, resumed: state.Resumed, version: state.Version}
			if len(state.Certificates) > 0 {
				v.leaf, _ = x509.ParseCertificate(state.Certificates[0])
			}
			l.answer(v).write(w)
		}),
	}
	server.Protocols.SetUnencryptedHTTP2(true) // net/http sees no TLS
	server.Serve(one)
}

// oneConn is a listener that has one connection, and ends with it.
type oneConn struct {
	net.Listener // for its address
	conn         net.Conn
	closed       chan struct{}
}

func (o *oneConn) Accept() (net.Conn, error) {
	if c := o.conn; c != nil {
		o.conn = nil
		return c, nil
	}
	<-o.closed
	return nil, net.ErrClosed
}

func (o *oneConn) Close() error { return nil }
