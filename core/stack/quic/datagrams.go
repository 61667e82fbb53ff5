package quic

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"

	quicgo "github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"

	"rechallenge/core/stack"
)

// datagrams is a net.Conn that moves datagrams, as quic-go wants it. That it
// goes to one address only is what lets the system say that nobody listens
// there.
type datagrams struct{ net.Conn }

func (d *datagrams) ReadFrom(b []byte) (int, net.Addr, error) {
	n, err := d.Read(b)
	return n, d.RemoteAddr(), err
}

func (d *datagrams) WriteTo(b []byte, _ net.Addr) (int, error) { return d.Write(b) }

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
