// Package wire reads TLS from bytes: records, alerts and handshake messages of
// TLS 1.0 to 1.3, and those that QUIC carries in its packets, decrypted where
// the secrets are known. A tap under the TLS
// library captures bytes with their time of arrival; a Decoder turns them into
// Messages away from the hot path; a Summary folds Messages into answers
// (challenged? resumed? by what?). It uses no TLS library and opens nothing.
package wire

import (
	"time"

	"rechallenge/core/protocol"
)

// Side is who sent something.
type Side uint8

// The sides.
const (
	Client Side = iota
	Server
)

func (s Side) String() string {
	if s == Client {
		return "client"
	}
	return "server"
}

// ContentType is the record type (RFC 8446 section 5.1).
type ContentType uint8

// The content types.
const (
	ChangeCipherSpec ContentType = 20
	AlertRecord      ContentType = 21
	Handshake        ContentType = 22
	ApplicationData  ContentType = 23
	Heartbeat        ContentType = 24
)

// Message is one handshake message, alert, ChangeCipherSpec or application-data
// record, or an explicit statement that something could not be read. Messages
// are immutable and hold no secret: the bytes of tickets are masked.
type Message struct {
	At          time.Duration // arrival of its last byte, since the start of the run
	From        Side
	Flight      int         // from 1; a new one begins when the direction changes
	Content     ContentType // the true one, when decrypted
	Type        protocol.HandshakeType
	Version     uint16  // of the connection as negotiated so far, else of the record
	CipherSuite uint16  // as negotiated so far; 0 before ServerHello
	Encrypted   bool    // it crossed the wire encrypted
	Epoch       int     // keys used in that direction: 0 = clear
	Length      int     // bytes of the message (with its 4-byte header) or of the record's payload
	More        int     // records of application data that this one stands for, Length is theirs together; 0 = for itself
	Raw         []byte  // the message with its header, secrets masked; nil for application data and what can't be read
	Masked      []Mask  // what was masked in Raw
	Alert       *Alert  // set when Content is AlertRecord and it could be read
	Lost        int     // bytes that a capture lacks just before this
	Packet      *Packet // of QUIC, where it stood; nil over TCP
	Said        string  // what Content Transport is, in words
	Problem     string  // why this could not be read or decoded, e.g. "cannot decrypt: no secret for this connection"; "" = fine
}

// early reports whether it came in a packet of early data.
func (m *Message) early() bool { return m.Packet != nil && m.Packet.Type == PacketEarly }

// Mask is a range of Message.Raw overwritten with zeros: a ticket, a PSK
// identity or another secret. Digest is the first 16 hex digits of its SHA-256.
type Mask struct {
	Offset int    `json:"offset"`
	Length int    `json:"length"`
	Digest string `json:"digest"`
}

// Alert is a TLS alert (RFC 8446 section 6).
type Alert struct {
	Level       uint8  `json:"level"`
	Description uint8  `json:"description"`
	Name        string `json:"name"` // e.g. "certificate_required"
}

// Field is one node of a decoded message: a name as in the RFC, a value in
// words, the number in hex where there is one, and the bytes it came from.
type Field struct {
	Name   string  `json:"name"`
	Value  string  `json:"value,omitempty"`
	Hex    string  `json:"hex,omitempty"`
	Offset int     `json:"offset"` // into Message.Raw
	Length int     `json:"length"`
	Fields []Field `json:"fields,omitempty"`
}
