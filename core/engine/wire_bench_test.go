//go:build unix

package engine_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	cryptorand "crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"rechallenge/core/engine"
	"rechallenge/core/identity"
	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/stack"
	"rechallenge/core/stack/gotls"
	"rechallenge/core/target"
	"rechallenge/core/trace"
	"rechallenge/core/wire"
)

// The benchmark's server runs in a process of its own, so that this process's
// CPU time is the client's.
const serverEnv = "RECHALLENGE_BENCH_SERVER"

// TestBenchServer is that process: it serves until its input ends.
func TestBenchServer(t *testing.T) {
	dir := os.Getenv(serverEnv)
	if dir == "" {
		t.Skip("only as a child of the benchmark")
	}
	cert, err := tls.LoadX509KeyPair(filepath.Join(dir, "server.pem"), filepath.Join(dir, "server.key"))
	if err != nil {
		t.Fatal(err)
	}
	ca, err := os.ReadFile(filepath.Join(dir, "ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	cfg := &tls.Config{Certificates: []tls.Certificate{cert}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert}
	if os.Getenv("MAX12") != "" {
		cfg.MaxVersion = tls.VersionTLS12
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", cfg)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("listening", l.Addr())
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Keep") == "" {
			w.Header().Set("Connection", "close")
		}
		io.WriteString(w, "ok\n")
	})}
	go s.Serve(l)
	io.Copy(io.Discard, os.Stdin)
	s.Close()
}

// place is a server and what connects to it.
type place struct {
	addr     string
	version  uint16
	pool     *x509.CertPool
	cert     tls.Certificate
	identity *identity.Identity
}

func newPlace(b testing.TB, version uint16, kind string) *place {
	b.Helper()
	dir := b.TempDir()
	p := &place{version: version, pool: x509.NewCertPool()}
	caKey := newKey(b, kind)
	ca := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "CA"}, IsCA: true, BasicConstraintsValid: true, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign}
	write := func(name, kind string, der []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	sign := func(c *x509.Certificate, key crypto.Signer) []byte {
		der, err := x509.CreateCertificate(cryptorand.Reader, c, ca, key.Public(), caKey)
		if err != nil {
			b.Fatal(err)
		}
		return der
	}
	caDER := sign(ca, caKey)
	ca, err := x509.ParseCertificate(caDER)
	if err != nil {
		b.Fatal(err)
	}
	p.pool.AddCert(ca)
	write("ca.pem", "CERTIFICATE", caDER)
	for i, name := range []string{"server", "alice"} {
		key := newKey(b, kind)
		der := sign(&x509.Certificate{
			SerialNumber: big.NewInt(int64(i + 2)), Subject: pkix.Name{CommonName: name}, DNSNames: []string{"localhost"}, NotBefore: ca.NotBefore, NotAfter: ca.NotAfter,
			KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
		}, key)
		p8, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			b.Fatal(err)
		}
		write(name+".pem", "CERTIFICATE", der)
		write(name+".key", "PRIVATE KEY", p8)
		p.cert = tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
		c := identity.ParseCertificate(der)
		p.identity = &identity.Identity{Public: identity.Public{ID: "alice", Certificate: c, Chain: []identity.Certificate{c}, Usable: true}, Signer: key}
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestBenchServer$")
	cmd.Env = append(os.Environ(), serverEnv+"="+dir)
	if version == tls.VersionTLS12 {
		cmd.Env = append(cmd.Env, "MAX12=1")
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { in.Close(); cmd.Wait() })
	lines := bufio.NewReader(out)
	for p.addr == "" {
		line, err := lines.ReadString('\n')
		if err != nil {
			b.Fatal(err)
		}
		if rest, ok := strings.CutPrefix(line, "listening "); ok {
			p.addr = strings.TrimSpace(rest)
		}
	}
	go io.Copy(io.Discard, lines)
	return p
}

func newKey(b testing.TB, kind string) crypto.Signer {
	var key crypto.Signer
	var err error
	if kind == "P-256" {
		key, err = ecdsa.GenerateKey(elliptic.P256(), cryptorand.Reader)
	} else {
		key, err = rsa.GenerateKey(cryptorand.Reader, 2048)
	}
	if err != nil {
		b.Fatal(err)
	}
	return key
}

// cpu is what this process has used, in user and system.
func cpu() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		panic(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// loop is crypto/tls as a program would use it: n connections, one request
// each. With watch, each connection goes through it.
func (p *place) loop(b testing.TB, n int, cache tls.ClientSessionCache, keys io.Writer, watch func(net.Conn) (net.Conn, func())) {
	cfg := &tls.Config{
		ServerName: "localhost", RootCAs: p.pool, Certificates: []tls.Certificate{p.cert}, ClientSessionCache: cache, KeyLogWriter: keys,
		MaxVersion: p.version,
	}
	for range n {
		raw, err := net.Dial("tcp", p.addr)
		if err != nil {
			b.Fatal(err)
		}
		done := func() {}
		if watch != nil {
			raw, done = watch(raw)
		}
		c := tls.Client(raw, cfg)
		if err := c.Handshake(); err != nil {
			b.Fatal(err)
		}
		req, _ := http.NewRequest("GET", "https://localhost/", nil)
		if err := req.Write(c); err != nil {
			b.Fatal(err)
		}
		reader := bufio.NewReader(c)
		resp, err := http.ReadResponse(reader, req)
		if err != nil {
			b.Fatal(err)
		}
		io.Copy(io.Discard, resp.Body)
		io.Copy(io.Discard, reader)
		c.Close()
		done()
	}
}

// engine runs n connections under a cache policy, after a first one that is not
// counted, and returns the CPU time of those n: without the decoding, or with
// everything decoded.
func (p *place) engine(b testing.TB, n int, cache string, decoded bool) time.Duration {
	addr := netip.MustParseAddrPort(p.addr)
	pl := plan.Plan{
		Version: plan.Version, Caches: []string{cache}, Repeat: n + 1,
		Identities:  []plan.Identity{{ID: "alice", File: "alice.p12"}},
		Targets:     []target.Target{{ID: "t", URL: "https://localhost:" + fmt.Sprint(addr.Port()) + "/", ConnectTo: target.Addresses{addr}, Trust: "ca.pem", TLS: target.TLS{Max: map[uint16]string{tls.VersionTLS12: "1.2", tls.VersionTLS13: "1.3"}[p.version]}}},
		Connections: []plan.Connection{{Target: "t", Identity: "alice"}},
	}
	opt := engine.Options{}
	m := &meter{Stack: gotls.New(), from: 2, begin: make(chan *engine.Run, 1)}
	if !decoded {
		// From the second handshake to one that is not counted.
		opt.Delay, pl.Repeat, m.to = time.Hour, n+2, n+2
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	opt.Stacks = []stack.Stack{m}
	opt.Observe = func(e trace.Event) {
		if e.Pass == 1 && e.Payload.Kind() == trace.KindPassDone {
			if decoded {
				m.used = cpu() - m.begun
			}
			cancel() // the control pass is not what is measured
		}
	}
	r, err := engine.Start(ctx, pl, engine.Resources{
		Identities: map[string]*identity.Identity{"alice": p.identity}, Roots: map[string]*x509.CertPool{"ca.pem": p.pool},
	}, opt)
	if err != nil {
		b.Fatal(err)
	}
	m.begin <- r
	log := trace.Connections(r.Wait())
	for _, c := range log.Passes[0].Connections {
		want := protocol.Full
		if cache == "shared" && c.Index > 1 {
			want = protocol.Resumed
		}
		if c.Error != nil || c.Handshake != want || len(c.Wire.Unreadable) > 0 {
			b.Fatalf("connection %d: %s, want %s; %+v; unreadable: %q", c.Index, c.Handshake, want, c.Error, c.Wire.Unreadable)
		}
	}
	return m.used
}

// meter is a stack that takes the CPU time between two of its handshakes.
type meter struct {
	stack.Stack
	begin           chan *engine.Run
	from, to, calls int
	begun, used     time.Duration
}

func (m *meter) Client(ctx context.Context, conn net.Conn, cfg stack.Config) (stack.Conn, error) {
	m.calls++
	switch m.calls {
	case m.from:
		(<-m.begin).Events() // what went before is decoded
		m.begun = cpu()
	case m.to:
		m.used = cpu() - m.begun
	}
	return m.Stack.Client(ctx, conn, cfg)
}

// median is what a busy machine moves least.
func median(list []float64) float64 {
	list = slices.Sorted(slices.Values(list))
	return (list[(len(list)-1)/2] + list[len(list)/2]) / 2
}

// BenchmarkCost compares, alternating in one run, round by round, the client's
// CPU time per connection: crypto/tls alone (plain), with the tap, with
// everything decoded, and the engine as a whole with its cache, trace and HTTP:
// with decoding left for later, and with everything decoded and folded.
// docs/performance.md has the figures.
func BenchmarkCost(b *testing.B) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for _, kind := range []string{"P-256", "RSA-2048"} {
			for _, resumed := range []bool{false, true} {
				name := map[uint16]string{tls.VersionTLS12: "1.2", tls.VersionTLS13: "1.3"}[version] + "/" + kind + "/full"
				if resumed {
					name = strings.TrimSuffix(name, "full") + "resumed"
				}
				b.Run(name, func(b *testing.B) { newPlace(b, version, kind).cost(b, resumed) })
			}
		}
	}
}

// cost makes rounds of so many connections of each kind, each round in another
// order: what goes before leaves the machine warmer or colder.
func (p *place) cost(b *testing.B, resumed bool) {
	const each = 20
	policy := "none"
	if resumed {
		policy = "shared"
	}
	loop := func(keys io.Writer, watch func(net.Conn) (net.Conn, func())) time.Duration {
		var c tls.ClientSessionCache
		if resumed {
			c = tls.NewLRUClientSessionCache(1)
			p.loop(b, 1, c, nil, nil)
		}
		runtime.GC() // each pays for its own garbage
		before := cpu()
		p.loop(b, each, c, keys, watch)
		return cpu() - before
	}
	kinds := []struct {
		name string
		run  func() time.Duration
	}{
		{"plain", func() time.Duration { return loop(nil, nil) }},
		{"tap", func() time.Duration {
			var captures []*wire.Capture
			return loop(&wire.KeyLog{}, func(raw net.Conn) (net.Conn, func()) {
				k := &wire.Capture{}
				captures = append(captures, k)
				return k.Tap(raw, now()), func() {}
			})
		}},
		{"decoded", func() time.Duration {
			keys := &wire.KeyLog{}
			return loop(keys, func(raw net.Conn) (net.Conn, func()) {
				k := &wire.Capture{}
				return k.Tap(raw, now()), func() { summarize(b, k, keys, resumed) }
			})
		}},
		{"engine-later", func() time.Duration { runtime.GC(); return p.engine(b, each, policy, false) }},
		{"engine", func() time.Duration { runtime.GC(); return p.engine(b, each, policy, true) }},
	}
	// A heap about as large as the window's: garbage is collected between the
	// rounds only, and the memory that a round had is there for the next one. What
	// long runs pay for garbage and fresh memory is in BenchmarkEngine.
	ballast := bytes.Repeat([]byte{1}, 64<<20)
	defer runtime.KeepAlive(ballast)
	costs := map[string][]float64{}
	order := rand.New(rand.NewPCG(1, 2))
	for b.Loop() {
		for _, i := range order.Perm(len(kinds)) {
			k := kinds[i]
			costs[k.name] = append(costs[k.name], float64(k.run())/each)
		}
	}
	plain := costs["plain"]
	b.ReportMetric(median(plain)/1000, "plain-us")
	for _, k := range kinds[1:] {
		ratios := make([]float64, len(plain))
		for i, c := range costs[k.name] {
			ratios[i] = c / plain[i]
		}
		b.ReportMetric(median(ratios), k.name+"/plain")
	}
}

// BenchmarkIdle holds connections open and gives the memory of each: in
// crypto/tls alone, with captured bytes, decoder and messages, and in the
// engine with everything it keeps.
func BenchmarkIdle(b *testing.B) {
	const n = 400
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		b.Run(map[uint16]string{tls.VersionTLS12: "1.2", tls.VersionTLS13: "1.3"}[version], func(b *testing.B) {
			var plain, captured, whole int64
			p := newPlace(b, version, "RSA-2048")
			for b.Loop() {
				plain, captured = p.hold(b, n, false), p.hold(b, n, true)
				whole = p.idle(b, n)
			}
			b.ReportMetric(float64(plain)/1024, "plain-KiB")
			b.ReportMetric(float64(captured-plain)/1024, "capture-KiB")
			b.ReportMetric(float64(whole)/1024, "engine-KiB")
		})
	}
}

// held is a connection that stays open, with what belongs to it.
type held struct {
	conn     *tls.Conn
	reader   *bufio.Reader
	capture  *wire.Capture
	decoder  *wire.Decoder
	messages []wire.Message
	summary  wire.Summary
}

// hold opens n connections, has an exchange on each, and gives the memory of
// each; with captured they are tapped, decoded, and the messages kept.
func (p *place) hold(t testing.TB, n int, captured bool) int64 {
	before := heap()
	keys := &wire.KeyLog{}
	list := make([]*held, 0, n)
	for range n {
		raw, err := net.Dial("tcp", p.addr)
		if err != nil {
			t.Fatal(err)
		}
		h := &held{}
		cfg := &tls.Config{ServerName: "localhost", RootCAs: p.pool, Certificates: []tls.Certificate{p.cert}}
		if captured {
			h.capture, h.decoder, cfg.KeyLogWriter = &wire.Capture{}, wire.NewDecoder(keys), keys
			raw = h.capture.Tap(raw, now())
		}
		h.conn = tls.Client(raw, cfg)
		h.reader = bufio.NewReader(h.conn)
		io.WriteString(h.conn, "GET / HTTP/1.1\r\nHost: localhost\r\nX-Keep: 1\r\n\r\n")
		resp, err := http.ReadResponse(h.reader, nil)
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, resp.Body)
		if captured {
			h.messages = h.decoder.Feed(h.capture.Chunks(0)...)
			for i := range h.messages {
				h.summary.Add(&h.messages[i])
			}
		}
		list = append(list, h)
	}
	each := (heap() - before) / int64(n)
	for _, h := range list {
		h.conn.Close()
	}
	return each
}

// heap is what lives on the heap.
func heap() int64 {
	var m runtime.MemStats
	for range 3 {
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// idle opens n connections that stay open in the engine's pool, and gives the
// memory of each.
func (p *place) idle(t testing.TB, n int) (each int64) {
	addr := netip.MustParseAddrPort(p.addr)
	pl := plan.Plan{Version: plan.Version, Caches: []string{"per-identity"}, HTTPReuse: "keep-alive", Identities: []plan.Identity{{ID: "alice", File: "alice.p12"}}}
	for i := range n {
		id := fmt.Sprintf("n%d", i)
		pl.Targets = append(pl.Targets, target.Target{
			ID: id, URL: fmt.Sprintf("https://%s.test:%d/", id, addr.Port()), ConnectTo: target.Addresses{addr}, Trust: "none", Headers: map[string]string{"X-Keep": "1"},
		})
		pl.Connections = append(pl.Connections, plan.Connection{Target: id, Identity: "alice"})
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var before int64
	done := 0
	r, err := engine.Start(ctx, pl, engine.Resources{Identities: map[string]*identity.Identity{"alice": p.identity}}, engine.Options{
		Delay: engine.AtOnce, Stacks: []stack.Stack{gotls.New()}, Observe: func(e trace.Event) {
			switch payload := e.Payload.(type) {
			case trace.PassStarted:
				if e.Pass == 1 {
					before = heap()
				}
			case trace.ConnectionDone:
				if e.Pass != 1 {
					return
				}
				if payload.Error != nil {
					t.Errorf("%+v", payload.Error)
				}
				if done++; done == n {
					each = (heap() - before) / int64(n)
					cancel()
				}
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	r.Wait()
	return each
}

func now() func() time.Duration {
	start := time.Now()
	return func() time.Duration { return time.Since(start) }
}

// summarize decodes everything and checks that it could be read.
func summarize(t testing.TB, k *wire.Capture, keys *wire.KeyLog, resumed bool) {
	d := wire.NewDecoder(keys)
	var s wire.Summary
	for _, list := range [][]wire.Message{d.Feed(k.Chunks(0)...), d.Close()} {
		for i := range list {
			s.Add(&list[i])
		}
	}
	if s.Version == 0 || (len(s.Unreadable) > 0 && !(resumed && s.Version == tls.VersionTLS12)) {
		t.Fatalf("unreadable: %q", s.Unreadable)
	}
}

// The loops by themselves, for profiles: go test -bench Engine/1.3 -cpuprofile FILE.
func BenchmarkEngine(b *testing.B)      { benchmarkEngine(b, true) }
func BenchmarkEngineLater(b *testing.B) { benchmarkEngine(b, false) }

func benchmarkEngine(b *testing.B, decoded bool) {
	benchmark(b, func(p *place, b *testing.B) {
		b.ReportMetric(float64(p.engine(b, b.N, "shared", decoded).Microseconds())/float64(b.N), "cpu-us/op")
	})
}

func BenchmarkPlain(b *testing.B) {
	benchmark(b, func(p *place, b *testing.B) {
		cache := tls.NewLRUClientSessionCache(1)
		p.loop(b, 1, cache, nil, nil)
		before := cpu()
		p.loop(b, b.N, cache, nil, nil)
		b.ReportMetric(float64((cpu()-before).Microseconds())/float64(b.N), "cpu-us/op")
	})
}

func benchmark(b *testing.B, run func(*place, *testing.B)) {
	for name, version := range map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13} {
		b.Run(name, func(b *testing.B) {
			p := newPlace(b, version, "P-256")
			b.ResetTimer()
			run(p, b)
		})
	}
}
