package wire

import (
	"fmt"

	"rechallenge/core/protocol"
)

// extensions reads the extensions of a message or of a certificate's entry, if
// there are any (RFC 8446 section 4.2):
//
//	struct {
//	    ExtensionType extension_type;
//	    opaque extension_data<0..2^16-1>;
//	} Extension;
func (r *reader) extensions() {
	if r.empty() {
		return
	}
	r.vector("extensions", 2, func(in *reader) string {
		n := 0
		for ; !in.empty() && *in.left > 0; n++ {
			in.extension()
		}
		return protocol.Plural(n, "extension")
	})
}

// extension reads one extension as a field of its own name.
func (r *reader) extension() {
	r.group("extension", func(in *reader) string {
		id := in.u16("extension_type", protocol.ExtensionName)
		read := extensionReaders[id]
		in.vector("extension_data", 2, func(data *reader) string {
			if data.empty() {
				return "empty"
			}
			if read == nil {
				return ""
			}
			read(data)
			return joined(data.fields)
		})
		return ""
	})
	f := &r.fields[len(r.fields)-1]
	if len(f.Fields) != 2 || f.Fields[0].Length != 2 {
		return
	}
	// One node for the extension and its data: the type stands in its name.
	kind, data := f.Fields[0], f.Fields[1]
	f.Name, f.Hex, f.Value = kind.Value, kind.Hex, data.Value
	f.Fields = append([]Field{kind}, data.Fields...)
	if len(data.Fields) == 0 && data.Value != "empty" {
		f.Fields = append(f.Fields, data)
	}
}

// extensionReaders read the data of the extensions this program knows. They
// are asked only where there is data.
var extensionReaders = map[uint16]func(*reader){
	0: func(r *reader) { // RFC 6066 section 3
		r.list("server_name_list", 2, func(r *reader) {
			r.group("server_name", func(r *reader) string {
				r.u8("name_type", names8(serverNameTypeNames))
				return text(r.opaque("host_name", 2, text))
			})
		})
	},
	1:                                     func(r *reader) { r.u8("max_fragment_length", names8(fragmentLengthNames)) }, // RFC 6066 section 4
	5:                                     (*reader).statusRequest,
	10:                                    u16List("named_group_list", "named_group", protocol.GroupName),                              // RFC 8446 section 4.2.7
	11:                                    u8List("ec_point_format_list", "ec_point_format", pointFormatNames),                         // RFC 8422 section 5.1.2
	protocol.ExtensionSignatureAlgorithms: u16List("supported_signature_algorithms", "signature_scheme", protocol.SignatureSchemeName), // RFC 8446 section 4.2.3
	14:                                    (*reader).useSRTP,
	15:                                    func(r *reader) { r.u8("mode", names8(heartbeatModeNames)) }, // RFC 6520 section 2
	protocol.ExtensionALPN:                textList("protocol_name_list", "protocol_name"),              // RFC 7301 section 3.1
	17:                                    (*reader).statusRequestV2,
	18:                                    (*reader).certificateTimestamps,
	19:                                    certificateTypes("client_certificate_types", "client_certificate_type"), // RFC 7250 section 3
	20:                                    certificateTypes("server_certificate_types", "server_certificate_type"),
	21:                                    func(r *reader) { r.rest("padding") }, // RFC 7685
	24:                                    (*reader).tokenBinding,
	27:                                    u16ListOf(1, "algorithms", "algorithm", names16(compressionAlgorithms)), // RFC 8879 section 3
	28:                                    func(r *reader) { r.u16("record_size_limit", nil) },                     // RFC 8449 section 4
	34:                                    (*reader).delegatedCredential,
	protocol.ExtensionSessionTicket:       func(r *reader) { r.rest("ticket") }, // RFC 5077 section 3.2
	protocol.ExtensionPreSharedKey:        (*reader).preSharedKey,
	protocol.ExtensionEarlyData:           func(r *reader) { r.number("max_early_data_size", 4, bytesWord) }, // RFC 8446 section 4.2.10
	protocol.ExtensionSupportedVersions:   (*reader).supportedVersions,
	44:                                    func(r *reader) { r.opaque("cookie", 2, nil) }, // RFC 8446 section 4.2.2
	45:                                    u8List("ke_modes", "ke_mode", pskModeNames),    // RFC 8446 section 4.2.9
	protocol.ExtensionCertAuthorities:     (*reader).authorities,
	protocol.ExtensionOIDFilters:          (*reader).oidFilters,
	50:                                    u16List("supported_signature_algorithms_cert", "signature_scheme", protocol.SignatureSchemeName), // RFC 8446 section 4.2.3
	51:                                    (*reader).keyShare,
	54:                                    func(r *reader) { r.opaque("cid", 1, nil) }, // RFC 9146 section 3
	57:                                    (*reader).transportParameters,
	58:                                    (*reader).ticketRequest,
	62:                                    func(r *reader) { r.opaque("flags", 1, nil) },
	13172:                                 (*reader).nextProtocols,
	17513:                                 textList("supported_protocols", "protocol_name"),
	17613:                                 textList("supported_protocols", "protocol_name"),
	0xca34:                                textListOf(hexOf, "trust_anchors", "trust_anchor_id"),                      // draft-ietf-tls-trust-anchor-ids section 5
	0xfd00:                                u16ListOf(1, "outer_extensions", "extension_type", protocol.ExtensionName), // RFC 9849 section 5.1
	0xfe0d:                                (*reader).encryptedClientHello,
	0xff01:                                func(r *reader) { r.opaque("renegotiated_connection", 1, renegotiatedWord) }, // RFC 5746 section 3.2
}

// u16List reads a list of two-byte values with a length of two bytes.
func u16List(name, item string, word func(uint16) string) func(*reader) {
	return u16ListOf(2, name, item, word)
}

func u16ListOf(size int, name, item string, word func(uint16) string) func(*reader) {
	return func(r *reader) { r.list(name, size, func(r *reader) { r.u16(item, word) }) }
}

func u8List(name, item string, names map[uint8]string) func(*reader) {
	return func(r *reader) { r.list(name, 1, func(r *reader) { r.u8(item, names8(names)) }) }
}

// textList reads a list of short texts.
func textList(name, item string) func(*reader) { return textListOf(text, name, item) }

func textListOf(word func([]byte) string, name, item string) func(*reader) {
	return func(r *reader) { r.list(name, 2, func(r *reader) { r.opaque(item, 1, word) }) }
}

// certificateTypes reads the client's list or the server's choice.
func certificateTypes(list, one string) func(*reader) {
	return func(r *reader) {
		if r.kind == protocol.TypeClientHello {
			u8List(list, one, certificateFormatNames)(r)
			return
		}
		r.u8(one, names8(certificateFormatNames))
	}
}

// supportedVersions reads RFC 8446 section 4.2.1.
func (r *reader) supportedVersions() {
	if r.kind == protocol.TypeClientHello {
		u16ListOf(1, "versions", "version", protocol.VersionName)(r)
		return
	}
	r.u16("selected_version", protocol.VersionName)
}

// useSRTP reads RFC 5764 section 4.1.1.
func (r *reader) useSRTP() {
	u16List("protection_profiles", "protection_profile", names16(srtpProfileNames))(r)
	r.opaque("srtp_mki", 1, nil)
}

// tokenBinding reads RFC 8472 section 2.
func (r *reader) tokenBinding() {
	r.group("token_binding_version", func(r *reader) string {
		major := r.u8("major", nil)
		return fmt.Sprintf("%d.%d", major, r.u8("minor", nil))
	})
	u8List("key_parameters_list", "key_parameters", map[uint8]string{0: "rsa2048_pkcs1.5", 1: "rsa2048_pss", 2: "ecdsap256"})(r)
}

// ticketRequest reads RFC 9149 section 3.
func (r *reader) ticketRequest() {
	if r.kind != protocol.TypeClientHello {
		r.u8("expected_count", nil)
		return
	}
	r.u8("new_session_count", nil)
	r.u8("resumption_count", nil)
}

// nextProtocols reads draft-agl-tls-nextprotoneg-04 section 3: names up to the end.
func (r *reader) nextProtocols() {
	for !r.empty() {
		r.opaque("protocol_name", 1, text)
	}
}

func renegotiatedWord(b []byte) string {
	if len(b) == 0 {
		return "empty: not a renegotiation"
	}
	return protocol.Plural(len(b), "byte") + ": of the handshake before"
}
