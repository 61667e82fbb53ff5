package engine

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"

	"rechallenge/core/session"
	"rechallenge/core/stack"
	"rechallenge/core/trace"
	"rechallenge/core/wire"
)

// link is one TLS connection, used by one or, when it is pooled, more
// connections of the plan.
type link struct {
	index    int // of the connection that made it
	job      *job
	raw      net.Conn
	conn     stack.Conn
	alpn     string
	early    bool // the request was taken as early data, and its answer is yet to be read
	remote   netip.AddrPort
	capture  *wire.Capture
	decoder  *wire.Decoder
	fed      int // chunks handed to the recorder
	offered  *session.Session
	at       session.Coordinates
	http     *carrier
	keep     bool // goes back to the pool
	closedBy string
	user     atomic.Pointer[attempt] // whose exchange is on it

	mu      sync.Mutex
	pending []session.Session
	asked   bool
	given   bool
	got     chan struct{} // closed with the first session; nil = nobody waits for one
}

// The order in which a connection is told. The recorder takes reports in the
// order in which they are made; whoever makes one keeps to this:
//
//  1. flush before an event that says what the library or HTTP made of the bytes
//     (TLSDone, Response, ResponseDone, ServiceDone): the messages that it rests
//     on stand before it.
//  2. store after flush, never without: whom a session carries is told by the
//     messages before it (trace.Folder).
//  3. settle once for each connection, as its last use of the link and before its
//     ConnectionDone: flush, store, then the link goes back to the pool for the
//     next one; or it is closed, the rest of its bytes told, what came stored, and
//     Closed.
//  4. A session with which a handshake failed is refused at settle, when nothing
//     of it can come any more.
//  5. The pool is closed before PassDone, the watch before RunDone: nothing is told
//     of a pass, or of a run, that is over.

// newSession keeps what the server gave until the wire says whose it is. What a
// flood brings beyond its budget the decoder tells of.
func (l *link) newSession(s session.Session) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.pending) < wire.Usual.Same {
		s.Proved = l.asked && l.job.identity != nil
		l.pending = append(l.pending, s)
	}
	if l.got != nil && !l.given {
		l.given = true
		close(l.got)
	}
}

// challenged notes that the library asked for a certificate.
func (l *link) challenged() {
	l.mu.Lock()
	l.asked = true
	l.mu.Unlock()
	l.user.Load().add(trace.Asked{})
}

// flush hands what has crossed the wire since the last flush to the recorder.
func (a *attempt) flush() { a.flushed(false) }

func (a *attempt) flushed(last bool) {
	l := a.link
	chunks := l.capture.Chunks(l.fed)
	l.fed += len(chunks)
	a.rec.AddBytes(a.n, a.index, l.decoder, chunks, last)
}

// store puts the sessions that came into the cache. What they carry the
// recorder finds out when it has read the messages before.
func (a *attempt) store() {
	l := a.link
	l.mu.Lock()
	pending := l.pending
	l.pending = nil
	l.mu.Unlock()
	for _, s := range pending {
		s.MadeBy = a.index
		s.Configured, s.Target, s.ServerName = l.at.Identity, a.job.target.ID, a.job.parsed.ServerName
		a.cache.Store(l.at, s)
	}
}

// settle ends this connection's use of its link: everything that crossed is
// decoded, sessions are stored, and the link is pooled or closed.
func (l *link) settle(a *attempt) {
	if l.conn != nil && l.keep {
		a.flush()
		a.store()
		l.http.rest()
		a.pool.put(l)
		return
	}
	by := l.closedBy
	if by == "" {
		by = "client"
	}
	l.close()
	a.flushed(true)
	if l.conn != nil {
		a.store()
	} else if l.offered != nil {
		// Clients drop a session with which a handshake failed: crypto/tls does
		// it for any error, RFC 5246 section 7.2.2 asks for it after a fatal alert.
		a.cache.Refused(a.index, l.offered.Serial, "handshake-failed")
	}
	a.add(trace.Closed{By: by})
}

// close closes the connection; it is harmless twice.
func (l *link) close() {
	if l.http != nil {
		l.http.close()
	}
	if l.conn != nil {
		l.conn.Close()
	}
	l.raw.Close()
}
