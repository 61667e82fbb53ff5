package wire

import (
	"crypto/sha256"
	"encoding/hex"

	"golang.org/x/crypto/cryptobyte"
)

// The handshake types this package treats by name (RFC 8446 section 4).
const (
	helloRequest        HandshakeType = 0
	clientHello         HandshakeType = 1
	serverHello         HandshakeType = 2
	newSessionTicket    HandshakeType = 4
	encryptedExtensions HandshakeType = 8
	certificate         HandshakeType = 11
	certificateRequest  HandshakeType = 13
	certificateVerify   HandshakeType = 15
	finished            HandshakeType = 20
	keyUpdate           HandshakeType = 24
)

// The extensions this package treats by number.
const (
	extServerName          = 0
	extSignatureAlgorithms = 13
	extALPN                = 16
	extEncryptThenMAC      = 22
	extSessionTicket       = 35
	extPreSharedKey        = 41
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

// extensions reads a block of extensions; s is advanced past it.
func extensions(body []byte, s *cryptobyte.String) ([]extension, bool) {
	if s.Empty() {
		return nil, true
	}
	var block cryptobyte.String
	if !s.ReadUint16LengthPrefixed(&block) {
		return nil, false
	}
	var list []extension
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

// clientHelloBody is what the summary needs of a ClientHello.
type clientHelloBody struct {
	version    uint16
	sessionID  []byte
	extensions []extension
}

func parseClientHello(body []byte) (h clientHelloBody, ok bool) {
	s := cryptobyte.String(body)
	var random []byte
	var id, suites, compression cryptobyte.String
	if !s.ReadUint16(&h.version) || !s.ReadBytes(&random, 32) || !s.ReadUint8LengthPrefixed(&id) ||
		!s.ReadUint16LengthPrefixed(&suites) || !s.ReadUint8LengthPrefixed(&compression) {
		return h, false
	}
	h.sessionID = id
	h.extensions, ok = extensions(body, &s)
	return h, ok
}

// serverHelloBody is what the decoder and the summary need of a ServerHello.
type serverHelloBody struct {
	version   uint16
	random    []byte
	sessionID []byte
	suite     uint16
	alpn      string
	psk       bool
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
	list, ok := extensions(body, &s)
	for _, e := range list {
		switch e.id {
		case extSupportedVersions:
			data := cryptobyte.String(e.data)
			data.ReadUint16(&h.version)
		case extPreSharedKey:
			h.psk = true
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

// pskIdentities gives where the PSK identities of a ClientHello lie.
func pskIdentities(e extension) (list []span) {
	s := cryptobyte.String(e.data)
	var identities cryptobyte.String
	if !s.ReadUint16LengthPrefixed(&identities) {
		return nil
	}
	base := e.offset + 2
	total := len(identities)
	for !identities.Empty() {
		var id cryptobyte.String
		var age uint32
		at := total - len(identities) + 2
		if !identities.ReadUint16LengthPrefixed(&id) || !identities.ReadUint32(&age) {
			return list
		}
		list = append(list, span{base + at, len(id)})
	}
	return list
}

// ticketOf gives where the ticket of a NewSessionTicket lies, and its lifetime in seconds.
func ticketOf(body []byte, version uint16) (at span, lifetime uint32, ok bool) {
	s := cryptobyte.String(body)
	var age uint32
	var nonce, ticket cryptobyte.String
	if !s.ReadUint32(&lifetime) {
		return at, 0, false
	}
	if version == 0x0304 && (!s.ReadUint32(&age) || !s.ReadUint8LengthPrefixed(&nonce)) {
		return at, 0, false
	}
	if !s.ReadUint16LengthPrefixed(&ticket) {
		return at, 0, false
	}
	return span{len(body) - len(s) - len(ticket), len(ticket)}, lifetime, true
}

// mask overwrites tickets and PSK identities in a copy-free manner: raw is the
// message's own. What was there is told by length and digest.
func mask(t HandshakeType, version uint16, raw []byte) ([]byte, []Mask) {
	var spans []span
	body := raw[4:]
	switch t {
	case clientHello:
		h, _ := parseClientHello(body)
		for _, e := range h.extensions {
			switch e.id {
			case extSessionTicket:
				spans = append(spans, span{e.offset, len(e.data)})
			case extPreSharedKey:
				spans = append(spans, pskIdentities(e)...)
			}
		}
	case newSessionTicket:
		if at, _, ok := ticketOf(body, version); ok {
			spans = append(spans, at)
		}
	}
	var masks []Mask
	for _, s := range spans {
		if s.length == 0 {
			continue
		}
		secret := raw[4+s.offset : 4+s.offset+s.length]
		masks = append(masks, Mask{Offset: 4 + s.offset, Length: s.length, Digest: digest(secret)})
		clear(secret)
	}
	return raw, masks
}

// digest is the first 16 hexadecimal digits of the SHA-256.
func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

// digestAt is the digest of what a mask covers at offset into Raw, "" if none does.
func (m *Message) digestAt(offset int) string {
	for _, k := range m.Masked {
		if k.Offset == offset {
			return k.Digest
		}
	}
	return ""
}
