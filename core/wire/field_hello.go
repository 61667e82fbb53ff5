package wire

import (
	"fmt"
	"time"

	"rechallenge/core/protocol"
)

// clientHello reads RFC 8446 section 4.1.2, RFC 5246 section 7.4.1.2:
//
//	struct {
//	    ProtocolVersion legacy_version = 0x0303;
//	    Random random;
//	    opaque legacy_session_id<0..32>;
//	    CipherSuite cipher_suites<2..2^16-2>;
//	    opaque legacy_compression_methods<1..2^8-1>;
//	    Extension extensions<8..2^16-1>;
//	} ClientHello;
func (r *reader) clientHello() {
	version, id, compression := "client_version", "session_id", "compression_methods"
	_, list := protocol.ReadClientHello(r.src[r.at:r.end], nil)
	for _, e := range list {
		if e.ID == protocol.ExtensionSupportedVersions {
			version, id, compression = "legacy_version", "legacy_session_id", "legacy_compression_methods"
		}
	}
	r.u16(version, protocol.VersionName)
	r.bytes("random", 32, nil)
	r.opaque(id, 1, nil)
	r.list("cipher_suites", 2, func(r *reader) { r.u16("cipher_suite", protocol.CipherSuiteName) })
	r.list(compression, 1, func(r *reader) { r.u8("compression_method", names8(compressionNames)) })
	r.extensions()
}

// serverHello reads RFC 8446 section 4.1.3, RFC 5246 section 7.4.1.3:
//
//	struct {
//	    ProtocolVersion legacy_version = 0x0303;
//	    Random random;
//	    opaque legacy_session_id_echo<0..32>;
//	    CipherSuite cipher_suite;
//	    uint8 legacy_compression_method = 0;
//	    Extension extensions<6..2^16-1>;
//	} ServerHello;
func (r *reader) serverHello() {
	version, id, compression := "server_version", "session_id", "compression_method"
	if r.m.Version == protocol.TLS13 || r.m.isRetry() {
		version, id, compression = "legacy_version", "legacy_session_id_echo", "legacy_compression_method"
	}
	r.u16(version, protocol.VersionName)
	r.bytes("random", 32, serverRandomWord)
	r.opaque(id, 1, nil)
	r.u16("cipher_suite", protocol.CipherSuiteName)
	r.u8(compression, names8(compressionNames))
	r.extensions()
}

// serverRandomWord says what a server hides in its random (RFC 8446 section 4.1.3).
func serverRandomWord(b []byte) string {
	const end = 24 // of what is random
	switch {
	case protocol.IsRetry(b):
		return "the mark of a HelloRetryRequest"
	case string(b[end:]) == "DOWNGRD\x01":
		return "32 bytes; the server could do TLS 1.3"
	case string(b[end:]) == "DOWNGRD\x00":
		return "32 bytes; the server could do TLS 1.2"
	}
	return "32 bytes"
}

// newSessionTicket reads RFC 8446 section 4.6.1, and RFC 5077 section 3.3
// for what stood there before (ticket_lifetime_hint and ticket only):
//
//	struct {
//	    uint32 ticket_lifetime;
//	    uint32 ticket_age_add;
//	    opaque ticket_nonce<0..255>;
//	    opaque ticket<1..2^16-1>;
//	    Extension extensions<0..2^16-2>;
//	} NewSessionTicket;
func (r *reader) newSessionTicket() {
	if r.m.Version != protocol.TLS13 {
		r.number("ticket_lifetime_hint", 4, lifetimeWord)
		r.opaque("ticket", 2, nil)
		return
	}
	r.number("ticket_lifetime", 4, lifetimeWord)
	r.number("ticket_age_add", 4, nil)
	r.opaque("ticket_nonce", 1, nil)
	r.opaque("ticket", 2, nil)
	r.extensions()
}

func lifetimeWord(seconds uint64) string {
	if seconds == 0 {
		return "0 s: not said"
	}
	return fmt.Sprintf("%d s (%s)", seconds, time.Duration(seconds)*time.Second)
}
