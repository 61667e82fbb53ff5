package relay

import (
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"rechallenge/core/wire"
)

// buffers are what bytes are read into while they are copied.
var buffers = sync.Pool{New: func() any { b := make([]byte, 16<<10); return &b }}

// carry moves bytes both ways until both sides have ended. A side that ends its
// half ends the half only; one that breaks off breaks off the other.
func (r *Relay) carry(x *Conn, client, server net.Conn, early []byte) {
	ends := make(chan string, 2)
	over := func(side wire.Side) { // what comes once the relay is closed is the relay's doing
		if r.ctx.Err() != nil {
			ends <- ""
			return
		}
		ends <- side.String()
	}
	var both sync.WaitGroup
	half := func(from wire.Side, dst, src net.Conn, early []byte) {
		defer both.Done()
		err := r.half(x, from, dst, src, early)
		var broke *writeError
		switch {
		case errors.As(err, &broke):
			over(1 - from) // who does not read any more
		case err != nil:
			over(from)
		default:
			over(from)
			if shut(dst) == nil {
				return
			}
		}
		reset(dst)
		reset(src)
	}
	both.Add(2)
	go half(wire.Server, client, server, nil)
	half(wire.Client, server, client, early)
	both.Wait()
	by := <-ends // the first
	x.close()
	r.queue.put(entry{conn: x, end: &End{At: r.opt.Now(), By: by, Cut: r.queue.letGo(x)}})
}

// half moves bytes one way, until src has no more. What was copied is told
// before it is passed on, so that no answer comes before its question.
func (r *Relay) half(x *Conn, from wire.Side, dst, src net.Conn, early []byte) error {
	if len(early) > 0 {
		r.queue.copy(x, r.opt.Now(), from, early)
		if _, err := dst.Write(early); err != nil {
			return &writeError{err}
		}
	}
	b := *buffers.Get().(*[]byte)
	for more := true; more; {
		n, err := src.Read(b)
		if n > 0 {
			more = r.queue.copy(x, r.opt.Now(), from, b[:n])
			if _, err := dst.Write(b[:n]); err != nil {
				buffers.Put(&b)
				return &writeError{err}
			}
		}
		if err != nil {
			buffers.Put(&b)
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
	}
	buffers.Put(&b)
	// Nothing of it is copied any more: the system moves the rest by itself.
	n, err := io.Copy(dst, src)
	r.queue.let(x, from, n)
	return err
}

// writeError is a failure of the side that was written to.
type writeError struct{ error }

func (e *writeError) Unwrap() error { return e.error }

// shut ends the writing half of a connection.
func shut(c net.Conn) error {
	if w, ok := c.(interface{ CloseWrite() error }); ok {
		return w.CloseWrite()
	}
	return c.Close()
}

// drain lets a client read an answer that ends the connection: were bytes of
// its own unread when it is closed, the answer could be lost.
func drain(c net.Conn) {
	shut(c)
	c.SetDeadline(time.Now().Add(drainTime))
	io.Copy(io.Discard, io.LimitReader(c, maxHead))
}

const drainTime = time.Second

// reset breaks a connection off, as the other side did.
func reset(c net.Conn) {
	if t, ok := c.(*net.TCPConn); ok {
		t.SetLinger(0)
	}
	c.Close()
}
