package wire

import "time"

// Summary folds the messages of one connection into answers. The zero value is
// ready. It keeps what it needs and no message.
type Summary struct {
	Version     uint16 // negotiated; 0 until ServerHello
	CipherSuite uint16
	ServerName  string // SNI sent
	ALPN        string // as selected by the server
	HelloRetry  bool

	Offered  []Offer // what the ClientHello offered to resume, empty = nothing
	Resumed  bool    // the server accepted one
	Accepted Offer   // which, when Resumed

	Challenges []Challenge
	Tickets    []Ticket // NewSessionTickets, and the session ID a TLS 1.2 server assigned
	Alerts     []AlertSeen

	ServerCertificates [][]byte // DER, from the wire; nil when resumed
	ClientFinished     bool
	ServerFinished     bool
	PostHandshakeAuth  bool     // the client offered post_handshake_auth
	Unreadable         []string // problems of messages that could not be read
}

// Offer is something the client offered to resume.
type Offer struct {
	Mechanism string // "session-id", "ticket", "psk"
	SessionID string // hexadecimal
	Length    int    // of the ticket or PSK identity
	Digest    string // first 16 hex digits of its SHA-256
}

// When a challenge came.
const (
	Initial       = "initial"
	Renegotiation = "renegotiation"
	PostHandshake = "post-handshake"
)

// Challenge is a CertificateRequest and what the client answered.
type Challenge struct {
	At               time.Duration
	When             string // Initial, Renegotiation or PostHandshake
	AcceptableCAs    [][]byte
	SignatureSchemes []uint16
	CertificateTypes []uint8
	OIDFilters       []OIDFilter
	Answered         bool     // the client's Certificate message was seen
	Certificates     [][]byte // what it answered with; empty = it sent none
	Proved           bool     // CertificateVerify was seen
}

// OIDFilter is one entry of oid_filters (RFC 8446 section 4.2.5).
type OIDFilter struct {
	OID    string
	Values []byte
}

// Ticket is resumable state that the server gave.
type Ticket struct {
	At        time.Duration
	Mechanism string // "session-id", "ticket", "psk"
	Lifetime  time.Duration
	Length    int
	Digest    string
}

// AlertSeen is an alert and who sent it.
type AlertSeen struct {
	Alert
	At   time.Duration
	From Side
}

// Add takes the next message.
func (s *Summary) Add(m *Message) {}
