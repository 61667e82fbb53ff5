package engine_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"rechallenge/core/engine"
	"rechallenge/core/lab"
	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/stack"
	"rechallenge/core/stack/stacktest"
	"rechallenge/core/trace"
)

// TestFaults: what a server or a proxy does wrong has a reason of its own, in
// the phase it belongs to; an interim answer is not the answer.
func TestFaults(t *testing.T) {
	leaf := stacktest.NewAuthority(t).Leaf("server", "localhost")
	over := func(alpn, answer string, after func(raw net.Conn)) func(net.Conn) {
		return func(raw net.Conn) {
			s := tls.Server(raw, &tls.Config{Certificates: []tls.Certificate{leaf}, NextProtos: []string{alpn}})
			if s.Handshake() != nil {
				return
			}
			if alpn == "h2" {
				// Answered is a request, not the connection's preface.
				f := http2.NewFramer(s, s)
				f.WriteSettings()
				io.ReadFull(s, make([]byte, len(http2.ClientPreface)))
				for {
					if got, err := f.ReadFrame(); err != nil || got.Header().Type == http2.FrameHeaders {
						break
					}
				}
			} else {
				s.Read(make([]byte, 4096))
			}
			io.WriteString(s, answer)
			if after != nil {
				after(raw)
			}
			go io.Copy(io.Discard, s)
			time.Sleep(100 * time.Millisecond)
		}
	}
	frame := func(kind byte, stream byte, payload string) string {
		return string([]byte{0, 0, byte(len(payload)), kind, 0, 0, 0, 0, stream}) + payload
	}
	garbage := func(raw net.Conn) { raw.Write([]byte{23, 3, 3, 0, 40}); raw.Write(make([]byte, 40)) }
	proxy := func(answer string) func(net.Conn) {
		return func(c net.Conn) {
			if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
				io.WriteString(c, answer)
			}
		}
	}
	for _, test := range []struct {
		name  string
		serve func(net.Conn)
		proxy bool
		alpn  string
		want  string // phase/reason, or the status
		says  string // part of the failure's message
	}{
		{"a record that does not decrypt", over("http/1.1", "", garbage), false, "", "tls/tls-malformed", "after the handshake"},
		{"an answer that is no HTTP", over("http/1.1", "hello\r\n\r\n", nil), false, "", "http/http-malformed", ""},
		{"GOAWAY", over("h2", frame(4, 0, "")+frame(7, 0, "\x00\x00\x00\x00\x00\x00\x00\x00"), nil), false, "h2", "http/http2-goaway", ""},
		{"REFUSED_STREAM", over("h2", frame(4, 0, "")+frame(3, 1, "\x00\x00\x00\x07"), nil), false, "h2", "http/stream-refused", ""},
		{"interim answers", over("http/1.1", strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", 3)+"HTTP/1.1 204 No Content\r\n\r\n", nil), false, "", "204", ""},
		{"interim answers without end", over("http/1.1", strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 30), nil), false, "", "http/too-much", ""},
		{"no TLS", func(c net.Conn) { c.Read(make([]byte, 1000)); io.WriteString(c, "HTTP/1.1 400 no\r\n\r\n") }, false, "", "tls/not-tls", ""},
		{"a message that nobody expects", func(c net.Conn) {
			c.Read(make([]byte, 1000))
			c.Write([]byte{22, 3, 3, 0, 4, 14, 0, 0, 0})
			time.Sleep(50 * time.Millisecond)
		}, false, "", "tls/tls-malformed", "the server broke the protocol in the handshake"},
		{"a closed connection in the handshake", func(c net.Conn) { c.Read(make([]byte, 4096)) }, false, "", "tls/closed", "nothing came back after"},
		{"a proxy that speaks no HTTP", proxy("hello\r\n\r\n"), true, "", "proxy/proxy-malformed", ""},
		{"a proxy that refuses", proxy("HTTP/1.1 403 no\r\n\r\n"), true, "", "proxy/proxy-refused", ""},
		{"a proxy's interim answer and no tunnel", proxy("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 502 no\r\n\r\n"), true, "", "proxy/proxy-refused", ""},
		{"a proxy's other yes, and no TLS", proxy("HTTP/1.1 204 yes\r\n\r\nhello"), true, "", "tls/not-tls", ""},
	} {
		each(t, test.name, func(t *testing.T, s stack.Stack) {
			x := newBench(t, lab.Behaviour{})
			x.opt.Stacks = []stack.Stack{s}
			x.plan.Caches, x.plan.Connections, x.plan.Timeout = []string{"none"}, x.plan.Connections[:1], plan.Duration(10*time.Second)
			to := &x.plan.Targets[0]
			to.Trust = protocol.TrustNone
			if test.proxy {
				to.Proxy = "http://" + stacktest.Serve(t, test.serve).String()
			} else {
				to.ConnectTo[0] = stacktest.Serve(t, test.serve)
			}
			if test.alpn != "" {
				to.ALPN = []string{test.alpn}
			}
			r, err := engine.Start(t.Context(), x.plan, x.res, x.opt)
			if err != nil {
				t.Fatal(err)
			}
			c := trace.Connections(r.Wait()).Pass(1).Connections[0]
			got := ""
			switch {
			case c.Error != nil:
				got = fmt.Sprintf("%s/%s", c.Error.Phase, c.Error.Reason)
			case c.HTTP != nil:
				got = fmt.Sprint(c.HTTP.Status)
			}
			if got != test.want || c.Error != nil && s.Name() == protocol.StackGo && !strings.Contains(c.Error.Message, test.says) {
				t.Errorf("%s, not %s (...%s...): %+v", got, test.want, test.says, c.Error)
			}
		})
	}
}
