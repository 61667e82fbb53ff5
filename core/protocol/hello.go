package protocol

import "golang.org/x/crypto/cryptobyte"

// helloRetryRandom marks a ServerHello as a HelloRetryRequest (RFC 8446 section 4.1.3).
const helloRetryRandom = "\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8\x91\xc2\xa2\x11\x16\x7a\xbb\x8c\x5e\x07\x9e\x09\xe2\xc8\xa8\x33\x9c"

// IsRetry reports whether a ServerHello's random says that it is a HelloRetryRequest.
func IsRetry(random []byte) bool { return string(random) == helloRetryRandom }

// Extension is one extension and where its data lies in the message's body.
type Extension struct {
	ID     uint16
	Offset int
	Data   []byte
}

// Room is where a caller's extensions may stand while it looks at them;
// messages of today have fewer.
type Room [24]Extension

// ReadExtensions reads a block of extensions (RFC 8446 section 4.2) and appends
// them to list, nil = to one of its own; s, the end of body, is advanced past
// it. ok is false where the block breaks off; list then holds what came before.
func ReadExtensions(list []Extension, body []byte, s *cryptobyte.String) (read []Extension, ok bool) {
	if s.Empty() {
		return nil, true
	}
	var block cryptobyte.String
	if !s.ReadUint16LengthPrefixed(&block) {
		return nil, false
	}
	if list == nil {
		list = make([]Extension, 0, min(len(block)/4, len(Room{})))
	}
	for !block.Empty() {
		var id uint16
		var data cryptobyte.String
		if !block.ReadUint16(&id) || !block.ReadUint16LengthPrefixed(&data) {
			return list, false
		}
		list = append(list, Extension{ID: id, Offset: len(body) - len(*s) - len(block) - len(data), Data: data})
	}
	return list, true
}

// ClientHello is what is of interest of one besides its extensions. Its bytes
// are the message's.
type ClientHello struct {
	Version   uint16
	Random    []byte
	SessionID []byte
	Rest      int  // where in the body the extensions begin; 0 = it broke off before
	Whole     bool // nothing of it could not be read
}

// ReadClientHello reads the body of a ClientHello; its extensions stand in
// room, if it is not nil. Of a malformed one it gives what came before.
//
//	struct {                                      RFC 8446 section 4.1.2, RFC 5246 section 7.4.1.2
//	    ProtocolVersion legacy_version = 0x0303;
//	    Random random;
//	    opaque legacy_session_id<0..32>;
//	    CipherSuite cipher_suites<2..2^16-2>;
//	    opaque legacy_compression_methods<1..2^8-1>;
//	    Extension extensions<8..2^16-1>;
//	} ClientHello;
func ReadClientHello(body []byte, room []Extension) (h ClientHello, list []Extension) {
	s := cryptobyte.String(body)
	var id, suites, compression cryptobyte.String
	if !s.ReadUint16(&h.Version) || !s.ReadBytes(&h.Random, 32) || !s.ReadUint8LengthPrefixed(&id) {
		return h, nil
	}
	h.SessionID = id
	if !s.ReadUint16LengthPrefixed(&suites) || !s.ReadUint8LengthPrefixed(&compression) {
		return h, nil
	}
	h.Rest = len(body) - len(s)
	list, h.Whole = ReadExtensions(room, body, &s)
	return h, list
}

// ServerHello is what is of interest of one. Its bytes are the message's.
type ServerHello struct {
	Version        uint16 // as chosen: supported_versions goes before legacy_version
	Random         []byte
	SessionID      []byte
	CipherSuite    uint16
	ALPN           string
	PSK            bool
	Selected       uint16 // PSK identity, when PSK
	EncryptThenMAC bool
	ExtendedMaster bool
	Retry          bool // a HelloRetryRequest
	Draft          int  // of TLS 1.3, whose number stands instead of the version's; 0 = none
}

// ReadServerHello reads the body of a ServerHello; ok is false for a malformed
// one, of which h is what came before.
//
//	struct {                                      RFC 8446 section 4.1.3, RFC 5246 section 7.4.1.3
//	    ProtocolVersion legacy_version = 0x0303;
//	    Random random;
//	    opaque legacy_session_id_echo<0..32>;
//	    CipherSuite cipher_suite;
//	    uint8 legacy_compression_method = 0;
//	    Extension extensions<6..2^16-1>;
//	} ServerHello;
func ReadServerHello(body []byte) (h ServerHello, ok bool) {
	s := cryptobyte.String(body)
	var id cryptobyte.String
	var compression uint8
	if !s.ReadUint16(&h.Version) || !s.ReadBytes(&h.Random, 32) {
		return h, false
	}
	if h.Draft = draft(h.Version); h.Draft > 0 {
		// Up to draft 21 there was neither session ID nor compression
		// (draft-ietf-tls-tls13-21 section 4.1.3).
		if !s.ReadUint16(&h.CipherSuite) {
			return h, false
		}
	} else if !s.ReadUint8LengthPrefixed(&id) || !s.ReadUint16(&h.CipherSuite) || !s.ReadUint8(&compression) {
		return h, false
	}
	h.SessionID = id
	h.Retry = IsRetry(h.Random)
	var room Room
	list, ok := ReadExtensions(room[:0], body, &s)
	for _, e := range list {
		data := cryptobyte.String(e.Data)
		switch e.ID {
		case ExtensionSupportedVersions:
			data.ReadUint16(&h.Version)
		case ExtensionPreSharedKey:
			h.PSK = data.ReadUint16(&h.Selected)
		case ExtensionEncryptThenMAC:
			h.EncryptThenMAC = true
		case ExtensionMasterSecret:
			h.ExtendedMaster = true
		case ExtensionALPN:
			h.ALPN = ALPN(e.Data)
		}
	}
	if n := draft(h.Version); n > 0 {
		h.Draft = n
	}
	if h.Draft > 0 {
		h.Version = TLS13
	}
	return h, ok
}

// draft is the number of the draft of TLS 1.3 that a version stands for, 0 = none
// (draft-ietf-tls-tls13-28 section 4.2.1.1; Facebook's 0xfbXX likewise).
func draft(version uint16) int {
	if high := version >> 8; high == 0x7f || high == 0xfb {
		return int(version & 0xff)
	}
	return 0
}

// ALPN is the first name of an ALPN extension (RFC 7301 section 3.1), "" where
// there is none.
func ALPN(data []byte) string {
	s := cryptobyte.String(data)
	var list, name cryptobyte.String
	if !s.ReadUint16LengthPrefixed(&list) || !list.ReadUint8LengthPrefixed(&name) {
		return ""
	}
	return string(name)
}

// ProtocolNames are all names in an ALPN extension.
func ProtocolNames(data []byte) (names []string) {
	s := cryptobyte.String(data)
	var list, name cryptobyte.String
	if !s.ReadUint16LengthPrefixed(&list) {
		return nil
	}
	for !list.Empty() && list.ReadUint8LengthPrefixed(&name) {
		names = append(names, string(name))
	}
	return names
}

// ServerName is the host name of a server_name extension (RFC 6066 section 3),
// "" where there is none:
//
//	struct {
//	    NameType name_type; // host_name(0)
//	    opaque HostName<1..2^16-1>;
//	} ServerName; // server_name_list<1..2^16-1>
func ServerName(data []byte) string {
	s := cryptobyte.String(data)
	var list, name cryptobyte.String
	var kind uint8
	if !s.ReadUint16LengthPrefixed(&list) || !list.ReadUint8(&kind) || kind != 0 || !list.ReadUint16LengthPrefixed(&name) {
		return ""
	}
	return string(name)
}

// Span is a range of a message's body.
type Span struct{ Offset, Length int }

// PSKIdentities gives where the PSK identities of a ClientHello's
// pre_shared_key lie (RFC 8446 section 4.2.11); ok is false when they can't all be told:
//
//	struct {
//	    opaque identity<1..2^16-1>;
//	    uint32 obfuscated_ticket_age;
//	} PskIdentity; // identities<7..2^16-1>
func PSKIdentities(e Extension) (list []Span, ok bool) {
	s := cryptobyte.String(e.Data)
	var identities cryptobyte.String
	if !s.ReadUint16LengthPrefixed(&identities) {
		return nil, false
	}
	base := e.Offset + 2
	total := len(identities)
	for !identities.Empty() {
		var id cryptobyte.String
		var age uint32
		at := total - len(identities) + 2
		if !identities.ReadUint16LengthPrefixed(&id) || !identities.ReadUint32(&age) {
			return list, false
		}
		list = append(list, Span{base + at, len(id)})
	}
	return list, true
}

// ReadTicket gives where the ticket of a NewSessionTicket lies (RFC 8446
// section 4.6.1, before TLS 1.3 RFC 5077 section 3.3, which has the lifetime and the
// ticket alone), and its lifetime in seconds:
//
//	struct {
//	    uint32 ticket_lifetime;
//	    uint32 ticket_age_add;
//	    opaque ticket_nonce<0..255>;
//	    opaque ticket<1..2^16-1>;
//	    Extension extensions<0..2^16-2>;
//	} NewSessionTicket;
func ReadTicket(body []byte, version uint16) (at Span, lifetime uint32, ok bool) {
	s := cryptobyte.String(body)
	var age uint32
	var nonce, ticket cryptobyte.String
	if !s.ReadUint32(&lifetime) {
		return at, 0, false
	}
	if version == TLS13 && (!s.ReadUint32(&age) || !s.ReadUint8LengthPrefixed(&nonce)) {
		return at, 0, false
	}
	if !s.ReadUint16LengthPrefixed(&ticket) {
		return at, 0, false
	}
	return Span{len(body) - len(s) - len(ticket), len(ticket)}, lifetime, true
}
