// Package gotls is the TLS client of the Go standard library as a Stack. It
// offers session IDs, tickets and PSKs. It can't answer a post-handshake
// challenge, and says so.
package gotls

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"time"

	"rechallenge/core/identity"
	"rechallenge/core/protocol"
	"rechallenge/core/session"
	"rechallenge/core/stack"
)

// Name is the stack's name in plans, sessions and reports.
const Name = protocol.StackGo

type goStack struct{}

// New returns the stack.
func New() stack.Stack { return goStack{} }

func (goStack) Name() string { return Name }
func (goStack) Version() string {
	return "crypto/tls " + runtime.Version() + ", " + runtime.GOOS + "/" + runtime.GOARCH
}

func (goStack) Capabilities() stack.Capabilities {
	return stack.Capabilities{
		MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS13,
		Mechanisms:    []protocol.Mechanism{protocol.SessionID, protocol.Ticket, protocol.PSK},
		Renegotiation: true,
	}
}

// CanOffer tells what crypto/tls offers by itself, or not at all: its TLS 1.3
// suites and signature schemes can't be chosen, nor the order of groups.
func (goStack) CanOffer(groups, ciphers, schemes []uint16) error {
	known := []tls.CurveID{tls.X25519MLKEM768, tls.SecP256r1MLKEM768, tls.SecP384r1MLKEM1024, tls.X25519, tls.CurveP256, tls.CurveP384, tls.CurveP521}
	for _, g := range groups {
		if !slices.Contains(known, tls.CurveID(g)) {
			return fmt.Errorf("crypto/tls has no group %s: use the openssl stack", protocol.GroupName(g))
		}
	}
	for _, id := range ciphers {
		suite := slices.IndexFunc(append(tls.CipherSuites(), tls.InsecureCipherSuites()...), func(s *tls.CipherSuite) bool {
			return s.ID == id && s.SupportedVersions[0] < tls.VersionTLS13
		})
		if suite < 0 {
			return fmt.Errorf("crypto/tls can't be told to offer %s: use the openssl stack", protocol.CipherSuiteName(id))
		}
	}
	if len(schemes) > 0 {
		return errors.New("crypto/tls chooses its signature schemes by itself: use the openssl stack")
	}
	return nil
}

// CanUse tells of the keys that crypto/tls does not know.
func (goStack) CanUse(id *identity.Identity) error {
	if id.Signer == nil {
		return fmt.Errorf("answer a challenge as %q: its key can't sign here", id.ID)
	}
	if strings.HasPrefix(id.KeyType, "RSA-PSS") {
		return fmt.Errorf("answer a challenge as %q: crypto/tls can't use an RSA-PSS key; use the openssl stack", id.ID)
	}
	return nil
}

// Client performs the handshake. The library's own verification is off, so
// that a session can be offered whatever it was made under; Trust judges full
// handshakes, and a resumed one is not judged again, as in every real client.
func (goStack) Client(ctx context.Context, conn net.Conn, cfg stack.Config) (stack.Conn, error) {
	now := cfg.Now
	if now == nil {
		now = time.Now
	}
	c := &client{cfg: cfg, now: now, sniffer: sniffer{Conn: conn}}
	config := &tls.Config{
		ServerName: cfg.ServerName, MinVersion: cfg.MinVersion, MaxVersion: cfg.MaxVersion, NextProtos: cfg.ALPN,
		InsecureSkipVerify: true,
		Time:               now,
		Renegotiation:      tls.RenegotiateFreelyAsClient,
		KeyLogWriter:       &masterWriter{to: cfg.KeyLog, master: &c.master},
		ClientSessionCache: c,
		VerifyConnection: func(s tls.ConnectionState) error {
			if s.DidResume {
				return nil
			}
			c.evaluated = false
			if err := cfg.Trust.Evaluate(s.PeerCertificates, now()); err != nil {
				return err
			}
			c.evaluated = !cfg.Trust.Disabled
			return nil
		},
		GetClientCertificate: func(asked *tls.CertificateRequestInfo) (*tls.Certificate, error) {
			if cfg.Challenged != nil {
				cfg.Challenged()
			}
			if !cfg.Sends(asked.AcceptableCAs, now()) {
				return &tls.Certificate{}, nil
			}
			if err := (goStack{}).CanUse(cfg.Identity); err != nil {
				return nil, err
			}
			cert := cfg.Identity.TLSCertificate()
			if cfg.Identity.Home() != "" {
				c.key.Signer = cfg.Identity.Signer
				cert.PrivateKey = &c.key
			}
			return &cert, nil
		},
	}
	if cfg.NoRenegotiation {
		config.Renegotiation = tls.RenegotiateNever
	}
	if cfg.MinVersion != 0 && cfg.MinVersion < tls.VersionTLS12 {
		for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
			config.CipherSuites = append(config.CipherSuites, s.ID)
		}
	}
	for _, g := range cfg.Groups {
		config.CurvePreferences = append(config.CurvePreferences, tls.CurveID(g))
	}
	if len(cfg.Ciphers) > 0 {
		config.CipherSuites = cfg.Ciphers
	}
	if err := c.prepare(config); err != nil {
		return nil, err
	}
	if c.offering == nil && !asksForTickets(cfg) {
		config.ClientSessionCache = nil
	}
	c.Conn = tls.Client(&c.sniffer, config)
	// HandshakeContext would start a goroutine to wait for the end of ctx.
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(past) })
	err := c.Handshake()
	if !stop() {
		return nil, &stack.Error{Reason: cancelReason(ctx.Err()), Err: ctx.Err()}
	}
	if err != nil {
		if errors.Is(err, errNotOffered) {
			return withoutSession(ctx, conn, cfg)
		}
		return nil, c.key.Error(handshakeError(err))
	}
	c.settle()
	return c, nil
}

// withoutSession makes the handshake after all, in full, and says why.
func withoutSession(ctx context.Context, conn net.Conn, cfg stack.Config) (stack.Conn, error) {
	cfg.Session = nil
	c, err := goStack{}.Client(ctx, conn, cfg)
	if err != nil {
		return nil, err
	}
	c.(*client).notOffered = errNotOffered.Error()
	return c, nil
}

// asksForTickets reports whether the ClientHello is to have the extension
// session_ticket. crypto/tls has one switch for that and for TLS 1.3's sessions:
// where those are wanted it stays on.
func asksForTickets(cfg stack.Config) bool {
	if cfg.Mechanisms == nil || slices.Contains(cfg.Mechanisms, protocol.Ticket) {
		return true
	}
	return slices.Contains(cfg.Mechanisms, protocol.PSK) && (cfg.MaxVersion == 0 || cfg.MaxVersion >= tls.VersionTLS13)
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
	cfg        stack.Config
	now        func() time.Time
	sniffer    sniffer
	key        stack.NotedSigner // of an identity whose key is somewhere else
	master     []byte            // TLS 1.2 master secret
	evaluated  bool
	offering   *tls.ClientSessionState
	notOffered string
	notKept    string
	ticketed   bool // the server gave a ticket in the handshake
}

// prepare gets the session ready to be offered. One that crypto/tls would not
// offer is left out, and State says why.
func (c *client) prepare(config *tls.Config) error {
	s := c.cfg.Session
	if s == nil {
		return nil
	}
	var err error
	if c.offering, c.notOffered, err = Offer(s, config, c.now()); c.offering == nil {
		return err
	}
	c.sniffer.ticket = s.Secret.Ticket
	if s.Mechanism == protocol.SessionID {
		id, err := hex.DecodeString(s.SessionID)
		if err != nil {
			return &stack.Error{Reason: stack.Failed, Err: fmt.Errorf("offer the session: its ID is not hexadecimal: %w", err)}
		}
		// crypto/tls draws a random session ID for every ClientHello and takes the
		// server's echo of it for resumption. Drawing the server's own is what
		// resumes; that the ID stands in the ClientHello is asserted on its way out.
		config.Rand = &idRand{id: id}
		c.sniffer.expect = id
	}
	return nil
}

// settle looks at what the handshake's clear part said, once it is over.
func (c *client) settle() {
	s := c.ConnectionState()
	hello, answer, _ := c.sniffer.hellos()
	if c.offering != nil {
		o := c.cfg.Session
		sent := o.Mechanism == protocol.SessionID || hello.psk || o.Mechanism == protocol.Ticket && hello.ticket
		if !sent {
			c.notOffered = "crypto/tls did not offer it"
		}
	}
	if s.Version == tls.VersionTLS13 {
		return
	}
	if s.DidResume {
		// crypto/tls writes no key log line on resumption.
		if c.cfg.KeyLog != nil && hello.random != nil && c.cfg.Session.Secret.Master != nil {
			c.cfg.KeyLog.Add("CLIENT_RANDOM", hello.random, c.cfg.Session.Secret.Master)
		}
		return
	}
	if c.ticketed || len(answer.sessionID) == 0 || c.cfg.NewSession == nil {
		return
	}
	if err := c.harvest(s, answer); err != nil {
		c.notKept = err.Error()
	}
}

// harvest makes a session of the ID that a TLS 1.2 server assigned.
func (c *client) harvest(s tls.ConnectionState, answer helloMessage) error {
	state := idState{
		version: s.Version, suite: s.CipherSuite, created: c.now(), master: c.master,
		extendedMaster: answer.extendedMaster, certificates: chain(s), curve: uint16(s.CurveID),
	}
	data, err := state.bytes()
	if err != nil {
		return fmt.Errorf("keep the session: %w", err)
	}
	c.cfg.NewSession(session.Session{
		Info: session.Info{
			Mechanism: protocol.SessionID, Version: s.Version, CipherSuite: s.CipherSuite, Stack: Name,
			SessionID: hex.EncodeToString(answer.sessionID), Created: c.now(),
		},
		Secret: session.Secret{State: data, Master: bytes.Clone(c.master)},
	})
	return nil
}

// Read and Write give errors in the stack's terms.
func (c *client) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	return n, c.key.Error(translate(err))
}

func (c *client) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	return n, c.key.Error(translate(err))
}

// Close bounds what crypto/tls waits for with a close_notify, which is five seconds.
func (c *client) Close() error {
	c.sniffer.closing.Store(true)
	return c.Conn.Close()
}

func (c *client) State() stack.State {
	s := c.ConnectionState()
	return stack.State{
		Version: s.Version, CipherSuite: s.CipherSuite, ALPN: s.NegotiatedProtocol, Resumed: s.DidResume,
		TrustEvaluated: c.evaluated, Certificates: chain(s), NotOffered: c.notOffered, NotKept: c.notKept,
	}
}

// Get offers the session; crypto/tls asks once per connection.
func (c *client) Get(string) (*tls.ClientSessionState, bool) { return c.offering, c.offering != nil }

// Put hands a new session on. A nil one means that the offered one failed;
// the engine sees that for itself. An empty ticket is a server's way to give
// none after all (RFC 5077 section 3.3).
func (c *client) Put(_ string, cs *tls.ClientSessionState) {
	if cs == nil {
		return
	}
	made, ticketed, ok := Made(cs, Name, c.now())
	c.ticketed = c.ticketed || ticketed
	if !ok || c.cfg.NewSession == nil {
		return
	}
	if made.Version != tls.VersionTLS13 {
		_, _, made.Lifetime = c.sniffer.hellos()
	}
	c.cfg.NewSession(made)
}

// chain lists the server's certificates.
func chain(s tls.ConnectionState) [][]byte {
	if len(s.PeerCertificates) == 0 {
		return nil
	}
	der := make([][]byte, len(s.PeerCertificates))
	for i, c := range s.PeerCertificates {
		der[i] = c.Raw
	}
	return der
}

// past is a deadline that ends any wait at once.
var past = time.Unix(1, 0)

// handshakeError types what Handshake returned.
func handshakeError(err error) error {
	err = translate(err)
	var known *stack.Error
	if errors.As(err, &known) {
		if known.Reason == stack.AlertReceived && known.Alert == alertProtocolVersion {
			known.Reason = stack.BadVersion
		}
		return err
	}
	var network net.Error
	switch text := err.Error(); {
	case errors.As(err, &network) && network.Timeout():
		return &stack.Error{Reason: stack.TimedOut, Err: err}
	case errors.As(err, &network), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return err
	case strings.Contains(text, "unsupported protocol version"), strings.Contains(text, "supported versions"):
		return &stack.Error{Reason: stack.BadVersion, Err: err}
	}
	return &stack.Error{Reason: stack.Failed, Err: err}
}

const alertProtocolVersion = 70 // RFC 8446 section 6.2

// translate puts crypto/tls's errors into the stack's terms.
func translate(err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	var known *stack.Error
	var op *net.OpError
	switch {
	case errors.As(err, &known), errors.Is(err, os.ErrDeadlineExceeded):
		return err
	case errors.As(err, &op) && op.Op == "remote error":
		// The alert's type is crypto/tls's own; its kind is uint8.
		if v := reflect.ValueOf(op.Err); v.Kind() == reflect.Uint8 {
			return &stack.Error{Reason: stack.AlertReceived, Alert: uint8(v.Uint()), Err: err}
		}
	}
	return err
}
