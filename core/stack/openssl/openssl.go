// Package openssl is the TLS client of libssl as a Stack, where libssl is
// installed. It does what crypto/tls can't: post-handshake authentication, and
// session IDs of every length.
package openssl

import (
	"context"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"rechallenge/core/identity"
	"rechallenge/core/openssl"
	"rechallenge/core/protocol"
	"rechallenge/core/session"
	"rechallenge/core/stack"
)

// Name is the stack's name in plans, sessions and reports.
const Name = protocol.StackOpenSSL

type opensslStack struct {
	library *openssl.Library

	mu          sync.Mutex
	credentials map[*identity.Identity]*openssl.Credential
	keys        failure
}

// New loads libssl and returns the stack. Where there is none the error wraps
// core/openssl's ErrUnavailable and says what is missing.
func New() (stack.Stack, error) {
	l, err := openssl.Load()
	if err != nil {
		return nil, err
	}
	return &opensslStack{library: l, credentials: map[*identity.Identity]*openssl.Credential{}}, nil
}

func (*opensslStack) Name() string      { return Name }
func (s *opensslStack) Version() string { return s.library.Version() }

func (*opensslStack) Capabilities() stack.Capabilities {
	return stack.Capabilities{
		MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS13,
		Mechanisms:    []protocol.Mechanism{protocol.SessionID, protocol.Ticket, protocol.PSK},
		Renegotiation: true, PostHandshakeAuth: true,
	}
}

// maxCredentials is how many parsed keys are kept.
const maxCredentials = 64

// credential parses an identity's key once, not once a connection.
func (s *opensslStack) credential(id *identity.Identity) (*openssl.Credential, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.credentials[id]; c != nil {
		return c, nil
	}
	var chain [][]byte
	for i := range id.Chain {
		chain = append(chain, id.Chain[i].DER)
	}
	var c *openssl.Credential
	var err error
	if id.Home() != "" {
		c, err = s.elsewhere(id, chain)
	} else {
		var key []byte
		if key, err = id.PKCS8(); err != nil {
			return nil, err
		}
		c, err = s.library.NewCredential(chain, key)
		clear(key)
	}
	if err != nil {
		return nil, err
	}
	if len(s.credentials) >= maxCredentials {
		clear(s.credentials)
	}
	s.credentials[id] = c
	return c, nil
}

// Client performs the handshake. Trust judges the server's certificate when it
// arrives, before the client's is sent; on a resumed handshake it is not judged again.
func (s *opensslStack) Client(ctx context.Context, raw net.Conn, cfg stack.Config) (stack.Conn, error) {
	now := cfg.Now
	if now == nil {
		now = time.Now
	}
	watched := &watched{Conn: raw}
	c := &conn{trusts: !cfg.Trust.Disabled, keys: &s.keys, turn: s.keys.now()}
	config := openssl.ClientConfig{
		NoPostHandshakeAuth: cfg.NoPostHandshakeAuth, NoRenegotiation: cfg.NoRenegotiation,
		NoTickets:  cfg.Mechanisms != nil && !slices.Contains(cfg.Mechanisms, protocol.Ticket),
		ServerName: serverName(cfg.ServerName), MinVersion: cfg.MinVersion, MaxVersion: cfg.MaxVersion, ALPN: cfg.ALPN,
		Groups: groupNames(cfg.Groups), Ciphers: names(cfg.Ciphers, protocol.CipherSuiteName), Schemes: names(cfg.Schemes, protocol.SignatureSchemeName),
		Verify: func(chain [][]byte) error { return cfg.Trust.Verify(chain, now()) },
		Certificate: func(authorities [][]byte) (*openssl.Credential, error) {
			if cfg.Challenged != nil {
				cfg.Challenged()
			}
			if !cfg.Sends(authorities, now()) {
				return nil, nil
			}
			return s.credential(cfg.Identity)
		},
		NewSession: func(made openssl.Session) {
			if cfg.NewSession != nil {
				cfg.NewSession(convert(made, now()))
			}
		},
	}
	if cfg.KeyLog != nil {
		config.KeyLog = func(line []byte) { cfg.KeyLog.Write(line) }
	}
	if cfg.Session != nil {
		if cfg.Session.Stack != "" && cfg.Session.Stack != Name {
			c.notOffered = "it was made by the stack " + cfg.Session.Stack
		} else {
			config.Session = cfg.Session.Secret.State
		}
	}
	inner, err := s.library.Client(watched, config)
	if err != nil {
		return nil, &stack.Error{Reason: stack.Failed, Err: err}
	}
	if err := inner.Handshake(ctx); err != nil {
		inner.Release()
		if key := c.keys.since(c.turn); key != nil && ctx.Err() == nil {
			return nil, key
		}
		return nil, handshakeError(ctx, err)
	}
	c.Conn = inner
	if config.Session != nil && !watched.carries(cfg.Session) {
		c.notOffered = "OpenSSL did not offer it: its version or cipher suite is not offered, or its lifetime is over"
	}
	return c, nil
}

// serverName is the form that may stand in SNI (RFC 6066 section 3): no
// address, no trailing dot.
func serverName(name string) string {
	if net.ParseIP(strings.Trim(name, "[]")) != nil {
		return ""
	}
	return strings.TrimSuffix(name, ".")
}

func convert(made openssl.Session, now time.Time) session.Session {
	s := session.Session{
		Info: session.Info{
			Mechanism: protocol.Ticket, Version: made.Version, CipherSuite: made.CipherSuite, Stack: Name,
			TicketLength: len(made.Ticket), TicketDigest: protocol.Digest(made.Ticket), Lifetime: made.Lifetime, Created: now,
		},
		Secret: session.Secret{Ticket: made.Ticket, State: made.DER, Master: made.Master},
	}
	switch {
	case made.Version >= tls.VersionTLS13:
		s.Mechanism = protocol.PSK
	case len(made.Ticket) == 0:
		s.Mechanism, s.SessionID = protocol.SessionID, hex.EncodeToString(made.ID)
	}
	return s
}

// conn is a connection in the stack's terms.
type conn struct {
	*openssl.Conn
	trusts     bool
	notOffered string
	keys       *failure
	turn       int // of keys when the connection began
}

// translate is the function's, or why a key somewhere else did not sign.
func (c *conn) translate(err error) error {
	var e *openssl.Error
	if errors.As(err, &e) && !e.HasAlert {
		if key := c.keys.since(c.turn); key != nil {
			return key
		}
	}
	return translate(err)
}

func (c *conn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	return n, c.translate(err)
}

func (c *conn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	return n, c.translate(err)
}

func (c *conn) State() stack.State {
	s := c.Conn.State()
	return stack.State{
		Version: s.Version, CipherSuite: s.CipherSuite, ALPN: s.ALPN, Resumed: s.Resumed,
		TrustEvaluated: s.Evaluated && c.trusts, Certificates: s.Certificates, NotOffered: c.notOffered,
	}
}

func handshakeError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		reason := stack.Cancelled
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			reason = stack.TimedOut
		}
		return &stack.Error{Reason: reason, Err: ctx.Err()}
	}
	var network net.Error
	switch err := translate(err); {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return &stack.Error{Reason: stack.TimedOut, Err: err}
	case errors.As(err, &network), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return err
	default:
		var known *stack.Error
		if errors.As(err, &known) {
			return err
		}
		return &stack.Error{Reason: stack.Failed, Err: err}
	}
}

const alertProtocolVersion = 70 // RFC 8446 section 6.2

// translate puts the library's errors into the stack's terms.
func translate(err error) error {
	var e *openssl.Error
	if !errors.As(err, &e) {
		return err
	}
	out := &stack.Error{Reason: stack.Failed, Err: err}
	switch {
	case e.HasAlert && e.Alert == alertProtocolVersion:
		out.Reason, out.Alert = stack.BadVersion, e.Alert
	case e.HasAlert:
		out.Reason, out.Alert = stack.AlertReceived, e.Alert
	case e.Reason == openssl.ReasonNoProtocols, e.Reason == openssl.ReasonUnsupportedProtocol:
		out.Reason = stack.BadVersion
	}
	return out
}

// CanOffer asks the library itself, which knows more the newer it is.
func (s *opensslStack) CanOffer(groups, ciphers, schemes []uint16) error {
	return s.library.CanOffer(groupNames(groups), names(ciphers, protocol.CipherSuiteName), names(schemes, protocol.SignatureSchemeName))
}

func names(numbers []uint16, name func(uint16) string) (list []string) {
	for _, n := range numbers {
		list = append(list, name(n))
	}
	return list
}

// groupNames are OpenSSL's own, which differ from the registry's for NIST's curves.
func groupNames(groups []uint16) []string {
	return names(groups, func(g uint16) string {
		if n := map[uint16]string{23: "P-256", 24: "P-384", 25: "P-521", 29: "X25519", 30: "X448"}[g]; n != "" {
			return n
		}
		return protocol.GroupName(g)
	})
}
