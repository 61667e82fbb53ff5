package wire

import "fmt"

var handshakeNames = map[HandshakeType]string{
	0: "HelloRequest", 1: "ClientHello", 2: "ServerHello", 3: "HelloVerifyRequest", 4: "NewSessionTicket", 5: "EndOfEarlyData",
	8: "EncryptedExtensions", 11: "Certificate", 12: "ServerKeyExchange", 13: "CertificateRequest", 14: "ServerHelloDone",
	15: "CertificateVerify", 16: "ClientKeyExchange", 20: "Finished", 21: "CertificateURL", 22: "CertificateStatus",
	23: "SupplementalData", 24: "KeyUpdate", 25: "CompressedCertificate", 67: "NextProtocol", 254: "MessageHash",
}

// Name is the message's name in the RFCs: "ClientHello", "HelloRetryRequest",
// "CertificateRequest", "Alert certificate_required", "ChangeCipherSpec", "ApplicationData" ...
func (m *Message) Name() string {
	switch m.Content {
	case Handshake:
		if m.Type == serverHello && len(m.Raw) >= 38 && string(m.Raw[6:38]) == helloRetryRandom {
			return "HelloRetryRequest"
		}
		if m.Problem != "" && m.Raw == nil {
			return "Handshake (unreadable)"
		}
		if n := handshakeNames[m.Type]; n != "" {
			return n
		}
		return fmt.Sprintf("Handshake 0x%02x", uint8(m.Type))
	case AlertRecord:
		if m.Alert != nil {
			return "Alert " + m.Alert.Name
		}
		return "Alert"
	case ChangeCipherSpec:
		return "ChangeCipherSpec"
	case ApplicationData:
		return "ApplicationData"
	case Heartbeat:
		return "Heartbeat"
	case 0:
		return "Unreadable"
	}
	return fmt.Sprintf("Record 0x%02x", uint8(m.Content))
}

var alertNames = map[uint8]string{
	0: "close_notify", 10: "unexpected_message", 20: "bad_record_mac", 21: "decryption_failed", 22: "record_overflow",
	30: "decompression_failure", 40: "handshake_failure", 41: "no_certificate", 42: "bad_certificate", 43: "unsupported_certificate",
	44: "certificate_revoked", 45: "certificate_expired", 46: "certificate_unknown", 47: "illegal_parameter", 48: "unknown_ca",
	49: "access_denied", 50: "decode_error", 51: "decrypt_error", 60: "export_restriction", 70: "protocol_version",
	71: "insufficient_security", 80: "internal_error", 86: "inappropriate_fallback", 90: "user_canceled", 100: "no_renegotiation",
	109: "missing_extension", 110: "unsupported_extension", 111: "certificate_unobtainable", 112: "unrecognized_name",
	113: "bad_certificate_status_response", 114: "bad_certificate_hash_value", 115: "unknown_psk_identity",
	116: "certificate_required", 120: "no_application_protocol", 121: "ech_required",
}

// AlertName is an alert's name in the IANA registry, or its number.
func AlertName(description uint8) string {
	if n := alertNames[description]; n != "" {
		return n
	}
	return fmt.Sprintf("alert 0x%02x", description)
}

var signatureSchemeNames = map[uint16]string{
	0x0201: "rsa_pkcs1_sha1", 0x0202: "dsa_sha1", 0x0203: "ecdsa_sha1", 0x0301: "rsa_pkcs1_sha224", 0x0302: "dsa_sha224", 0x0303: "ecdsa_sha224",
	0x0401: "rsa_pkcs1_sha256", 0x0402: "dsa_sha256", 0x0403: "ecdsa_secp256r1_sha256",
	0x0501: "rsa_pkcs1_sha384", 0x0502: "dsa_sha384", 0x0503: "ecdsa_secp384r1_sha384",
	0x0601: "rsa_pkcs1_sha512", 0x0602: "dsa_sha512", 0x0603: "ecdsa_secp521r1_sha512",
	0x0804: "rsa_pss_rsae_sha256", 0x0805: "rsa_pss_rsae_sha384", 0x0806: "rsa_pss_rsae_sha512",
	0x0807: "ed25519", 0x0808: "ed448", 0x0809: "rsa_pss_pss_sha256", 0x080a: "rsa_pss_pss_sha384", 0x080b: "rsa_pss_pss_sha512",
	0x081a: "ecdsa_brainpoolP256r1tls13_sha256", 0x081b: "ecdsa_brainpoolP384r1tls13_sha384", 0x081c: "ecdsa_brainpoolP512r1tls13_sha512",
	0x0904: "mldsa44", 0x0905: "mldsa65", 0x0906: "mldsa87",
}

// SignatureSchemeName is a signature scheme's name in the IANA registry, or its number.
func SignatureSchemeName(scheme uint16) string {
	if n := signatureSchemeNames[scheme]; n != "" {
		return n
	}
	return fmt.Sprintf("0x%04x", scheme)
}

var certificateTypeNames = map[uint8]string{
	1: "rsa_sign", 2: "dss_sign", 3: "rsa_fixed_dh", 4: "dss_fixed_dh", 64: "ecdsa_sign", 65: "rsa_fixed_ecdh", 66: "ecdsa_fixed_ecdh",
}

// CertificateTypeName is a ClientCertificateType's name (RFC 5246 section 7.4.4), or its number.
func CertificateTypeName(t uint8) string {
	if n := certificateTypeNames[t]; n != "" {
		return n
	}
	return fmt.Sprintf("0x%02x", t)
}
