// Package session is the session cache under test: what a resumable TLS
// session is, under which session key it is kept, for how long, and who made
// it. The cache is ours, so that every look-up, hit, miss, store, expiry and
// eviction is an Event. It opens no connection: stacks make and use sessions,
// the engine asks the cache for them.
package session

import (
	"time"

	"rechallenge/core/protocol"
)

// Info is what may be shown of a session. It holds no secret: a ticket is its
// length and digest.
type Info struct {
	Serial       int                `json:"serial"` // from 1 within its cache
	Key          string             `json:"key"`    // the session key as printed
	Mechanism    protocol.Mechanism `json:"mechanism"`
	Version      uint16             `json:"version"`      // protocol.TLS13
	CipherSuite  uint16             `json:"cipher_suite"` // e.g. 0x1301
	Stack        string             `json:"stack"`        // the stack that made it and alone can use it
	SessionID    string             `json:"session_id"`   // hexadecimal; ID mechanism only
	TicketLength int                `json:"ticket_length"`
	TicketDigest string             `json:"ticket_digest"` // first 16 hex digits of SHA-256
	MadeBy       int                `json:"made_by"`       // index of the connection that got it; 0 = loaded from a file
	Origin
	Configured string        `json:"configured"` // identity the making connection was meant to use; "" = none
	ServerName string        `json:"server_name"`
	Target     string        `json:"target"`
	Created    time.Time     `json:"created"`
	Lifetime   time.Duration `json:"lifetime_ns"` // the server's hint; 0 = none given
	Expires    time.Time     `json:"expires"`     // by the client's rule; zero = never
	Used       int           `json:"used"`
	Pinned     bool          `json:"pinned"`
	Early      bool          `json:"early,omitempty"` // the server takes early data with it (RFC 8446 section 4.2.10)
}

// Origin is what a session carries from the handshake that made it. The trace
// tells: a cache knows it of sessions from a file only.
type Origin struct {
	EstablishedBy string `json:"established_by"` // identity that its TLS state carries; "" = nobody
	AuthKnown     bool   `json:"auth_known"`     // false: EstablishedBy can't be known
	Evaluated     bool   `json:"evaluated"`      // server trust was evaluated
}

// Session is Info and the secret that resumes it. Marshalling it gives Info only.
type Session struct {
	Info
	Secret Secret `json:"-" yaml:"-"`
	// Proved says that a certificate was shown on its connection before it came,
	// as the client's library has it: some caches keep none of those.
	Proved bool `json:"-" yaml:"-"`
}

// Secret resumes a session. It prints as nothing and is never marshalled; only
// a file that the user asked for (saved sessions) may hold it.
type Secret struct {
	Ticket []byte // ticket or PSK identity as sent on the wire; nil for session IDs
	State  []byte // the stack's own serialised state
	Live   any    // the same as the stack has it in memory, for that stack alone; nil = there is only State
	Master []byte // TLS 1.2 master secret, for the decoder; nil on TLS 1.3
	PSK    []byte // TLS 1.3 pre-shared key, for the decoder of early data; nil where none is sent
}

// String keeps the secret out of %v.
func (Secret) String() string { return "[secret]" }

// GoString keeps the secret out of %#v.
func (Secret) GoString() string { return "[secret]" }
