package wire_test

import (
	"strings"
	"testing"

	"rechallenge/core/protocol"
	"rechallenge/core/wire"
)

// vocabulary is what clients and servers of today say in a handshake: each
// message with its version, each extension, each field a verdict may rest on.
// byHand are those that nothing at hand sends, and that only the messages
// written by hand have.
var vocabulary = []struct {
	fields []string
	byHand bool
}{
	{[]string{
		"ClientHello/server_name/server_name_list/server_name/host_name", "ClientHello/application_layer_protocol_negotiation/protocol_name_list/protocol_name",
		"ClientHello/supported_versions/versions/version", "ClientHello/supported_groups/named_group_list/named_group",
		"ClientHello/key_share/client_shares/key_share_entry/group", "ClientHello/key_share/client_shares/key_share_entry/key_exchange",
		"ClientHello/pre_shared_key/identities/psk_identity/identity", "ClientHello/pre_shared_key/identities/psk_identity/obfuscated_ticket_age", "ClientHello/pre_shared_key/binders/binder",
		"ClientHello/psk_key_exchange_modes/ke_modes/ke_mode", "ClientHello/session_ticket/ticket", "ClientHello/extended_master_secret", "ClientHello/encrypt_then_mac", "ClientHello/post_handshake_auth",
		"ClientHello/signature_algorithms/supported_signature_algorithms/signature_scheme", "ClientHello/signature_algorithms_cert/supported_signature_algorithms_cert/signature_scheme",
		"ClientHello/early_data", "ClientHello/cookie/cookie", "ClientHello/renegotiation_info/renegotiated_connection",
		"ClientHello/status_request/status_type", "ClientHello/status_request_v2/certificate_status_req_list", "ClientHello/signed_certificate_timestamp",
		"ClientHello/record_size_limit/record_size_limit", "ClientHello/compress_certificate/algorithms/algorithm",
		"ClientHello/encrypted_client_hello/cipher_suite/kdf_id", "ClientHello/encrypted_client_hello/config_id", "ClientHello/encrypted_client_hello/enc", "ClientHello/encrypted_client_hello/payload",
		"ClientHello/GREASE", "ClientHello/cipher_suite=GREASE", "ClientHello/key_share/client_shares/key_share_entry/group=GREASE", "ClientHello/supported_versions/versions/version=GREASE",
		"ClientHello/key_share/client_shares/key_share_entry/group=X25519MLKEM768", "TLS 1.3 ServerHello/key_share/server_share/group=X25519MLKEM768",
		"TLS 1.2 ServerHello/session_id", "TLS 1.2 ServerHello/session_ticket", "TLS 1.2 ServerHello/extended_master_secret", "TLS 1.2 ServerHello/encrypt_then_mac",
		"TLS 1.2 ServerHello/renegotiation_info/renegotiated_connection", "TLS 1.2 ServerHello/status_request", "TLS 1.2 ServerHello/application_layer_protocol_negotiation/protocol_name_list/protocol_name",
		"TLS 1.2 ServerHello/signed_certificate_timestamp/sct_list/serialized_sct/log_id", "TLS 1.2 ServerHello/record_size_limit/record_size_limit",
		"TLS 1.3 ServerHello/supported_versions/selected_version", "TLS 1.3 ServerHello/pre_shared_key/selected_identity",
		"TLS 1.3 HelloRetryRequest/key_share/selected_group", "TLS 1.3 HelloRetryRequest/cookie/cookie",
		"TLS 1.3 EncryptedExtensions/application_layer_protocol_negotiation/protocol_name_list/protocol_name", "TLS 1.3 EncryptedExtensions/early_data", "TLS 1.3 EncryptedExtensions/record_size_limit/record_size_limit",
		"TLS 1.2 CertificateRequest/certificate_types/certificate_type", "TLS 1.2 CertificateRequest/supported_signature_algorithms/signature_scheme", "TLS 1.2 CertificateRequest/authorities/distinguished_name",
		"TLS 1.1 CertificateRequest/certificate_types/certificate_type", "TLS 1.1 CertificateRequest/authorities/distinguished_name",
		"TLS 1.3 CertificateRequest/certificate_request_context", "TLS 1.3 CertificateRequest/certificate_authorities/authorities/distinguished_name",
		"TLS 1.3 CertificateRequest/signature_algorithms/supported_signature_algorithms/signature_scheme", "TLS 1.3 CertificateRequest/signature_algorithms_cert/supported_signature_algorithms_cert/signature_scheme",
		"TLS 1.2 Certificate/certificate_list/certificate_entry/cert_data", "TLS 1.3 Certificate/certificate_list/certificate_entry/cert_data",
		"TLS 1.3 Certificate/certificate_list/certificate_entry/status_request/ocsp_response", "TLS 1.3 Certificate/certificate_list/certificate_entry/signed_certificate_timestamp/sct_list/serialized_sct/timestamp",
		"TLS 1.2 CertificateStatus/ocsp_response", "TLS 1.2 CertificateVerify/algorithm", "TLS 1.3 CertificateVerify/algorithm", "TLS 1.1 CertificateVerify/signature",
		"TLS 1.2 ServerKeyExchange/params/namedcurve", "TLS 1.2 ServerKeyExchange/params/dh_p", "TLS 1.2 ServerKeyExchange/psk_identity_hint", "TLS 1.2 ServerKeyExchange/signature",
		"TLS 1.2 ClientKeyExchange/ecdh_Yc", "TLS 1.2 ClientKeyExchange/dh_Yc", "TLS 1.2 ClientKeyExchange/encrypted_pre_master_secret", "TLS 1.2 ClientKeyExchange/psk_identity",
		"TLS 1.2 NewSessionTicket/ticket_lifetime_hint", "TLS 1.2 NewSessionTicket/ticket", "TLS 1.3 NewSessionTicket/ticket_lifetime", "TLS 1.3 NewSessionTicket/ticket_age_add",
		"TLS 1.3 NewSessionTicket/ticket_nonce", "TLS 1.3 NewSessionTicket/ticket", "TLS 1.3 NewSessionTicket/early_data/max_early_data_size",
		"TLS 1.0 Finished/verify_data", "TLS 1.2 Finished/verify_data", "TLS 1.3 Finished/verify_data", "TLS 1.3 KeyUpdate/request_update=update_requested", "TLS 1.3 KeyUpdate/request_update=update_not_requested",
		"TLS 1.2 HelloRequest", "TLS 1.2 ServerHelloDone", "TLS 1.3 EndOfEarlyData",
	}, false},
	{[]string{
		"TLS 1.3 CertificateRequest/oid_filters/filters/oid_filter/certificate_extension_oid", "TLS 1.3 CertificateRequest/oid_filters/filters/oid_filter/certificate_extension_values",
		"TLS 1.3 CompressedCertificate/algorithm", "TLS 1.3 CompressedCertificate/compressed_certificate_message/certificate_list/certificate_entry/cert_data",
		"TLS 1.3 EncryptedExtensions/encrypted_client_hello/retry_configs", "TLS 1.3 HelloRetryRequest/encrypted_client_hello/confirmation",
		"TLS 1.3 Certificate/certificate_list/certificate_entry/delegated_credential/cred",
	}, true},
}

// TestVocabulary: everything on the list is decoded by name, in a recorded
// flow where anything at hand says it.
func TestVocabulary(t *testing.T) {
	recorded, byHand := map[string]bool{}, map[string]bool{}
	for _, name := range flowNames(t) {
		flow := readFlow(t, name)
		keys := flow.Keys()
		for _, chunks := range flow.Connections {
			for _, m := range decode(keys, chunks) {
				learn(recorded, &m)
			}
		}
	}
	for _, c := range rare {
		body := unhex(t, c.body)
		learn(byHand, &wire.Message{
			From: c.from, Content: wire.Handshake, Type: protocol.HandshakeType(c.kind), Version: c.version, CipherSuite: c.suite,
			Raw: append([]byte{c.kind, 0, byte(len(body) >> 8), byte(len(body))}, body...),
		})
	}
	for _, v := range vocabulary {
		for _, f := range v.fields {
			switch {
			case !v.byHand && !recorded[f]:
				t.Errorf("no recorded flow has %s", f)
			case v.byHand && !byHand[f]:
				t.Errorf("no message by hand has %s", f)
			case v.byHand && recorded[f]:
				t.Errorf("%s was recorded: it belongs to the first list", f)
			}
		}
	}
}

// learn notes the fields of a message: with its version and, of the
// ClientHello, without; the bare names and those with their values.
func learn(known map[string]bool, m *wire.Message) {
	if m.Content != wire.Handshake || m.Raw == nil {
		return
	}
	path := protocol.VersionName(m.Version) + " " + m.Name()
	if m.Name() == "ClientHello" {
		path = m.Name()
	}
	known[path] = true
	learnFields(known, path, m.Fields())
}

func learnFields(known map[string]bool, path string, fields []wire.Field) {
	for _, f := range fields {
		at := path + "/" + f.Name
		if f.Name == "extensions" || f.Name == "cipher_suites" {
			at = path
		}
		known[at], known[at+"="+f.Value] = true, true
		if !strings.Contains(at, "tbsCertificate") {
			learnFields(known, at, f.Fields)
		}
	}
}
