package engine_test

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rechallenge/core/engine"
	"rechallenge/core/lab"
	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/stack"
	"rechallenge/core/stack/stacktest"
	"rechallenge/core/target"
	"rechallenge/core/trace"
)

// secure is a TLS server that asks for a certificate of anybody's.
func secure(t *testing.T, hello func(*tls.ClientHelloInfo), handle func(*tls.Conn)) netip.AddrPort {
	t.Helper()
	config := &tls.Config{Certificates: []tls.Certificate{stacktest.NewAuthority(t).Leaf("server", "localhost")}, ClientAuth: tls.RequestClientCert}
	if hello != nil {
		config.GetConfigForClient = func(h *tls.ClientHelloInfo) (*tls.Config, error) { hello(h); return nil, nil }
	}
	return stacktest.Serve(t, func(c net.Conn) {
		c.SetDeadline(time.Now().Add(10 * time.Second))
		s := tls.Server(c, config)
		defer s.Close()
		if s.Handshake() == nil {
			handle(s)
		}
	})
}

// to makes the bench's plan one connection as alice, without a cache, to a server.
func (x *bench) to(url string, at netip.AddrPort) *target.Target {
	x.plan.Targets = []target.Target{{ID: "it", URL: strings.ReplaceAll(url, "PORT", fmt.Sprint(at.Port())), ConnectTo: target.Addresses{at}, Trust: protocol.TrustNone}}
	x.plan.Connections = []plan.Connection{{Target: "it", Identity: "alice"}}
	x.plan.Caches, x.plan.Timeout = []string{"none"}, plan.Duration(10*time.Second)
	return &x.plan.Targets[0]
}

// recorded runs the plan and gives its connection and its events as a report has them.
func (x *bench) recorded(t *testing.T) (c *trace.Connection, events []trace.Event, text string) {
	t.Helper()
	r, err := engine.Start(t.Context(), x.plan, x.res, x.opt)
	if err != nil {
		t.Fatal(err)
	}
	events = r.Wait()
	data, err := json.Marshal(events)
	if err != nil {
		t.Fatal(err)
	}
	return trace.Connections(events).Pass(1).Connections[0], events, string(data)
}

// beginning is what an event keeps of an answer to be looked at.
func beginning(events []trace.Event) (text string) {
	for _, e := range events {
		switch p := e.Payload.(type) {
		case trace.ResponseDone:
			text += p.Beginning
		case trace.ServiceDone:
			text += p.Beginning
		}
	}
	return text
}

// TestOwnBytes: the plan's bytes arrive as they are meant, the expression is
// looked for in what comes in pieces, and what comes is in no report.
func TestOwnBytes(t *testing.T) {
	each(t, "send", func(t *testing.T, s stack.Stack) {
		got := make(chan string, 1)
		at := secure(t, nil, func(c *tls.Conn) {
			b := make([]byte, 7)
			io.ReadFull(c, b)
			got <- string(b)
			io.WriteString(c, "you are <ali")
			io.WriteString(c, "ce>\x1b[31m and more\r\nprivate things\r\n")
			io.Copy(io.Discard, c)
		})
		x := newBench(t, lab.Behaviour{})
		x.opt.Stacks = []stack.Stack{s}
		a := x.to("tls://localhost:PORT", at)
		a.Whoami = target.Whoami{Send: `WHO\r\n\x00\\`, Body: `<([^>]*)>`}
		c, events, report := x.recorded(t)
		if c.Error != nil || c.IdentitySeenByServer == nil || *c.IdentitySeenByServer != "alice" {
			t.Errorf("%+v, %v", c.Error, name(c.IdentitySeenByServer))
		}
		if sent := <-got; sent != "WHO\r\n\x00\\" {
			t.Errorf("sent %q", sent)
		}
		if begins := beginning(events); !strings.Contains(begins, "you are") || strings.ContainsRune(begins, 0x1b) {
			t.Errorf("begins %q", begins)
		}
		if strings.Contains(report, "private things") {
			t.Error("the answer is in the report")
		}
	})
}

// TestBodyFile: a body is sent from the file that the plan names, by POST.
func TestBodyFile(t *testing.T) {
	var method, body atomic.Value
	at := secure(t, nil, func(c *tls.Conn) {
		r, err := http.ReadRequest(bufio.NewReader(c))
		if err != nil {
			return
		}
		b, _ := io.ReadAll(r.Body)
		method.Store(r.Method)
		body.Store(string(b))
		fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n<html>\x07 the answer's beginning")
	})
	x := newBench(t, lab.Behaviour{})
	x.to("https://localhost:PORT/", at).BodyFile = "order.json"
	x.res.Bodies = map[string][]byte{"order.json": []byte(`{"order": "s3cret"}`)}
	c, events, report := x.recorded(t)
	if c.Error != nil || method.Load() != "POST" || body.Load() != `{"order": "s3cret"}` {
		t.Errorf("%+v: %v %v", c.Error, method.Load(), body.Load())
	}
	if begins := beginning(events); begins != "<html>\uFFFD the answer's beginning" {
		t.Errorf("begins %q", begins)
	}
	if strings.Contains(report, "s3cret") || strings.Contains(report, "the answer's beginning") {
		t.Error("a body is in the report")
	}
	x.res.Bodies = nil
	if _, err := engine.Start(t.Context(), x.plan, x.res, x.opt); err == nil || !strings.Contains(err.Error(), "order.json") {
		t.Errorf("without the file: %v", err)
	}
}

// TestOffers: groups, cipher suites and signature schemes are offered as the
// plan has them, by the stacks that can, and refused before the run by those
// that can't.
func TestOffers(t *testing.T) {
	for _, test := range []struct {
		name  string
		tls   target.TLS
		holds func(h *tls.ClientHelloInfo) bool
		not   string // the stack that can't
	}{
		{"groups", target.TLS{Groups: []string{"secp256r1", "secp384r1"}}, func(h *tls.ClientHelloInfo) bool {
			return slices.Equal(h.SupportedCurves, []tls.CurveID{tls.CurveP256, tls.CurveP384})
		}, ""},
		{"ciphers", target.TLS{Max: "1.2", Ciphers: []string{"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"}}, func(h *tls.ClientHelloInfo) bool {
			others := slices.DeleteFunc(slices.Clone(h.CipherSuites), func(id uint16) bool { return id == 0x00ff }) // no suite: RFC 5746 section 3.3
			return slices.Equal(others, []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384})
		}, ""},
		{"schemes", target.TLS{Schemes: []string{"ecdsa_secp384r1_sha384", "ecdsa_secp256r1_sha256"}}, func(h *tls.ClientHelloInfo) bool {
			return slices.Equal(h.SignatureSchemes, []tls.SignatureScheme{tls.ECDSAWithP384AndSHA384, tls.ECDSAWithP256AndSHA256})
		}, "go"},
	} {
		each(t, test.name, func(t *testing.T, s stack.Stack) {
			hello := make(chan *tls.ClientHelloInfo, 1)
			at := secure(t, func(h *tls.ClientHelloInfo) { hello <- h }, func(c *tls.Conn) { io.Copy(io.Discard, c) })
			x := newBench(t, lab.Behaviour{})
			x.opt.Stacks = []stack.Stack{s}
			x.to("tls://localhost:PORT", at).TLS = test.tls
			r, err := engine.Start(t.Context(), x.plan, x.res, x.opt)
			if s.Name() == test.not {
				if err == nil {
					t.Error("it is said to be offered")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			c := trace.Connections(r.Wait()).Pass(1).Connections[0]
			if c.Error != nil {
				t.Fatalf("%+v", c.Error)
			}
			if h := <-hello; !test.holds(h) {
				t.Errorf("offered %v, %v, %v", h.SupportedCurves, h.CipherSuites, h.SignatureSchemes)
			}
			if c.HelloLength < 100 {
				t.Errorf("a ClientHello of %d bytes", c.HelloLength)
			}
		})
	}
}

// TestDirectPostgres: PostgreSQL 17's TLS at once, with its ALPN, which a server
// wants there.
func TestDirectPostgres(t *testing.T) {
	each(t, "direct", func(t *testing.T, s stack.Stack) {
		x := newBench(t, lab.Behaviour{Speaks: "postgres"})
		x.opt.Stacks = []stack.Stack{s}
		at := netip.MustParseAddrPort(x.server.Addr())
		for _, url := range []string{"postgres://localhost:PORT/?sslnegotiation=direct", "postgres://localhost:PORT/"} {
			direct := strings.Contains(url, "direct")
			x.to(url, at)
			c, _, _ := x.recorded(t)
			if c.Error != nil || c.SeenAs == nil || *c.SeenAs != "alice" || (c.ALPN == "postgresql") != direct || (c.StartTLS == "") != direct {
				t.Errorf("%s: %s, ALPN %q, in clear %q, %+v", url, story(c), c.ALPN, c.StartTLS, c.Error)
			}
		}
		x.to("postgres://localhost:PORT/?sslnegotiation=direct", at).ALPN = []string{"other"}
		if c, _, _ := x.recorded(t); c.Error == nil {
			t.Error("without its ALPN: let in")
		}
	})
}

// TestStartTLSThroughProxy: the exchange in clear goes through the tunnel, also
// where the greeting comes with the proxy's yes.
func TestStartTLSThroughProxy(t *testing.T) {
	pipe := func(client net.Conn, to string, yes []byte) {
		server, err := net.Dial("tcp", to)
		if err != nil {
			return
		}
		defer server.Close()
		greeting := make([]byte, 3)
		io.ReadFull(server, greeting)
		client.Write(append(yes, greeting...)) // in one segment
		done := make(chan struct{})
		go func() { defer close(done); io.Copy(client, server); client.Close() }()
		io.Copy(server, client)
		server.Close()
		<-done
	}
	proxies := map[string]func(net.Conn){
		"http": func(c net.Conn) {
			if r, err := http.ReadRequest(bufio.NewReader(c)); err == nil && r.Method == http.MethodConnect {
				pipe(c, r.Host, []byte("HTTP/1.1 200 ok\r\n\r\n"))
			}
		},
		"socks5": func(c net.Conn) { // RFC 1928, no authentication
			head := make([]byte, 2)
			io.ReadFull(c, head)
			io.ReadFull(c, make([]byte, head[1]))
			c.Write([]byte{5, 0})
			head = make([]byte, 4)
			io.ReadFull(c, head)
			if head[3] == 1 {
				b := make([]byte, 6)
				io.ReadFull(c, b)
				to := netip.AddrPortFrom(netip.AddrFrom4([4]byte(b)), uint16(b[4])<<8|uint16(b[5]))
				pipe(c, to.String(), []byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
			}
		},
	}
	for scheme, handle := range proxies {
		each(t, scheme, func(t *testing.T, s stack.Stack) {
			x := newBench(t, lab.Behaviour{Speaks: "smtp"})
			x.opt.Stacks = []stack.Stack{s}
			proxy := stacktest.Serve(t, func(c net.Conn) { defer c.Close(); handle(c) })
			x.to("smtp://localhost:PORT/", netip.MustParseAddrPort(x.server.Addr())).Proxy = scheme + "://" + proxy.String()
			c, _, _ := x.recorded(t)
			if c.Error != nil || c.SeenAs == nil || *c.SeenAs != "alice" || c.StartTLS != "smtp" || c.Timing.Of(trace.PhaseProxy) == 0 || c.Beyond != 0 {
				t.Errorf("%s, beyond %d, %+v", story(c), c.Beyond, c.Error)
			}
		})
	}
}

// TestKubernetes: an API server is asked for a review of whoever asks, and its
// word for nobody is nobody.
func TestKubernetes(t *testing.T) {
	at := secure(t, nil, func(c *tls.Conn) {
		r, err := http.ReadRequest(bufio.NewReader(c))
		if err != nil {
			return
		}
		var review struct{ Kind, APIVersion string }
		if json.NewDecoder(r.Body).Decode(&review) != nil || review.Kind != "SelfSubjectReview" || review.APIVersion != "authentication.k8s.io/v1" ||
			r.Method != http.MethodPost || r.URL.Path != "/k8s/apis/authentication.k8s.io/v1/selfsubjectreviews" || r.Header.Get("Content-Type") != "application/json" {
			io.WriteString(c, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
			return
		}
		user := "system:anonymous"
		if list := c.ConnectionState().PeerCertificates; len(list) > 0 {
			user = list[0].Subject.CommonName
		}
		text := fmt.Sprintf(`{"kind":"SelfSubjectReview","status":{"userInfo":{"username":%q,"groups":["system:authenticated"]}}}`, user)
		fmt.Fprintf(c, "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(text), text)
	})
	x := newBench(t, lab.Behaviour{})
	x.to("https://localhost:PORT/k8s/", at).Whoami.Kubernetes = true
	if problems := x.plan.Check(); len(problems) > 0 {
		t.Fatal(problems)
	}
	c, _, _ := x.recorded(t)
	if c.Error != nil || c.SeenAs == nil || *c.SeenAs != "alice" || c.HTTP.Status != 201 {
		t.Errorf("%s %+v", story(c), c.Error)
	}
	x.plan.Connections[0].Identity = plan.NoIdentity
	if c, _, _ = x.recorded(t); c.IdentitySeenByServer == nil || *c.IdentitySeenByServer != "" {
		t.Errorf("nobody: %v", name(c.IdentitySeenByServer))
	}
	for field, change := range map[string]func(*target.Target){
		"whoami.kubernetes":              func(a *target.Target) { a.Method = "GET" },
		"whoami":                         func(a *target.Target) { a.Whoami.Header = "X-Client-DN" },
		"whoami.kubernetes without HTTP": func(a *target.Target) { a.URL = "smtp://localhost/" },
	} {
		a := x.plan.Targets[0]
		change(&a)
		want, _, _ := strings.Cut(field, " ")
		if errs := a.Check(); len(errs) != 1 || errs[0].Field != want {
			t.Errorf("%s: %v", field, errs)
		}
	}
}
