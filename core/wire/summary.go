package wire

import (
	"encoding/hex"
	"time"

	"golang.org/x/crypto/cryptobyte"

	"rechallenge/core/protocol"
)

// Summary folds the messages of one connection into answers. The zero value is
// ready. What it keeps shares its bytes with Message.Raw, which never changes.
type Summary struct {
	Version     uint16 // negotiated; 0 until ServerHello
	CipherSuite uint16
	ServerName  string // SNI sent
	ALPN        string // as selected by the server
	HelloRetry  bool

	HelloID  string  // session ID of the ClientHello, hexadecimal; may be made up (RFC 8446 appendix D.4)
	Offered  []Offer // what the ClientHello offered to resume, its session ID once the server has echoed it
	Resumed  bool    // the server accepted one
	Accepted Offer   // which, when Resumed

	Renegotiations []Renegotiated // TLS 1.2 and before, each after the first handshake

	Challenges []Challenge
	Tickets    []Ticket // NewSessionTickets, and the session ID a TLS 1.2 server assigned
	Alerts     []AlertSeen

	ServerCertificates [][]byte // DER, from the wire; nil when resumed
	ClientFinished     bool
	ServerFinished     bool
	PostHandshakeAuth  bool     // the client offered post_handshake_auth
	Unreadable         []string // problems of messages that could not be read
	Hidden             [2]int   // encrypted handshake messages among them, in TLS 1.3 any, by Side

	Early Early // data under the keys of the session that was offered

	QUIC          uint32   // its version; 0 = TLS over TCP
	Transport     []string // what QUIC itself said: Retry, key update, HANDSHAKE_DONE ...
	Draft         int      // of TLS 1.3, 0 = none
	Abbreviated   bool     // before TLS 1.3: the server went from ServerHello to ChangeCipherSpec, so some session was resumed
	Hello         bool     // the ClientHello was seen
	HelloV2       bool     // and had the format of SSL 2.0
	Lost          [2]int   // bytes that the capture lacks, by Side
	LostHandshake [2]int   // of them, before that side had ended the handshake
	Spoke         [2]bool  // application data came from that side

	flight struct { // what the sides said in clear, or decrypted, in the first handshake
		serverDone  bool // its first flight to the end
		keyExchange bool // the client's, or its Finished in TLS 1.3
		certificate bool // the client's Certificate
	}

	negotiation   negotiation // the handshake under way
	renegotiating bool
}

// Early is what became of early data (RFC 8446 section 4.2.10).
type Early struct {
	Offered  bool // the ClientHello says that it is sent
	Sent     bool // some was seen, in 0-RTT packets or under early keys
	Accepted bool // the server took it
	Known    bool // whether it did
}

// maxTransport is how many remarks of QUIC's a Summary keeps.
const maxTransport = 32

// AlertSeen is an alert and who sent it.
type AlertSeen struct {
	Alert
	At   time.Duration
	From Side
}

// Add takes the next message. It is the only place where it is concluded that
// a session was resumed or a certificate asked for.
func (s *Summary) Add(m *Message) {
	if m.Lost > 0 {
		s.lose(m)
		return
	}
	if m.Problem != "" && m.Content == Handshake && m.Type == protocol.TypeClientHello && !m.Encrypted {
		s.Hello, s.HelloV2 = true, true
		return
	}
	if m.Problem != "" {
		s.Unreadable = append(s.Unreadable, m.Problem)
		if m.Encrypted && !m.early() && (m.Content == Handshake || s.Version == protocol.TLS13) {
			s.Hidden[m.From]++
		}
	}
	if m.Packet != nil {
		s.QUIC = m.Packet.Version
	}
	switch m.Content {
	case Transport:
		if m.Said != "" && len(s.Transport) < maxTransport {
			s.Transport = append(s.Transport, m.Said)
		}
	case AlertRecord:
		if m.Alert != nil {
			s.Alerts = append(s.Alerts, AlertSeen{Alert: *m.Alert, At: m.At, From: m.From})
		}
	case ApplicationData:
		if m.early() {
			s.Early.Sent = true
			return
		}
		if !m.Encrypted || m.Problem == "" || s.Version != protocol.TLS13 {
			s.Spoke[m.From] = true
		}
	case ChangeCipherSpec:
		if m.From == Server && s.Version != 0 && s.Version < protocol.TLS13 {
			s.changeCipher()
		}
	case Handshake:
		switch {
		case len(m.Raw) >= 4:
			s.handshake(m, m.Raw[4:])
		case m.Encrypted && m.Epoch == 1 && s.Version != 0 && s.Version < protocol.TLS13:
			// What can't be decrypted is known all the same: the first handshake
			// message under new keys is Finished (RFC 5246 section 7.4.9).
			s.finish(m.From)
		}
	}
}

func (s *Summary) handshake(m *Message, body []byte) {
	if m.From == Server && m.Type != protocol.TypeServerHello && m.Type != protocol.TypeNewSessionTicket && m.Type != protocol.TypeHelloRequest {
		s.negotiation.full = true
	}
	s.follow(m)
	switch m.Type {
	case protocol.TypeClientHello:
		s.clientHello(m, body)
	case protocol.TypeServerHello:
		s.serverHello(m, body)
	case protocol.TypeEncryptedExtensions:
		c := cryptobyte.String(body)
		var room protocol.Room
		list, _ := protocol.ReadExtensions(room[:0], body, &c)
		for _, e := range list {
			switch e.ID {
			case protocol.ExtensionALPN:
				s.ALPN = protocol.ALPN(e.Data)
			case protocol.ExtensionEarlyData:
				s.Early.Accepted = true
			}
		}
		s.Early.Known = true
	case protocol.TypeCertificateRequest:
		s.certificateRequest(m, body)
	case protocol.TypeCertificate:
		context, chain := certificateList(s.Version, body)
		s.certificates(m, context, chain)
	case protocol.TypeCompressedCertificate:
		plain, err := decompress(body)
		if err != nil {
			s.unreadCertificates(m)
			return
		}
		context, chain := certificateList(s.Version, plain)
		s.certificates(m, context, chain)
	case protocol.TypeCertificateVerify:
		if c := s.answered(m); c != nil {
			c.Proved = true
		}
	case protocol.TypeNewSessionTicket:
		s.newSessionTicket(m, body)
	case protocol.TypeFinished:
		s.finish(m.From)
	}
}

func (s *Summary) finish(from Side) {
	if from == Client {
		s.ClientFinished = true
	} else {
		s.ServerFinished = true
	}
}

func (s *Summary) clientHello(m *Message, body []byte) {
	var room protocol.Room
	h, list := protocol.ReadClientHello(body, room[:0])
	s.renegotiating = s.ClientFinished && s.ServerFinished
	s.negotiation = offers(m, h.SessionID, list)
	if s.renegotiating {
		s.Renegotiations = append(s.Renegotiations, Renegotiated{At: m.At, Offered: s.negotiation.offered})
		return
	}
	s.Offered, s.HelloID = s.negotiation.offered, hex.EncodeToString(h.SessionID)
	s.PostHandshakeAuth = false
	for _, e := range list {
		switch e.ID {
		case protocol.ExtensionServerName:
			s.ServerName = protocol.ServerName(e.Data)
		case protocol.ExtensionPostHandshakeAuth:
			s.PostHandshakeAuth = true
		case protocol.ExtensionEarlyData:
			s.Early.Offered = true
		}
	}
}

func (s *Summary) serverHello(m *Message, body []byte) {
	h, ok := protocol.ReadServerHello(body)
	if !ok && h.CipherSuite == 0 {
		return
	}
	if h.Retry {
		s.HelloRetry = true
		return
	}
	s.negotiation.serverID = h.SessionID
	s.newSessionID(m, &h)
	if s.renegotiating {
		return
	}
	s.Version, s.CipherSuite, s.ALPN, s.Draft = h.Version, h.CipherSuite, h.ALPN, h.Draft
	s.ServerFinished, s.ClientFinished = false, false
	if h.Version == protocol.TLS13 && h.PSK {
		s.acceptedPSK(int(h.Selected))
	}
}
