package quic

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"syscall"
	"time"

	quicgo "github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"

	"rechallenge/core/stack"
	"rechallenge/core/wire"
)

// datagrams is a net.Conn that moves datagrams, as quic-go wants it. That it
// goes to one address only is what lets the system say that nobody listens
// there.
type datagrams struct {
	net.Conn
	early *early // nil = no early data is to be sent
}

// early keeps answers back until the early request went out, since on a short way
// the handshake would be over before; and once it is over until it is clear what
// became of early data. Where that was refused the library resets the streams
// that carried it, and what the server says of their numbers must find them open.
type early struct {
	settings chan struct{} // closed once a datagram with early data went out: HTTP/3's settings
	request  chan struct{} // closed once the request did
	ready    chan struct{} // closed when the connection can be used

	mu                   sync.Mutex
	sent, written, given bool
	over                 <-chan struct{} // closed with the handshake's end; nil = it is not to be looked at yet
}

// watch says how the handshake's end shows.
func (e *early) watch(over <-chan struct{}) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.over = over
}

// wait holds back what came after the handshake.
func (e *early) wait() {
	e.mu.Lock()
	over := e.over
	e.mu.Unlock()
	select {
	case <-over:
		<-e.ready
	default:
	}
}

// heldBack bounds that: the library may find that the session allows no early data.
const heldBack = 100 * time.Millisecond

// hold is to be called before anything is sent.
func (d *datagrams) hold() {
	d.early = &early{settings: make(chan struct{}), request: make(chan struct{}), ready: make(chan struct{})}
	time.AfterFunc(heldBack, d.release)
}

// datagram notes that one with early data went out.
func (e *early) datagram() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sent = true
	e.tell()
}

// asked notes that the request is about to be written, or is; what went out before
// is not it.
func (e *early) asked(written bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.written = written; !written {
		e.sent = false
	}
	e.tell()
}

// tell closes what is to be closed.
func (e *early) tell() {
	shut := func(c chan struct{}) {
		select {
		case <-c:
		default:
			close(c)
		}
	}
	if e.sent || e.given {
		shut(e.settings)
	}
	if e.sent && e.written || e.given {
		shut(e.request)
	}
}

// release holds nothing back any more.
func (d *datagrams) release() {
	if e := d.early; e != nil {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.given = true
		e.tell()
	}
}

func (d *datagrams) ReadFrom(b []byte) (int, net.Addr, error) {
	if d.early != nil {
		<-d.early.request
	}
	n, err := d.Read(b)
	if d.early != nil {
		d.early.wait()
	}
	return n, d.RemoteAddr(), err
}

func (d *datagrams) WriteTo(b []byte, _ net.Addr) (int, error) {
	n, err := d.Write(b)
	if d.early != nil && wire.HasEarlyData(b) {
		d.early.datagram()
	}
	return n, err
}

// SetReadBuffer and SetWriteBuffer leave the system's: one exchange is small.
func (d *datagrams) SetReadBuffer(int) error  { return nil }
func (d *datagrams) SetWriteBuffer(int) error { return nil }

// body gives errors in the stack's terms.
type body struct {
	io.ReadCloser
	ctx context.Context
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		err = translate(b.ctx, err)
	}
	return n, err
}

// translate puts quic-go's errors into the stack's terms. Each of them also says
// that the connection is closed, which is not why.
func translate(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	var known *stack.Error
	if errors.As(err, &known) {
		return known
	}
	var errno syscall.Errno
	if errors.As(err, &errno) { // the system's: nobody listens, no way there
		return &stack.Error{Reason: stack.Failed, Err: errno}
	}
	if ctx.Err() != nil {
		reason := stack.Cancelled
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			reason = stack.TimedOut
		}
		return &stack.Error{Reason: reason, Err: ctx.Err()}
	}
	var transport *quicgo.TransportError
	var versions *quicgo.VersionNegotiationError
	var idle *quicgo.IdleTimeoutError
	var late *quicgo.HandshakeTimeoutError
	var reset *quicgo.StatelessResetError
	var application *quicgo.ApplicationError
	var speaks *http3.Error
	switch {
	case errors.As(err, &versions):
		return &stack.Error{Reason: stack.BadVersion, Err: text(err)}
	case errors.As(err, &idle), errors.As(err, &late):
		return &stack.Error{Reason: stack.TimedOut, Err: text(err)}
	case errors.As(err, &reset):
		return fmt.Errorf("%s: %w", err, syscall.ECONNRESET)
	case errors.As(err, &transport) && transport.ErrorCode.IsCryptoError():
		alert := uint8(transport.ErrorCode - 0x100) // RFC 9001 section 4.8
		e := &stack.Error{Reason: stack.Failed, Alert: alert, Err: text(err)}
		if transport.Remote {
			e.Reason = stack.AlertReceived
		}
		return e
	case errors.As(err, &transport) && transport.Remote && transport.ErrorCode == quicgo.ConnectionRefused:
		return fmt.Errorf("%s: %w", err, syscall.ECONNREFUSED)
	case errors.As(err, &application) && application.Remote && application.ErrorCode == noError:
		return io.EOF
	case errors.As(err, &speaks) && speaks.Remote && speaks.ErrorCode == noError:
		return io.EOF
	case errors.As(err, &transport), errors.As(err, &application), errors.As(err, &speaks):
		return text(err)
	}
	var alert tls.AlertError
	if errors.As(err, &alert) {
		return &stack.Error{Reason: stack.Failed, Alert: uint8(alert), Err: text(err)}
	}
	return err
}

// text is an error's words alone.
func text(err error) error { return errors.New(err.Error()) }
