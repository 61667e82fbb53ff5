// Package protocol is the words of TLS that every room shares: versions, the
// numbers of its registries and their names, how a session comes back, when a
// certificate is asked for, what a ticket is called by without giving it away,
// and the one reader of hellos. It imports nothing of the project, keeps no
// state and opens nothing.
package protocol

import "fmt"

// The versions (RFC 8446 section 4.1.2; SSL 3.0: RFC 6101).
const (
	SSL30 uint16 = 0x0300
	TLS10 uint16 = 0x0301
	TLS11 uint16 = 0x0302
	TLS12 uint16 = 0x0303
	TLS13 uint16 = 0x0304
)

// Versions are those that a target may be limited to, lowest first, and how
// plans and reports write them.
var Versions = []struct {
	Number uint16
	Text   string // "1.2"
}{{TLS10, "1.0"}, {TLS11, "1.1"}, {TLS12, "1.2"}, {TLS13, "1.3"}}

// VersionNumber is the version that text writes ("1.2"); ok is false for what
// is none of Versions.
func VersionNumber(text string) (number uint16, ok bool) {
	for _, v := range Versions {
		if v.Text == text {
			return v.Number, true
		}
	}
	return 0, false
}

// VersionText writes a version as plans and reports do: "1.2", "0x7f1c" for
// one that is none of Versions, "" for 0, which is not known.
func VersionText(number uint16) string {
	for _, v := range Versions {
		if v.Number == number {
			return v.Text
		}
	}
	if number == 0 {
		return ""
	}
	return fmt.Sprintf("0x%04x", number)
}

// VersionTexts are the texts of Versions, lowest first.
func VersionTexts() []string {
	texts := make([]string, len(Versions))
	for i, v := range Versions {
		texts[i] = v.Text
	}
	return texts
}

// Mechanism is how a session comes back.
type Mechanism string

// The mechanisms: RFC 5246 section 7.4.1.2, RFC 5077, RFC 8446 section 2.2.
const (
	SessionID Mechanism = "session-id"
	Ticket    Mechanism = "ticket"
	PSK       Mechanism = "psk"
)

// Mechanisms are all of them.
var Mechanisms = []Mechanism{SessionID, Ticket, PSK}

// Handshake is what kind of handshake a connection made.
type Handshake string

// The handshakes.
const (
	Full        Handshake = "full"
	Resumed     Handshake = "resumed"
	Failed      Handshake = "failed"
	NoHandshake Handshake = "none" // a connection that was open already
	// Incomplete is a handshake of which a capture lacks what would tell.
	Incomplete Handshake = "incomplete"
)

// Handshakes are all of them.
var Handshakes = []Handshake{Full, Resumed, Failed, NoHandshake, Incomplete}

// What a server's certificate is measured by, beside a file of CAs.
const (
	TrustSystem = "system" // the operating system's CAs
	TrustNone   = "none"   // nothing: it is not evaluated
)

// The TLS stacks that connections are made with, as plans and reports name them.
const (
	StackGo      = "go"
	StackOpenSSL = "openssl"
	StackQUIC    = "quic"
)

// Moment is when a certificate was asked for.
type Moment string

// The moments: in the connection's first handshake, in a later one (TLS 1.2
// and before, RFC 5746), after it (RFC 8446 section 4.6.2).
const (
	Initial       Moment = "initial"
	Renegotiation Moment = "renegotiation"
	PostHandshake Moment = "post-handshake"
)
