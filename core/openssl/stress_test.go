package openssl_test

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"io"
	"math/rand/v2"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rechallenge/core/openssl"
)

var stress = flag.Duration("stress", 2*time.Second, "how long TestStress runs; a minute finds more")

// goClient is a client that knows no post-handshake authentication.
func goClient(conn net.Conn) {
	c := tls.Client(conn, &tls.Config{InsecureSkipVerify: true})
	defer c.Close()
	io.Copy(io.Discard, c)
}

// TestStress has 64 clients and as many servers meet at once, in every mode,
// with a garbage collection in every callback and handshakes, reads and writes
// that are cancelled at random moments. What it proves is that nothing
// crashes, nothing hangs, nothing fails that was not cancelled, and that every
// connection is given back.
func TestStress(t *testing.T) {
	p := newPeople(t)
	var callbacks atomic.Int64
	openssl.Collect(func() {
		callbacks.Add(1)
		runtime.GC()
	})
	defer openssl.Collect(nil)
	var servers []*openssl.Server
	for _, cfg := range []openssl.ServerConfig{
		{MaxVersion: tls12, NoTickets: true},
		{MaxVersion: tls12},
		{MinVersion: tls13},
		{MinVersion: tls13, NoTickets: true},
		{MinVersion: tls13, RefuseTickets: true},
		{Now: time.Now, SessionTimeout: time.Hour},
		{MaxVersion: tls12, Overlong: true},
	} {
		servers = append(servers, server(t, p, cfg))
		cfg.Host = p.host(openssl.NoClientCert)
		servers = append(servers, server(t, p, cfg))
	}
	var done, cancelled, resumed atomic.Int64
	begun := time.Now()
	// A busy machine gets longer to reach what the test is about.
	goOn := func() bool {
		took := time.Since(begun)
		return took < *stress || (took < *stress+time.Minute && (done.Load() == 0 || cancelled.Load() == 0 || resumed.Load() == 0))
	}
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			sessions := map[*openssl.Server][]byte{}
			for goOn() {
				n := rand.IntN(len(servers))
				s := servers[n]
				v := visitor{p: p, server: s, later: n%2 == 1 && rand.IntN(2) == 0, session: sessions[s]}
				if rand.IntN(4) == 0 {
					v.patience = time.Duration(rand.IntN(30_000)) * time.Microsecond
				}
				err := v.visit(t)
				switch {
				case v.patience > 0 && err != nil:
					cancelled.Add(1)
				case err != nil && !t.Failed():
					t.Errorf("server %d, later %v: %v", n, v.later, err)
				default:
					done.Add(1)
				}
				if v.resumed {
					resumed.Add(1)
				}
				if v.fresh != nil {
					sessions[s] = v.fresh
				}
			}
		})
	}
	wg.Wait()
	t.Logf("%d connections, %d resumed, %d cancelled, %d callbacks", done.Load(), resumed.Load(), cancelled.Load(), callbacks.Load())
	if n := p.lib.Open(); n != 0 {
		t.Errorf("%d connections were left", n)
	}
	if done.Load() == 0 || resumed.Load() == 0 || cancelled.Load() == 0 {
		t.Error("the test did not reach what it is about")
	}
}

// visitor makes one connection; patience, unless 0, is when it is cancelled.
type visitor struct {
	p        *people
	server   *openssl.Server
	later    bool
	session  []byte
	patience time.Duration

	fresh   []byte
	resumed bool
}

func (v *visitor) visit(t *testing.T) error {
	near, far := pair(t)
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { v.serve(far) })
	ctx := context.Background()
	if v.patience > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, v.patience)
		defer cancel()
	}
	c, err := v.p.lib.Client(near, openssl.ClientConfig{
		ServerName: "localhost", Session: v.session, Verify: v.p.verify, ALPN: []string{"h2", "http/1.1"},
		Certificate: func([][]byte) (*openssl.Credential, error) { return v.p.bob, nil },
		NewSession:  func(s openssl.Session) { v.fresh = s.DER },
		KeyLog:      func([]byte) {},
	})
	if err != nil {
		near.Close()
		return err
	}
	defer c.Close()
	if err := c.Handshake(ctx); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { c.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	v.resumed = c.State().Resumed
	// One goroutine reads while another writes.
	wg.Go(func() { c.Write(make([]byte, 1000)) })
	n, err := io.Copy(io.Discard, c)
	if err == nil && n != 40_000 {
		err = errors.New("the answer is not whole")
	}
	return err
}

func (v *visitor) serve(far net.Conn) {
	c, err := v.server.Conn(far)
	if err != nil {
		far.Close()
		return
	}
	defer c.Close()
	if c.Handshake(context.Background()) != nil {
		return
	}
	if _, err := io.ReadFull(c, make([]byte, 1000)); err != nil {
		return
	}
	if v.later && c.RequestCertificate(context.Background(), openssl.RequireClientCert) != nil {
		return
	}
	c.State()
	c.Write(make([]byte, 40_000))
}
