package openssl_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"rechallenge/core/protocol"
	"rechallenge/core/session"
	"rechallenge/core/stack"
	"rechallenge/core/stack/openssl"
	"rechallenge/core/stack/stacktest"
	"rechallenge/core/wire"
)

func load(t testing.TB) stack.Stack {
	t.Helper()
	s, err := openssl.New()
	if err != nil {
		t.Skip(err)
	}
	return s
}

// result is what one connection showed.
type result struct {
	state      stack.State
	sessions   []session.Session
	challenged int
	header     http.Header
	body       string
}

// visit makes a connection, asks for path and reads the answer to its end.
func visit(t *testing.T, s stack.Stack, addr, path string, cfg stack.Config) (r result, err error) {
	t.Helper()
	raw, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	raw.SetDeadline(time.Now().Add(20 * time.Second))
	cfg.NewSession = func(s session.Session) { r.sessions = append(r.sessions, s) }
	cfg.Challenged = func() { r.challenged++ }
	c, err := s.Client(context.Background(), raw, cfg)
	if err != nil {
		return r, err
	}
	defer c.Close()
	if _, err := io.WriteString(c, "GET "+path+" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"); err != nil {
		return r, err
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return r, err
	}
	body, err := io.ReadAll(resp.Body)
	r.header, r.body, r.state = resp.Header, string(body), c.State()
	return r, err
}

func TestResumption(t *testing.T) {
	s := load(t)
	a := stacktest.NewAuthority(t)
	a.Leaf("server")
	for _, test := range []struct {
		name      string
		addr      string
		mechanism protocol.Mechanism
		version   uint16
	}{
		{"s_server 1.2 session ID", a.OpenSSL(t, "-no_ticket", "-tls1_2", "-Verify", "1"), protocol.SessionID, tls.VersionTLS12},
		{"s_server 1.2 ticket", a.OpenSSL(t, "-tls1_2", "-Verify", "1"), protocol.Ticket, tls.VersionTLS12},
		{"s_server 1.0", a.OpenSSL(t, "-tls1", "-Verify", "1", "-cipher", "ALL:@SECLEVEL=0"), protocol.Ticket, tls.VersionTLS10},
		{"s_server 1.3", a.OpenSSL(t, "-tls1_3", "-Verify", "1"), protocol.PSK, tls.VersionTLS13},
		{"s_server 1.3 stateful", a.OpenSSL(t, "-tls1_3", "-no_ticket", "-Verify", "1"), protocol.PSK, tls.VersionTLS13},
		{"nginx 1.2 session ID", a.Nginx(t, "ssl_verify_client on;", "ssl_protocols TLSv1.2;", "ssl_session_tickets off;", "ssl_session_cache shared:a:1m;"), protocol.SessionID, tls.VersionTLS12},
		{"nginx 1.3 stateful", a.Nginx(t, "ssl_verify_client on;", "ssl_protocols TLSv1.3;", "ssl_session_tickets off;", "ssl_session_cache shared:a:1m;"), protocol.PSK, tls.VersionTLS13},
		{"apache 1.3", a.Apache(t, "SSLVerifyClient require", "SSLProtocol TLSv1.3"), protocol.PSK, tls.VersionTLS13},
	} {
		t.Run(test.name, func(t *testing.T) {
			cfg := stack.Config{ServerName: "localhost", MinVersion: tls.VersionTLS10, Trust: stack.Trust{Roots: a.Pool, Name: "localhost"}, KeyLog: &wire.KeyLog{}, Identity: a.Identity("alice")}
			full, err := visit(t, s, test.addr, "/", cfg)
			if err != nil {
				t.Fatal(err)
			}
			if full.state.Resumed || !full.state.TrustEvaluated || full.challenged != 1 || full.state.Version != test.version || len(full.state.Certificates) == 0 {
				t.Fatalf("full handshake: %+v, challenged %d times", full.state, full.challenged)
			}
			if len(full.sessions) == 0 {
				t.Fatal("no session")
			}
			if len(cfg.KeyLog.Lines()) == 0 {
				t.Error("no key log")
			}
			made := full.sessions[0]
			if made.Mechanism != test.mechanism || made.Version != test.version || made.CipherSuite != full.state.CipherSuite || made.Stack != openssl.Name {
				t.Errorf("session: %+v", made.Info)
			}
			if hasMaster := len(made.Secret.Master) == 48; hasMaster != (test.version < tls.VersionTLS13) {
				t.Errorf("master secret: %v", hasMaster)
			}
			cfg.Session, cfg.ServerName, cfg.Identity, cfg.Trust.Name = &made, "localhost", a.Identity("bob"), "wrong.test"
			again, err := visit(t, s, test.addr, "/", cfg)
			if err != nil {
				t.Fatal(err)
			}
			if !again.state.Resumed || again.state.TrustEvaluated || again.challenged != 0 || again.state.NotOffered != "" {
				t.Errorf("resumption: %+v, challenged %d times", again.state, again.challenged)
			}
			if strings.HasPrefix(again.body, "dn=") && again.body != "dn=CN=alice reused=r.\n" {
				t.Errorf("the server saw %q", again.body)
			}
		})
	}
}

func TestAskedLater(t *testing.T) {
	s := load(t)
	a := stacktest.NewAuthority(t)
	a.Leaf("server")
	for _, protocol := range []string{"TLSv1.2", "TLSv1.3"} {
		t.Run(protocol, func(t *testing.T) {
			addr := a.Apache(t, "SSLProtocol "+protocol)
			cfg := stack.Config{ServerName: "localhost", Trust: stack.Trust{Roots: a.Pool, Name: "localhost"}, Identity: a.Identity("alice")}
			open, err := visit(t, s, addr, "/", cfg)
			if err != nil {
				t.Fatal(err)
			}
			if open.challenged != 0 || len(open.sessions) == 0 {
				t.Fatalf("/: challenged %d times, %d sessions", open.challenged, len(open.sessions))
			}
			cfg.Session, cfg.Identity = &open.sessions[0], a.Identity("bob")
			asked, err := visit(t, s, addr, "/ask/", cfg)
			if err != nil {
				t.Fatal(err)
			}
			if asked.challenged != 1 || asked.header.Get("X-Client-DN") != "CN=bob" {
				t.Errorf("/ask/: challenged %d times, the server saw %q", asked.challenged, asked.header.Get("X-Client-DN"))
			}
			if protocol == "TLSv1.3" && !asked.state.Resumed {
				t.Error("not resumed")
			}
		})
	}
}

func TestErrors(t *testing.T) {
	s := load(t)
	a, other := stacktest.NewAuthority(t), stacktest.NewAuthority(t)
	a.Leaf("server")
	trust := stack.Trust{Roots: a.Pool, Name: "localhost"}
	plain := a.OpenSSL(t)
	old := a.OpenSSL(t, "-tls1_2")
	strict12 := a.OpenSSL(t, "-tls1_2", "-Verify", "1", "-verify_return_error")
	strict13 := a.OpenSSL(t, "-tls1_3", "-Verify", "1", "-verify_return_error")
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
		{"foreign certificate", strict13, stack.Config{Trust: trust, Identity: other.Identity("mallory")}, stack.AlertReceived, 48},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := visit(t, s, test.addr, "/", test.cfg)
			var e *stack.Error
			if !errors.As(err, &e) || e.Reason != test.reason || e.Alert != test.alert {
				t.Errorf("error %v (%+v), want %s, alert %d", err, e, test.reason, test.alert)
			}
		})
	}
}

func TestCancel(t *testing.T) {
	s := load(t)
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
	_, err = s.Client(ctx, raw, stack.Config{})
	var e *stack.Error
	if !errors.As(err, &e) || e.Reason != stack.Cancelled {
		t.Errorf("error %v", err)
	}
}
