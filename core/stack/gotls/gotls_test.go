package gotls_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"rechallenge/core/protocol"
	"rechallenge/core/session"
	"rechallenge/core/stack"
	"rechallenge/core/stack/gotls"
	"rechallenge/core/stack/stacktest"
	"rechallenge/core/wire"
)

// result is what one connection showed.
type result struct {
	state      stack.State
	sessions   []session.Session
	challenged int
	body       string
}

// visit makes a connection, asks for / and reads the answer to its end.
func visit(t *testing.T, addr string, cfg stack.Config) (result, error) {
	t.Helper()
	var r result
	raw, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	raw.SetDeadline(time.Now().Add(20 * time.Second))
	cfg.NewSession = func(s session.Session) { r.sessions = append(r.sessions, s) }
	cfg.Challenged = func() { r.challenged++ }
	c, err := gotls.New().Client(context.Background(), raw, cfg)
	if err != nil {
		return r, err
	}
	defer c.Close()
	if _, err := io.WriteString(c, "GET / HTTP/1.0\r\n\r\n"); err != nil {
		return r, err
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return r, err
	}
	body, err := io.ReadAll(resp.Body)
	r.body, r.state = string(body), c.State()
	return r, err
}

// serve runs a crypto/tls server that answers HTTP with the client's name.
func serve(t *testing.T, config *tls.Config) string {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.TLS.PeerCertificates) > 0 {
			io.WriteString(w, r.TLS.PeerCertificates[0].Subject.CommonName)
		}
	}), ErrorLog: log.New(io.Discard, "", 0)}
	done := make(chan struct{})
	go func() { defer close(done); server.Serve(l) }()
	t.Cleanup(func() { server.Close(); <-done })
	return l.Addr().String()
}

func TestResumption(t *testing.T) {
	a := stacktest.NewAuthority(t)
	config := func(version uint16) *tls.Config {
		return &tls.Config{Certificates: []tls.Certificate{a.Leaf("server")}, MinVersion: version, MaxVersion: version, ClientAuth: tls.RequireAnyClientCert}
	}
	for _, test := range []struct {
		name      string
		addr      string
		mechanism protocol.Mechanism
		version   uint16
	}{
		{"1.0 ticket", serve(t, config(tls.VersionTLS10)), protocol.Ticket, tls.VersionTLS10},
		{"1.2 ticket", serve(t, config(tls.VersionTLS12)), protocol.Ticket, tls.VersionTLS12},
		{"1.3", serve(t, config(tls.VersionTLS13)), protocol.PSK, tls.VersionTLS13},
		{"s_server 1.2 session ID", a.OpenSSL(t, "-no_ticket", "-tls1_2", "-Verify", "1"), protocol.SessionID, tls.VersionTLS12},
		{"nginx 1.2 session ID", a.Nginx(t, "ssl_verify_client on;", "ssl_protocols TLSv1.2;", "ssl_session_tickets off;", "ssl_session_cache shared:a:1m;"), protocol.SessionID, tls.VersionTLS12},
		{"nginx 1.2 ticket", a.Nginx(t, "ssl_verify_client on;", "ssl_protocols TLSv1.2;"), protocol.Ticket, tls.VersionTLS12},
		{"nginx 1.3 stateful", a.Nginx(t, "ssl_verify_client on;", "ssl_protocols TLSv1.3;", "ssl_session_tickets off;", "ssl_session_cache shared:a:1m;"), protocol.PSK, tls.VersionTLS13},
	} {
		t.Run(test.name, func(t *testing.T) {
			log := &wire.KeyLog{}
			cfg := stack.Config{ServerName: "localhost", MinVersion: tls.VersionTLS10, Trust: stack.Trust{Roots: a.Pool, Name: "localhost"}, KeyLog: log, Identity: a.Identity("alice")}
			full, err := visit(t, test.addr, cfg)
			if err != nil {
				t.Fatal(err)
			}
			if full.state.Resumed || !full.state.TrustEvaluated || full.challenged != 1 || full.state.Version != test.version {
				t.Fatalf("full handshake: %+v, challenged %d times", full.state, full.challenged)
			}
			if len(full.sessions) == 0 {
				t.Fatal("no session")
			}
			s := full.sessions[0]
			if s.Mechanism != test.mechanism || s.Version != test.version || s.CipherSuite != full.state.CipherSuite || s.Stack != gotls.Name || s.Created.IsZero() {
				t.Errorf("session: %+v", s.Info)
			}
			if hasMaster := len(s.Secret.Master) == 48; hasMaster != (test.version < tls.VersionTLS13) {
				t.Errorf("master secret: %v", hasMaster)
			}
			// The same store is used for another name and another identity.
			cfg.Session, cfg.ServerName, cfg.Identity = &s, "other.test", a.Identity("bob")
			cfg.Trust.Name = "other.test"
			for i := range 2 {
				if i == 1 {
					s.Secret.Live = nil // as after it was saved and loaded
				}
				again, err := visit(t, test.addr, cfg)
				if err != nil {
					t.Fatal(err)
				}
				if !again.state.Resumed || again.state.TrustEvaluated || again.challenged != 0 || again.state.NotOffered != "" {
					t.Errorf("visit %d: %+v, challenged %d times", i, again.state, again.challenged)
				}
				if again.body != full.body && !strings.Contains(again.body, "CN=alice reused=r") && !strings.HasPrefix(again.body, "<HTML>") {
					t.Errorf("the server saw %q", again.body)
				}
				if test.mechanism == protocol.SessionID && len(again.sessions) != 0 {
					t.Errorf("a resumed session ID made sessions: %+v", again.sessions)
				}
			}
		})
	}
}

func TestSessionIDRefused(t *testing.T) {
	a := stacktest.NewAuthority(t)
	a.Leaf("server")
	first := a.OpenSSL(t, "-no_ticket", "-tls1_2")
	second := a.OpenSSL(t, "-no_ticket", "-tls1_2")
	cfg := stack.Config{Trust: stack.Trust{Roots: a.Pool, Name: "localhost"}}
	full, err := visit(t, first, cfg)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Session = &full.sessions[0]
	again, err := visit(t, second, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if again.state.Resumed || again.state.NotOffered != "" || len(again.sessions) != 1 || again.sessions[0].SessionID == full.sessions[0].SessionID {
		t.Errorf("state %+v, sessions %+v", again.state, again.sessions)
	}
}

func TestNotOffered(t *testing.T) {
	a := stacktest.NewAuthority(t)
	a.Leaf("server")
	addr := a.OpenSSL(t, "-no_ticket")
	cfg := stack.Config{Trust: stack.Trust{Disabled: true}, MaxVersion: tls.VersionTLS12}
	full, err := visit(t, addr, cfg)
	if err != nil {
		t.Fatal(err)
	}
	short, foreign := full.sessions[0], full.sessions[0]
	short.SessionID = short.SessionID[:32]
	foreign.Secret.State = []byte("a DER session")
	for _, test := range []struct {
		name string
		cfg  stack.Config
		want string
	}{
		{"version", stack.Config{MinVersion: tls.VersionTLS13, Session: &full.sessions[0]}, "version"},
		{"short", stack.Config{Session: &short}, "16 bytes"},
		{"foreign", stack.Config{Session: &foreign}, "another stack"},
		{"expired", stack.Config{Session: &full.sessions[0], Now: func() time.Time { return time.Now().Add(48 * time.Hour) }}, "expired"},
	} {
		test.cfg.Trust.Disabled = true
		r, err := visit(t, addr, test.cfg)
		if err != nil {
			t.Fatal(test.name, err)
		}
		if r.state.Resumed || !strings.Contains(r.state.NotOffered, test.want) {
			t.Errorf("%s: not offered %q", test.name, r.state.NotOffered)
		}
	}
}

// A Go release that takes the session ID from elsewhere: the handshake is made
// in full, and State says that the session was not offered.
func TestAnotherRelease(t *testing.T) {
	a := stacktest.NewAuthority(t)
	a.Leaf("server")
	addr := a.OpenSSL(t, "-no_ticket", "-tls1_2")
	cfg := stack.Config{Trust: stack.Trust{Disabled: true}}
	full, err := visit(t, addr, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer gotls.ReadSessionIDAs(7)()
	cfg.Session = &full.sessions[0]
	again, err := visit(t, addr, cfg)
	if err != nil || again.state.Resumed || !strings.Contains(again.state.NotOffered, "openssl stack") || len(again.sessions) != 1 {
		t.Errorf("%v, %+v, %d sessions", err, again.state, len(again.sessions))
	}
}

func TestErrors(t *testing.T) {
	a := stacktest.NewAuthority(t)
	server := a.Leaf("server")
	trust := stack.Trust{Roots: a.Pool, Name: "localhost"}
	plain := serve(t, &tls.Config{Certificates: []tls.Certificate{server}})
	old := serve(t, &tls.Config{Certificates: []tls.Certificate{server}, MaxVersion: tls.VersionTLS12})
	strict12 := serve(t, &tls.Config{Certificates: []tls.Certificate{server}, ClientAuth: tls.RequireAnyClientCert, MaxVersion: tls.VersionTLS12})
	strict13 := serve(t, &tls.Config{Certificates: []tls.Certificate{server}, ClientAuth: tls.RequireAnyClientCert})
	other := stacktest.NewAuthority(t)
	for _, test := range []struct {
		name   string
		addr   string
		cfg    stack.Config
		reason stack.Reason
		alert  uint8
	}{
		{"untrusted", plain, stack.Config{Trust: stack.Trust{Roots: other.Pool, Name: "localhost"}}, stack.Untrusted, 0},
		{"name", plain, stack.Config{Trust: stack.Trust{Roots: a.Pool, Name: "wrong.test"}}, stack.NameMismatch, 0},
		{"version", old, stack.Config{Trust: trust, MinVersion: tls.VersionTLS13}, stack.BadVersion, 70},
		{"no certificate, 1.2", strict12, stack.Config{Trust: trust}, stack.AlertReceived, 40},
		{"no certificate, 1.3", strict13, stack.Config{Trust: trust}, stack.AlertReceived, 116},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := visit(t, test.addr, test.cfg)
			var e *stack.Error
			if !errors.As(err, &e) || e.Reason != test.reason || e.Alert != test.alert {
				t.Errorf("error %v (%+v), want %s, alert %d", err, e, test.reason, test.alert)
			}
		})
	}
}

func TestCancel(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	raw, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(20*time.Millisecond, cancel)
	_, err = gotls.New().Client(ctx, raw, stack.Config{})
	var e *stack.Error
	if !errors.As(err, &e) || e.Reason != stack.Cancelled {
		t.Errorf("error %v", err)
	}
}

// TestNotAfter: the end of validity is what crypto/x509 reads, in both forms
// of time and however the bytes are cut short.
func TestNotAfter(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, year := range []int{2035, 2049, 2050, 2100} {
		want := time.Date(year, 3, 4, 5, 6, 7, 0, time.UTC)
		c := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: want}
		der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := gotls.NotAfter(der); !ok || !got.Equal(want) {
			t.Errorf("%v, %v, want %v", got, ok, want)
		}
		for n := range der {
			if _, ok := gotls.NotAfter(der[:n]); ok {
				t.Fatalf("%d bytes of %d are taken for a certificate", n, len(der))
			}
		}
	}
}
