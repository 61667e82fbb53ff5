package capture_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rechallenge/core/capture"
	"rechallenge/core/wire"
	"rechallenge/core/wire/pcap"
)

// recorded makes a capture of what crosses between a client and the server at an
// address, one connection.
func recorded(t *testing.T, server string) (address string, file func() []byte) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	var mu sync.Mutex
	c := pcap.Conn{Client: netip.MustParseAddrPort("127.0.0.1:50000"), Server: netip.MustParseAddrPort("127.0.0.1:443")}
	done, begun := make(chan struct{}), time.Now()
	go func() {
		defer close(done)
		a, err := l.Accept()
		if err != nil {
			return
		}
		defer a.Close()
		b, err := net.Dial("tcp", server)
		if err != nil {
			return
		}
		defer b.Close()
		pass := func(from wire.Side, in, out net.Conn) {
			buf := make([]byte, 1<<14)
			for {
				n, err := in.Read(buf)
				if n > 0 {
					mu.Lock()
					c.Chunks = append(c.Chunks, wire.Chunk{At: time.Since(begun), From: from, Data: bytes.Clone(buf[:n])})
					mu.Unlock()
					out.Write(buf[:n])
				}
				if err != nil {
					out.(*net.TCPConn).CloseWrite()
					return
				}
			}
		}
		var both sync.WaitGroup
		both.Go(func() { pass(wire.Client, a, b) })
		both.Go(func() { pass(wire.Server, b, a) })
		both.Wait()
	}()
	return l.Addr().String(), func() []byte {
		<-done
		var b bytes.Buffer
		if err := pcap.Write(&b, begun.UTC(), []pcap.Conn{c}, nil); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
}

// TestPremaster: a real handshake with RSA key exchange is decrypted by each form
// of secret alone, as OpenSSL, GnuTLS, NSS and older tools write them.
func TestPremaster(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	openssl := func(args ...string) {
		cmd := exec.Command("openssl", args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("openssl %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "k.pem", "-out", "c.pem", "-subj", "/CN=premaster", "-days", "2")
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := free.Addr().String()
	free.Close()
	serve := exec.CommandContext(ctx, "openssl", "s_server", "-accept", server, "-cert", "c.pem", "-key", "k.pem", "-tls1_2", "-cipher", "AES128-GCM-SHA256", "-Verify", "1", "-naccept", "1", "-quiet")
	serve.Dir = dir
	if err := serve.Start(); err != nil {
		t.Fatal(err)
	}
	defer serve.Wait()
	defer serve.Process.Kill()
	for range 100 {
		// Not by a connection: it takes one only.
		if data, _ := os.ReadFile("/proc/net/tcp"); strings.Contains(string(data), fmt.Sprintf(":%04X 00000000:0000 0A", netip.MustParseAddrPort(server).Port())) {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	address, file := recorded(t, server)
	cmd := exec.CommandContext(ctx, "openssl", "s_client", "-connect", address, "-tls1_2", "-cipher", "AES128-GCM-SHA256", "-cert", "c.pem", "-key", "k.pem", "-keylogfile", filepath.Join(dir, "keys.log"), "-no_ticket")
	cmd.Dir, cmd.Stdin = dir, strings.NewReader("Q\n")
	said, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("s_client: %v\n%s", err, said)
	}
	packets := file()
	logged, err := os.ReadFile(filepath.Join(dir, "keys.log"))
	if err != nil {
		t.Fatal(err)
	}
	random := regexp.MustCompile(`(?m)^CLIENT_RANDOM (\w+) \w+$`).FindStringSubmatch(string(logged))
	rsa := regexp.MustCompile(`(?m)^RSA \w+ (\w+)$`).FindStringSubmatch(string(logged))
	id := regexp.MustCompile(`Session-ID: (\w+)`).FindStringSubmatch(string(said))
	master := regexp.MustCompile(`Master-Key: (\w+)`).FindStringSubmatch(string(said))
	if slices.ContainsFunc([][]string{random, rsa, id, master}, func(m []string) bool { return m == nil }) {
		t.Fatalf("this openssl says less than expected:\n%s", logged)
	}
	for name, text := range map[string]string{
		"CLIENT_RANDOM":                  random[0],
		"RSA":                            rsa[0],
		"PMS_CLIENT_RANDOM":              "PMS_CLIENT_RANDOM " + random[1] + " " + rsa[1],
		"RSA Session-ID, of s_client":    "RSA Session-ID:" + id[1] + " Master-Key:" + master[1],
		"RSA Session-ID, in small print": "RSA Session-ID:" + strings.ToLower(id[1]) + " Master-Key:" + strings.ToLower(master[1]),
	} {
		keys := &wire.KeyLog{}
		keys.Write([]byte(text + "\n"))
		_, told, err := capture.Read(t.Context(), io.Reader(bytes.NewReader(packets)), capture.Options{KeyLog: keys}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(told.Notes, "secrets for 1 of 1 connection") {
			t.Errorf("%s: %q", name, told.Notes)
		}
	}
	other := &wire.KeyLog{}
	other.Write([]byte("PMS_CLIENT_RANDOM " + strings.Repeat("ab", 32) + " " + rsa[1] + "\nRSA 0011223344556677 " + rsa[1] + "\n"))
	_, told, err := capture.Read(t.Context(), io.Reader(bytes.NewReader(packets)), capture.Options{KeyLog: other}, nil)
	if err != nil || !slices.ContainsFunc(told.Notes, func(s string) bool { return strings.HasPrefix(s, "none of these secrets") }) {
		t.Errorf("with another's secrets: %v, %v", told, err)
	}
}
