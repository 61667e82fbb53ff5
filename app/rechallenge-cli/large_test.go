//go:build !windows

package main

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"rechallenge/core/wire"
	"rechallenge/core/wire/pcap"
)

// TestLargeCapture makes a capture of many connections and reads it, with and
// without its key log, and with reports. make large gives it 20,000 connections by
// RECHALLENGE_LARGE: then it is held beside tshark, which tells of the handshakes
// without judging them, and has a third of its time.
func TestLargeCapture(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("memory is measured as Linux counts it")
	}
	const most = 400 << 20
	count, err := strconv.Atoi(os.Getenv("RECHALLENGE_LARGE"))
	large := err == nil
	if !large {
		count = 600
	}
	dir := t.TempDir()
	file, keys := filepath.Join(dir, "large.pcapng"), filepath.Join(dir, "keys.log")
	size := largeCapture(t, file, keys, count)
	cli := filepath.Join(dir, "rechallenge-cli")
	build := exec.Command("go", "build", "-o", cli, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	t.Logf("%d connections in %d MiB", count, size>>20)
	shark := map[string]time.Duration{}
	if large {
		told := []string{"-r", file, "-Y", "tls.handshake", "-T", "fields", "-e", "tcp.stream", "-e", "tls.handshake.type", "-e", "tls.handshake.session_id"}
		measured(t, "tshark, a line a packet", "tshark", "-r", file)
		shark[""] = measured(t, "tshark, handshakes", "tshark", told...).cpu
		shark["--keylog"] = measured(t, "tshark, handshakes, key log", "tshark", append(told, "-o", "tls.keylog_file:"+keys)...).cpu
	}
	for _, r := range []struct {
		name string
		args []string
	}{
		{"", nil},
		{"--keylog", []string{"--keylog", keys}},
		{"--report json", []string{"--keylog", keys, "--report", filepath.Join(dir, "r.json")}},
		{"--report html", []string{"--keylog", keys, "--report", filepath.Join(dir, "r.html")}},
		{"--report pcapng", []string{"--keylog", keys, "--report", filepath.Join(dir, "r.pcapng")}},
		{"all reports", []string{
			"--keylog", keys, "--report", filepath.Join(dir, "a.json"), "--report", filepath.Join(dir, "a.html"), "--report", filepath.Join(dir, "a.png"),
			"--report", filepath.Join(dir, "a.pcapng"), "--report", filepath.Join(dir, "a.csv"), "--report", filepath.Join(dir, "a.zip"),
		}},
	} {
		ran := measured(t, "inspect "+r.name, cli, append([]string{"inspect", file, "--quiet"}, r.args...)...)
		if ran.memory > most {
			t.Errorf("inspect %s took %d MiB", r.name, ran.memory>>20)
		}
		if beside := shark[r.name]; beside > 0 && ran.cpu > beside/3 {
			t.Errorf("inspect %s took %v of CPU, tshark %v", r.name, ran.cpu, beside)
		}
	}
	knows(t, filepath.Join(dir, "r.json"), count)
}

// knows holds the answers of the report with secrets against what was done: each
// second connection resumed the session of another one and carries the same.
func knows(t *testing.T, file string, count int) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var report struct {
		Passes []struct {
			Connections []struct {
				ServerName            string `json:"server_name"`
				Handshake             string
				IdentityAuthenticated string `json:"identity_authenticated"`
				Resumption            *struct {
					From int `json:"from_connection"`
				}
			}
		}
	}
	if err := json.Unmarshal(data, &report); err != nil {
		t.Fatal(err)
	}
	list := report.Passes[0].Connections
	if len(list) != count {
		t.Fatalf("%d connections in the report", len(list))
	}
	resumed := 0
	for i, c := range list {
		name, _, _ := strings.Cut(c.ServerName, ".")
		if c.IdentityAuthenticated != name {
			t.Fatalf("connection %d carries %q, it is %q", i+1, c.IdentityAuthenticated, name)
		}
		if c.Handshake == "resumed" {
			if resumed++; c.Resumption == nil || c.Resumption.From < 1 || list[c.Resumption.From-1].ServerName != c.ServerName {
				t.Fatalf("connection %d resumed the session of another one than it did", i+1)
			}
		}
	}
	if resumed != count/2 {
		t.Errorf("%d of %d resumed", resumed, count)
	}
}

// usageOf is what a program took.
type usageOf struct {
	cpu    time.Duration
	memory int64 // bytes resident at the most
}

// measured runs a program.
func measured(t *testing.T, what, name string, args ...string) usageOf {
	t.Helper()
	cmd := exec.Command(name, args...)
	var errOut bytes.Buffer
	cmd.Stderr = &errOut
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	var u usageOf
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for over := false; !over; {
		select {
		case err := <-ended:
			if over = true; err != nil {
				t.Errorf("%s: %v\n%s", what, err, errOut.String())
			}
		case <-time.After(5 * time.Millisecond):
			u.memory = max(u.memory, resident(cmd.Process.Pid))
		}
	}
	u.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	t.Logf("%-28s %6.2f s of CPU, %6.2f s, %4d MiB resident", what, u.cpu.Seconds(), time.Since(begun).Seconds(), u.memory>>20)
	return u
}

// resident is the most memory that a running process has had, 0 where it has
// ended. (What wait4 tells of a child begins with what its parent had.)
func resident(pid int) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if text, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(text), " kB"), 10, 64)
			return kib << 10
		}
	}
	return 0
}

// largeCapture writes a capture of real handshakes, every second one a
// resumption of the one before, twenty at a time, and their key log; it gives its
// size.
func largeCapture(t *testing.T, file, keys string, count int) int64 {
	t.Helper()
	out, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	secrets, err := os.Create(keys)
	if err != nil {
		t.Fatal(err)
	}
	defer secrets.Close()
	w, s := bufio.NewWriter(out), bufio.NewWriter(secrets)
	start := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	const batch = 200
	p := newPipes(t, s)
	for n := 0; n < count; n += batch {
		var list []pcap.Conn
		for i := n; i < min(n+batch, count); i += 2 {
			list = append(list, p.pair(t, i)...)
		}
		var b bytes.Buffer
		if err := pcap.Write(&b, start, list, nil); err != nil {
			t.Fatal(err)
		}
		all := b.Bytes()
		for n > 0 && len(all) > 0 && binary.LittleEndian.Uint32(all) != 6 { // the head is there already
			all = all[binary.LittleEndian.Uint32(all[4:]):]
		}
		if _, err := w.Write(all); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := s.Flush(); err != nil {
		t.Fatal(err)
	}
	info, err := out.Stat()
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// pipes makes connections without a network.
type pipes struct {
	ca    *x509.Certificate
	caKey *ecdsa.PrivateKey
	key   *ecdsa.PrivateKey
	keys  io.Writer

	listener net.Listener

	server map[string]*tls.Config
	client map[string]tls.Certificate
}

func newPipes(t *testing.T, keys io.Writer) *pipes {
	t.Helper()
	p := &pipes{keys: keys, server: map[string]*tls.Config{}, client: map[string]tls.Certificate{}}
	var err error
	if p.caKey, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	p.key = p.caKey
	if p.listener, err = net.Listen("unix", filepath.Join(t.TempDir(), "s")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.listener.Close() })
	p.ca = &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "large CA"}, IsCA: true, BasicConstraintsValid: true, NotAfter: time.Now().Add(time.Hour)}
	return p
}

func (p *pipes) certificate(t *testing.T, name string) tls.Certificate {
	t.Helper()
	c := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, c, p.ca, p.key.Public(), p.caKey)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: p.key}
}

// pair makes connection n, from 0, and the next one, which resumes it.
func (p *pipes) pair(t *testing.T, n int) []pcap.Conn {
	t.Helper()
	const names = 40
	who := fmt.Sprintf("client-%d", n/2%names)
	host := who + ".test"
	if p.server[host] == nil {
		p.server[host] = &tls.Config{Certificates: []tls.Certificate{p.certificate(t, host)}, ClientAuth: tls.RequestClientCert}
		p.client[host] = p.certificate(t, who)
	}
	config := &tls.Config{
		ServerName: host, InsecureSkipVerify: true, Certificates: []tls.Certificate{p.client[host]}, ClientSessionCache: tls.NewLRUClientSessionCache(1), KeyLogWriter: p.keys,
		MaxVersion: tls.VersionTLS13 - uint16(n/2%2),
	}
	one, two := p.connection(t, config, host, n), p.connection(t, config, host, n+1)
	return []pcap.Conn{one, two}
}

// dial makes both ends of a connection that takes no port.
func (p *pipes) dial(t *testing.T) (client, server net.Conn) {
	t.Helper()
	client, err := net.Dial("unix", p.listener.Addr().String())
	if err == nil {
		server, err = p.listener.Accept()
	}
	if err != nil {
		t.Fatal(err)
	}
	return client, server
}

// connection makes one: a handshake, a request and an answer of 8 KiB.
func (p *pipes) connection(t *testing.T, config *tls.Config, host string, n int) pcap.Conn {
	t.Helper()
	at := time.Duration(n/20)*20*time.Millisecond + time.Duration(n%2)*10*time.Millisecond + time.Duration(n%20)*time.Microsecond
	c := pcap.Conn{
		Client: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(n >> 14), 1}), uint16(1024+n&0x3fff)), Server: netip.MustParseAddrPort("192.0.2.1:443"),
		Opened: at, ClosedBy: pcap.ByClient,
	}
	a, b := p.dial(t)
	var mu sync.Mutex
	tap := func(conn net.Conn, from wire.Side) net.Conn {
		return &tapped{conn, func(data []byte) {
			mu.Lock()
			defer mu.Unlock()
			at += 100 * time.Microsecond
			c.Chunks = append(c.Chunks, wire.Chunk{At: at, From: from, Data: bytes.Clone(data)})
		}}
	}
	server := tls.Server(tap(b, wire.Server), p.server[host])
	done := make(chan error, 1)
	go func() {
		if _, err := io.ReadFull(server, make([]byte, 100)); err != nil {
			done <- err
			return
		}
		_, err := server.Write(make([]byte, 8<<10))
		done <- err
	}()
	client := tls.Client(tap(a, wire.Client), config)
	if _, err := client.Write(make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(client, make([]byte, 8<<10)); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	a.Close()
	b.Close()
	c.Closed = at
	return c
}

// tapped tells what is written.
type tapped struct {
	net.Conn
	tell func([]byte)
}

func (c *tapped) Write(data []byte) (int, error) {
	c.tell(data)
	return c.Conn.Write(data)
}
