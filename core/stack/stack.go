// Package stack is a TLS client behind one small interface, so that the engine
// does not know whose TLS it runs. What a stack can't do it says in its
// Capabilities; it never pretends.
package stack

import (
	"context"
	"crypto/x509"
	"net"
	"net/http"
	"time"

	"rechallenge/core/identity"
	"rechallenge/core/protocol"
	"rechallenge/core/session"
	"rechallenge/core/wire"
)

// Stack makes TLS client connections.
type Stack interface {
	Name() string    // protocol.StackGo ...: also session.Info.Stack
	Version() string // for people: "crypto/tls go1.26.8", "OpenSSL 3.0.19"
	Capabilities() Capabilities
	// Client performs a handshake over conn and returns the connection. On an
	// error the returned Conn is nil and the caller closes conn. A cancelled
	// ctx ends it promptly; ctx does not govern the connection afterwards.
	Client(ctx context.Context, conn net.Conn, cfg Config) (Conn, error)
}

// Chooser is a Stack that can't use every identity.
type Chooser interface {
	// CanUse says why the stack can't answer a challenge as id; nil = it can.
	CanUse(id *identity.Identity) error
}

// Capabilities are what a stack can do.
type Capabilities struct {
	QUIC                   bool // Client is given a net.Conn that moves datagrams; its Conn is a Requester
	MinVersion, MaxVersion uint16
	Mechanisms             []protocol.Mechanism
	Renegotiation          bool
	PostHandshakeAuth      bool
}

// Config is one connection's. The zero value of each field is the stack's default.
type Config struct {
	ServerName string // SNI; "" sends none
	MinVersion uint16
	MaxVersion uint16
	ALPN       []string
	// What to offer, most wanted first; nil = the stack's default.
	Groups, Ciphers, Schemes []uint16
	Trust                    Trust
	Identity                 *identity.Identity   // nil = answer a challenge with no certificate
	Session                  *session.Session     // to offer; nil = full handshake
	Mechanisms               []protocol.Mechanism // those the client resumes by; without tickets it asks for none below TLS 1.3; nil = all
	// What the client is not to do though the stack could.
	NoPostHandshakeAuth bool
	NoRenegotiation     bool
	ByList              bool // sends no identity that the server's list of authorities doesn't fit
	// EarlyRequest is sent as early data where the session allows it (RFC 8446
	// section 2.3); the Conn's first RoundTrip then gives its answer. nil = none.
	EarlyRequest *http.Request
	KeyLog       *wire.KeyLog
	Now          func() time.Time
	// NewSession is called for each session the server gives, from within
	// Client, Read or Write. Of Info the stack fills Mechanism, Version,
	// CipherSuite, Stack, SessionID, TicketLength, TicketDigest, Lifetime and Created.
	NewSession func(session.Session)
	// Challenged is called when the library asks for a certificate: a
	// cross-check for what the wire says, nothing more.
	Challenged func()
}

// Offerer is a stack that can't offer everything.
type Offerer interface {
	// CanOffer says why not, with what to use instead; nil = it can.
	CanOffer(groups, ciphers, schemes []uint16) error
}

// Trust is how the server's certificate is judged.
type Trust struct {
	Disabled bool           // no evaluation at all
	Roots    *x509.CertPool // nil = the system's
	Name     string         // DNS name or IP literal the certificate must cover
}

// Conn is an established connection. Reading from it is what lets TLS 1.3
// tickets, renegotiations and post-handshake challenges happen. Close says
// goodbye, but waits only a moment for a peer that doesn't read.
type Conn interface {
	net.Conn
	State() State
}

// Requester is a Conn that carries HTTP by itself, as HTTP/3 is no stream of
// bytes. Reading from it waits for its end, and gives nothing.
type Requester interface {
	Conn
	RoundTrip(*http.Request) (*http.Response, error)
}

// State is what the library says of a connection, a cross-check for the wire.
type State struct {
	Version        uint16
	CipherSuite    uint16
	ALPN           string
	Resumed        bool
	TrustEvaluated bool     // this connection evaluated the server's certificate
	Certificates   [][]byte // the server's, DER, leaf first; on resumption those of the session
	NotOffered     string   // why Config.Session was not offered; "" = it was, or there was none
	NotKept        string   // why a session that the server gave can't be kept; "" = it can
	Early          bool     // the server took early data
}

// Reason classifies a failed handshake; the engine maps it onto the report's closed list.
type Reason string

// The reasons. What is none of these is Failed.
const (
	Untrusted     Reason = "server-certificate-untrusted"
	NameMismatch  Reason = "server-name-mismatch"
	AlertReceived Reason = "tls-alert"
	BadVersion    Reason = "protocol-version"
	TimedOut      Reason = "timeout"
	Cancelled     Reason = "cancelled"
	Failed        Reason = "tls-failed"
	// KeyFailed: the identity's key is in a token, which did not sign. Err wraps
	// an *identity.KeyFailure.
	KeyFailed Reason = "key-failed"
)

// Error is a handshake, read or write that failed in TLS.
type Error struct {
	Reason Reason
	Alert  uint8 // of AlertReceived
	Err    error
}

func (e *Error) Error() string { return e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }
