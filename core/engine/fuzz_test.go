package engine

import (
	"context"
	"io"
	"net"
	"net/url"
	"testing"
	"time"
)

// FuzzProxyAnswer: whatever a proxy says, the conversation ends, and with a
// connection only where it said yes.
func FuzzProxyAnswer(f *testing.F) {
	for _, answer := range []string{
		"HTTP/1.1 200 yes\r\n\r\n\x16\x03\x01", "HTTP/1.1 407 no\r\nProxy-Authenticate: Basic realm=\"x\"\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 yes\r\n\r\n", "\x05\x00\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x50", "\x05\xff", "HTTP/1.1 2",
	} {
		f.Add([]byte(answer), false)
		f.Add([]byte(answer), true)
	}
	f.Fuzz(func(t *testing.T, answer []byte, socks bool) {
		client, server := net.Pipe()
		defer client.Close()
		go func() {
			defer server.Close()
			go io.Copy(io.Discard, server)
			server.SetWriteDeadline(time.Now().Add(time.Second))
			server.Write(answer)
		}()
		client.SetDeadline(time.Now().Add(2 * time.Second))
		p := &proxy{url: &url.URL{Scheme: "http"}, user: "user", password: "password"}
		if socks {
			p.url.Scheme = "socks5"
		}
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		conn, status, err := p.open(ctx, client, "a.test:443")
		if (conn == nil) == (err == nil) {
			t.Fatalf("%v, %v", conn, err)
		}
		if err == nil && !socks && (status < 200 || status > 299) {
			t.Fatalf("a tunnel with status %d", status)
		}
	})
}

// FuzzFrames: counting HTTP/2 frames does not depend on how they are cut.
func FuzzFrames(f *testing.F) {
	f.Add([]byte{0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 'x'}, uint8(3))
	f.Fuzz(func(t *testing.T, data []byte, cut uint8) {
		var whole, pieces frames
		whole.count(data)
		for in := data; len(in) > 0; {
			n := min(int(cut)+1, len(in))
			pieces.count(in[:n])
			in = in[n:]
		}
		if whole.seen != pieces.seen || whole.rest != pieces.rest || len(whole.header) != len(pieces.header) {
			t.Fatal("cut in pieces they are counted otherwise")
		}
	})
}
