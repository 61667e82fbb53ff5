package engine

import (
	"net/http"
	"net/netip"
	"slices"

	"rechallenge/core/stack"
	"rechallenge/core/trace"
	"rechallenge/core/wire"
)

// newLink is the link of this attempt, with nothing on it yet.
func (a *attempt) newLink() *link {
	l := &link{index: a.index, job: a.job, remote: a.address, capture: &wire.Capture{}}
	if a.job.parsed.QUIC {
		l.capture.Datagrams, l.got = true, make(chan struct{})
		l.decoder = wire.NewDatagrams(a.opt.KeyLog)
		return l
	}
	l.decoder = wire.NewDecoder(a.opt.KeyLog)
	return l
}

// reachQUIC makes the connection to the first address where somebody listens.
// Over UDP that shows with the handshake only.
func (a *attempt) reachQUIC(addresses []netip.AddrPort) (failure *trace.Failure) {
	for i := range addresses {
		conn, refused := a.dial(addresses[i : i+1])
		if failure = refused; failure == nil {
			failure = a.handshake(conn)
		}
		if failure == nil || i == len(addresses)-1 || a.ctx.Err() != nil || !slices.Contains([]trace.Reason{trace.ReasonRefused, trace.ReasonUnreachable}, failure.Reason) {
			return failure
		}
		if l := a.link; l != nil {
			l.close()
			a.Run.mu.Lock()
			a.captures = slices.DeleteFunc(a.captures, func(c tapped) bool { return c.capture == l.capture })
			a.Run.mu.Unlock()
			a.link = nil
		}
	}
	return failure
}

// earlyRequest is the request, where the plan wants it sent as early data.
func (a *attempt) earlyRequest() *http.Request {
	if !a.job.target.EarlyData || len(a.job.body) > 0 {
		return nil
	}
	if v := a.job.target.Verb(); v != http.MethodGet && v != http.MethodHead {
		return nil
	}
	return a.request().WithContext(a.ctx)
}

// requester carries HTTP on the link by itself; nil = it is a stream of bytes.
func (l *link) requester() stack.Requester {
	r, _ := l.conn.(stack.Requester)
	if l.job.parsed.QUIC {
		return r
	}
	return nil
}

// await waits a little for the first session, where none has come with the answer.
func (a *attempt) await() {
	late := make(chan struct{})
	w := a.watch.after(quiet, func() { close(late) })
	defer a.watch.stop(w)
	select {
	case <-a.link.got:
	case <-late:
	case <-a.ctx.Done():
	}
}
