package wire

import (
	"bytes"
	"encoding/asn1"
	"time"

	"golang.org/x/crypto/cryptobyte"

	"rechallenge/core/protocol"
)

// Challenge is a CertificateRequest and what the client answered.
type Challenge struct {
	At               time.Duration
	When             protocol.Moment // Initial, Renegotiation or PostHandshake
	AcceptableCAs    [][]byte
	SignatureSchemes []uint16
	CertificateTypes []uint8
	OIDFilters       []OIDFilter
	Answered         bool     // the client's Certificate message was seen
	Compressed       bool     // and was compressed in a way this program can't undo, so Certificates is unknown
	Certificates     [][]byte // what it answered with; empty = it sent none
	Proved           bool     // CertificateVerify was seen
	Implied          bool     // the CertificateRequest was not seen: the answer proves it

	context []byte // certificate_request_context of TLS 1.3
}

// OIDFilter is one entry of oid_filters (RFC 8446 section 4.2.5).
type OIDFilter struct {
	OID    string
	Values []byte
}

// certificateRequest notes a challenge: RFC 8446 section 4.3.2
//
//	struct {
//	    opaque certificate_request_context<0..2^8-1>;
//	    Extension extensions<2..2^16-1>;
//	} CertificateRequest;
//
// and RFC 5246 section 7.4.4, without the algorithms before TLS 1.2:
//
//	struct {
//	    ClientCertificateType certificate_types<1..2^8-1>;
//	    SignatureAndHashAlgorithm supported_signature_algorithms<2..2^16-2>;
//	    DistinguishedName certificate_authorities<0..2^16-1>;
//	} CertificateRequest;
func (s *Summary) certificateRequest(m *Message, body []byte) {
	if m.From != Server {
		return
	}
	c := Challenge{At: m.At, When: protocol.Initial}
	b := cryptobyte.String(body)
	var block cryptobyte.String
	if s.Version != protocol.TLS13 {
		if s.renegotiating {
			c.When = protocol.Renegotiation
		}
		var types cryptobyte.String
		b.ReadUint8LengthPrefixed(&types)
		c.CertificateTypes = types
		if s.Version == protocol.TLS12 {
			b.ReadUint16LengthPrefixed(&block)
			c.SignatureSchemes = uint16s(block)
		}
		b.ReadUint16LengthPrefixed(&block)
		c.AcceptableCAs = authorities(block)
		s.Challenges = append(s.Challenges, c)
		return
	}
	var context cryptobyte.String
	b.ReadUint8LengthPrefixed(&context)
	c.context = context
	if len(context) > 0 || s.ClientFinished {
		c.When = protocol.PostHandshake
	}
	var room protocol.Room
	list, _ := protocol.ReadExtensions(room[:0], body, &b)
	for _, e := range list {
		data := cryptobyte.String(e.Data)
		switch e.ID {
		case protocol.ExtensionSignatureAlgorithms:
			data.ReadUint16LengthPrefixed(&block)
			c.SignatureSchemes = uint16s(block)
		case protocol.ExtensionCertAuthorities:
			data.ReadUint16LengthPrefixed(&block)
			c.AcceptableCAs = authorities(block)
		case protocol.ExtensionOIDFilters:
			data.ReadUint16LengthPrefixed(&block)
			c.OIDFilters = oidFilters(block)
		}
	}
	s.Challenges = append(s.Challenges, c)
}

// lastChallenge is the challenge that the client answers now.
func (s *Summary) lastChallenge() *Challenge {
	if len(s.Challenges) == 0 {
		return nil
	}
	return &s.Challenges[len(s.Challenges)-1]
}

// certificates notes a Certificate message: the server's, or the answer to a
// challenge. A chain that was sent empty is empty, not nil.
func (s *Summary) certificates(m *Message, context []byte, chain [][]byte) {
	if m.From == Server {
		s.ServerCertificates = chain
		return
	}
	c := s.challengeOf(context)
	if c == nil {
		c = s.answered(m)
	}
	c.Answered, c.Certificates = true, chain
}

// answered is the challenge that a client's message answers: one that was not
// seen where there is none, as a client sends a certificate only where it was
// asked (RFC 5246 section 7.4.6, RFC 8446 section 4.4.2). nil = it is the server's.
func (s *Summary) answered(m *Message) *Challenge {
	if m.From != Client {
		return nil
	}
	last := s.lastChallenge()
	switch {
	case last == nil:
		s.Challenges = append(s.Challenges, Challenge{At: m.At, When: protocol.Initial, Implied: true})
	case last.Proved && m.Type != protocol.TypeCertificateVerify:
		when := protocol.Renegotiation
		if s.Version == protocol.TLS13 {
			when = protocol.PostHandshake
		}
		s.Challenges = append(s.Challenges, Challenge{At: m.At, When: when, Implied: true})
	}
	return s.lastChallenge()
}

// unreadCertificates notes a chain that can't be decompressed.
func (s *Summary) unreadCertificates(m *Message) {
	if c := s.lastChallenge(); m.From == Client && c != nil {
		c.Answered, c.Compressed = true, true
	}
}

// challengeOf finds what a Certificate message answers: several challenges may
// be open after the handshake, told apart by their context (RFC 8446 section 4.6.2).
func (s *Summary) challengeOf(context []byte) *Challenge {
	for i := range s.Challenges {
		if c := &s.Challenges[i]; len(context) > 0 && !c.Answered && bytes.Equal(c.context, context) {
			return c
		}
	}
	return s.lastChallenge()
}

// certificateList reads a Certificate message: RFC 8446 section 4.4.2; RFC 5246
// section 7.4.2 has neither the context nor the extensions:
//
//	struct {
//	    opaque certificate_request_context<0..2^8-1>;
//	    CertificateEntry certificate_list<0..2^24-1>; // opaque cert_data<1..2^24-1>, Extension extensions<0..2^16-1>
//	} Certificate;
func certificateList(version uint16, body []byte) (context []byte, chain [][]byte) {
	b := cryptobyte.String(body)
	if version == protocol.TLS13 {
		var c cryptobyte.String
		b.ReadUint8LengthPrefixed(&c)
		context = c
	}
	var list cryptobyte.String
	b.ReadUint24LengthPrefixed(&list)
	chain = [][]byte{}
	for !list.Empty() {
		var der, ext cryptobyte.String
		if !list.ReadUint24LengthPrefixed(&der) || (version == protocol.TLS13 && !list.ReadUint16LengthPrefixed(&ext)) {
			break
		}
		chain = append(chain, der)
	}
	return context, chain
}

// oidFilters reads the entries of oid_filters (RFC 8446 section 4.2.5):
//
//	struct {
//	    opaque certificate_extension_oid<1..2^8-1>;
//	    opaque certificate_extension_values<0..2^16-1>;
//	} OIDFilter;
func oidFilters(block cryptobyte.String) (list []OIDFilter) {
	for !block.Empty() {
		var oid, values cryptobyte.String
		if !block.ReadUint8LengthPrefixed(&oid) || !block.ReadUint16LengthPrefixed(&values) {
			break
		}
		list = append(list, OIDFilter{OID: oidName(oid), Values: values})
	}
	return list
}

// oidName is a DER object identifier in dotted form, "" when it is none.
func oidName(der []byte) string {
	var id asn1.ObjectIdentifier
	if rest, err := asn1.Unmarshal(der, &id); err != nil || len(rest) > 0 {
		return ""
	}
	return id.String()
}

func uint16s(b cryptobyte.String) (list []uint16) {
	for v := uint16(0); b.ReadUint16(&v); {
		list = append(list, v)
	}
	return list
}

// authorities reads a list of opaque DistinguishedName<1..2^16-1> (RFC 8446 section 4.2.4).
func authorities(b cryptobyte.String) (list [][]byte) {
	for !b.Empty() {
		var dn cryptobyte.String
		if !b.ReadUint16LengthPrefixed(&dn) {
			break
		}
		list = append(list, dn)
	}
	return list
}
