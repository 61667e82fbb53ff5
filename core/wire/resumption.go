package wire

import (
	"bytes"
	"encoding/hex"
	"time"

	"rechallenge/core/protocol"
)

// Offer is something the client offered to resume.
type Offer struct {
	Mechanism protocol.Mechanism
	SessionID string // hexadecimal
	Length    int    // of the session ID, ticket or PSK identity
	Digest    string // of a ticket or PSK identity: first 16 hex digits of its SHA-256
}

// Renegotiated is a handshake inside a TLS 1.2 connection; its challenge, if
// there was one, is among the connection's.
type Renegotiated struct {
	At       time.Duration // of its ClientHello
	Offered  []Offer
	Resumed  bool // so nobody was asked
	Accepted Offer
}

// Ticket is resumable state that the server gave.
type Ticket struct {
	At        time.Duration
	Mechanism protocol.Mechanism
	Lifetime  time.Duration
	Length    int
	Digest    string // of a session ID the ID itself, in hexadecimal
}

// negotiation is what has to be known of a handshake to tell whether it
// resumed a session.
type negotiation struct {
	offered  []Offer
	helloID  []byte // session ID of the ClientHello
	serverID []byte // session ID of the ServerHello
	full     bool   // the server said more than ServerHello and NewSessionTicket
	done     bool
}

// offers reads what a ClientHello offers to resume.
//
// Its session ID is not among them: with a ticket it is the client's invention
// (RFC 5077 section 3.4), in a ClientHello that offers TLS 1.3 mere compatibility
// (RFC 8446 appendix D.4), and crypto/tls puts random bytes there always. Only
// the server's echo, or who knows the session, can tell: see Summary.HelloID.
func offers(m *Message, id []byte, list []protocol.Extension) negotiation {
	n := negotiation{helloID: id}
	for _, e := range list {
		switch e.ID {
		case protocol.ExtensionSessionTicket:
			if len(e.Data) > 0 {
				n.offered = append(n.offered, Offer{Mechanism: protocol.Ticket, Length: len(e.Data), Digest: m.digestAt(4 + e.Offset)})
			}
		case protocol.ExtensionPreSharedKey:
			list, _ := protocol.PSKIdentities(e)
			for _, at := range list {
				n.offered = append(n.offered, Offer{Mechanism: protocol.PSK, Length: at.Length, Digest: m.digestAt(4 + at.Offset)})
			}
		}
	}
	return n
}

// sessionID is the ClientHello's session ID as an offer.
func (n *negotiation) sessionID() Offer {
	return Offer{Mechanism: protocol.SessionID, SessionID: hex.EncodeToString(n.helloID), Length: len(n.helloID)}
}

// OfferedID is the ClientHello's session ID as the offer that it is where the
// session of that ID is known to have been issued; false where there is none.
func (s *Summary) OfferedID() (Offer, bool) {
	return Offer{Mechanism: protocol.SessionID, SessionID: s.HelloID, Length: len(s.HelloID) / 2}, s.HelloID != ""
}

// acceptedPSK concludes a TLS 1.3 resumption: selected counts the identities.
func (s *Summary) acceptedPSK(selected int) {
	if !s.Hello { // only the server's side was captured
		s.Resumed, s.Accepted = true, Offer{Mechanism: protocol.PSK}
		return
	}
	for _, o := range s.negotiation.offered {
		if o.Mechanism != protocol.PSK {
			continue
		}
		if selected == 0 {
			s.Resumed, s.Accepted = true, o
			return
		}
		selected--
	}
}

// changeCipher concludes a resumption in TLS 1.2 and before: the server went
// from ServerHello straight to ChangeCipherSpec (RFC 5246 section 7.3, figure
// 2; RFC 5077 section 3.1 with a NewSessionTicket between).
func (s *Summary) changeCipher() {
	n := &s.negotiation
	if n.full || n.done {
		return
	}
	n.done = true
	if !s.renegotiating {
		s.flight.serverDone, s.Abbreviated = true, true // without a CertificateRequest
	}
	accepted := Offer{}
	for _, o := range n.offered {
		if o.Mechanism != protocol.PSK {
			accepted = o
			break
		}
	}
	if accepted.Mechanism == "" {
		if len(n.helloID) == 0 || !bytes.Equal(n.helloID, n.serverID) {
			return
		}
		accepted = n.sessionID()
		n.offered = append(n.offered, accepted)
	}
	if s.renegotiating {
		if last := len(s.Renegotiations) - 1; last >= 0 {
			r := &s.Renegotiations[last]
			r.Offered, r.Resumed, r.Accepted = n.offered, true, accepted
		}
		return
	}
	s.Offered, s.Resumed, s.Accepted = n.offered, true, accepted
}

// newSessionID notes a session ID that a server assigned.
func (s *Summary) newSessionID(m *Message, h *protocol.ServerHello) {
	if h.Version >= protocol.TLS13 || len(h.SessionID) == 0 || bytes.Equal(h.SessionID, s.negotiation.helloID) {
		return
	}
	s.Tickets = append(s.Tickets, Ticket{At: m.At, Mechanism: protocol.SessionID, Length: len(h.SessionID), Digest: hex.EncodeToString(h.SessionID)})
}

func (s *Summary) newSessionTicket(m *Message, body []byte) {
	at, lifetime, ok := protocol.ReadTicket(body, s.Version)
	if !ok || at.Length == 0 {
		return
	}
	mechanism := protocol.Ticket
	if s.Version == protocol.TLS13 {
		mechanism = protocol.PSK
	}
	s.Tickets = append(s.Tickets, Ticket{
		At: m.At, Mechanism: mechanism, Lifetime: time.Duration(lifetime) * time.Second,
		Length: at.Length, Digest: m.digestAt(4 + at.Offset),
	})
}
