package openssl_test

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"testing"

	"rechallenge/core/session"
	"rechallenge/core/stack"
	"rechallenge/core/stack/gotls"
	"rechallenge/core/stack/stacktest"
)

// BenchmarkHandshake is a connection with a client certificate to a crypto/tls
// server in the same process, and a byte each way, which brings the ticket.
func BenchmarkHandshake(b *testing.B) {
	a := stacktest.NewAuthority(b)
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{a.Leaf("server")}, ClientAuth: tls.RequireAnyClientCert})
	if err != nil {
		b.Fatal(err)
	}
	defer stacktest.Answer(l, func(c net.Conn) { io.CopyN(c, c, 1) })()
	identity := a.Identity("alice")
	for _, s := range []stack.Stack{gotls.New(), load(b)} {
		for _, resume := range []bool{false, true} {
			name := s.Name() + "/full"
			if resume {
				name = s.Name() + "/resumed"
			}
			b.Run(name, func(b *testing.B) {
				var last *session.Session
				connect := func() {
					raw, err := net.Dial("tcp", l.Addr().String())
					if err != nil {
						b.Fatal(err)
					}
					defer raw.Close()
					cfg := stack.Config{Trust: stack.Trust{Roots: a.Pool, Name: "localhost"}, ServerName: "localhost", Identity: identity, Session: last}
					cfg.NewSession = func(s session.Session) {
						if resume {
							last = &s
						}
					}
					c, err := s.Client(context.Background(), raw, cfg)
					if err != nil {
						b.Fatal(err)
					}
					defer c.Close()
					var one [1]byte
					c.Write(one[:])
					if _, err := io.ReadFull(c, one[:]); err != nil {
						b.Fatal(err)
					}
					if b.N > 1 && c.State().Resumed != resume && last != nil {
						b.Fatal("resumed", c.State().Resumed)
					}
				}
				connect()
				for b.Loop() {
					connect()
				}
			})
		}
	}
}
