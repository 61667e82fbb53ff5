package engine

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/session"
	"rechallenge/core/stack"
	"rechallenge/core/trace"
	"rechallenge/core/wire"
)

// pass is one pass while it runs.
type pass struct {
	*Run
	n      int
	policy session.Policy
	cache  *session.Cache
	pool   *pool

	mu      sync.Mutex
	index   int // of the last connection started
	running int // connections being made
	room    int // for how many there are resources; 0 = as many as the plan wants
}

// attempt is one connection of the plan being made.
type attempt struct {
	*pass
	job    *job
	index  int
	number int // from 1; more where it had to be made again
	http1  bool
	hop    int  // redirects so far
	fresh  bool // don't use the pool

	// Where another service of the same content is (RFC 7838); "" = there is none.
	alternativeHost string
	alternativePort uint16

	why     string
	began   time.Time     // of the job's first attempt
	allowed time.Duration // how long this one may take
	ctx     context.Context
	using   atomic.Pointer[net.Conn] // is broken off when ctx ends
	link    *link
	address netip.AddrPort // dialled
	dialled trace.Dialed
}

// add records an event of this connection.
func (a *attempt) add(p trace.Payload) { a.rec.Add(a.n, a.index, clean(a.secrets, p)) }

// connect makes a job's connection, and makes it again where the server's
// answer calls for it (HTTP_1_1_REQUIRED, 421 on a shared connection, a pooled
// connection that had died).
func (p *pass) connect(j *job) {
	if !p.enter() {
		return
	}
	defer p.leave()
	a := &attempt{pass: p, job: j, number: 1}
	for a != nil && p.ctx.Err() == nil {
		a = a.run()
	}
}

// run makes one attempt and returns the next one, or nil.
func (a *attempt) run() (next *attempt) {
	a.mu.Lock()
	a.index = a.pass.index + 1
	a.pass.index = a.index
	a.mu.Unlock()
	started := trace.ConnectionStarted{
		PlanConnection: a.job.PlanConnection, Iteration: a.job.Iteration, Attempt: a.number, Hop: a.hop,
		Stack: a.job.stack.Name(), Target: a.job.target.ID, URL: a.job.target.URL, Identity: a.job.Identity,
		Why: a.why, VirtualTime: a.opt.Clock.Virtual(),
	}
	if a.job.Node.IsValid() {
		started.Node = a.job.Node.String()
	}
	a.add(started)
	if d := time.Duration(a.job.After); d > 0 && a.number == 1 {
		a.wait(a.n, a.index, d)
	}
	a.allow()
	ctx, over := a.watch.limit(a.ctx0(), a.allowed, a.breakOff)
	a.ctx = ctx
	failure, next := a.perform()
	over()
	if a.link != nil {
		a.link.settle(a)
	}
	if next == nil {
		next = a.secondLook(failure)
	}
	a.add(trace.ConnectionDone{Error: failure})
	a.rec.KeepUp()
	return next
}

// allow sets how long the attempt may take: the plan's timeout, and all attempts
// at a job together twice that.
func (a *attempt) allow() {
	a.allowed = a.timeout()
	if a.began.IsZero() {
		a.began = time.Now()
		return
	}
	a.allowed = min(a.allowed, max(2*a.allowed-time.Since(a.began), tick))
}

// timeout is the plan's, of one connection in all.
func (a *attempt) timeout() time.Duration {
	if d := time.Duration(a.plan.Timeout); d > 0 {
		return d
	}
	return plan.DefaultTimeout
}

// use says what to break off when the attempt's time is over, or the run is stopped.
func (a *attempt) use(conn net.Conn) {
	a.using.Store(&conn)
	if a.ctx.Err() != nil {
		a.breakOff()
	}
}

func (a *attempt) breakOff() {
	if conn := a.using.Load(); conn != nil {
		(*conn).SetDeadline(past)
	}
}

// ctx0 is the run's context.
func (a *attempt) ctx0() context.Context { return a.Run.ctx }

// perform finds or makes the connection and has the exchange on it.
func (a *attempt) perform() (*trace.Failure, *attempt) {
	if !a.fresh {
		if l := a.pool.take(a.job, netip.AddrPort{}); l != nil {
			return a.reuse(l, false)
		}
	}
	addresses, failure := a.resolve()
	if failure != nil {
		return failure, nil
	}
	if !a.fresh {
		for _, address := range addresses {
			if l := a.pool.take(a.job, address); l != nil {
				return a.reuse(l, true)
			}
		}
	}
	if failure := a.reach(addresses); failure != nil {
		return failure, nil
	}
	if !a.job.parsed.HTTP {
		failure = a.service()
	} else {
		var next *attempt
		if failure, next = a.exchange(); next != nil {
			return failure, next
		}
	}
	return failure, nil
}

// reach makes the connection and its handshake.
func (a *attempt) reach(addresses []netip.AddrPort) *trace.Failure {
	if a.job.parsed.QUIC {
		return a.reachQUIC(addresses)
	}
	conn, failure := a.dial(addresses)
	if failure != nil {
		return failure
	}
	if a.job.parsed.StartTLS {
		if failure := a.startTLS(conn); failure != nil {
			return failure
		}
	}
	return a.handshake(conn)
}

// reuse has the exchange on a pooled connection.
func (a *attempt) reuse(l *link, coalesced bool) (*trace.Failure, *attempt) {
	a.add(trace.Reused{From: l.index, Coalesced: coalesced})
	a.link = l
	l.user.Store(a)
	l.capture.Limit(wire.Usual)
	if l.http != nil {
		l.http.frames.renew()
	}
	a.use(l.raw)
	failure, next := a.exchange()
	if failure != nil && next == nil && (failure.Reason == trace.ReasonClosed || failure.Reason == trace.ReasonReset) {
		// A server may close an idle connection at any time: RFC 9112 section 9.5.
		next = a.again("the pooled connection had been closed")
	}
	return failure, next
}

// again is the next attempt at the same job.
func (a *attempt) again(why string) *attempt {
	return &attempt{pass: a.pass, job: a.job, number: a.number + 1, hop: a.hop, fresh: true, http1: a.http1, why: why, began: a.began, alternativeHost: a.alternativeHost, alternativePort: a.alternativePort}
}

// coordinates are what a recipe may choose from for this connection.
func (a *attempt) coordinates() session.Coordinates {
	t := a.job.target
	c := session.Coordinates{
		IP: a.address.Addr().Unmap(), Port: a.address.Port(), Name: a.job.parsed.Name,
		Trust: t.Trust, ALPN: strings.Join(a.job.target.ALPN, ","), Version: t.TLS.Min + "-" + t.TLS.Max,
	}
	if a.job.identity != nil {
		c.Identity = a.job.Identity
	}
	if a.job.proxy != nil {
		// The proxy resolves the name, so the address is unknown.
		c.IP, c.Port, c.Proxy = netip.Addr{}, a.job.parsed.Port, a.job.proxy.display
	}
	return c
}

// handshake looks a session up and performs the TLS handshake.
func (a *attempt) handshake(conn net.Conn) *trace.Failure {
	l := a.newLink()
	a.link = l
	l.user.Store(a)
	l.capture.Limit(wire.Usual)
	l.decoder.Limit(wire.Usual)
	a.Run.mu.Lock()
	a.captures = append(a.captures, tapped{trace.Ref{Pass: a.n, Connection: a.index}, a.dialled.Local, a.dialled.Remote, l.capture})
	a.Run.mu.Unlock()
	if a.opt.Split && !a.job.parsed.QUIC {
		conn = &split{Conn: conn}
	}
	l.raw = l.capture.Tap(conn, a.rec.Now)
	l.at = a.coordinates()
	var key string
	l.offered, key = a.cache.Lookup(a.index, l.at, a.job.stack.Name())
	if l.offered != nil {
		l.decoder.Resuming(l.offered.Secret.Master)
		l.decoder.ResumingEarly(l.offered.Secret.PSK, l.offered.CipherSuite)
	}
	trust := a.job.target.Trust
	if trust == "" {
		trust = protocol.TrustSystem
	}
	a.keyGone()
	a.add(trace.TLS{ServerName: a.job.parsed.ServerName, ALPN: a.alpn(), Trust: trust, SessionKey: key})
	lo, hi := a.versions()
	ctx := context.WithoutCancel(a.ctx) // its end reaches the stack by the connection, which is in use already
	if a.job.parsed.QUIC {
		ctx = a.ctx
	}
	c, err := a.job.stack.Client(ctx, l.raw, stack.Config{
		ServerName: a.job.parsed.ServerName, MinVersion: lo, MaxVersion: hi, ALPN: a.alpn(), Groups: a.job.groups, Ciphers: a.job.ciphers, Schemes: a.job.schemes,
		NoPostHandshakeAuth: a.policy.NoPostHandshakeAuth, NoRenegotiation: a.policy.NoRenegotiation, ByList: a.policy.Chooses == session.ByList,
		Trust: a.job.trust, Identity: a.job.identity, Session: l.offered, Mechanisms: a.policy.Mechanisms, KeyLog: a.opt.KeyLog, Now: a.opt.Clock.Now,
		NewSession: l.newSession, Challenged: l.challenged, EarlyRequest: a.earlyRequest(),
	})
	if err != nil {
		a.flush()
		failure := a.classify(trace.PhaseTLS, err)
		a.add(trace.TLSDone{Error: failure})
		return failure
	}
	a.flush()
	state := c.State()
	l.conn, l.alpn, l.early = c, state.ALPN, state.Early
	a.add(trace.TLSDone{
		Version: state.Version, CipherSuite: state.CipherSuite, ALPN: state.ALPN, Resumed: state.Resumed,
		TrustEvaluated: state.TrustEvaluated, Certificates: state.Certificates, NotOffered: state.NotOffered, NotKept: state.NotKept,
		Early: state.Early,
	})
	a.store()
	return nil
}

// versions are the target's, below those that the pass's client does not have.
func (a *attempt) versions() (lo, hi uint16) {
	lo, hi = a.job.min, a.job.max
	if top := a.policy.MaxVersion; top != 0 && (hi == 0 || hi > top) {
		lo, hi = min(lo, top), top
	}
	return lo, hi
}

// alpn is what to offer; a retry on HTTP/1.1 offers nothing else.
func (a *attempt) alpn() []string {
	if a.http1 {
		return []string{"http/1.1"}
	}
	if len(a.job.target.ALPN) == 0 {
		return a.job.parsed.ALPN
	}
	return a.job.target.ALPN
}
