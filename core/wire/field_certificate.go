package wire

import (
	"bytes"
	"fmt"
	"time"

	"golang.org/x/crypto/cryptobyte"

	"rechallenge/core/protocol"
)

// certificate reads RFC 8446 section 4.4.2, RFC 5246 section 7.4.2:
//
//	struct {
//	    opaque cert_data<1..2^24-1>;
//	    Extension extensions<0..2^16-1>;
//	} CertificateEntry;
//	struct {
//	    opaque certificate_request_context<0..2^8-1>;
//	    CertificateEntry certificate_list<0..2^24-1>;
//	} Certificate;
//
// Before TLS 1.3 the list holds certificates only.
func (r *reader) certificate() {
	if r.m.Version == protocol.TLS13 {
		r.opaque("certificate_request_context", 1, contextWord)
	}
	r.vector("certificate_list", 3, func(r *reader) string {
		n := 0
		for ; !r.empty() && *r.left > 0; n++ {
			r.group("certificate_entry", func(r *reader) string {
				r.vector("cert_data", 3, (*reader).x509)
				subject := r.fields[0].Value
				if r.m.Version == protocol.TLS13 {
					r.extensions()
				}
				return subject
			})
		}
		if n == 0 {
			return "empty: no certificate"
		}
		return protocol.Plural(n, "certificate")
	})
}

func contextWord(b []byte) string {
	if len(b) == 0 {
		return "empty"
	}
	return protocol.Plural(len(b), "byte")
}

// compressedCertificate reads RFC 8879 section 4. The fields of what was
// compressed all come from the same bytes.
func (r *reader) compressedCertificate() {
	whole := r.src[r.at:r.end]
	r.u16("algorithm", names16(compressionAlgorithms))
	r.number("uncompressed_length", 3, bytesWord)
	r.vector("compressed_certificate_message", 3, func(in *reader) string {
		plain, err := decompress(whole)
		if err != nil {
			return err.Error()
		}
		c := &reader{m: r.m, kind: protocol.TypeCertificate, src: plain, end: len(plain), from: &protocol.Span{Offset: in.at, Length: in.end - in.at}, left: in.left}
		c.certificate()
		c.unknown()
		in.fields, in.at = c.fields, in.end
		return joined(c.fields)
	})
}

// certificateRequest reads RFC 8446 section 4.3.2, RFC 5246 section 7.4.4:
//
//	struct {
//	    ClientCertificateType certificate_types<1..2^8-1>;
//	    SignatureAndHashAlgorithm supported_signature_algorithms<2..2^16-2>; // TLS 1.2
//	    DistinguishedName certificate_authorities<0..2^16-1>;
//	} CertificateRequest;
func (r *reader) certificateRequest() {
	if r.m.Version == protocol.TLS13 {
		r.opaque("certificate_request_context", 1, contextWord)
		r.extensions()
		return
	}
	r.list("certificate_types", 1, func(r *reader) { r.u8("certificate_type", protocol.CertificateTypeName) })
	if r.m.Version == protocol.TLS12 {
		r.list("supported_signature_algorithms", 2, func(r *reader) { r.u16("signature_scheme", protocol.SignatureSchemeName) })
	}
	r.authorities()
}

// authorities reads RFC 8446 section 4.2.4, RFC 5246 section 7.4.4:
//
//	opaque DistinguishedName<1..2^16-1>;
//	DistinguishedName authorities<3..2^16-1>;
func (r *reader) authorities() {
	r.list("authorities", 2, func(r *reader) { r.opaque("distinguished_name", 2, DistinguishedName) })
}

// oidFilters reads RFC 8446 section 4.2.5:
//
//	struct {
//	    opaque certificate_extension_oid<1..2^8-1>;
//	    opaque certificate_extension_values<0..2^16-1>;
//	} OIDFilter;
func (r *reader) oidFilters() {
	r.list("filters", 2, func(r *reader) {
		r.group("oid_filter", func(r *reader) string {
			oid := oidWord(r.opaque("certificate_extension_oid", 1, oidWord))
			r.opaque("certificate_extension_values", 2, nil)
			return oid
		})
	})
}

// statusRequest reads the request of a client (RFC 6066 section 8) and the
// answer in a certificate's entry (RFC 8446 section 4.4.2.1):
//
//	struct {
//	    CertificateStatusType status_type;
//	    OCSPStatusRequest request; // of status_type ocsp
//	} CertificateStatusRequest;
func (r *reader) statusRequest() {
	if r.kind == protocol.TypeCertificate {
		r.certificateStatus()
		return
	}
	if r.u8("status_type", names8(statusTypeNames)) == 1 {
		r.statusRequestBody()
	}
}

// statusRequestBody reads RFC 6066 section 8:
//
//	struct {
//	    ResponderID responder_id_list<0..2^16-1>;
//	    Extensions  request_extensions; // opaque<0..2^16-1>
//	} OCSPStatusRequest;
func (r *reader) statusRequestBody() {
	r.list("responder_id_list", 2, func(r *reader) { r.opaque("responder_id", 2, nil) })
	r.opaque("request_extensions", 2, nil)
}

// statusRequestV2 reads RFC 6961 section 2.2:
//
//	struct {
//	    CertificateStatusType status_type;
//	    uint16 request_length;
//	    OCSPStatusRequest request;
//	} CertificateStatusRequestItemV2; // certificate_status_req_list<1..2^16-1>
func (r *reader) statusRequestV2() {
	r.list("certificate_status_req_list", 2, func(r *reader) {
		r.group("certificate_status_request_item", func(r *reader) string {
			kind := protocol.Name8(statusTypeNames, r.u8("status_type", names8(statusTypeNames)))
			r.vector("request", 2, func(r *reader) string {
				r.statusRequestBody()
				return ""
			})
			return kind
		})
	})
}

// certificateStatus reads RFC 6066 section 8 and RFC 6961 section 2.2:
//
//	struct {
//	    CertificateStatusType status_type;
//	    select (status_type) {
//	        case ocsp: opaque OCSPResponse<1..2^24-1>;
//	        case ocsp_multi: OCSPResponse ocsp_response_list<1..2^24-1>;
//	    } response;
//	} CertificateStatus;
func (r *reader) certificateStatus() {
	switch r.u8("status_type", names8(statusTypeNames)) {
	case 1:
		r.opaque("ocsp_response", 3, nil)
	case 2:
		r.list("ocsp_response_list", 3, func(r *reader) { r.opaque("ocsp_response", 3, nil) })
	}
}

// delegatedCredential reads RFC 9345 section 4:
//
//	struct {
//	    uint32 valid_time;
//	    SignatureScheme dc_cert_verify_algorithm;
//	    opaque ASN1_subjectPublicKeyInfo<1..2^24-1>;
//	    SignatureScheme algorithm;
//	    opaque signature<1..2^16-1>;
//	} DelegatedCredential; // of a client that asks: supported_signature_algorithm<2..2^16-2>
func (r *reader) delegatedCredential() {
	if r.kind == protocol.TypeClientHello || r.kind == protocol.TypeCertificateRequest {
		u16List("supported_signature_algorithm", "signature_scheme", protocol.SignatureSchemeName)(r)
		return
	}
	r.group("cred", func(r *reader) string {
		r.number("valid_time", 4, lifetimeWord)
		scheme := protocol.SignatureSchemeName(r.u16("dc_cert_verify_algorithm", protocol.SignatureSchemeName))
		r.opaque("ASN1_subjectPublicKeyInfo", 3, nil)
		return scheme
	})
	r.u16("algorithm", protocol.SignatureSchemeName)
	r.opaque("signature", 2, nil)
}

// certificateTimestamps reads RFC 6962 section 3.3 and, of each, section 3.2.
func (r *reader) certificateTimestamps() {
	r.list("sct_list", 2, func(r *reader) {
		r.vector("serialized_sct", 2, func(r *reader) string {
			if r.u8("sct_version", names8(map[uint8]string{0: "v1"})) != 0 {
				return ""
			}
			r.bytes("log_id", 32, nil)
			at := timestampWord(r.number("timestamp", 8, timestampWord))
			r.opaque("extensions", 2, nil)
			r.u16("algorithm", protocol.SignatureSchemeName)
			r.opaque("signature", 2, nil)
			return at
		})
	})
}

func timestampWord(ms uint64) string {
	const last = 253402300799999 // the year 9999
	if ms > last {
		return fmt.Sprint(ms)
	}
	return time.UnixMilli(int64(ms)).UTC().Format(time.RFC3339)
}

// encryptedClientHello reads RFC 9849 section 5. Its inner ClientHello stays
// encrypted: only the server has the key.
func (r *reader) encryptedClientHello() {
	switch {
	case r.kind == protocol.TypeClientHello:
		if r.u8("type", names8(echTypeNames)) != 0 {
			return
		}
		r.group("cipher_suite", func(r *reader) string {
			kdf := protocol.Name16(hpkeKDFNames, r.u16("kdf_id", names16(hpkeKDFNames)))
			return kdf + ", " + protocol.Name16(hpkeAEADNames, r.u16("aead_id", names16(hpkeAEADNames)))
		})
		r.u8("config_id", nil)
		r.opaque("enc", 2, nil)
		r.opaque("payload", 2, nil)
	case r.m.isRetry():
		r.bytes("confirmation", 8, nil)
	default:
		r.list("retry_configs", 2, func(r *reader) {
			r.group("ech_config", func(r *reader) string {
				version := fmt.Sprintf("0x%04x", r.u16("version", nil))
				r.opaque("contents", 2, nil)
				return version
			})
		})
	}
}

// transportParameters reads RFC 9000 section 18: pairs with lengths of their own kind.
func (r *reader) transportParameters() {
	for !r.empty() && *r.left > 0 {
		s := cryptobyte.String(r.src[r.at:r.end])
		_, ok1 := varint(&s)
		n, ok2 := varint(&s)
		head := r.end - r.at - len(s)
		if !ok1 || !ok2 || uint64(len(s)) < n {
			return
		}
		r.bytes("transport_parameter", head+int(n), func(b []byte) string {
			in := cryptobyte.String(b)
			id, _ := varint(&in)
			return fmt.Sprintf("0x%02x, %s", id, protocol.Plural(int(n), "byte"))
		})
	}
}

// varint reads a variable-length integer (RFC 9000 section 16).
func varint(s *cryptobyte.String) (uint64, bool) {
	var first uint8
	if !s.ReadUint8(&first) {
		return 0, false
	}
	v := uint64(first & 0x3f)
	var more []byte
	if !s.ReadBytes(&more, 1<<(first>>6)-1) {
		return 0, false
	}
	for _, b := range bytes.Clone(more) {
		v = v<<8 | uint64(b)
	}
	return v, true
}
