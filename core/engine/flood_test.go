package engine_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"rechallenge/core/engine"
	"rechallenge/core/lab"
	"rechallenge/core/openssl"
	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/stack"
	"rechallenge/core/stack/stacktest"
	"rechallenge/core/trace"
	"rechallenge/core/wire"
)

// TestFlood: a server that doesn't stop sending is left at the connection's
// deadline or when it sent more than the budget, whichever comes first; what
// was kept of it is bounded.
func TestFlood(t *testing.T) {
	cert := stacktest.NewAuthority(t).Leaf("server", "localhost")
	record := func(content byte, p []byte) []byte {
		return append([]byte{content, 3, 3, byte(len(p) >> 8), byte(len(p))}, p...)
	}
	// overTLS floods with what follows the handshake.
	overTLS := func(alpn string, flood []byte) func(net.Conn) {
		return func(c net.Conn) {
			s := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{alpn}})
			if s.Handshake() != nil {
				return
			}
			go io.Copy(io.Discard, s)
			pour(s, flood)
		}
	}
	for _, test := range []struct {
		name  string
		alpn  string
		serve func(net.Conn)
		says  string // of the budget; "" = it may be the deadline
	}{
		{"HelloRequest before the handshake", "", func(c net.Conn) { pour(c, record(22, make([]byte, 4000))) }, ""},
		{"warnings before the handshake", "", func(c net.Conn) { pour(c, record(21, []byte{1, 112})) }, ""},
		{"empty handshake records", "", func(c net.Conn) { pour(c, record(22, nil)) }, ""},
		{"h2 SETTINGS", "h2", overTLS("h2", []byte{0, 0, 0, 4, 0, 0, 0, 0, 0}), "HTTP/2 frames SETTINGS"},
		{"h2 PING", "h2", overTLS("h2", append([]byte{0, 0, 0, 4, 0, 0, 0, 0, 0}, bytes.Repeat([]byte{0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8}, 1000)...)), "HTTP/2 frames"},
		{"NewSessionTicket", "", tickets(t, cert), "the server sent more than "},
		{"an endless body", "http/1.1", overTLS("http/1.1", []byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"+strings.Repeat("1\r\nx\r\n", 1<<20))), ""},
	} {
		each(t, test.name, func(t *testing.T, s stack.Stack) {
			x := newBench(t, lab.Behaviour{})
			x.opt.Stacks = []stack.Stack{s}
			x.plan.Caches, x.plan.Connections, x.plan.Timeout = []string{"none"}, x.plan.Connections[:1], plan.Duration(time.Second)
			x.plan.Targets[0].Trust, x.plan.Targets[0].ConnectTo[0] = protocol.TrustNone, stacktest.Serve(t, test.serve)
			if test.alpn != "" {
				x.plan.Targets[0].ALPN = []string{test.alpn}
			}
			begun := time.Now()
			r, err := engine.Start(t.Context(), x.plan, x.res, x.opt)
			if err != nil {
				t.Fatal(err)
			}
			log := trace.Connections(r.Wait())
			took := time.Since(begun)
			kept := 0
			for _, c := range r.Captures() {
				for _, chunk := range c.Chunks {
					kept += len(chunk.Data)
				}
			}
			c := log.Pass(1).Connections[0]
			if took > 10*time.Second || kept > wire.Usual.Bytes+1<<20 || len(log.Pass(1).Events) > 3000 {
				t.Errorf("after %v %d bytes and %d events are kept: %s", took, kept, len(log.Pass(1).Events), story(c))
			}
			if test.says != "" && (c.Error == nil || c.Error.Reason != trace.ReasonTooMuch || !strings.Contains(c.Error.Message, test.says)) {
				t.Errorf("it is said to be %+v", c.Error)
			}
			if c.Error == nil {
				t.Errorf("it is said to have gone well: %s", story(c))
			}
		})
	}
}

// tickets gives hundreds of them at the end of a TLS 1.3 handshake.
func tickets(t *testing.T, cert tls.Certificate) func(net.Conn) {
	l, err := openssl.Load()
	if err != nil {
		t.Log(err)
		return func(net.Conn) {}
	}
	key, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	credential, err := l.NewCredential(cert.Certificate, key)
	if err != nil {
		t.Fatal(err)
	}
	s, err := l.NewServer(openssl.ServerConfig{Tickets: 300, Host: func(string) openssl.Host { return openssl.Host{Credential: credential} }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return func(raw net.Conn) {
		c, err := s.Conn(raw)
		if err != nil {
			return
		}
		defer c.Close()
		if c.Handshake(t.Context()) == nil {
			io.Copy(io.Discard, c)
		}
	}
}

// pour writes the same again and again, until the other side has enough.
func pour(w io.Writer, b []byte) {
	many := bytes.Repeat(b, max(1, 1<<14/len(b)))
	for {
		if _, err := w.Write(many); err != nil {
			return
		}
	}
}
