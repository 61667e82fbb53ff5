package wire

import "golang.org/x/crypto/cryptobyte"

// tls13 is the version from which on everything differs.
const tls13 = 0x0304

// The handshake types this package treats by name (RFC 8446 section 4).
const (
	helloRequest          HandshakeType = 0
	clientHello           HandshakeType = 1
	serverHello           HandshakeType = 2
	newSessionTicket      HandshakeType = 4
	endOfEarlyData        HandshakeType = 5
	encryptedExtensions   HandshakeType = 8
	certificate           HandshakeType = 11
	serverKeyExchange     HandshakeType = 12
	certificateRequest    HandshakeType = 13
	serverHelloDone       HandshakeType = 14
	certificateVerify     HandshakeType = 15
	clientKeyExchange     HandshakeType = 16
	finished              HandshakeType = 20
	certificateStatus     HandshakeType = 22
	keyUpdate             HandshakeType = 24
	compressedCertificate HandshakeType = 25
	nextProtocol          HandshakeType = 67
)

// The extensions this package treats by number.
const (
	extServerName          = 0
	extSignatureAlgorithms = 13
	extALPN                = 16
	extEncryptThenMAC      = 22
	extSessionTicket       = 35
	extPreSharedKey        = 41
	extEarlyData           = 42
	extSupportedVersions   = 43
	extCertAuthorities     = 47
	extOIDFilters          = 48
	extPostHandshakeAuth   = 49
)

// helloRetryRandom marks a ServerHello as a HelloRetryRequest (RFC 8446 section 4.1.3).
const helloRetryRandom = "\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8\x91\xc2\xa2\x11\x16\x7a\xbb\x8c\x5e\x07\x9e\x09\xe2\xc8\xa8\x33\x9c"

// extension is one extension and where its data lies in the message's body.
type extension struct {
	id     uint16
	offset int
	data   []byte
}

// extensionRoom is where a caller's extensions may stand while it looks at
// them; messages of today have fewer.
type extensionRoom [24]extension

// extensions reads a block of extensions and appends them to list, nil = to
// one of its own; s is advanced past it.
func extensions(list []extension, body []byte, s *cryptobyte.String) ([]extension, bool) {
	if s.Empty() {
		return nil, true
	}
	var block cryptobyte.String
	if !s.ReadUint16LengthPrefixed(&block) {
		return nil, false
	}
	if list == nil {
		list = make([]extension, 0, min(len(block)/4, len(extensionRoom{})))
	}
	for !block.Empty() {
		var id uint16
		var data cryptobyte.String
		if !block.ReadUint16(&id) || !block.ReadUint16LengthPrefixed(&data) {
			return list, false
		}
		list = append(list, extension{id: id, offset: len(body) - len(*s) - len(block) - len(data), data: data})
	}
	return list, true
}

// clientHelloBody is what the decoder and the summary need of a ClientHello,
// besides its extensions.
type clientHelloBody struct {
	version   uint16
	random    []byte
	sessionID []byte
	rest      int  // where the extensions begin
	whole     bool // nothing of it could not be read
}

// parseClientHello reads a ClientHello; its extensions stand in room, if it is
// not nil.
func parseClientHello(body []byte, room []extension) (h clientHelloBody, list []extension) {
	s := cryptobyte.String(body)
	var id, suites, compression cryptobyte.String
	if !s.ReadUint16(&h.version) || !s.ReadBytes(&h.random, 32) || !s.ReadUint8LengthPrefixed(&id) ||
		!s.ReadUint16LengthPrefixed(&suites) || !s.ReadUint8LengthPrefixed(&compression) {
		return h, nil
	}
	h.sessionID = id
	h.rest = len(body) - len(s)
	list, h.whole = extensions(room, body, &s)
	return h, list
}

// serverHelloBody is what the decoder and the summary need of a ServerHello.
type serverHelloBody struct {
	version   uint16
	random    []byte
	sessionID []byte
	suite     uint16
	alpn      string
	psk       bool
	selected  uint16 // PSK identity, when psk
	etm       bool
	retry     bool
}

func parseServerHello(body []byte) (h serverHelloBody, ok bool) {
	s := cryptobyte.String(body)
	var id cryptobyte.String
	var compression uint8
	if !s.ReadUint16(&h.version) || !s.ReadBytes(&h.random, 32) || !s.ReadUint8LengthPrefixed(&id) ||
		!s.ReadUint16(&h.suite) || !s.ReadUint8(&compression) {
		return h, false
	}
	h.sessionID = id
	h.retry = string(h.random) == helloRetryRandom
	var room extensionRoom
	list, ok := extensions(room[:0], body, &s)
	for _, e := range list {
		switch e.id {
		case extSupportedVersions:
			data := cryptobyte.String(e.data)
			data.ReadUint16(&h.version)
		case extPreSharedKey:
			data := cryptobyte.String(e.data)
			h.psk = data.ReadUint16(&h.selected)
		case extEncryptThenMAC:
			h.etm = true
		case extALPN:
			h.alpn = alpnOf(e.data)
		}
	}
	return h, ok
}

// alpnOf is the first name of an ALPN extension (RFC 7301 section 3.1).
func alpnOf(data []byte) string {
	s := cryptobyte.String(data)
	var list, name cryptobyte.String
	if !s.ReadUint16LengthPrefixed(&list) || !list.ReadUint8LengthPrefixed(&name) {
		return ""
	}
	return string(name)
}

// span is a range of a message's body.
type span struct{ offset, length int }

// pskIdentities gives where the PSK identities of a ClientHello lie; ok is
// false when they can't all be told.
func pskIdentities(e extension) (list []span, ok bool) {
	s := cryptobyte.String(e.data)
	var identities cryptobyte.String
	if !s.ReadUint16LengthPrefixed(&identities) {
		return nil, false
	}
	base := e.offset + 2
	total := len(identities)
	for !identities.Empty() {
		var id cryptobyte.String
		var age uint32
		at := total - len(identities) + 2
		if !identities.ReadUint16LengthPrefixed(&id) || !identities.ReadUint32(&age) {
			return list, false
		}
		list = append(list, span{base + at, len(id)})
	}
	return list, true
}

// ticketOf gives where the ticket of a NewSessionTicket lies, and its lifetime in seconds.
func ticketOf(body []byte, version uint16) (at span, lifetime uint32, ok bool) {
	s := cryptobyte.String(body)
	var age uint32
	var nonce, ticket cryptobyte.String
	if !s.ReadUint32(&lifetime) {
		return at, 0, false
	}
	if version == tls13 && (!s.ReadUint32(&age) || !s.ReadUint8LengthPrefixed(&nonce)) {
		return at, 0, false
	}
	if !s.ReadUint16LengthPrefixed(&ticket) {
		return at, 0, false
	}
	return span{len(body) - len(s) - len(ticket), len(ticket)}, lifetime, true
}
