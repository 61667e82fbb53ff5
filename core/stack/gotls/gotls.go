// Package gotls is the TLS client of the Go standard library as a Stack. It
// can't answer a post-handshake challenge, and says so.
package gotls

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"reflect"
	"runtime"
	"time"

	"rechallenge/core/session"
	"rechallenge/core/stack"
)

// Name is the stack's name in plans, sessions and reports.
const Name = "go"

type goStack struct{}

// New returns the stack.
func New() stack.Stack { return goStack{} }

func (goStack) Name() string    { return Name }
func (goStack) Version() string { return "crypto/tls " + runtime.Version() }

func (goStack) Capabilities() stack.Capabilities {
	return stack.Capabilities{
		MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS13,
		Mechanisms:    []session.Mechanism{session.Ticket, session.PSK},
		Renegotiation: true,
	}
}

// Client performs the handshake. The library's own verification is off, so
// that a session can be offered whatever it was made under; Trust judges full
// handshakes, and a resumed one is not judged again, as in every real client.
func (goStack) Client(ctx context.Context, conn net.Conn, cfg stack.Config) (stack.Conn, error) {
	now := cfg.Now
	if now == nil {
		now = time.Now
	}
	c := &client{cfg: cfg}
	config := &tls.Config{
		ServerName: cfg.ServerName, MinVersion: cfg.MinVersion, MaxVersion: cfg.MaxVersion, NextProtos: cfg.ALPN,
		InsecureSkipVerify: true,
		Time:               now,
		Renegotiation:      tls.RenegotiateFreelyAsClient,
		KeyLogWriter:       &masterWriter{to: cfg.KeyLog, master: &c.master},
		ClientSessionCache: c,
		VerifyConnection: func(s tls.ConnectionState) error {
			// Put runs inside the handshake, where ConnectionState would wait for itself.
			c.version, c.suite = s.Version, s.CipherSuite
			if s.DidResume {
				return nil
			}
			c.evaluated = false
			if err := cfg.Trust.Verify(chain(s), now()); err != nil {
				return err
			}
			c.evaluated = !cfg.Trust.Disabled
			return nil
		},
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			if cfg.Challenged != nil {
				cfg.Challenged()
			}
			if cfg.Identity == nil {
				return &tls.Certificate{}, nil
			}
			cert := cfg.Identity.TLSCertificate()
			return &cert, nil
		},
	}
	if cfg.MinVersion != 0 && cfg.MinVersion < tls.VersionTLS12 {
		for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
			config.CipherSuites = append(config.CipherSuites, s.ID)
		}
	}
	if cfg.Session != nil {
		c.master = cfg.Session.Secret.Master
	}
	c.Conn = tls.Client(conn, config)
	if err := c.HandshakeContext(ctx); err != nil {
		if ctx.Err() != nil {
			return nil, &stack.Error{Reason: cancelReason(ctx.Err()), Err: ctx.Err()}
		}
		return nil, translate(err)
	}
	return c, nil
}

func cancelReason(err error) stack.Reason {
	if errors.Is(err, context.DeadlineExceeded) {
		return stack.TimedOut
	}
	return stack.Cancelled
}

// client is a connection and, to crypto/tls, the session cache of exactly this
// connection: it offers the one session it was given, whatever the key.
type client struct {
	*tls.Conn
	cfg       stack.Config
	master    []byte // TLS 1.2 master secret
	evaluated bool
	version   uint16
	suite     uint16
}

// Read and Write give errors in the stack's terms.
func (c *client) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	return n, translate(err)
}

func (c *client) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	return n, translate(err)
}

func (c *client) State() stack.State {
	s := c.ConnectionState()
	return stack.State{
		Version: s.Version, CipherSuite: s.CipherSuite, ALPN: s.NegotiatedProtocol, Resumed: s.DidResume,
		TrustEvaluated: c.evaluated, Certificates: chain(s),
	}
}

// Get offers the session; crypto/tls asks once per connection.
func (c *client) Get(string) (*tls.ClientSessionState, bool) {
	if c.cfg.Session == nil {
		return nil, false
	}
	// Parsed anew for each use: crypto/tls writes into what it is given.
	state, err := tls.ParseSessionState(c.cfg.Session.Secret.State)
	if err != nil {
		return nil, false
	}
	cs, err := tls.NewResumptionState(c.cfg.Session.Secret.Ticket, state)
	if err != nil {
		return nil, false
	}
	return cs, true
}

// Put hands a new session on. A nil one means that the offered one failed;
// the engine sees that for itself.
func (c *client) Put(_ string, cs *tls.ClientSessionState) {
	if cs == nil || c.cfg.NewSession == nil {
		return
	}
	ticket, state, err := cs.ResumptionState()
	if err != nil || state == nil {
		return
	}
	data, err := state.Bytes()
	if err != nil {
		return
	}
	now := c.cfg.Now
	if now == nil {
		now = time.Now
	}
	made := session.Session{
		Info: session.Info{
			Mechanism: session.Ticket, Version: c.version, CipherSuite: c.suite, Stack: Name,
			TicketLength: len(ticket), TicketDigest: session.Digest(ticket), Created: now(),
		},
		Secret: session.Secret{Ticket: ticket, State: data, Master: c.master},
	}
	if c.version == tls.VersionTLS13 {
		made.Mechanism, made.Secret.Master = session.PSK, nil
	}
	c.cfg.NewSession(made)
}

// chain lists the server's certificates.
func chain(s tls.ConnectionState) [][]byte {
	var der [][]byte
	for _, c := range s.PeerCertificates {
		der = append(der, c.Raw)
	}
	return der
}

// translate puts crypto/tls's errors into the stack's terms.
func translate(err error) error {
	var known *stack.Error
	var op *net.OpError
	switch {
	case err == nil, errors.As(err, &known), errors.Is(err, os.ErrDeadlineExceeded):
		return err
	case errors.As(err, &op) && op.Op == "remote error":
		// The alert's type is crypto/tls's own; its kind is uint8.
		if v := reflect.ValueOf(op.Err); v.Kind() == reflect.Uint8 {
			return &stack.Error{Reason: stack.AlertReceived, Alert: uint8(v.Uint()), Err: err}
		}
	}
	return err
}
