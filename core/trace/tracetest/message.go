package tracetest

import (
	"bytes"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"slices"

	"golang.org/x/crypto/cryptobyte"

	"rechallenge/core/protocol"
	"rechallenge/core/trace"
	"rechallenge/core/wire"
)

// The secrets of a story, by serial number of the session.
func ticket(serial int) []byte    { return fmt.Appendf(nil, "ticket %d", serial) }
func sessionID(serial int) []byte { return fmt.Appendf(nil, "session ID %d", serial) }
func hexOf(b []byte) string       { return hex.EncodeToString(b) }

// handshake writes the messages of the first handshake (RFC 8446 section 2, RFC
// 5246 section 7.3), as far as answers follow from them.
func (w *writer) handshake(l *Line, name string, issued []*Session) {
	w.version, w.suite = l.version(), 0x1301 // TLS_AES_128_GCM_SHA256
	if w.version != protocol.TLS13 {
		w.suite = 0xc02b // TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
	}
	w.protected = false
	w.clientHello(l, name)
	if l.Early != "" {
		w.add(trace.Message{Message: wire.Message{
			From: wire.Client, Content: wire.ApplicationData, Version: w.version, Encrypted: true, Epoch: 1, Length: 40, Packet: &wire.Packet{Type: wire.PacketEarly, Version: 1},
		}})
	}
	id := []byte(nil)
	if l.Resumed != nil {
		issued = []*Session{l.Resumed}
	}
	for _, s := range issued {
		if s.mechanism() == protocol.SessionID {
			id = sessionID(s.serial())
		}
	}
	w.serverHello(l.Resumed != nil, id)
	w.protected = w.version == protocol.TLS13
	if l.Sealed {
		w.add(trace.Message{Message: wire.Message{From: wire.Server, Content: wire.ApplicationData, Version: w.version, CipherSuite: w.suite, Encrypted: true, Epoch: 1, Length: 500, Problem: "no secret"}})
	}
	first := slices.Contains(l.Asked, protocol.Initial)
	if w.version == protocol.TLS13 {
		taken := nothing
		if l.Early == "taken" {
			taken = extension(protocol.ExtensionEarlyData, nothing)
		}
		w.message(wire.Server, protocol.TypeEncryptedExtensions, vector16(taken))
		if first {
			w.request(l, nil)
		}
		if l.Resumed == nil {
			w.chain(wire.Server, nil, l.serverChain())
		}
		w.message(wire.Server, protocol.TypeFinished, nothing)
		if first {
			w.answer(l, nil)
		}
		w.message(wire.Client, protocol.TypeFinished, nothing)
		return
	}
	if l.Resumed == nil {
		w.chain(wire.Server, nil, l.serverChain())
		if first {
			w.request(l, nil)
		}
		w.message(wire.Server, protocol.TypeServerHelloDone, nothing)
		if first {
			w.answer(l, nil)
		}
	}
	w.finish()
}

// finish ends a handshake before TLS 1.3.
func (w *writer) finish() {
	for _, side := range []wire.Side{wire.Server, wire.Client} {
		w.add(trace.Message{Message: wire.Message{From: side, Content: wire.ChangeCipherSpec, Version: w.version, CipherSuite: w.suite, Length: 1}})
		w.protected = true
		w.message(side, protocol.TypeFinished, nothing)
	}
}

// later writes the challenges that come after the first handshake, and a
// renegotiation that asks nothing.
func (w *writer) later(l *Line) {
	for i, when := range l.Asked {
		switch when {
		case protocol.PostHandshake:
			context := []byte{byte(i + 1)}
			w.request(l, context)
			w.answer(l, context)
		case protocol.Renegotiation:
			w.message(wire.Server, protocol.TypeHelloRequest, nothing)
			w.clientHello(&Line{TLS: l.TLS}, "")
			w.serverHello(false, nil)
			w.chain(wire.Server, nil, l.serverChain())
			w.request(l, nil)
			w.message(wire.Server, protocol.TypeServerHelloDone, nothing)
			w.answer(l, nil)
			w.finish()
		}
	}
	switch took := protocol.Mechanism(l.RenegTook); took {
	case "":
	case protocol.SessionID, protocol.Ticket:
		again := &Session{From: w.connection, By: took}
		w.clientHello(&Line{TLS: l.TLS, Resumed: again}, "")
		w.serverHello(true, sessionID(again.serial()))
		w.finish()
	default:
		w.clientHello(&Line{TLS: l.TLS}, "")
		w.serverHello(false, nil)
		w.chain(wire.Server, nil, l.serverChain())
		w.message(wire.Server, protocol.TypeServerHelloDone, nothing)
		w.finish()
	}
}

func (l *Line) serverChain() [][]byte {
	if l.Cert == "" {
		return nil
	}
	return [][]byte{leaf(l.Cert)}
}

// message writes one. Where a secret stands in it, the trace has zeros and its digest.
func (w *writer) message(from wire.Side, kind protocol.HandshakeType, build part, secrets ...[]byte) {
	var b cryptobyte.Builder
	b.AddUint8(uint8(kind))
	b.AddUint24LengthPrefixed(build)
	raw := b.BytesOrPanic()
	var masked []wire.Mask
	for _, secret := range secrets {
		at := bytes.Index(raw, secret)
		masked = append(masked, wire.Mask{Offset: at, Length: len(secret), Digest: protocol.Digest(secret)})
		clear(raw[at : at+len(secret)])
	}
	w.add(trace.Message{Message: wire.Message{
		From: from, Content: wire.Handshake, Type: kind, Version: w.version, CipherSuite: w.suite, Length: len(raw), Raw: raw, Masked: masked,
		Encrypted: w.protected,
	}})
}

// part writes a part of a message.
type part = func(*cryptobyte.Builder)

func nothing(*cryptobyte.Builder) {}

func octets(data []byte) part { return func(b *cryptobyte.Builder) { b.AddBytes(data) } }

func vector8(of part) part  { return func(b *cryptobyte.Builder) { b.AddUint8LengthPrefixed(of) } }
func vector16(of part) part { return func(b *cryptobyte.Builder) { b.AddUint16LengthPrefixed(of) } }

func numbers(list ...uint16) part {
	return func(b *cryptobyte.Builder) {
		for _, n := range list {
			b.AddUint16(n)
		}
	}
}

func all(parts ...part) part {
	return func(b *cryptobyte.Builder) {
		for _, p := range parts {
			p(b)
		}
	}
}

func extension(id uint16, data part) part { return all(numbers(id), vector16(data)) }

// clientHello offers the line's session.
func (w *writer) clientHello(l *Line, name string) {
	id, extensions, secrets := []byte(nil), []part(nil), [][]byte(nil)
	if name != "" { // RFC 6066 section 3
		host := all(octets([]byte{0}), vector16(octets([]byte(name))))
		extensions = append(extensions, extension(protocol.ExtensionServerName, vector16(host)))
	}
	if l.version() == protocol.TLS13 {
		extensions = append(extensions, extension(protocol.ExtensionSupportedVersions, vector8(numbers(protocol.TLS13))))
	}
	if l.PHA {
		extensions = append(extensions, extension(protocol.ExtensionPostHandshakeAuth, nothing))
	}
	if l.Early != "" {
		extensions = append(extensions, extension(protocol.ExtensionEarlyData, nothing))
	}
	if s := l.session(); s != nil {
		secret := ticket(s.serial())
		switch s.mechanism() {
		case protocol.SessionID:
			id = sessionID(s.serial())
		case protocol.Ticket:
			extensions, secrets = append(extensions, extension(protocol.ExtensionSessionTicket, octets(secret))), [][]byte{secret}
		case protocol.PSK: // RFC 8446 section 4.2.11
			offered := all(vector16(octets(secret)), numbers(0, 0))
			binder := vector8(octets(make([]byte, 32)))
			extensions, secrets = append(extensions, extension(protocol.ExtensionPreSharedKey, all(vector16(offered), vector16(binder)))), [][]byte{secret}
		}
	}
	w.message(wire.Client, protocol.TypeClientHello, all(
		numbers(protocol.TLS12), octets(make([]byte, 32)), vector8(octets(id)), vector16(numbers(w.suite)), vector8(octets([]byte{0})), vector16(all(extensions...)),
	), secrets...)
}

// serverHello takes the session that was offered, or none; id is the session's ID
// before TLS 1.3.
func (w *writer) serverHello(resumed bool, id []byte) {
	var extensions []part
	if w.version == protocol.TLS13 {
		extensions = append(extensions, extension(protocol.ExtensionSupportedVersions, numbers(protocol.TLS13)))
		if resumed {
			extensions = append(extensions, extension(protocol.ExtensionPreSharedKey, numbers(0)))
		}
	}
	w.message(wire.Server, protocol.TypeServerHello, all(
		numbers(min(w.version, protocol.TLS12)), octets(make([]byte, 32)), vector8(octets(id)), numbers(w.suite), octets([]byte{0}), vector16(all(extensions...)),
	))
}

// request is a CertificateRequest (RFC 8446 section 4.3.2, RFC 5246 section 7.4.4).
func (w *writer) request(l *Line, context []byte) {
	var names []part
	for _, ca := range l.CAs {
		dn, err := asn1.Marshal(pkix.Name{CommonName: ca}.ToRDNSequence())
		if err != nil {
			panic(err)
		}
		names = append(names, vector16(octets(dn)))
	}
	schemes := vector16(numbers(l.Schemes...))
	if w.version != protocol.TLS13 {
		w.message(wire.Server, protocol.TypeCertificateRequest, all(vector8(octets([]byte{1, 64})), schemes, vector16(all(names...))))
		return
	}
	extensions := []part{extension(protocol.ExtensionSignatureAlgorithms, schemes)}
	if names != nil {
		extensions = append(extensions, extension(protocol.ExtensionCertAuthorities, vector16(all(names...))))
	}
	w.message(wire.Server, protocol.TypeCertificateRequest, all(vector8(octets(context)), vector16(all(extensions...))))
}

// answer is the client's to a challenge, and in TLS 1.2 what follows it.
func (w *writer) answer(l *Line, context []byte) {
	if l.Answer == "" {
		return
	}
	var chain [][]byte
	if l.Answer != "-" {
		chain = [][]byte{leaf(l.Answer)}
	}
	w.chain(wire.Client, context, chain)
	if chain != nil {
		w.message(wire.Client, protocol.TypeCertificateVerify, nothing)
	}
	if context != nil {
		w.message(wire.Client, protocol.TypeFinished, nothing)
	}
}

// chain is a Certificate message (RFC 8446 section 4.4.2, RFC 5246 section 7.4.2).
func (w *writer) chain(from wire.Side, context []byte, list [][]byte) {
	certificates := func(b *cryptobyte.Builder) {
		for _, der := range list {
			b.AddUint24LengthPrefixed(octets(der))
			if w.version == protocol.TLS13 {
				b.AddUint16(0)
			}
		}
	}
	w.message(from, protocol.TypeCertificate, func(b *cryptobyte.Builder) {
		if w.version == protocol.TLS13 {
			vector8(octets(context))(b)
		}
		b.AddUint24LengthPrefixed(certificates)
	})
}

// ticket is a NewSessionTicket (RFC 8446 section 4.6.1, RFC 5077 section 3.3).
func (w *writer) ticket(serial int) {
	head := octets([]byte{0, 0, 28, 32}) // 7200 seconds
	if w.version == protocol.TLS13 {
		head = all(head, numbers(0, 0), vector8(octets([]byte{byte(serial)})))
	}
	body := all(head, vector16(octets(ticket(serial))))
	if w.version == protocol.TLS13 {
		body = all(body, numbers(0))
	}
	w.message(wire.Server, protocol.TypeNewSessionTicket, body, ticket(serial))
}
