package wire

import (
	"fmt"
	"strings"

	"rechallenge/core/protocol"
)

// Name is the message's name in the RFCs: "ClientHello", "HelloRetryRequest",
// "CertificateRequest", "Alert certificate_required", "ChangeCipherSpec", "ApplicationData" ...
func (m *Message) Name() string {
	unread := m.Problem != "" && m.Raw == nil
	switch m.Content {
	case Handshake:
		if m.isRetry() {
			return "HelloRetryRequest"
		}
		if unread && m.Type == protocol.TypeClientHello && !m.Encrypted && m.Lost == 0 {
			return "ClientHello (SSL 2.0 format)"
		}
		if unread {
			return "Handshake (unreadable)"
		}
		return protocol.HandshakeName(m.Type)
	case AlertRecord:
		if m.Alert != nil {
			return "Alert " + m.Alert.Name
		}
		return "Alert (unreadable)"
	case ChangeCipherSpec:
		return "ChangeCipherSpec"
	case ApplicationData:
		if unread {
			return "Unreadable"
		}
		return "ApplicationData"
	case Heartbeat:
		return "Heartbeat"
	case Transport:
		if unread {
			return "Unreadable"
		}
		name, _, _ := strings.Cut(m.Said, ":")
		return name
	case 0:
		return "Unreadable"
	}
	return fmt.Sprintf("Record 0x%02x", uint8(m.Content))
}

// isRetry says whether m is a HelloRetryRequest, a ServerHello in disguise.
func (m *Message) isRetry() bool {
	return m.Content == Handshake && m.Type == protocol.TypeServerHello && len(m.Raw) >= 38 && protocol.IsRetry(m.Raw[6:38])
}

// Small registries that only the field tree shows.
var (
	alertLevelNames        = map[uint8]string{1: "warning", 2: "fatal"}
	compressionNames       = map[uint8]string{0: "null", 1: "DEFLATE", 64: "LZS"}
	pointFormatNames       = map[uint8]string{0: "uncompressed", 1: "ansiX962_compressed_prime", 2: "ansiX962_compressed_char2"}
	pskModeNames           = map[uint8]string{0: "psk_ke", 1: "psk_dhe_ke"}
	statusTypeNames        = map[uint8]string{1: "ocsp", 2: "ocsp_multi"}
	serverNameTypeNames    = map[uint8]string{0: "host_name"}
	certificateFormatNames = map[uint8]string{0: "X509", 1: "OpenPGP", 2: "RawPublicKey", 3: "1609Dot2"}
	heartbeatModeNames     = map[uint8]string{1: "peer_allowed_to_send", 2: "peer_not_allowed_to_send"}
	fragmentLengthNames    = map[uint8]string{1: "512 bytes", 2: "1024 bytes", 3: "2048 bytes", 4: "4096 bytes"}
	keyUpdateNames         = map[uint8]string{0: "update_not_requested", 1: "update_requested"}
	curveTypeNames         = map[uint8]string{1: "explicit_prime", 2: "explicit_char2", 3: "named_curve"}
	echTypeNames           = map[uint8]string{0: "outer", 1: "inner"}
	compressionAlgorithms  = map[uint16]string{1: "zlib", 2: "brotli", 3: "zstd"}
	hpkeKDFNames           = map[uint16]string{1: "HKDF-SHA256", 2: "HKDF-SHA384", 3: "HKDF-SHA512"}
	hpkeAEADNames          = map[uint16]string{1: "AES-128-GCM", 2: "AES-256-GCM", 3: "ChaCha20Poly1305"}
	srtpProfileNames       = map[uint16]string{
		1: "SRTP_AES128_CM_HMAC_SHA1_80", 2: "SRTP_AES128_CM_HMAC_SHA1_32", 7: "SRTP_AEAD_AES_128_GCM", 8: "SRTP_AEAD_AES_256_GCM",
	}
)
