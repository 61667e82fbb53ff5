// Package relay lets other programs' connections pass and hands on a copy of
// what crosses them: as a proxy (CONNECT, SOCKS), as an address in the place of
// another one, or for a program that it runs. The bytes go through untouched: it
// ends no TLS, has no certificate and knows nothing of either. What it copies
// goes to a Tap, away from the path, in the order in which it came; what that
// can't take in time or in room is let go, and said, and the connection goes on.
package relay

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"rechallenge/core/wire"
)

// Tap is told what the relayed connections do. Its methods are called one at a
// time, in the order in which things happened, from a goroutine of the relay's.
type Tap interface {
	// Opened: both ends are connected.
	Opened(c *Conn)
	// Crossed: bytes that c's client or server sent. They never change.
	Crossed(c *Conn, k wire.Chunk)
	// Closed: c is over.
	Closed(c *Conn, e End)
	// Failed: a connection that could not be made; c.Server is what was asked for.
	Failed(c *Conn, err error)
}

// Conn is one relayed connection.
type Conn struct {
	Number         int           // from 1, in the order in which they were accepted
	Label          string        // of the way it came in
	Client, Server string        // ip:port; Server is host:port where a further proxy looks the name up
	Peer           string        // ip:port of who is connected to in fact: the server, or the next proxy
	At, Via        string        // ip:port of ours: where the client connected to, and from where Peer is
	Opened         time.Duration // since the relay began

	room int    // bytes that may still be copied; the queue's lock guards it
	cut  [2]int // bytes that were not copied, by wire.Side
	mu   sync.Mutex
	both []net.Conn // what Close has to close
}

// End is how a connection ended.
type End struct {
	At  time.Duration
	By  string // "client", "server": who ended it first; "" = the relay did
	Cut [2]int // bytes that crossed it and were not copied, by wire.Side: the last ones
}

// Options are how to relay. The zero value relays without a tap.
type Options struct {
	Tap Tap
	// Next is the proxy to go through to a host:port, nil = none.
	Next func(hostport string) (*url.URL, error)
	// Now is the time since the beginning; nil = since New.
	Now func() time.Duration
	// PerConn, Waiting and Total bound what is copied, in bytes: of one connection,
	// of all that the tap has not taken yet, and of all. 0 = the defaults.
	PerConn, Waiting, Total int
}

// The bounds where none are given. A handshake with both certificates has some 6 KB.
const (
	DefaultPerConn = 1 << 20
	DefaultWaiting = 64 << 20
	DefaultTotal   = 256 << 20
)

// Limits on what clients make the relay hold.
const (
	maxConns    = 4096             // at once; the next one waits to be accepted
	dialTimeout = 15 * time.Second // to the server, and to each proxy's answer
	askTimeout  = 30 * time.Second // until a client has said where it wants to go
)

// Relay owns its listeners, connections and goroutines. Close ends them.
type Relay struct {
	opt    Options
	ctx    context.Context
	cancel context.CancelFunc
	queue  *queue
	places chan struct{}

	mu        sync.Mutex
	closed    bool
	listeners []net.Listener
	conns     map[*Conn]bool
	number    int
	work      sync.WaitGroup
}

// New returns a relay that listens nowhere yet.
func New(opt Options) *Relay {
	if opt.Now == nil {
		start := time.Now()
		opt.Now = func() time.Duration { return time.Since(start) }
	}
	for _, n := range []struct {
		is      *int
		usually int
	}{{&opt.PerConn, DefaultPerConn}, {&opt.Waiting, DefaultWaiting}, {&opt.Total, DefaultTotal}} {
		if *n.is == 0 {
			*n.is = n.usually
		}
	}
	r := &Relay{opt: opt, places: make(chan struct{}, maxConns), conns: map[*Conn]bool{}}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	r.queue = newQueue(opt.Tap, opt.Waiting, opt.Total)
	return r
}

// Proxy listens on an address for clients that speak CONNECT, SOCKS5 or SOCKS4a,
// and returns it with its port. label stands on its connections.
func (r *Relay) Proxy(address, label string) (string, error) {
	return r.listen(address, label, r.proxied)
}

// Forward listens on an address in the place of another one, host:port.
func (r *Relay) Forward(address, to, label string) (string, error) {
	if _, _, err := net.SplitHostPort(to); err != nil {
		return "", fmt.Errorf("relay to %q: %w", to, err)
	}
	return r.listen(address, label, func(net.Conn) (request, error) { return request{to: to}, nil })
}

// request is where a client wants to go.
type request struct {
	to    string // host:port
	early []byte // what the client has sent already, for the server
	// answer tells the client that it is connected, or why not; nil = nothing is said.
	answer func(c net.Conn, err error) error
}

// asker finds out where a client wants to go. An error has been answered.
type asker func(net.Conn) (request, error)

func (r *Relay) listen(address, label string, ask asker) (string, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return "", fmt.Errorf("listen on %s: %w", address, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		l.Close()
		return "", net.ErrClosed
	}
	r.listeners = append(r.listeners, l)
	r.work.Go(func() { r.accept(l, label, ask) })
	return l.Addr().String(), nil
}

// pause is how long accept waits where the system has no room for a connection.
const pause = 50 * time.Millisecond

func (r *Relay) accept(l net.Listener, label string, ask asker) {
	for {
		select {
		case r.places <- struct{}{}:
		case <-r.ctx.Done():
			return
		}
		c, err := l.Accept()
		if err != nil {
			<-r.places
			if errors.Is(err, net.ErrClosed) || r.ctx.Err() != nil {
				return
			}
			time.Sleep(pause)
			continue
		}
		x := r.enter(c, label)
		if x == nil {
			c.Close()
			<-r.places
			return
		}
		go func() {
			defer r.work.Done()
			defer func() { <-r.places }()
			defer r.leave(x)
			r.serve(x, c, ask)
		}()
	}
}

// enter notes a connection; nil = the relay is closed.
func (r *Relay) enter(c net.Conn, label string) *Conn {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil
	}
	r.number++
	x := &Conn{Number: r.number, Label: label, Client: address(c.RemoteAddr()), At: address(c.LocalAddr()), Opened: r.opt.Now(), room: r.opt.PerConn, both: []net.Conn{c}}
	r.conns[x] = true
	r.work.Add(1)
	return x
}

func (r *Relay) leave(x *Conn) {
	x.close()
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.conns, x)
}

// serve carries one connection from its beginning to its end.
func (r *Relay) serve(x *Conn, client net.Conn, ask asker) {
	client.SetDeadline(time.Now().Add(askTimeout))
	q, err := ask(client)
	if err != nil {
		if errors.Is(err, errAnswered) {
			drain(client)
		}
		return
	}
	x.Server = q.to
	server, err := r.dial(q.to)
	if err == nil && !x.adopt(server) {
		return
	}
	client.SetDeadline(time.Now().Add(askTimeout))
	if err != nil {
		err = fmt.Errorf("connect to %s: %w", q.to, err)
	}
	if q.answer != nil {
		if e := q.answer(client, err); e != nil && err == nil {
			return // it has gone
		}
	}
	if err != nil {
		r.queue.put(entry{conn: x, failed: err})
		if q.answer == nil {
			reset(client) // as if it had connected there itself
		} else {
			drain(client)
		}
		return
	}
	client.SetDeadline(time.Time{})
	x.Peer, x.Via = address(server.RemoteAddr()), address(server.LocalAddr())
	if _, direct := netip.ParseAddrPort(address(server.RemoteAddr())); direct == nil && !through(server) {
		x.Server = address(server.RemoteAddr())
	}
	r.queue.put(entry{conn: x, opened: true})
	r.carry(x, client, server, q.early)
}

// adopt makes Close end the server's side too; false = it was closed meanwhile.
func (x *Conn) adopt(server net.Conn) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.both == nil {
		server.Close()
		return false
	}
	x.both = append(x.both, server)
	return true
}

func (x *Conn) close() {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, c := range x.both {
		c.Close()
	}
	x.both = nil
}

// Close stops listening, ends all connections, lets the tap have what was
// copied, and waits.
func (r *Relay) Close() {
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return
	}
	r.closed = true
	for _, l := range r.listeners {
		l.Close()
	}
	conns := make([]*Conn, 0, len(r.conns))
	for x := range r.conns {
		conns = append(conns, x)
	}
	r.mu.Unlock()
	r.cancel()
	for _, x := range conns {
		x.close()
	}
	r.work.Wait()
	r.queue.close()
}

// Flush waits until the tap has had everything that was copied by now.
func (r *Relay) Flush() { r.queue.flush() }

// address is an IP address and a port, an IPv4 one in its own form.
func address(a net.Addr) string {
	p, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return a.String()
	}
	return netip.AddrPortFrom(p.Addr().Unmap(), p.Port()).String()
}
