package pcap_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/netip"
	"os/exec"
	"strings"
	"testing"
	"time"

	"rechallenge/core/protocol"
	"rechallenge/core/session"
	"rechallenge/core/stack"
	"rechallenge/core/stack/gotls"
	"rechallenge/core/stack/stacktest"
	"rechallenge/core/wire"
	"rechallenge/core/wire/pcap"
)

// TestTsharkLive: connections made now, through the tap, to three servers,
// first full and then resumed, are to tshark what they are to us.
func TestTsharkLive(t *testing.T) {
	tshark := lookTshark(t)
	a := stacktest.NewAuthority(t)
	server := a.Leaf("server")
	alice := a.Identity("alice")
	servers := map[string]func() string{
		"crypto-tls": func() string {
			return serve(t, &tls.Config{Certificates: []tls.Certificate{server}, ClientCAs: a.Pool, ClientAuth: tls.RequireAndVerifyClientCert})
		},
		"s_server": func() string { return a.OpenSSL(t, "-Verify", "1") },
		"nginx":    func() string { return a.Nginx(t, "ssl_verify_client on;", "ssl_protocols TLSv1.2 TLSv1.3;") },
	}
	for name, start := range servers {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			t.Run(name+" "+protocol.VersionName(version), func(t *testing.T) {
				addr := start()
				keys := &wire.KeyLog{}
				var list []pcap.Conn
				var offer *session.Session
				for range 2 {
					capture := &wire.Capture{}
					begun := time.Now()
					conn, err := net.Dial("tcp", addr)
					if err != nil {
						t.Fatal(err)
					}
					var got []session.Session
					ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
					c, err := gotls.New().Client(ctx, capture.Tap(conn, func() time.Duration { return time.Since(begun) }), stack.Config{
						ServerName: "localhost", MinVersion: version, MaxVersion: version, ALPN: []string{"http/1.1"}, Identity: alice,
						Trust: stack.Trust{Roots: a.Pool, Name: "localhost"}, KeyLog: keys, Session: offer,
						NewSession: func(s session.Session) { got = append(got, s) },
					})
					cancel()
					if err != nil {
						t.Fatal(err)
					}
					c.SetDeadline(time.Now().Add(5 * time.Second))
					io.WriteString(c, "GET / HTTP/1.0\r\n\r\n")
					io.Copy(io.Discard, c)
					if want := offer != nil; c.State().Resumed != want {
						t.Fatalf("resumed: %t, want %t", c.State().Resumed, want)
					}
					c.Close()
					if offer == nil && len(got) == 0 {
						t.Fatal("no session came")
					}
					if offer == nil {
						offer = &got[0]
					}
					chunks := capture.Chunks(0)
					for i := range chunks {
						chunks[i].At += time.Duration(len(list)) * time.Second
					}
					list = append(list, pcap.Conn{Client: netip.MustParseAddrPort(conn.LocalAddr().String()), Server: netip.MustParseAddrPort(addr), Chunks: chunks})
				}
				seen := map[string]int{}
				agree(t, tshark, list, keys, seen)
				if seen["13"] != 1 || seen["1"] != 2 {
					t.Errorf("%d ClientHellos and %d CertificateRequests, want 2 and 1", seen["1"], seen["13"])
				}
				decrypts(t, tshark, list, keys)
			})
		}
	}
}

// decrypts: the file alone is enough for tshark to show the requests.
func decrypts(t *testing.T, tshark string, list []pcap.Conn, keys *wire.KeyLog) {
	t.Helper()
	for _, with := range []bool{true, false} {
		var keylog []byte
		if with {
			keylog = keys.Lines()
		}
		var file bytes.Buffer
		if err := pcap.Write(&file, start, list, keylog); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(tshark, "-r", "-", "-Y", "http.request")
		cmd.Stdin = &file
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(out), "GET /"); with != (n == len(list)) {
			t.Errorf("with the key log %t, tshark sees %d requests of %d", with, n, len(list))
		}
	}
}

// serve answers every connection.
func serve(t *testing.T, cfg *tls.Config) string {
	l, err := tls.Listen("tcp", "127.0.0.1:0", cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				c.SetDeadline(time.Now().Add(5 * time.Second))
				if _, err := c.Read(make([]byte, 1024)); err == nil {
					io.WriteString(c, "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n")
				}
			}()
		}
	}()
	return l.Addr().String()
}
