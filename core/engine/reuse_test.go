package engine_test

import (
	"bufio"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rechallenge/core/engine"
	"rechallenge/core/lab"
	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/session"
	"rechallenge/core/stack"
	"rechallenge/core/target"
	"rechallenge/core/trace"
)

const (
	aliceFull = "full asked:initial=alice auth=alice seen=alice 200 trust=evaluated"
	bobFull   = "full asked:initial=bob auth=bob seen=bob 200 trust=evaluated"
)

func TestKeepAlive(t *testing.T) {
	each(t, "", func(t *testing.T, s stack.Stack) {
		x := newBench(t, lab.Behaviour{})
		x.opt.Stacks = []stack.Stack{s}
		x.plan.HTTPReuse = "keep-alive"
		log := x.run(t)
		expect(t, log.Pass(1), aliceFull, "none auth=alice seen=alice 403 trust=evaluated")
		if c := log.Pass(1).Connections[1]; c.ReusedConnection == nil || *c.ReusedConnection != 1 || c.Coalesced {
			t.Errorf("connection 2: %s, reused %v", story(c), c.ReusedConnection)
		}
		expect(t, log.Pass(2), aliceFull, bobFull)
		if got := strings.Join(rules(log), " "); !strings.Contains(got, "connection-reused/shared") {
			t.Errorf("findings: %s", got)
		}
		// Where the identity is part of the pool's key nobody gets another's connection.
		x.plan.Caches = []string{"per-identity"}
		x.plan.Repeat = 2
		expect(t, x.run(t).Pass(1), aliceFull, bobFull,
			"none auth=alice seen=alice 200 trust=evaluated", "none auth=bob seen=bob 200 trust=evaluated")
	})
}

// A kept connection that the server closed meanwhile is made again.
func TestKeptConnectionDied(t *testing.T) {
	x := newBench(t, lab.Behaviour{})
	x.plan.HTTPReuse = "keep-alive"
	x.plan.Caches = []string{"shared"}
	x.plan.Connections[1] = x.plan.Connections[0]
	second := lab.Behaviour{}
	x.opt.Delay = engine.AtOnce
	x.opt.Observe = func(e trace.Event) {
		if e.Pass == 1 && e.Connection == 1 && e.Payload.Kind() == trace.KindConnectionDone {
			port := netip.MustParseAddrPort(x.server.Addr()).Port()
			x.server.Close()
			server, err := x.lab.Start(second, int(port))
			if err != nil {
				t.Error(err)
				return
			}
			t.Cleanup(func() { server.Close() })
		}
	}
	p := x.run(t).Pass(1)
	if len(p.Connections) != 3 {
		t.Fatalf("%d connections: %s", len(p.Connections), story(p.Connections[len(p.Connections)-1]))
	}
	dead, again := p.Connections[1], p.Connections[2]
	if dead.ReusedConnection == nil || dead.Error == nil || again.Attempt != 2 || again.Error != nil || !strings.Contains(again.Why, "had been closed") {
		t.Errorf("the dead one: %s; the next: %s, %q", story(dead), story(again), again.Why)
	}
}

func TestCoalesce(t *testing.T) {
	each(t, "", func(t *testing.T, s stack.Stack) {
		x := newBench(t, lab.Behaviour{})
		x.opt.Stacks = []stack.Stack{s}
		x.plan.HTTPReuse = "coalesce"
		for i, host := range []string{"a.test", "b.test"} {
			x.plan.Targets[i].URL = strings.Replace(x.plan.Targets[i].URL, "localhost", host, 1)
			x.plan.Targets[i].ALPN = []string{"h2", "http/1.1"}
		}
		log := x.run(t)
		c := log.Pass(1).Connections[1]
		if c.ALPN != "h2" || !c.Coalesced || c.ReusedConnection == nil || c.HTTP.Proto != "HTTP/2.0" || name(c.SeenAs) != "alice" {
			t.Errorf("connection 2: %s, %s, coalesced %v", c.ALPN, story(c), c.Coalesced)
		}
		if got := strings.Join(rules(log), " "); !strings.Contains(got, "connection-coalesced/shared") {
			t.Errorf("findings: %s", got)
		}
		// A name that the certificate does not cover gets a connection of its own.
		x.plan.Targets[1].URL = strings.Replace(x.plan.Targets[1].URL, "b.test", "c.test", 1)
		x.plan.Targets[1].Trust = protocol.TrustNone
		x.plan.Targets[0].Trust = protocol.TrustNone
		if c := x.run(t).Pass(1).Connections[1]; c.Coalesced || c.ReusedConnection != nil {
			t.Errorf("another name: %s", story(c))
		}
	})
}

// tunnel is a proxy on loopback: HTTP CONNECT, or SOCKS5, both for one user.
type tunnel struct {
	address string
	mu      sync.Mutex
	asked   []string // what it was asked for
}

func startTunnel(t *testing.T, open func(c net.Conn, br *bufio.Reader) (to string, err error)) *tunnel {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &tunnel{address: l.Addr().String()}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer c.Close()
				c.SetDeadline(time.Now().Add(20 * time.Second))
				br := bufio.NewReader(c)
				to, err := open(c, br)
				p.mu.Lock()
				p.asked = append(p.asked, to)
				p.mu.Unlock()
				if err != nil {
					return
				}
				// Names are the proxy's to resolve; here all are this machine.
				_, port, _ := net.SplitHostPort(to)
				server, err := net.Dial("tcp", "127.0.0.1:"+port)
				if err != nil {
					return
				}
				defer server.Close()
				wg.Go(func() { io.Copy(server, br); server.Close() })
				io.Copy(c, server)
			})
		}
	})
	t.Cleanup(func() { l.Close(); wg.Wait() })
	return p
}

func connectProxy(t *testing.T) *tunnel {
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte("user:s3cret"))
	return startTunnel(t, func(c net.Conn, br *bufio.Reader) (string, error) {
		r, err := http.ReadRequest(br)
		if err != nil {
			return "", err
		}
		if r.Method != http.MethodConnect || r.Header.Get("Proxy-Authorization") != want {
			fmt.Fprint(c, "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
			return r.Host, io.EOF
		}
		fmt.Fprint(c, "HTTP/1.1 200 Connection established\r\n\r\n")
		return r.Host, nil
	})
}

// socksProxy speaks RFC 1928 with RFC 1929's password.
func socksProxy(t *testing.T) *tunnel {
	read := func(br *bufio.Reader, n int) []byte {
		b := make([]byte, n)
		io.ReadFull(br, b)
		return b
	}
	return startTunnel(t, func(c net.Conn, br *bufio.Reader) (string, error) {
		read(br, int(read(br, 2)[1]))
		c.Write([]byte{5, 2})
		user := read(br, int(read(br, 2)[1]))
		password := read(br, int(read(br, 1)[0]))
		if string(user) != "user" || string(password) != "s3cret" {
			c.Write([]byte{1, 1})
			return "", io.EOF
		}
		c.Write([]byte{1, 0})
		var host string
		switch head := read(br, 4); head[3] {
		case 1:
			host = net.IP(read(br, 4)).String()
		case 3:
			host = string(read(br, int(read(br, 1)[0])))
		}
		port := binary.BigEndian.Uint16(read(br, 2))
		c.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
		return fmt.Sprintf("%s:%d", host, port), nil
	})
}

func TestProxies(t *testing.T) {
	for scheme, start := range map[string]func(*testing.T) *tunnel{"http": connectProxy, "socks5": socksProxy} {
		t.Run(scheme, func(t *testing.T) {
			proxy := start(t)
			x := newBench(t, lab.Behaviour{})
			x.res.Passwords = map[string]string{"PROXY_PASSWORD": "s3cret"}
			for i := range x.plan.Targets {
				x.plan.Targets[i].Proxy = scheme + "://user@" + proxy.address
				x.plan.Targets[i].ProxyPasswordEnv = "PROXY_PASSWORD"
				x.plan.Targets[i].ConnectTo = nil
			}
			log := x.run(t)
			expect(t, log.Pass(1), aliceFull, "resumed offered=psk accepted=true from=1 by=alice auth=alice seen=alice 403 trust=skipped-by-resumption")
			c := log.Pass(1).Connections[1]
			_, port, _ := net.SplitHostPort(x.server.Addr())
			if want := "{via-proxy:" + port + "}localhost"; c.SessionKey != want {
				t.Errorf("session key %q, want %q", c.SessionKey, want)
			}
			proxy.mu.Lock()
			asked := slices.Clone(proxy.asked)
			proxy.mu.Unlock()
			if want := "localhost:" + port; len(asked) != 4 || asked[0] != want {
				t.Errorf("the proxy was asked for %q, want %s", asked, want)
			}
			for _, e := range log.Pass(1).Events {
				if strings.Contains(fmt.Sprintf("%+v", e.Payload), "s3cret") {
					t.Errorf("the password is in an event: %+v", e.Payload)
				}
			}
			x.res.Passwords["PROXY_PASSWORD"] = "wrong"
			if c := x.run(t).Pass(1).Connections[0]; c.Error == nil || c.Error.Phase != trace.PhaseProxy || c.Error.Reason != trace.ReasonProxyRefused {
				t.Errorf("a wrong password: %s", story(c))
			}
		})
	}
}

// Several nodes: does one take the sessions of another?
func TestNodes(t *testing.T) {
	for _, shared := range []bool{true, false} {
		t.Run(fmt.Sprint("shared ", shared), func(t *testing.T) {
			each(t, "", func(t *testing.T, s stack.Stack) {
				b := lab.Behaviour{SharedTickets: shared}
				x := newBench(t, b)
				x.opt.Stacks = []stack.Stack{s}
				other, err := x.lab.Start(b, 0)
				if err != nil {
					t.Fatal(err)
				}
				defer other.Close()
				nodes := target.Addresses{netip.MustParseAddrPort(x.server.Addr()), netip.MustParseAddrPort(other.Addr())}
				x.plan.Targets = x.plan.Targets[:1]
				x.plan.Targets[0].ConnectTo = nodes
				x.plan.Connections = x.plan.Connections[:1]
				x.plan.Repeat = 2
				// A session of one node is offered at another only if the key leaves the address out.
				x.plan.CustomCaches = []plan.CustomCache{{ID: "by-name", Key: session.Recipe{session.PartName}}}
				x.plan.Caches = []string{"by-name"}
				p := x.run(t).Pass(1)
				if len(p.Connections) != 4 {
					t.Fatalf("%d connections", len(p.Connections))
				}
				for i, c := range p.Connections {
					if c.Node != nodes[i%2].String() || c.RemoteAddr != c.Node {
						t.Errorf("connection %d: node %s, connected to %s", c.Index, c.Node, c.RemoteAddr)
					}
					if i == 0 {
						continue
					}
					if c.Resumption == nil || c.Resumption.FromConnection != i || c.Resumption.Accepted != shared {
						t.Errorf("connection %d: %s", c.Index, story(c))
					}
				}
			})
		})
	}
}

// A refused session is not a refused identity: nginx ends a connection that
// offers one name's session at another with access_denied.
func TestSessionRefused(t *testing.T) {
	each(t, "nginx across names", func(t *testing.T, s stack.Stack) {
		x := nginxNames(t)
		x.opt.Stacks = []stack.Stack{s}
		x.plan.CustomCaches = []plan.CustomCache{{ID: "by-address", Key: session.Recipe{session.PartIP, session.PartPort}}}
		x.plan.Caches = []string{"by-address"}
		log := x.run(t)
		c := log.Pass(1).Connections[1]
		switch {
		case c.Error != nil:
			if c.Error.Reason != trace.ReasonSessionRefused || c.Error.Alert != "access_denied" {
				t.Errorf("connection 2: %s", story(c))
			}
		case c.HTTP == nil || c.HTTP.Status != 200 || name(c.SeenAs) != "bob":
			// A build without that check resumes or makes a full handshake.
			t.Logf("connection 2: %s", story(c))
		}
		expect(t, log.Pass(2), aliceFull, bobFull)
	})
	each(t, "lab", func(t *testing.T, s stack.Stack) {
		if err := lab.NeedLibssl.Missing(); err != nil {
			t.Skip(err)
		}
		x := newBench(t, lab.Behaviour{SessionAlert: 49})
		x.opt.Stacks = []stack.Stack{s}
		log := x.run(t)
		if c := log.Pass(1).Connections[1]; c.Error == nil || c.Error.Reason != trace.ReasonSessionRefused || c.Error.Alert != "access_denied" {
			t.Errorf("connection 2: %s", story(c))
		}
		expect(t, log.Pass(2), aliceFull, bobFull)
	})
	// The other way round: the identity is refused, not a session.
	each(t, "identity", func(t *testing.T, s stack.Stack) {
		for _, version := range []uint16{0x0303, 0x0304} {
			x := newBench(t, lab.Behaviour{MinVersion: version, MaxVersion: version})
			x.opt.Stacks = []stack.Stack{s}
			x.load(t, "carol") // of another CA
			x.plan.Connections[1].Identity = "carol"
			log := x.run(t)
			c := log.Pass(2).Connections[1]
			if c.Error == nil || c.Error.Reason != trace.ReasonCertificateRejected || !c.Challenged() {
				t.Errorf("%#x: %s", version, story(c))
			}
			if got := strings.Join(rules(log), " "); !strings.Contains(got, "identity-rejected/none") {
				t.Errorf("findings: %s", got)
			}
		}
	})
}
