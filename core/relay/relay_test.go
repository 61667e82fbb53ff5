package relay_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/net/proxy"

	"rechallenge/core/relay"
	"rechallenge/core/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// tap keeps what it is told.
type tap struct {
	mu     sync.Mutex
	opened []*relay.Conn
	data   map[int]*[2]bytes.Buffer
	ends   map[int]relay.End
	failed []error
	story  []string
	slow   chan struct{} // nil = not; else it waits for it
}

func newTap() *tap { return &tap{data: map[int]*[2]bytes.Buffer{}, ends: map[int]relay.End{}} }

func (t *tap) Opened(c *relay.Conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.opened = append(t.opened, c)
	t.data[c.Number] = &[2]bytes.Buffer{}
	t.story = append(t.story, "opened")
}

func (t *tap) Crossed(c *relay.Conn, k wire.Chunk) {
	if t.slow != nil {
		<-t.slow
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.data[c.Number][k.From].Write(k.Data)
	t.story = append(t.story, fmt.Sprintf("%s %.5q", k.From, k.Data))
}

func (t *tap) Closed(c *relay.Conn, e relay.End) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ends[c.Number] = e
	t.story = append(t.story, "closed by "+e.By)
}

func (t *tap) Failed(_ *relay.Conn, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failed = append(t.failed, err)
}

// start starts a relay that ends with the test.
func start(t testing.TB, opt relay.Options) *relay.Relay {
	r := relay.New(opt)
	t.Cleanup(r.Close)
	return r
}

// server answers each connection by a function, on loopback.
func server(t testing.TB, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	work.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			work.Go(func() {
				defer c.Close()
				c.SetDeadline(time.Now().Add(20 * time.Second))
				serve(c)
			})
		}
	})
	t.Cleanup(func() { l.Close(); work.Wait() })
	return l.Addr().String()
}

// echo sends back what it gets, and ends when the client has ended its half.
func echo(c net.Conn) { io.Copy(c, c) }

func dial(t testing.TB, address string) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(20 * time.Second))
	return c.(*net.TCPConn)
}

func listen(t testing.TB, address string, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// free is an address where nobody listens.
func free(t testing.TB) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// talk sends a question over a connection, ends its half and reads the answer.
func talk(t testing.TB, c net.Conn, question string) string {
	t.Helper()
	if _, err := io.WriteString(c, question); err != nil {
		t.Fatal(err)
	}
	c.(interface{ CloseWrite() error }).CloseWrite()
	answer, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(answer)
}

// TestForward: bytes and half-closes go through, and the tap has both sides, in order.
func TestForward(t *testing.T) {
	to := server(t, func(c net.Conn) {
		question, _ := io.ReadAll(c) // until the client ends its half
		fmt.Fprintf(c, "answer to %s", question)
	})
	x := newTap()
	r := start(t, relay.Options{Tap: x})
	at, err := r.Forward("127.0.0.1:0", to, "mine")
	c := dial(t, listen(t, at, err))
	if got := talk(t, c, "question"); got != "answer to question" {
		t.Errorf("answer %q", got)
	}
	c.Close()
	r.Close()
	if len(x.opened) != 1 || x.opened[0].Label != "mine" || x.opened[0].Server != to || x.opened[0].Client != c.LocalAddr().String() {
		t.Errorf("opened %+v", x.opened)
	}
	if got := strings.Join(x.story, ", "); got != `opened, client "quest", server "answe", closed by client` {
		t.Errorf("told %s", got)
	}
	if e := x.ends[1]; e.Cut != [2]int{} || e.At == 0 {
		t.Errorf("end %+v", e)
	}
}

// TestWays: every way in which a client can say where it wants to go.
func TestWays(t *testing.T) {
	to := server(t, echo)
	_, port, _ := net.SplitHostPort(to)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		fmt.Fprintf(w, "%s %s %q", q.Method, q.URL, body)
	}))
	defer web.Close()
	plain := http.Transport{DisableKeepAlives: true}
	for _, c := range []struct {
		name string
		ask  func(at string) (string, error)
		want string
	}{
		{"CONNECT", func(at string) (string, error) {
			c := dial(t, at)
			fmt.Fprintf(c, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n", to, to)
			in := bufio.NewReader(c)
			a, err := http.ReadResponse(in, &http.Request{Method: "CONNECT"})
			if err != nil || a.StatusCode != 200 {
				return "", fmt.Errorf("%v %v", a, err)
			}
			io.WriteString(c, "hello")
			c.CloseWrite()
			b, err := io.ReadAll(in)
			return string(b), err
		}, "hello"},
		{"CONNECT with the first bytes behind it", func(at string) (string, error) {
			c := dial(t, at)
			fmt.Fprintf(c, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\nhello", to, to)
			c.CloseWrite()
			b, err := io.ReadAll(c)
			return string(b), err
		}, "HTTP/1.1 200 Connection established\r\n\r\nhello"},
		{"SOCKS5", func(at string) (string, error) { return socks(t, at, to) }, "hello"},
		{"SOCKS5 with a name", func(at string) (string, error) { return socks(t, at, "localhost:"+port) }, "hello"},
		{"SOCKS4", func(at string) (string, error) {
			return socks4(t, at, to, []byte{127, 0, 0, 1}, "me\x00")
		}, "\x00\x5a\x00\x00\x00\x00\x00\x00hello"},
		{"SOCKS4a", func(at string) (string, error) {
			return socks4(t, at, to, []byte{0, 0, 0, 1}, "me\x00localhost\x00")
		}, "\x00\x5a\x00\x00\x00\x00\x00\x00hello"},
		{"a plain request", func(at string) (string, error) {
			plain.Proxy = func(*http.Request) (*url.URL, error) { return url.Parse("http://" + at) }
			a, err := (&http.Client{Transport: &plain}).Post(web.URL+"/path?q=1", "text/plain", strings.NewReader("body"))
			if err != nil {
				return "", err
			}
			defer a.Body.Close()
			b, err := io.ReadAll(a.Body)
			return string(b), err
		}, `POST /path?q=1 "body"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := start(t, relay.Options{})
			at, err := r.Proxy("127.0.0.1:0", "")
			got, err := c.ask(listen(t, at, err))
			if err != nil || got != c.want {
				t.Errorf("%q (%v), want %q", got, err, c.want)
			}
		})
	}
}

// socks connects through SOCKS5 and says hello.
func socks(t *testing.T, at, to string) (string, error) {
	d, err := proxy.SOCKS5("tcp", at, nil, proxy.Direct)
	if err != nil {
		return "", err
	}
	c, err := d.Dial("tcp", to)
	if err != nil {
		return "", err
	}
	defer c.Close()
	io.WriteString(c, "hello")
	b := make([]byte, 5)
	_, err = io.ReadFull(c, b)
	return string(b), err
}

func socks4(t *testing.T, at, to string, ip []byte, rest string) (string, error) {
	a, err := net.ResolveTCPAddr("tcp", to)
	if err != nil {
		return "", err
	}
	c := dial(t, at)
	c.Write([]byte{4, 1, byte(a.Port >> 8), byte(a.Port)})
	c.Write(ip)
	io.WriteString(c, rest+"hello")
	c.CloseWrite()
	b, err := io.ReadAll(c)
	return string(b), err
}

// TestRefused: what can't be done is said in the client's own words, and told.
func TestRefused(t *testing.T) {
	nobody := free(t)
	for _, c := range []struct{ name, ask, want string }{
		{"CONNECT", "CONNECT " + nobody + " HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 502 Bad Gateway"},
		{"no request", "\x16\x03\x01\x02\x00\x01", "HTTP/1.1 400 Bad Request"},
		{"a page of the proxy itself", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 501 Not Implemented"},
		{"SOCKS5 with a password only", "\x05\x01\x02", "\x05\xff"},
		{"SOCKS5 bind", "\x05\x01\x00\x05\x02\x00\x01\x7f\x00\x00\x01\x00\x50", "\x05\x00\x05\x07"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := start(t, relay.Options{Tap: newTap()})
			at, err := r.Proxy("127.0.0.1:0", "")
			conn := dial(t, listen(t, at, err))
			io.WriteString(conn, c.ask)
			conn.CloseWrite()
			got, err := io.ReadAll(conn)
			if err != nil || !strings.HasPrefix(string(got), c.want) {
				t.Errorf("%q (%v), want %q", got, err, c.want)
			}
		})
	}

	x := newTap()
	r := start(t, relay.Options{Tap: x})
	at, err := r.Forward("127.0.0.1:0", nobody, "")
	conn, err := net.Dial("tcp", listen(t, at, err)) // which may see the end already
	if err == nil {
		_, err = io.ReadAll(conn)
		conn.Close()
	}
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("a server that is not there ends with %v", err)
	}
	r.Close()
	if len(x.failed) != 1 || !errors.Is(x.failed[0], syscall.ECONNREFUSED) || !strings.Contains(x.failed[0].Error(), nobody) {
		t.Errorf("told %v", x.failed)
	}
}

// TestReset: who breaks off is passed on as that.
func TestReset(t *testing.T) {
	to := server(t, func(c net.Conn) {
		io.ReadFull(c, make([]byte, 4))
		c.(*net.TCPConn).SetLinger(0)
	})
	x := newTap()
	r := start(t, relay.Options{Tap: x})
	at, err := r.Forward("127.0.0.1:0", to, "")
	c := dial(t, listen(t, at, err))
	io.WriteString(c, "ping")
	if _, err := io.ReadAll(c); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("ended with %v, want a reset", err)
	}
	r.Close()
	if x.ends[1].By != "server" {
		t.Errorf("closed by %q", x.ends[1].By)
	}
}

// TestBounds: what is copied is bounded, and what is beyond goes through all the same.
func TestBounds(t *testing.T) {
	to := server(t, echo)
	const size = 1 << 20
	for _, c := range []struct {
		name string
		opt  relay.Options
		slow bool
	}{
		{"of a connection", relay.Options{PerConn: 100_000}, false},
		{"of all", relay.Options{Total: 100_000}, false},
		{"of what waits", relay.Options{Waiting: 100_000}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := newTap()
			if c.slow {
				x.slow = make(chan struct{})
			}
			c.opt.Tap = x
			r := start(t, c.opt)
			at, err := r.Forward("127.0.0.1:0", to, "")
			conn := dial(t, listen(t, at, err))
			sent := bytes.Repeat([]byte("0123456789abcdef"), size/16)
			go func() { conn.Write(sent); conn.CloseWrite() }()
			got, err := io.ReadAll(conn)
			if err != nil || !bytes.Equal(got, sent) {
				t.Fatalf("%d bytes came back of %d (%v)", len(got), size, err)
			}
			if c.slow {
				close(x.slow)
			}
			r.Close()
			copied := x.data[1][0].Len() + x.data[1][1].Len()
			if copied == 0 || copied > 100_000 {
				t.Errorf("%d bytes were copied", copied)
			}
			if cut := x.ends[1].Cut[0] + x.ends[1].Cut[1]; cut != 2*size-copied {
				t.Errorf("%d bytes said to be missing, want %d", cut, 2*size-copied)
			}
			for side := range x.data[1] {
				if !bytes.HasPrefix(sent, x.data[1][side].Bytes()) {
					t.Error("there is a gap in what was copied")
				}
			}
		})
	}
}

// TestNext: through another proxy, the server is what was asked for.
func TestNext(t *testing.T) {
	to := server(t, echo)
	for _, scheme := range []string{"http", "socks5"} {
		t.Run(scheme, func(t *testing.T) {
			far := newTap()
			second := start(t, relay.Options{Tap: far})
			via, err := second.Proxy("127.0.0.1:0", "")
			listen(t, via, err)
			near := newTap()
			first := start(t, relay.Options{Tap: near, Next: func(string) (*url.URL, error) { return url.Parse(scheme + "://" + via) }})
			at, err := first.Forward("127.0.0.1:0", to, "")
			if got := talk(t, dial(t, listen(t, at, err)), "hello"); got != "hello" {
				t.Errorf("answer %q", got)
			}
			first.Close()
			second.Close()
			if len(near.opened) != 1 || near.opened[0].Server != to || len(far.opened) != 1 || far.opened[0].Server != to {
				t.Errorf("near %+v, far %+v", near.opened, far.opened)
			}
		})
	}
}

// TestMany: a thousand connections at once, none disturbed by another.
func TestMany(t *testing.T) {
	to := server(t, echo)
	x := newTap()
	r := start(t, relay.Options{Tap: x})
	at, err := r.Forward("127.0.0.1:0", to, "")
	listen(t, at, err)
	const many = 1000
	conns := make([]net.Conn, many)
	for i := range conns {
		conns[i] = dial(t, at)
		fmt.Fprintf(conns[i], "connection %d", i)
	}
	for i, c := range conns {
		c.(*net.TCPConn).CloseWrite()
		got, err := io.ReadAll(c)
		if want := fmt.Sprintf("connection %d", i); err != nil || string(got) != want {
			t.Fatalf("%q (%v), want %q", got, err, want)
		}
	}
	r.Close()
	if len(x.ends) != many {
		t.Errorf("%d ended, want %d", len(x.ends), many)
	}
}

// TestClose: closing ends connections that go on.
func TestClose(t *testing.T) {
	x := newTap()
	to := server(t, echo)
	r := start(t, relay.Options{Tap: x})
	at, err := r.Proxy("127.0.0.1:0", "")
	listen(t, at, err)
	silent := dial(t, at)
	forward, err := r.Forward("127.0.0.1:0", to, "")
	c := dial(t, listen(t, forward, err))
	io.WriteString(c, "ping")
	io.ReadFull(c, make([]byte, 4))
	r.Close()
	for _, c := range []net.Conn{silent, c} {
		if _, err := c.Read(make([]byte, 1)); err == nil {
			t.Error("a connection goes on")
		}
	}
	if x.ends[2].By != "" {
		t.Errorf("the relay's own end is taken for that of the %s", x.ends[2].By)
	}
	if _, err := r.Proxy("127.0.0.1:0", ""); err == nil {
		t.Error("a closed relay listens")
	}
}
