package wire

import (
	"bytes"
	"encoding/asn1"
	"encoding/hex"
	"time"

	"golang.org/x/crypto/cryptobyte"
)

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

	helloID       []byte // session ID of the ClientHello
	helloOnly     bool   // nothing but ServerHello (and NewSessionTicket) came from the server yet
	renegotiating bool
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

// Add takes the next message. It is the only place where it is concluded that
// a session was resumed or a certificate asked for.
func (s *Summary) Add(m *Message) {
	if m.Problem != "" {
		s.Unreadable = append(s.Unreadable, m.Problem)
	}
	switch m.Content {
	case AlertRecord:
		if m.Alert != nil {
			s.Alerts = append(s.Alerts, AlertSeen{Alert: *m.Alert, At: m.At, From: m.From})
		}
	case ChangeCipherSpec:
		// Before TLS 1.3 a server that goes from ServerHello straight to
		// ChangeCipherSpec has resumed (RFC 5246 section 7.3, figure 2).
		if m.From == Server && s.Version != 0 && s.Version < 0x0304 && s.helloOnly && !s.ServerFinished {
			s.resumed()
		}
	case Handshake:
		if len(m.Raw) >= 4 {
			s.handshake(m, m.Raw[4:])
		}
	}
}

func (s *Summary) handshake(m *Message, body []byte) {
	if m.From == Server && m.Type != serverHello && m.Type != newSessionTicket {
		s.helloOnly = false
	}
	switch m.Type {
	case clientHello:
		s.clientHello(m, body)
	case serverHello:
		s.serverHello(m, body)
	case encryptedExtensions:
		c := cryptobyte.String(body)
		list, _ := extensions(body, &c)
		for _, e := range list {
			if e.id == extALPN {
				s.ALPN = alpnOf(e.data)
			}
		}
	case certificateRequest:
		s.certificateRequest(m, body)
	case certificate:
		s.certificates(m, body)
	case certificateVerify:
		if c := s.open(); m.From == Client && c != nil {
			c.Proved = true
		}
	case newSessionTicket:
		at, lifetime, ok := ticketOf(body, s.Version)
		if !ok || at.length == 0 {
			return
		}
		mechanism := "ticket"
		if s.Version == 0x0304 {
			mechanism = "psk"
		}
		s.Tickets = append(s.Tickets, Ticket{
			At: m.At, Mechanism: mechanism, Lifetime: time.Duration(lifetime) * time.Second,
			Length: at.length, Digest: m.digestAt(4 + at.offset),
		})
	case finished:
		if m.From == Client {
			s.ClientFinished = true
		} else {
			s.ServerFinished = true
		}
	}
}

func (s *Summary) clientHello(m *Message, body []byte) {
	h, _ := parseClientHello(body)
	s.renegotiating = s.ClientFinished && s.ServerFinished
	if s.renegotiating {
		return
	}
	s.Offered, s.helloID = nil, bytes.Clone(h.sessionID)
	tls13 := false
	for _, e := range h.extensions {
		switch e.id {
		case extServerName:
			s.ServerName = serverNameOf(e.data)
		case extSessionTicket:
			if len(e.data) > 0 {
				s.Offered = append(s.Offered, Offer{Mechanism: "ticket", Length: len(e.data), Digest: m.digestAt(4 + e.offset)})
			}
		case extPreSharedKey:
			for _, at := range pskIdentities(e) {
				s.Offered = append(s.Offered, Offer{Mechanism: "psk", Length: at.length, Digest: m.digestAt(4 + at.offset)})
			}
		case extPostHandshakeAuth:
			s.PostHandshakeAuth = true
		case extSupportedVersions:
			versions := cryptobyte.String(e.data)
			var list cryptobyte.String
			versions.ReadUint8LengthPrefixed(&list)
			for v := uint16(0); list.ReadUint16(&v); {
				tls13 = tls13 || v == 0x0304
			}
		}
	}
	// With a ticket the session ID is the client's invention (RFC 5077 section
	// 3.4); in a ClientHello that offers TLS 1.3 it may be mere compatibility
	// (RFC 8446 appendix D.4), and only the answer can tell.
	if len(h.sessionID) > 0 && len(s.Offered) == 0 && !tls13 {
		s.Offered = append(s.Offered, Offer{Mechanism: "session-id", SessionID: hex.EncodeToString(h.sessionID), Length: len(h.sessionID)})
	}
}

func (s *Summary) serverHello(m *Message, body []byte) {
	h, ok := parseServerHello(body)
	if !ok {
		return
	}
	if h.retry {
		s.HelloRetry = true
		return
	}
	if s.renegotiating {
		return
	}
	s.Version, s.CipherSuite, s.ALPN = h.version, h.suite, h.alpn
	s.ServerFinished, s.ClientFinished = false, false
	if h.version == 0x0304 {
		if h.psk && len(s.Offered) > 0 {
			s.Resumed, s.Accepted = true, s.Offered[0]
		}
		return
	}
	s.helloOnly = true
	if len(h.sessionID) > 0 && !bytes.Equal(h.sessionID, s.helloID) {
		s.Tickets = append(s.Tickets, Ticket{At: m.At, Mechanism: "session-id", Length: len(h.sessionID), Digest: hex.EncodeToString(h.sessionID)})
	}
}

// resumed concludes a TLS 1.2 resumption.
func (s *Summary) resumed() {
	if s.renegotiating {
		return
	}
	s.Resumed = true
	for _, o := range s.Offered {
		if o.Mechanism != "psk" {
			s.Accepted = o
			return
		}
	}
	o := Offer{Mechanism: "session-id", SessionID: hex.EncodeToString(s.helloID), Length: len(s.helloID)}
	s.Offered, s.Accepted = append(s.Offered, o), o
}

func (s *Summary) certificateRequest(m *Message, body []byte) {
	c := Challenge{At: m.At, When: Initial}
	b := cryptobyte.String(body)
	if s.Version == 0x0304 {
		var context cryptobyte.String
		b.ReadUint8LengthPrefixed(&context)
		if len(context) > 0 || s.ClientFinished {
			c.When = PostHandshake
		}
		list, _ := extensions(body, &b)
		for _, e := range list {
			data := cryptobyte.String(e.data)
			var block cryptobyte.String
			switch e.id {
			case extSignatureAlgorithms:
				data.ReadUint16LengthPrefixed(&block)
				c.SignatureSchemes = uint16s(block)
			case extCertAuthorities:
				data.ReadUint16LengthPrefixed(&block)
				c.AcceptableCAs = names(block)
			case extOIDFilters:
				data.ReadUint16LengthPrefixed(&block)
				for !block.Empty() {
					var oid, values cryptobyte.String
					if !block.ReadUint8LengthPrefixed(&oid) || !block.ReadUint16LengthPrefixed(&values) {
						break
					}
					var id asn1.ObjectIdentifier
					asn1.Unmarshal(oid, &id)
					c.OIDFilters = append(c.OIDFilters, OIDFilter{OID: id.String(), Values: bytes.Clone(values)})
				}
			}
		}
	} else {
		if s.renegotiating {
			c.When = Renegotiation
		}
		var types, block cryptobyte.String
		b.ReadUint8LengthPrefixed(&types)
		c.CertificateTypes = bytes.Clone(types)
		if s.Version == 0x0303 {
			b.ReadUint16LengthPrefixed(&block)
			c.SignatureSchemes = uint16s(block)
		}
		b.ReadUint16LengthPrefixed(&block)
		c.AcceptableCAs = names(block)
	}
	s.Challenges = append(s.Challenges, c)
}

// open is the last challenge.
func (s *Summary) open() *Challenge {
	if len(s.Challenges) == 0 {
		return nil
	}
	return &s.Challenges[len(s.Challenges)-1]
}

func (s *Summary) certificates(m *Message, body []byte) {
	b := cryptobyte.String(body)
	if s.Version == 0x0304 {
		var context cryptobyte.String
		b.ReadUint8LengthPrefixed(&context)
	}
	var list cryptobyte.String
	b.ReadUint24LengthPrefixed(&list)
	var chain [][]byte
	for !list.Empty() {
		var der, ext cryptobyte.String
		if !list.ReadUint24LengthPrefixed(&der) || (s.Version == 0x0304 && !list.ReadUint16LengthPrefixed(&ext)) {
			break
		}
		chain = append(chain, bytes.Clone(der))
	}
	if m.From == Server {
		s.ServerCertificates = chain
		return
	}
	if c := s.open(); c != nil {
		c.Answered, c.Certificates = true, chain
	}
}

func uint16s(b cryptobyte.String) (list []uint16) {
	for v := uint16(0); b.ReadUint16(&v); {
		list = append(list, v)
	}
	return list
}

func names(b cryptobyte.String) (list [][]byte) {
	for !b.Empty() {
		var dn cryptobyte.String
		if !b.ReadUint16LengthPrefixed(&dn) {
			break
		}
		list = append(list, bytes.Clone(dn))
	}
	return list
}

// serverNameOf is the host name of a server_name extension (RFC 6066 section 3).
func serverNameOf(data []byte) string {
	s := cryptobyte.String(data)
	var list, name cryptobyte.String
	var kind uint8
	if !s.ReadUint16LengthPrefixed(&list) || !list.ReadUint8(&kind) || !list.ReadUint16LengthPrefixed(&name) {
		return ""
	}
	return string(name)
}
