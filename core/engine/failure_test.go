package engine_test

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"rechallenge/core/diagnose"
	"rechallenge/core/lab"
	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/target"
	"rechallenge/core/trace"
)

// answerAll answers every connection on loopback until the test ends, at most five
// seconds each, and gives the address.
func answerAll(t *testing.T, answer func(net.Conn)) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.SetDeadline(time.Now().Add(5 * time.Second))
			answer(c)
			c.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return netip.MustParseAddrPort(l.Addr().String())
}

// overTLS answers inside TLS, as the lab's server would be.
func overTLS(t *testing.T, x *bench, protocol string, answer func(*tls.Conn)) netip.AddrPort {
	t.Helper()
	certPEM, keyPEM, err := x.lab.ServerPEM("localhost")
	if err != nil {
		t.Fatal(err)
	}
	cert, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		t.Fatal(err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{protocol}}
	return answerAll(t, func(c net.Conn) {
		s := tls.Server(c, config)
		if s.Handshake() == nil {
			answer(s)
		}
		s.Close()
	})
}

// one is what came of a single connection as nobody to an address.
func one(t *testing.T, x *bench, at netip.AddrPort, change func(*target.Target)) *trace.Connection {
	t.Helper()
	a := target.Target{ID: "it", URL: fmt.Sprintf("https://localhost:%d/", at.Port()), ConnectTo: target.Addresses{at}, Trust: "ca.pem"}
	if change != nil {
		change(&a)
	}
	x.plan.Targets = []target.Target{a}
	x.plan.Connections = []plan.Connection{{Target: "it", Identity: plan.NoIdentity}}
	x.plan.Caches = []string{"none"}
	log := x.run(t)
	return log.Passes[0].Connections[0]
}

// TestInterimAnswers: 1xx is not the answer, of a server's nor of a proxy's,
// and any 2xx of CONNECT is a tunnel.
func TestInterimAnswers(t *testing.T) {
	x := newBench(t, lab.Behaviour{Auth: lab.AuthOptional})
	interim := "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
	at := overTLS(t, x, "http/1.1", func(c *tls.Conn) {
		bufio.NewReader(c).ReadString('\n')
		io.WriteString(c, interim+"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
	})
	if c := one(t, x, at, nil); c.HTTP == nil || c.HTTP.Status != 200 {
		t.Errorf("after interim answers: %s", story(c))
	}
	server := x.server.Addr()
	proxy := answerAll(t, func(c net.Conn) {
		r := bufio.NewReader(c)
		for line, err := r.ReadString('\n'); err == nil && strings.TrimSpace(line) != ""; {
			line, err = r.ReadString('\n')
		}
		up, err := net.Dial("tcp", server)
		if err != nil {
			return
		}
		defer up.Close()
		io.WriteString(c, interim+"HTTP/1.1 204 No Content\r\n\r\n")
		go io.Copy(up, c)
		io.Copy(c, up)
	})
	c := one(t, x, netip.MustParseAddrPort(server), func(a *target.Target) { a.Proxy = "http://" + proxy.String() })
	if c.HTTP == nil || c.HTTP.Status != 200 {
		t.Errorf("through a proxy that says 103 and 204: %s", story(c))
	}
}

// TestReasons: a failure is told for what it is.
func TestReasons(t *testing.T) {
	x := newBench(t, lab.Behaviour{})
	h2 := func(answer func(f *http2.Framer, stream uint32)) func(*tls.Conn) {
		return func(c *tls.Conn) {
			io.ReadFull(c, make([]byte, len(http2.ClientPreface)))
			f := http2.NewFramer(c, c)
			f.WriteSettings()
			for {
				frame, err := f.ReadFrame()
				if err != nil {
					return
				}
				if h, ok := frame.(*http2.HeadersFrame); ok {
					answer(f, h.StreamID)
					time.Sleep(50 * time.Millisecond)
					return
				}
			}
		}
	}
	readHello := func(c net.Conn) { c.Read(make([]byte, 4096)) }
	for name, test := range map[string]struct {
		at      netip.AddrPort
		h2      bool
		phase   trace.Phase
		reason  trace.Reason
		message string
	}{
		"a message out of turn": {
			at:    answerAll(t, func(c net.Conn) { readHello(c); c.Write([]byte{22, 3, 3, 0, 4, 14, 0, 0, 0}); readHello(c) }),
			phase: trace.PhaseTLS, reason: trace.ReasonTLSMalformed, message: "the server broke the protocol in the handshake",
		},
		"a record of nonsense after the handshake": {
			at: overTLS(t, x, "http/1.1", func(c *tls.Conn) {
				c.Read(make([]byte, 100))
				c.NetConn().Write([]byte{23, 3, 3, 0, 20, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0})
				readHello(c.NetConn())
			}),
			phase: trace.PhaseTLS, reason: trace.ReasonTLSMalformed, message: "after the handshake",
		},
		"a closed connection in the handshake": {
			at:    answerAll(t, readHello),
			phase: trace.PhaseTLS, reason: trace.ReasonClosed, message: "nothing came back after",
		},
		"GOAWAY": {
			at: overTLS(t, x, "h2", h2(func(f *http2.Framer, _ uint32) { f.WriteGoAway(0, http2.ErrCodeInternal, nil) })), h2: true,
			phase: trace.PhaseHTTP, reason: trace.ReasonGoAway,
		},
		"a stream is refused": {
			at: overTLS(t, x, "h2", h2(func(f *http2.Framer, stream uint32) { f.WriteRSTStream(stream, http2.ErrCodeRefusedStream) })), h2: true,
			phase: trace.PhaseHTTP, reason: trace.ReasonStreamRefused,
		},
		"no HTTP": {
			at:    overTLS(t, x, "http/1.1", func(c *tls.Conn) { c.Read(make([]byte, 100)); io.WriteString(c, "what?\r\n\r\n") }),
			phase: trace.PhaseHTTP, reason: trace.ReasonHTTPMalformed,
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := one(t, x, test.at, func(a *target.Target) {
				if test.h2 {
					a.ALPN = []string{"h2"}
				}
			})
			if c.Error == nil || c.Error.Phase != test.phase || c.Error.Reason != test.reason || !strings.Contains(c.Error.Message, test.message) {
				t.Errorf("%s: %+v", story(c), c.Error)
			}
		})
	}
}

// TestBrokenResumption: a resumption that was broken off is no challenge that
// was suppressed.
func TestBrokenResumption(t *testing.T) {
	x := newBench(t, lab.Behaviour{MaxVersion: tls.VersionTLS12})
	log := x.run(t)
	c := log.Passes[0].Connections[1]
	if !c.Resumption.Accepted {
		t.Fatal(story(c))
	}
	broken := *c
	broken.Handshake, broken.Error = protocol.Failed, &trace.Failure{Phase: trace.PhaseTLS, Reason: trace.ReasonTLSMalformed, Message: errors.ErrUnsupported.Error()}
	broken.Library = &trace.TLSDone{Error: broken.Error}
	log.Passes[0].Connections[1] = &broken
	for _, f := range diagnose.Diagnose(log).Findings {
		if f.Rule == "challenge-suppressed" {
			t.Error(f.Title)
		}
	}
}
