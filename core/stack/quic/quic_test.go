package quic_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	quicgo "github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"

	"rechallenge/core/protocol"
	"rechallenge/core/session"
	"rechallenge/core/stack"
	"rechallenge/core/stack/quic"
	"rechallenge/core/stack/stacktest"
	"rechallenge/core/wire"
)

// serve starts an HTTP/3 server on loopback that says whom it saw.
func serve(t *testing.T, a *stacktest.Authority, change func(*tls.Config, *quicgo.Config, *quicgo.Transport)) string {
	t.Helper()
	return serveWith(t, a, change, func(w http.ResponseWriter, r *http.Request) {
		name := "nobody"
		if len(r.TLS.PeerCertificates) > 0 {
			name = r.TLS.PeerCertificates[0].Subject.CommonName
		}
		io.WriteString(w, name)
	})
}

// serveAnswer is serve with another answer.
func serveAnswer(t *testing.T, a *stacktest.Authority, answer func(http.ResponseWriter)) string {
	t.Helper()
	return serveWith(t, a, nil, func(w http.ResponseWriter, _ *http.Request) { answer(w) })
}

func serveWith(t *testing.T, a *stacktest.Authority, change func(*tls.Config, *quicgo.Config, *quicgo.Transport), handle http.HandlerFunc) string {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{a.Leaf("server", "localhost")}, ClientCAs: a.Pool, NextProtos: []string{"h3"}, MinVersion: tls.VersionTLS13}
	settings, transport := &quicgo.Config{Allow0RTT: true}, &quicgo.Transport{Conn: conn}
	if change != nil {
		change(config, settings, transport)
	}
	l, err := transport.ListenEarly(config, settings)
	if err != nil {
		t.Fatal(err)
	}
	server := &http3.Server{Handler: handle}
	done := make(chan struct{})
	go func() { defer close(done); server.ServeListener(l) }()
	t.Cleanup(func() { server.Close(); l.Close(); transport.Close(); conn.Close(); <-done })
	return conn.LocalAddr().String()
}

func always(net.Addr) bool { return true }

// visit is what one connection showed.
type visit struct {
	state      stack.State
	sessions   []session.Session
	challenged int
	body       string
	messages   []wire.Message
	chunks     []wire.Chunk
	sum        wire.Summary
}

// named gives the messages of that name, in packets of that type.
func (v *visit) named(name, packet string) (list []wire.Message) {
	for _, m := range v.messages {
		if m.Name() == name && m.Packet != nil && m.Packet.Type == packet {
			list = append(list, m)
		}
	}
	return list
}

func get(t *testing.T, address string, cfg stack.Config) (v visit, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	raw, err := net.Dial("udp", address)
	if err != nil {
		t.Fatal(err)
	}
	var capture wire.Capture
	start := time.Now()
	if cfg.KeyLog == nil {
		cfg.KeyLog = &wire.KeyLog{}
	}
	cfg.ALPN = []string{"h3"}
	tickets := make(chan session.Session, 8)
	cfg.NewSession = func(s session.Session) { tickets <- s }
	cfg.Challenged = func() { v.challenged++ }
	tapped := capture.Tap(raw, func() time.Duration { return time.Since(start) })
	defer func() {
		raw.Close()
		d := wire.NewDatagrams(cfg.KeyLog)
		if cfg.Session != nil {
			d.ResumingEarly(cfg.Session.Secret.PSK, cfg.Session.CipherSuite)
		}
		v.chunks = capture.Chunks(0)
		v.messages = append(d.Feed(v.chunks...), d.Close()...)
		for i := range v.messages {
			v.sum.Add(&v.messages[i])
		}
	}()
	c, err := quic.New().Client(ctx, tapped, cfg)
	if err != nil {
		return v, err
	}
	defer c.Close()
	req, _ := http.NewRequestWithContext(ctx, http.MethodGet, "https://localhost/", nil)
	resp, err := c.(stack.Requester).RoundTrip(req)
	if err != nil {
		return v, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	v.body, v.state = string(text), c.State()
	select {
	case s := <-tickets:
		v.sessions = append(v.sessions, s)
	case <-time.After(time.Second):
	}
	return v, err
}

func must(t *testing.T, v visit, err error) visit {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if len(v.sum.Unreadable) > 0 {
		t.Fatalf("could not be read: %q", v.sum.Unreadable)
	}
	return v
}

// TestResume: alice is asked, and bob who offers her session is not; the wire
// says the same as the library, with the packets that prove it.
func TestResume(t *testing.T) {
	a := stacktest.NewAuthority(t)
	address := serve(t, a, func(c *tls.Config, _ *quicgo.Config, _ *quicgo.Transport) {
		c.ClientAuth = tls.RequireAndVerifyClientCert
	})
	cfg := stack.Config{ServerName: "localhost", Trust: stack.Trust{Roots: a.Pool, Name: "localhost"}, Identity: a.Identity("alice")}
	one, err := get(t, address, cfg)
	must(t, one, err)
	if one.body != "alice" || one.state.Resumed || one.challenged != 1 || len(one.sum.Challenges) != 1 || !one.state.TrustEvaluated || one.state.ALPN != "h3" || len(one.sessions) != 1 {
		t.Fatalf("first: body %q, asked %d, %+v, %d sessions", one.body, one.challenged, one.state, len(one.sessions))
	}
	for _, x := range []struct{ name, packet string }{
		{"ClientHello", wire.PacketInitial},
		{"ServerHello", wire.PacketInitial},
		{"CertificateRequest", wire.PacketHandshake},
		{"CertificateVerify", wire.PacketHandshake},
		{"Finished", wire.PacketHandshake},
		{"NewSessionTicket", wire.PacketApplication},
		{"ApplicationData", wire.PacketApplication},
		{"HANDSHAKE_DONE", wire.PacketApplication},
		{"CONNECTION_CLOSE H3_NO_ERROR", wire.PacketApplication},
	} {
		if len(one.named(x.name, x.packet)) == 0 {
			t.Errorf("no %s in a packet %s", x.name, x.packet)
		}
	}
	if s := one.sum.Tickets; len(s) != 1 || s[0].Digest != one.sessions[0].TicketDigest || s[0].Mechanism != protocol.PSK {
		t.Errorf("tickets %+v, the library has %s", s, one.sessions[0].TicketDigest)
	}
	cfg.Identity, cfg.Session = a.Identity("bob"), &one.sessions[0]
	two, err := get(t, address, cfg)
	must(t, two, err)
	if two.body != "alice" || !two.state.Resumed || two.challenged != 0 || len(two.sum.Challenges) != 0 || !two.sum.Resumed || two.sum.Accepted.Digest != one.sessions[0].TicketDigest || two.state.TrustEvaluated {
		t.Fatalf("second: body %q, asked %d, %+v", two.body, two.challenged, two.state)
	}
	hello := two.named("ClientHello", wire.PacketInitial)
	if len(hello) != 1 || !hasField(hello[0].Fields(), "pre_shared_key") || two.sum.Early.Offered {
		t.Errorf("the ClientHello has no pre_shared_key, or early data that nobody asked for")
	}
}

func hasField(list []wire.Field, name string) bool {
	return slices.ContainsFunc(list, func(f wire.Field) bool { return f.Name == name || hasField(f.Fields, name) })
}

// TestEarly: early data goes out only where it is asked for, and where the
// server takes it that shows on the wire.
func TestEarly(t *testing.T) {
	a := stacktest.NewAuthority(t)
	for _, takes := range []bool{true, false} {
		address := serve(t, a, func(c *tls.Config, _ *quicgo.Config, _ *quicgo.Transport) { c.ClientAuth = tls.RequestClientCert })
		cfg := stack.Config{ServerName: "localhost", Trust: stack.Trust{Roots: a.Pool, Name: "localhost"}, Identity: a.Identity("alice")}
		one, err := get(t, address, cfg)
		must(t, one, err)
		if !one.sessions[0].Early {
			t.Fatal("the session does not say that early data is taken")
		}
		if !takes { // another server with the same tickets, which takes none
			address = serve(t, a, nil)
			cfg.Trust.Disabled = true
		}
		cfg.Session = &one.sessions[0]
		cfg.EarlyRequest, _ = http.NewRequest(http.MethodGet, "https://localhost/", nil)
		two, err := get(t, address, cfg)
		must(t, two, err)
		if e := two.sum.Early; !e.Offered || !e.Sent || !e.Known || e.Accepted != takes || two.state.Early != takes {
			t.Errorf("taken %v: %+v, the library says %v", takes, e, two.state.Early)
		}
		want := "alice"
		if !takes {
			want = "nobody"
		}
		if two.body != want || two.sum.Early.Sent != (len(two.named("ApplicationData", wire.PacketEarly)) > 0) {
			t.Errorf("taken %v: body %q, %d packets of early data were read", takes, two.body, len(two.named("ApplicationData", wire.PacketEarly)))
		}
	}
}

// TestFailures: each failure in the stack's terms, and the server's alert on the wire.
func TestFailures(t *testing.T) {
	a, other := stacktest.NewAuthority(t), stacktest.NewAuthority(t)
	required := serve(t, a, func(c *tls.Config, _ *quicgo.Config, _ *quicgo.Transport) {
		c.ClientAuth = tls.RequireAndVerifyClientCert
	})
	good := stack.Config{ServerName: "localhost", Trust: stack.Trust{Roots: a.Pool, Name: "localhost"}}
	for _, x := range []struct {
		name   string
		change func(*stack.Config)
		reason stack.Reason
		alert  string // of the wire
	}{
		{"no certificate", func(*stack.Config) {}, stack.AlertReceived, "certificate_required"},
		{"an untrusted one", func(c *stack.Config) { c.Identity = other.Identity("mallory") }, stack.AlertReceived, "unknown_ca"},
		{"server untrusted", func(c *stack.Config) { c.Trust.Roots = x509.NewCertPool() }, stack.Untrusted, ""},
		{"another name", func(c *stack.Config) { c.Trust.Name = "other.test" }, stack.NameMismatch, ""},
	} {
		cfg := good
		x.change(&cfg)
		v, err := get(t, required, cfg)
		var e *stack.Error
		if !errors.As(err, &e) || e.Reason != x.reason {
			t.Errorf("%s: %v", x.name, err)
			continue
		}
		if x.alert != "" && !slices.ContainsFunc(v.sum.Alerts, func(s wire.AlertSeen) bool { return s.From == wire.Server && s.Name == x.alert }) {
			t.Errorf("%s: alerts %+v", x.name, v.sum.Alerts)
		}
	}
	closed, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	address := closed.LocalAddr().String()
	closed.Close()
	if _, err := get(t, address, good); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("where nobody listens: %v", err)
	}
	wrong := serve(t, a, func(c *tls.Config, _ *quicgo.Config, _ *quicgo.Transport) { c.NextProtos = []string{"doq"} })
	if v, err := get(t, wrong, good); err == nil || !strings.Contains(err.Error(), "no_application_protocol") && len(v.sum.Alerts) == 0 {
		t.Errorf("another protocol: %v", err)
	}
}

// TestSilence: where nothing answers the caller's time ends it.
func TestSilence(t *testing.T) {
	deaf, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer deaf.Close()
	raw, err := net.Dial("udp", deaf.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	_, err = quic.New().Client(ctx, raw, stack.Config{ServerName: "localhost", ALPN: []string{"h3"}})
	var e *stack.Error
	if !errors.As(err, &e) || e.Reason != stack.TimedOut {
		t.Errorf("%v", err)
	}
}

// TestVersionsAndRetry: a server that wants the address proved first, and one
// that speaks another version.
func TestVersionsAndRetry(t *testing.T) {
	a := stacktest.NewAuthority(t)
	cfg := stack.Config{ServerName: "localhost", Trust: stack.Trust{Roots: a.Pool, Name: "localhost"}}
	address := serve(t, a, func(_ *tls.Config, _ *quicgo.Config, tr *quicgo.Transport) {
		tr.VerifySourceAddress = always
	})
	v, err := get(t, address, cfg)
	must(t, v, err)
	if v.body != "nobody" || len(v.named("Retry", wire.PacketRetry)) != 1 || len(v.named("ServerHello", wire.PacketInitial)) != 1 {
		t.Errorf("Retry: %q, %q", v.body, v.sum.Transport)
	}
	address = serve(t, a, func(_ *tls.Config, q *quicgo.Config, _ *quicgo.Transport) {
		q.Versions = []quicgo.Version{quicgo.Version2}
	})
	v, err = get(t, address, cfg)
	var e *stack.Error
	if !errors.As(err, &e) || e.Reason != stack.BadVersion || len(v.named("Version Negotiation", wire.PacketNegotiation)) == 0 {
		t.Errorf("version 2 only: %v, %q", err, v.sum.Transport)
	}
}
