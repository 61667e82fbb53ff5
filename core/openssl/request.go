package openssl

import (
	"context"
	"errors"
	"unsafe"

	"rechallenge/core/protocol"
)

// ErrNoPostHandshakeAuth says that the client did not offer post_handshake_auth.
var ErrNoPostHandshakeAuth = errors.New("the client did not offer post-handshake authentication")

// RequestCertificate asks the client for a certificate now: by renegotiation
// up to TLS 1.2, after the handshake on TLS 1.3 (RFC 8446 section 4.6.2). It
// returns when the client has answered. Nobody else may read meanwhile.
func (c *Conn) RequestCertificate(ctx context.Context, auth ClientAuth) error {
	stop := context.AfterFunc(ctx, func() { c.SetDeadline(past) })
	err := c.request(auth)
	if !stop() {
		return ctx.Err()
	}
	var e *Error
	if errors.As(err, &e) && e.Reason == reasonExtensionNotReceived {
		return ErrNoPostHandshakeAuth
	}
	return err
}

func (c *Conn) request(auth ClientAuth) error {
	var done int
	var pending func() bool
	_, err := c.do("ask for a certificate", func() int32 {
		if pending == nil {
			c.ask(auth)
			done = c.handshakes
			if uint16(c.lib.SSL_version(c.ssl)) >= protocol.TLS13 {
				pending = func() bool { return c.handshakes == done }
				if c.lib.SSL_verify_client_post_handshake(c.ssl) != 1 {
					return -1
				}
			} else {
				pending = func() bool { return c.lib.SSL_renegotiate_pending(c.ssl) != 0 }
				if c.lib.SSL_renegotiate(c.ssl) != 1 {
					return -1
				}
			}
		}
		return c.lib.SSL_do_handshake(c.ssl)
	})
	if err != nil {
		return err
	}
	var one [1]byte
	_, err = c.do("await a certificate", func() int32 {
		if !pending() {
			return 1
		}
		r := c.lib.SSL_peek(c.ssl, unsafe.Pointer(&one[0]), 1)
		if r <= 0 && !pending() && c.lib.SSL_is_init_finished(c.ssl) != 0 {
			return 1
		}
		return r
	})
	return err
}
