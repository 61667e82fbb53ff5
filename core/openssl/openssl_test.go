package openssl_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rechallenge/core/openssl"
)

func load(t testing.TB) *openssl.Library {
	t.Helper()
	l, err := openssl.Load()
	if err != nil {
		t.Skip(err)
	}
	return l
}

// issue makes a certificate, by itself or by an issuer.
func issue(t testing.TB, name string, issuer *x509.Certificate, issuerKey crypto.Signer) (*x509.Certificate, crypto.Signer) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	serial, _ := rand.Int(rand.Reader, big.NewInt(1<<62))
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: name == "CA" || name == "Intermediate", BasicConstraintsValid: true, DNSNames: []string{name},
	}
	if issuer == nil {
		issuer, issuerKey = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, key.Public(), issuerKey)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert, key
}

// people are a CA, an intermediate of its and everybody's credentials.
type people struct {
	lib                *openssl.Library
	ca, middle         *x509.Certificate
	middleKey          crypto.Signer
	server, alice, bob *openssl.Credential
}

func newPeople(t testing.TB) *people {
	p := &people{lib: load(t)}
	ca, caKey := issue(t, "CA", nil, nil)
	p.ca = ca
	p.middle, p.middleKey = issue(t, "Intermediate", ca, caKey)
	p.server, p.alice, p.bob = p.credential(t, "localhost"), p.credential(t, "alice"), p.credential(t, "bob")
	return p
}

func (p *people) credential(t testing.TB, name string) *openssl.Credential {
	cert, key := issue(t, name, p.middle, p.middleKey)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := p.lib.NewCredential([][]byte{cert.Raw, p.middle.Raw}, pkcs8)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// host asks everybody for a certificate of the CA.
func (p *people) host(auth openssl.ClientAuth) func(string) openssl.Host {
	return func(string) openssl.Host {
		return openssl.Host{Credential: p.server, ClientAuth: auth, Authorities: [][]byte{p.ca.RawSubject}, Verify: p.verify}
	}
}

func (p *people) verify(chain [][]byte) error {
	roots, middle := x509.NewCertPool(), x509.NewCertPool()
	roots.AddCert(p.ca)
	var certs []*x509.Certificate
	for _, der := range chain {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return err
		}
		certs = append(certs, c)
	}
	for _, c := range certs[1:] {
		middle.AddCert(c)
	}
	_, err := certs[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: middle, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	return err
}

// outcome is what both sides saw of one connection.
type outcome struct {
	client, server openssl.State
	sessions       []openssl.Session
	challenges     [][][]byte // the authorities of each
	keys           []byte
	err, serverErr error
}

// meet makes one connection between a client and the server, which asks in
// the middle where later is set.
func meet(t testing.TB, p *people, s *openssl.Server, cfg openssl.ClientConfig, me *openssl.Credential, later bool) (o outcome) {
	t.Helper()
	near, far := pair(t)
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() {
		c, err := s.Conn(far)
		if err != nil {
			o.serverErr = err
			return
		}
		defer c.Close()
		if o.serverErr = c.Handshake(t.Context()); o.serverErr != nil {
			return
		}
		var b [1]byte
		if _, o.serverErr = io.ReadFull(c, b[:]); o.serverErr != nil {
			return
		}
		if later {
			if o.serverErr = c.RequestCertificate(t.Context(), openssl.RequireClientCert); o.serverErr != nil {
				return
			}
		}
		o.server = c.State()
		_, o.serverErr = c.Write([]byte("answer"))
	})
	cfg.Certificate = func(authorities [][]byte) (*openssl.Credential, error) {
		o.challenges = append(o.challenges, authorities)
		return me, nil
	}
	cfg.NewSession = func(s openssl.Session) { o.sessions = append(o.sessions, s) }
	cfg.KeyLog = func(line []byte) { o.keys = append(o.keys, line...) }
	if cfg.Verify == nil {
		cfg.Verify = p.verify
	}
	c, err := p.lib.Client(near, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if o.err = c.Handshake(t.Context()); o.err != nil {
		return o
	}
	c.Write([]byte("?"))
	answer, err := io.ReadAll(c)
	if err == nil && string(answer) != "answer" {
		err = fmt.Errorf("answer %q", answer)
	}
	o.err = err
	o.client = c.State()
	return o
}

// pair is two ends of a connection on loopback.
func pair(t testing.TB) (near, far net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if near, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if far, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	end := time.Now().Add(20 * time.Second)
	near.SetDeadline(end)
	far.SetDeadline(end)
	return near, far
}

func server(t testing.TB, p *people, cfg openssl.ServerConfig) *openssl.Server {
	t.Helper()
	if cfg.Host == nil {
		cfg.Host = p.host(openssl.RequireClientCert)
	}
	s, err := p.lib.NewServer(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

const (
	tls10 = 0x0301
	tls11 = 0x0302
	tls12 = 0x0303
	tls13 = 0x0304
)

func subject(t *testing.T, chain [][]byte) string {
	t.Helper()
	if len(chain) == 0 {
		return ""
	}
	c, err := x509.ParseCertificate(chain[0])
	if err != nil {
		t.Fatal(err)
	}
	return c.Subject.CommonName
}

func TestResumption(t *testing.T) {
	p := newPeople(t)
	for _, test := range []struct {
		name   string
		cfg    openssl.ServerConfig
		ticket bool
		resume bool
	}{
		{"1.2 session ID", openssl.ServerConfig{MaxVersion: tls12, NoTickets: true}, false, true},
		{"1.2 ticket", openssl.ServerConfig{MaxVersion: tls12}, true, true},
		{"1.1", openssl.ServerConfig{MinVersion: tls11, MaxVersion: tls11}, true, true},
		{"1.0", openssl.ServerConfig{MinVersion: tls10, MaxVersion: tls10, NoTickets: true}, false, true},
		{"1.3 stateless", openssl.ServerConfig{MinVersion: tls13}, true, true},
		{"1.3 stateful", openssl.ServerConfig{MinVersion: tls13, NoTickets: true}, true, true},
		{"1.3 stateful, cache off", openssl.ServerConfig{MinVersion: tls13, NoTickets: true, NoCache: true}, true, false},
		{"1.2 session ID, cache off", openssl.ServerConfig{MaxVersion: tls12, NoTickets: true, NoCache: true}, false, false},
		{"1.3 refused", openssl.ServerConfig{MinVersion: tls13, RefuseTickets: true}, true, false},
		{"1.3 stateful refused", openssl.ServerConfig{MinVersion: tls13, NoTickets: true, RefuseTickets: true}, true, false},
		{"1.2 refused", openssl.ServerConfig{MaxVersion: tls12, RefuseTickets: true}, true, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := server(t, p, test.cfg)
			full := meet(t, p, s, openssl.ClientConfig{ServerName: "localhost", MinVersion: tls10}, p.alice, false)
			if full.err != nil || full.serverErr != nil {
				t.Fatal(full.err, full.serverErr)
			}
			if full.client.Resumed || !full.client.Evaluated || len(full.challenges) != 1 || subject(t, full.server.Certificates) != "alice" || len(full.keys) == 0 {
				t.Fatalf("full handshake: %+v", full)
			}
			if len(full.challenges[0]) != 1 || !bytes.Equal(full.challenges[0][0], p.ca.RawSubject) {
				t.Errorf("acceptable CAs: %x", full.challenges[0])
			}
			if len(full.client.Certificates) != 2 || len(full.server.Certificates) != 2 {
				t.Errorf("chains of %d and %d", len(full.client.Certificates), len(full.server.Certificates))
			}
			if len(full.sessions) == 0 {
				if test.resume {
					t.Fatal("no session")
				}
				return
			}
			made := full.sessions[0]
			if (len(made.Ticket) > 0) != test.ticket || (len(made.ID) > 0) == test.ticket {
				t.Errorf("session: ID of %d bytes, ticket of %d", len(made.ID), len(made.Ticket))
			}
			for range 2 {
				again := meet(t, p, s, openssl.ClientConfig{ServerName: "localhost", MinVersion: tls10, Session: made.DER}, p.bob, false)
				if again.err != nil || again.serverErr != nil {
					t.Fatal(again.err, again.serverErr)
				}
				if again.client.Resumed != test.resume || again.server.Resumed != test.resume || again.client.Evaluated == test.resume || (len(again.challenges) == 0) != test.resume {
					t.Errorf("resumed %v and %v, asked %d times", again.client.Resumed, again.server.Resumed, len(again.challenges))
				}
				if want := map[bool]string{true: "alice", false: "bob"}[test.resume]; subject(t, again.server.Certificates) != want {
					t.Errorf("the server saw %q, not %s", subject(t, again.server.Certificates), want)
				}
			}
		})
	}
}

func TestAskedLater(t *testing.T) {
	p := newPeople(t)
	for name, cfg := range map[string]openssl.ServerConfig{
		"renegotiation":  {MaxVersion: tls12, NoTickets: true},
		"post-handshake": {MinVersion: tls13},
	} {
		t.Run(name, func(t *testing.T) {
			cfg.Host = p.host(openssl.NoClientCert)
			s := server(t, p, cfg)
			open := meet(t, p, s, openssl.ClientConfig{}, p.alice, false)
			if open.err != nil || len(open.challenges) != 0 || len(open.sessions) == 0 {
				t.Fatalf("unasked: %v, %d challenges", open.err, len(open.challenges))
			}
			asked := meet(t, p, s, openssl.ClientConfig{Session: open.sessions[0].DER}, p.bob, true)
			if asked.err != nil || asked.serverErr != nil {
				t.Fatal(asked.err, asked.serverErr)
			}
			if len(asked.challenges) != 1 || subject(t, asked.server.Certificates) != "bob" {
				t.Errorf("asked %d times, the server saw %q", len(asked.challenges), subject(t, asked.server.Certificates))
			}
			// What was made after the challenge carries bob.
			last := asked.sessions[len(asked.sessions)-1]
			third := meet(t, p, s, openssl.ClientConfig{Session: last.DER}, p.alice, false)
			if third.err != nil || !third.client.Resumed || subject(t, third.server.Certificates) != "bob" {
				t.Errorf("%v, resumed %v, the server saw %q", third.err, third.client.Resumed, subject(t, third.server.Certificates))
			}
			refused := meet(t, p, s, openssl.ClientConfig{}, nil, true)
			if refused.serverErr == nil || refused.err == nil {
				t.Errorf("nobody was let in: %v, %v", refused.err, refused.serverErr)
			}
		})
	}
}

// Sessions age by the clock that the server was given.
func TestAge(t *testing.T) {
	p := newPeople(t)
	for name, base := range map[string]openssl.ServerConfig{
		"1.2 session ID": {MaxVersion: tls12, NoTickets: true}, "1.2 ticket": {MaxVersion: tls12},
		"1.3 stateless": {MinVersion: tls13}, "1.3 stateful": {MinVersion: tls13, NoTickets: true},
	} {
		for _, overlong := range []bool{false, true} {
			t.Run(fmt.Sprint(name, overlong), func(t *testing.T) {
				now := time.Now()
				cfg := base
				cfg.SessionTimeout, cfg.Overlong, cfg.Now = time.Minute, overlong, func() time.Time { return now }
				s := server(t, p, cfg)
				made := meet(t, p, s, openssl.ClientConfig{}, p.alice, false)
				if made.err != nil || len(made.sessions) == 0 {
					t.Fatal(made.err)
				}
				for _, step := range []struct {
					after  time.Duration
					resume bool
				}{{30 * time.Second, true}, {40 * time.Second, overlong}} {
					now = now.Add(step.after)
					again := meet(t, p, s, openssl.ClientConfig{Session: made.sessions[0].DER}, p.bob, false)
					if again.err != nil || again.client.Resumed != step.resume {
						t.Errorf("after %v more: %v, resumed %v", step.after, again.err, again.client.Resumed)
					}
				}
			})
		}
	}
}

func TestContexts(t *testing.T) {
	p := newPeople(t)
	for _, test := range []struct {
		name     string
		contexts map[string]string
		resume   bool
	}{
		{"apart", map[string]string{"a.test": "a", "b.test": "b"}, false},
		{"together", map[string]string{}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := server(t, p, openssl.ServerConfig{MaxVersion: tls12, NoTickets: true, Host: func(name string) openssl.Host {
				h := p.host(openssl.RequestClientCert)(name)
				h.Context = test.contexts[name]
				return h
			}})
			made := meet(t, p, s, openssl.ClientConfig{ServerName: "a.test"}, p.alice, false)
			if made.err != nil || made.server.Host != "a.test" {
				t.Fatal(made.err, made.server.Host)
			}
			again := meet(t, p, s, openssl.ClientConfig{ServerName: "b.test", Session: made.sessions[0].DER}, p.bob, false)
			if again.err != nil || again.client.Resumed != test.resume {
				t.Errorf("%v, resumed %v", again.err, again.client.Resumed)
			}
		})
	}
}

func TestSessionAlert(t *testing.T) {
	p := newPeople(t)
	const accessDenied = 49
	for _, version := range []uint16{tls12, tls13} {
		s := server(t, p, openssl.ServerConfig{MinVersion: version, MaxVersion: version, Host: func(name string) openssl.Host {
			h := p.host(openssl.RequireClientCert)(name)
			h.SessionAlert = accessDenied
			return h
		}})
		made := meet(t, p, s, openssl.ClientConfig{}, p.alice, false)
		if made.err != nil {
			t.Fatal(made.err)
		}
		again := meet(t, p, s, openssl.ClientConfig{Session: made.sessions[0].DER}, p.alice, false)
		var e *openssl.Error
		if !errors.As(again.err, &e) || !e.HasAlert || e.Alert != accessDenied {
			t.Errorf("%#x: %v", version, again.err)
		}
	}
}

// TestAskedOnce: a server that asks while one goroutine reads and another writes
// is answered once, though both calls come upon its question.
func TestAskedOnce(t *testing.T) {
	p := newPeople(t)
	s := server(t, p, openssl.ServerConfig{MinVersion: tls13, Host: p.host(openssl.NoClientCert)})
	near, far := pair(t)
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() {
		c, err := s.Conn(far)
		if err != nil {
			return
		}
		defer c.Close()
		var b [1]byte
		if c.Handshake(t.Context()) == nil {
			if _, err := io.ReadFull(c, b[:]); err == nil && c.RequestCertificate(t.Context(), openssl.RequireClientCert) == nil {
				c.Write([]byte("answer"))
			}
		}
	})
	var times atomic.Int32
	asked, me := make(chan struct{}), p.credential(t, "alice")
	c, err := p.lib.Client(near, openssl.ClientConfig{MinVersion: tls13, Verify: p.verify, Certificate: func([][]byte) (*openssl.Credential, error) {
		if times.Add(1) == 1 {
			close(asked)
			time.Sleep(200 * time.Millisecond) // for the other call to come
		}
		return me, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Handshake(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.Write([]byte("?"))
	wg.Go(func() {
		<-asked
		c.Write([]byte("meanwhile"))
	})
	if answer, err := io.ReadAll(c); err != nil || string(answer) != "answer" {
		t.Errorf("answer %q, %v", answer, err)
	}
	if n := times.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

func TestNoPostHandshakeAuth(t *testing.T) {
	p := newPeople(t)
	s := server(t, p, openssl.ServerConfig{MinVersion: tls13, Host: p.host(openssl.NoClientCert)})
	near, far := pair(t)
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { goClient(near) })
	c, err := s.Conn(far)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Handshake(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.RequestCertificate(t.Context(), openssl.RequireClientCert); !errors.Is(err, openssl.ErrNoPostHandshakeAuth) {
		t.Error(err)
	}
}

// A deadline ends a read and leaves the connection usable; a cancelled
// handshake ends at once.
func TestWaits(t *testing.T) {
	p := newPeople(t)
	near, far := pair(t)
	var wg sync.WaitGroup
	defer wg.Wait()
	s := server(t, p, openssl.ServerConfig{})
	wg.Go(func() {
		c, err := s.Conn(far)
		if err != nil {
			return
		}
		defer c.Close()
		if c.Handshake(context.Background()) == nil {
			io.Copy(c, io.LimitReader(c, 4))
		}
	})
	c, err := p.lib.Client(near, openssl.ClientConfig{Certificate: func([][]byte) (*openssl.Credential, error) { return p.alice, nil }})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Handshake(t.Context()); err != nil {
		t.Fatal(err)
	}
	var b [4]byte
	c.SetReadDeadline(time.Now().Add(30 * time.Millisecond))
	var timeout net.Error
	if _, err := c.Read(b[:]); !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Fatal(err)
	}
	c.SetReadDeadline(time.Now().Add(10 * time.Second))
	c.Write([]byte("echo"))
	if _, err := io.ReadFull(c, b[:]); err != nil || string(b[:]) != "echo" {
		t.Fatal(err, string(b[:]))
	}

	silent, other := pair(t)
	defer other.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	c, err = p.lib.Client(silent, openssl.ClientConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Handshake(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

func TestBadInput(t *testing.T) {
	p := newPeople(t)
	if _, err := p.lib.NewCredential([][]byte{p.ca.Raw}, []byte("no key")); err == nil {
		t.Error("a key that is none was loaded")
	}
	if _, err := p.lib.NewCredential([][]byte{{1, 2}}, nil); err == nil {
		t.Error("a certificate that is none was loaded")
	}
	near, far := pair(t)
	defer near.Close()
	defer far.Close()
	before := p.lib.Open()
	if _, err := p.lib.Client(near, openssl.ClientConfig{Session: []byte("no session")}); err == nil {
		t.Error("a session that is none was offered")
	}
	if _, err := p.lib.Client(near, openssl.ClientConfig{ALPN: []string{""}}); err == nil {
		t.Error("an empty protocol was offered")
	}
	if n := p.lib.Open(); n != before {
		t.Errorf("%d connections were left", n-before)
	}
}
