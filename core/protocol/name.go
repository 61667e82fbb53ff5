package protocol

import (
	"fmt"
	"strconv"
	"strings"
)

// IsGREASE says whether v is one of the values that a client sends so that
// servers stay used to unknown ones (RFC 8701 section 2).
func IsGREASE(v uint16) bool { return v&0x0f0f == 0x0a0a && v>>8 == v&0xff }

// Name16 is v's name in a registry, "GREASE", or the number.
func Name16(names map[uint16]string, v uint16) string {
	if n := names[v]; n != "" {
		return n
	}
	if IsGREASE(v) {
		return "GREASE"
	}
	return fmt.Sprintf("0x%04x", v)
}

// Number gives back what CipherSuiteName and SignatureSchemeName made a name
// of; a GREASE value is any of them.
func Number(name string) (v uint16, ok bool) {
	for _, names := range []map[uint16]string{cipherSuiteNames, signatureSchemeNames} {
		for v, n := range names {
			if n == name {
				return v, true
			}
		}
	}
	if name == "GREASE" {
		return 0x0a0a, true
	}
	n, err := strconv.ParseUint(strings.TrimPrefix(name, "0x"), 16, 16)
	return uint16(n), err == nil && strings.HasPrefix(name, "0x")
}

// CertificateTypeNumber gives back what CertificateTypeName made a name of.
func CertificateTypeNumber(name string) (v uint8, ok bool) {
	for v, n := range certificateTypeNames {
		if n == name {
			return v, true
		}
	}
	n, err := strconv.ParseUint(strings.TrimPrefix(name, "0x"), 16, 8)
	return uint8(n), err == nil && strings.HasPrefix(name, "0x")
}

// Name8 is v's name in a registry, or the number.
func Name8(names map[uint8]string, v uint8) string {
	if n := names[v]; n != "" {
		return n
	}
	return fmt.Sprintf("0x%02x", v)
}

var versionNames = map[uint16]string{
	0x0002: "SSL 2.0", SSL30: "SSL 3.0", TLS10: "TLS 1.0", TLS11: "TLS 1.1", TLS12: "TLS 1.2", TLS13: "TLS 1.3",
	0xfeff: "DTLS 1.0", 0xfefd: "DTLS 1.2", 0xfefc: "DTLS 1.3",
}

// VersionName is a protocol version in words: "TLS 1.3", a draft of it, "GREASE", or the number.
func VersionName(version uint16) string {
	if version>>8 == 0x7f {
		return fmt.Sprintf("TLS 1.3 draft %d", version&0xff)
	}
	return Name16(versionNames, version)
}

// CipherSuiteName is a cipher suite's name in the IANA registry, "GREASE", or its number.
func CipherSuiteName(suite uint16) string { return Name16(cipherSuiteNames, suite) }

var alertNames = map[uint8]string{
	0: "close_notify", 1: "end_of_early_data", 10: "unexpected_message", 20: "bad_record_mac", 21: "decryption_failed", 22: "record_overflow",
	30: "decompression_failure", 40: "handshake_failure", 41: "no_certificate", 42: "bad_certificate", 43: "unsupported_certificate",
	44: "certificate_revoked", 45: "certificate_expired", 46: "certificate_unknown", 47: "illegal_parameter", 48: "unknown_ca",
	49: "access_denied", 50: "decode_error", 51: "decrypt_error", 52: "too_many_cids_requested", 60: "export_restriction",
	70: "protocol_version", 71: "insufficient_security", 80: "internal_error", 86: "inappropriate_fallback", 90: "user_canceled",
	100: "no_renegotiation", 109: "missing_extension", 110: "unsupported_extension", 111: "certificate_unobtainable",
	112: "unrecognized_name", 113: "bad_certificate_status_response", 114: "bad_certificate_hash_value", 115: "unknown_psk_identity",
	116: "certificate_required", 117: "general_error", 120: "no_application_protocol", 121: "ech_required",
}

// AlertName is an alert's name in the IANA registry, or its number.
func AlertName(description uint8) string {
	if n := alertNames[description]; n != "" {
		return n
	}
	return fmt.Sprintf("alert 0x%02x", description)
}

var signatureSchemeNames = map[uint16]string{
	0x0101: "rsa_md5", 0x0201: "rsa_pkcs1_sha1", 0x0202: "dsa_sha1", 0x0203: "ecdsa_sha1",
	0x0301: "rsa_pkcs1_sha224", 0x0302: "dsa_sha224", 0x0303: "ecdsa_sha224",
	0x0401: "rsa_pkcs1_sha256", 0x0402: "dsa_sha256", 0x0403: "ecdsa_secp256r1_sha256",
	0x0420: "rsa_pkcs1_sha256_legacy", 0x0520: "rsa_pkcs1_sha384_legacy", 0x0620: "rsa_pkcs1_sha512_legacy",
	0x0501: "rsa_pkcs1_sha384", 0x0502: "dsa_sha384", 0x0503: "ecdsa_secp384r1_sha384",
	0x0601: "rsa_pkcs1_sha512", 0x0602: "dsa_sha512", 0x0603: "ecdsa_secp521r1_sha512",
	0x0704: "eccsi_sha256", 0x0705: "iso_ibs1", 0x0706: "iso_ibs2", 0x0707: "iso_chinese_ibs", 0x0708: "sm2sig_sm3",
	0x0709: "gostr34102012_256a", 0x070a: "gostr34102012_256b", 0x070b: "gostr34102012_256c", 0x070c: "gostr34102012_256d",
	0x070d: "gostr34102012_512a", 0x070e: "gostr34102012_512b", 0x070f: "gostr34102012_512c",
	0x0804: "rsa_pss_rsae_sha256", 0x0805: "rsa_pss_rsae_sha384", 0x0806: "rsa_pss_rsae_sha512",
	0x0807: "ed25519", 0x0808: "ed448", 0x0809: "rsa_pss_pss_sha256", 0x080a: "rsa_pss_pss_sha384", 0x080b: "rsa_pss_pss_sha512",
	0x081a: "ecdsa_brainpoolP256r1tls13_sha256", 0x081b: "ecdsa_brainpoolP384r1tls13_sha384", 0x081c: "ecdsa_brainpoolP512r1tls13_sha512",
	0x0904: "mldsa44", 0x0905: "mldsa65", 0x0906: "mldsa87",
	0xeeee: "gostr34102012_256", 0xefef: "gostr34102012_512",
}

// SignatureSchemeName is a signature scheme's name in the IANA registry
// (dsa_* and sha224 pairs after RFC 5246 section 7.4.1.4.1), "GREASE", or its number.
func SignatureSchemeName(scheme uint16) string { return Name16(signatureSchemeNames, scheme) }

var groupNames = map[uint16]string{
	1: "sect163k1", 2: "sect163r1", 3: "sect163r2", 4: "sect193r1", 5: "sect193r2", 6: "sect233k1", 7: "sect233r1", 8: "sect239k1",
	9: "sect283k1", 10: "sect283r1", 11: "sect409k1", 12: "sect409r1", 13: "sect571k1", 14: "sect571r1", 15: "secp160k1",
	16: "secp160r1", 17: "secp160r2", 18: "secp192k1", 19: "secp192r1", 20: "secp224k1", 21: "secp224r1", 22: "secp256k1",
	23: "secp256r1", 24: "secp384r1", 25: "secp521r1", 26: "brainpoolP256r1", 27: "brainpoolP384r1", 28: "brainpoolP512r1",
	29: "x25519", 30: "x448", 31: "brainpoolP256r1tls13", 32: "brainpoolP384r1tls13", 33: "brainpoolP512r1tls13",
	34: "GC256A", 35: "GC256B", 36: "GC256C", 37: "GC256D", 38: "GC512A", 39: "GC512B", 40: "GC512C", 41: "curveSM2",
	256: "ffdhe2048", 257: "ffdhe3072", 258: "ffdhe4096", 259: "ffdhe6144", 260: "ffdhe8192",
	512: "MLKEM512", 513: "MLKEM768", 514: "MLKEM1024",
	4587: "SecP256r1MLKEM768", 4588: "X25519MLKEM768", 4589: "SecP384r1MLKEM1024", 4590: "curveSM2MLKEM768",
	0x6399: "X25519Kyber768Draft00", 0x639a: "SecP256r1Kyber768Draft00",
	0xff01: "arbitrary_explicit_prime_curves", 0xff02: "arbitrary_explicit_char2_curves",
}

// GroupName is a named group's name in the IANA registry, "GREASE", or its number.
func GroupName(group uint16) string { return Name16(groupNames, group) }

var extensionNames = map[uint16]string{
	0: "server_name", 1: "max_fragment_length", 2: "client_certificate_url", 3: "trusted_ca_keys", 4: "truncated_hmac",
	5: "status_request", 6: "user_mapping", 7: "client_authz", 8: "server_authz", 9: "cert_type", 10: "supported_groups",
	11: "ec_point_formats", 12: "srp", 13: "signature_algorithms", 14: "use_srtp", 15: "heartbeat",
	16: "application_layer_protocol_negotiation", 17: "status_request_v2", 18: "signed_certificate_timestamp",
	19: "client_certificate_type", 20: "server_certificate_type", 21: "padding", 22: "encrypt_then_mac",
	23: "extended_master_secret", 24: "token_binding", 25: "cached_info", 26: "tls_lts", 27: "compress_certificate",
	28: "record_size_limit", 29: "pwd_protect", 30: "pwd_clear", 31: "password_salt", 32: "ticket_pinning",
	33: "tls_cert_with_extern_psk", 34: "delegated_credential", 35: "session_ticket", 36: "TLMSP", 37: "TLMSP_proxying",
	38: "TLMSP_delegate", 39: "supported_ekt_ciphers", 41: "pre_shared_key", 42: "early_data", 43: "supported_versions",
	44: "cookie", 45: "psk_key_exchange_modes", 47: "certificate_authorities", 48: "oid_filters", 49: "post_handshake_auth",
	50: "signature_algorithms_cert", 51: "key_share", 52: "transparency_info", 53: "connection_id (deprecated)", 54: "connection_id",
	55: "external_id_hash", 56: "external_session_id", 57: "quic_transport_parameters", 58: "ticket_request", 59: "dnssec_chain",
	60: "sequence_number_encryption_algorithms", 61: "rrc", 62: "tls_flags",
	13172: "next_protocol_negotiation", 17513: "application_settings (old)", 17613: "application_settings",
	30032: "channel_id", 0xca34: "trust_anchors", 0xfd00: "ech_outer_extensions", 0xfe0d: "encrypted_client_hello", 0xff01: "renegotiation_info",
}

// ExtensionName is an extension's name in the IANA registry, "GREASE", or its number.
func ExtensionName(id uint16) string { return Name16(extensionNames, id) }

var certificateTypeNames = map[uint8]string{
	1: "rsa_sign", 2: "dss_sign", 3: "rsa_fixed_dh", 4: "dss_fixed_dh", 5: "rsa_ephemeral_dh", 6: "dss_ephemeral_dh",
	20: "fortezza_dms", 64: "ecdsa_sign", 65: "rsa_fixed_ecdh", 66: "ecdsa_fixed_ecdh", 67: "gost_sign256", 68: "gost_sign512",
}

// CertificateTypeName is a ClientCertificateType's name (RFC 5246 section 7.4.4), or its number.
func CertificateTypeName(t uint8) string { return Name8(certificateTypeNames, t) }

var handshakeNames = map[HandshakeType]string{
	0: "HelloRequest", 1: "ClientHello", 2: "ServerHello", 3: "HelloVerifyRequest", 4: "NewSessionTicket", 5: "EndOfEarlyData",
	8: "EncryptedExtensions", 11: "Certificate", 12: "ServerKeyExchange", 13: "CertificateRequest", 14: "ServerHelloDone",
	15: "CertificateVerify", 16: "ClientKeyExchange", 20: "Finished", 21: "CertificateURL", 22: "CertificateStatus",
	23: "SupplementalData", 24: "KeyUpdate", 25: "CompressedCertificate", 67: "NextProtocol", 254: "MessageHash",
}

// HandshakeName is a handshake message's name in the RFCs, or its number.
func HandshakeName(t HandshakeType) string {
	if n := handshakeNames[t]; n != "" {
		return n
	}
	return fmt.Sprintf("Handshake 0x%02x", uint8(t))
}

// KnownHandshake reports whether there is a message of that type.
func KnownHandshake(t HandshakeType) bool { return handshakeNames[t] != "" }

// GroupNumber is a named group by its name in the IANA registry, in any case, or
// by NIST's name of its curve.
func GroupNumber(name string) (uint16, bool) {
	switch strings.ToUpper(name) {
	case "P-256", "P256":
		name = "secp256r1"
	case "P-384", "P384":
		name = "secp384r1"
	case "P-521", "P521":
		name = "secp521r1"
	}
	return numberIn(groupNames, name)
}

// CipherSuiteNumber is a cipher suite by its name in the IANA registry.
func CipherSuiteNumber(name string) (uint16, bool) { return numberIn(cipherSuiteNames, name) }

// SignatureSchemeNumber is a signature scheme by its name in the IANA registry.
func SignatureSchemeNumber(name string) (uint16, bool) { return numberIn(signatureSchemeNames, name) }

func numberIn(names map[uint16]string, name string) (uint16, bool) {
	for v, n := range names {
		if strings.EqualFold(n, name) {
			return v, true
		}
	}
	return 0, false
}
