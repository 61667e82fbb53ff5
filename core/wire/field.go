package wire

import "rechallenge/core/protocol"

// Fields decodes m into a tree, in order of the bytes, with the names of the
// RFCs. Every byte of Raw belongs to a field; what this program does not know
// appears as bytes, what does not parse as bytes with a Value that says so,
// and what is masked by its length and digest.
func (m *Message) Fields() []Field {
	if len(m.Raw) == 0 {
		return nil
	}
	left := maxFields
	r := &reader{m: m, kind: m.Type, src: m.Raw, end: len(m.Raw), left: &left}
	switch m.Content {
	case AlertRecord:
		r.u8("level", names8(alertLevelNames))
		r.u8("description", protocol.AlertName)
	case ChangeCipherSpec:
		r.u8("type", names8(map[uint8]string{1: "change_cipher_spec"}))
	case Handshake:
		r.u8("msg_type", func(uint8) string { return m.Name() })
		r.number("length", 3, bytesWord)
		if read := bodies[m.Type]; read != nil {
			read(r)
		}
	}
	r.unknown()
	return r.fields
}

// bodies are the readers of handshake messages. What is not here is shown as
// bytes; what has no body reads nothing.
var bodies = map[protocol.HandshakeType]func(*reader){
	protocol.TypeClientHello:           (*reader).clientHello,
	protocol.TypeServerHello:           (*reader).serverHello,
	protocol.TypeNewSessionTicket:      (*reader).newSessionTicket,
	protocol.TypeEncryptedExtensions:   func(r *reader) { r.extensions() },
	protocol.TypeCertificate:           func(r *reader) { r.certificate() },
	protocol.TypeServerKeyExchange:     (*reader).serverKeyExchange,
	protocol.TypeCertificateRequest:    (*reader).certificateRequest,
	protocol.TypeCertificateVerify:     (*reader).signature,
	protocol.TypeClientKeyExchange:     (*reader).clientKeyExchange,
	protocol.TypeFinished:              func(r *reader) { r.rest("verify_data") },
	protocol.TypeCertificateStatus:     (*reader).certificateStatus,
	protocol.TypeKeyUpdate:             func(r *reader) { r.u8("request_update", names8(keyUpdateNames)) },
	protocol.TypeCompressedCertificate: (*reader).compressedCertificate,
	protocol.TypeNextProtocol: func(r *reader) {
		r.opaque("selected_protocol", 1, text)
		r.opaque("padding", 1, nil)
	},
}
