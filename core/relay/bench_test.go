package relay_test

import (
	"io"
	"net"
	"sync"
	"testing"

	"rechallenge/core/relay"
)

// plainRelay is what a relay is compared with: io.Copy both ways.
func plainRelay(b *testing.B, to string) string {
	return server(b, func(c net.Conn) {
		s, err := net.Dial("tcp", to)
		if err != nil {
			return
		}
		defer s.Close()
		var both sync.WaitGroup
		both.Go(func() { io.Copy(s, c); s.(*net.TCPConn).CloseWrite() })
		io.Copy(c, s)
		c.(*net.TCPConn).CloseWrite()
		both.Wait()
	})
}

// BenchmarkCopy moves 64 MiB through each; the relay records the first MiB.
func BenchmarkCopy(b *testing.B) {
	const size = 64 << 20
	to := server(b, func(c net.Conn) { io.Copy(io.Discard, c) })
	for _, x := range []struct {
		name string
		at   func() string
	}{
		{"plain", func() string { return plainRelay(b, to) }},
		{"relay", func() string {
			at, err := start(b, relay.Options{Tap: newTap()}).Forward("127.0.0.1:0", to, "")
			return listen(b, at, err)
		}},
	} {
		b.Run(x.name, func(b *testing.B) {
			at, data := x.at(), make([]byte, 1<<16)
			b.SetBytes(size)
			for b.Loop() {
				c := dial(b, at)
				for range size / len(data) {
					if _, err := c.Write(data); err != nil {
						b.Fatal(err)
					}
				}
				c.CloseWrite()
				io.Copy(io.Discard, c)
				c.Close()
			}
		})
	}
}

// BenchmarkConn makes a connection with a question and an answer through each.
func BenchmarkConn(b *testing.B) {
	to := server(b, echo)
	for _, x := range []struct {
		name string
		at   func() string
	}{
		{"plain", func() string { return plainRelay(b, to) }},
		{"relay", func() string {
			at, err := start(b, relay.Options{Tap: newTap()}).Forward("127.0.0.1:0", to, "")
			return listen(b, at, err)
		}},
	} {
		b.Run(x.name, func(b *testing.B) {
			at := x.at()
			for b.Loop() {
				c := dial(b, at)
				talk(b, c, "hello")
				c.Close()
			}
		})
	}
}
