package wire

import (
	"strings"

	"rechallenge/core/protocol"
)

// keyShare reads RFC 8446 section 4.2.8:
//
//	struct {
//	    NamedGroup group;
//	    opaque key_exchange<1..2^16-1>;
//	} KeyShareEntry;
func (r *reader) keyShare() {
	entry := func(r *reader) string {
		group := protocol.GroupName(r.u16("group", protocol.GroupName))
		r.opaque("key_exchange", 2, nil)
		return group
	}
	switch {
	case r.kind == protocol.TypeClientHello:
		r.list("client_shares", 2, func(r *reader) { r.group("key_share_entry", entry) })
	case r.m.isRetry():
		r.u16("selected_group", protocol.GroupName)
	default:
		r.group("server_share", entry)
	}
}

// preSharedKey reads RFC 8446 section 4.2.11:
//
//	struct {
//	    opaque identity<1..2^16-1>;
//	    uint32 obfuscated_ticket_age;
//	} PskIdentity;
//	opaque PskBinderEntry<32..255>;
//	struct {
//	    PskIdentity identities<7..2^16-1>;
//	    PskBinderEntry binders<33..2^16-1>;
//	} OfferedPsks;
func (r *reader) preSharedKey() {
	if r.kind != protocol.TypeClientHello {
		r.u16("selected_identity", nil)
		return
	}
	r.vector("identities", 2, func(r *reader) string {
		for !r.empty() && *r.left > 0 {
			r.group("psk_identity", func(r *reader) string {
				n := len(r.opaque("identity", 2, nil))
				r.number("obfuscated_ticket_age", 4, nil)
				return protocol.Plural(n, "byte")
			})
		}
		return "identities: " + joined(r.fields)
	})
	r.vector("binders", 2, func(r *reader) string {
		for !r.empty() && *r.left > 0 {
			r.opaque("binder", 1, nil)
		}
		return "binders: " + joined(r.fields)
	})
}

// exchange is what the key exchange of a TLS 1.2 suite sends, told from the
// suite's name.
type exchange struct{ ecdhe, dhe, rsa, psk, srp, signed bool }

func exchangeOf(suite uint16) exchange {
	kind, _, _ := strings.Cut(strings.TrimPrefix(protocol.CipherSuiteName(suite), "TLS_"), "_WITH_")
	has := func(part string) bool { return strings.Contains("_"+kind+"_", "_"+part+"_") }
	e := exchange{
		ecdhe: has("ECDHE") || has("ECDH"), dhe: has("DHE") || has("DH"), psk: has("PSK"), srp: has("SRP"),
		rsa:    kind == "RSA" || strings.HasPrefix(kind, "RSA_PSK"),
		signed: !has("anon") && !has("PSK") && kind != "SRP_SHA",
	}
	return e
}

// serverKeyExchange reads RFC 8422 section 5.4, RFC 5246 section 7.4.3, RFC
// 4279 sections 2 to 4 and RFC 5054 section 2.8.3, by the suite's key exchange.
func (r *reader) serverKeyExchange() {
	e := exchangeOf(r.m.CipherSuite)
	if e.psk {
		r.opaque("psk_identity_hint", 2, text)
	}
	switch {
	case e.ecdhe:
		r.group("params", func(r *reader) string {
			if r.u8("curve_type", names8(curveTypeNames)) != 3 {
				return "not a named curve"
			}
			group := protocol.GroupName(r.u16("namedcurve", protocol.GroupName))
			r.opaque("public", 1, nil)
			return group
		})
	case e.srp:
		r.opaque("srp_N", 2, bitsWord)
		r.opaque("srp_g", 2, nil)
		r.opaque("srp_s", 1, nil)
		r.opaque("srp_B", 2, nil)
	case e.dhe:
		r.group("params", func(r *reader) string {
			p := r.opaque("dh_p", 2, bitsWord)
			r.opaque("dh_g", 2, nil)
			r.opaque("dh_Ys", 2, nil)
			return bitsWord(p)
		})
	default:
		return
	}
	if e.signed && !r.empty() {
		r.signature()
	}
}

// clientKeyExchange reads RFC 8422 section 5.7, RFC 5246 section 7.4.7, RFC
// 4279 and RFC 5054 section 2.8.4.
func (r *reader) clientKeyExchange() {
	e := exchangeOf(r.m.CipherSuite)
	if e.psk {
		r.opaque("psk_identity", 2, text)
	}
	switch {
	case e.ecdhe:
		r.opaque("ecdh_Yc", 1, nil)
	case e.srp:
		r.opaque("srp_A", 2, nil)
	case e.dhe:
		r.opaque("dh_Yc", 2, nil)
	case e.rsa:
		r.opaque("encrypted_pre_master_secret", 2, nil)
	}
}

// signature reads CertificateVerify and the end of ServerKeyExchange: RFC 8446
// section 4.4.3, RFC 5246 section 4.7. Before TLS 1.2 the algorithm is not said.
//
//	struct {
//	    SignatureScheme algorithm;
//	    opaque signature<0..2^16-1>;
//	} CertificateVerify;
func (r *reader) signature() {
	if r.m.Version >= protocol.TLS12 {
		r.u16("algorithm", protocol.SignatureSchemeName)
	}
	r.opaque("signature", 2, nil)
}

func bitsWord(b []byte) string {
	for len(b) > 0 && b[0] == 0 {
		b = b[1:]
	}
	n := 8 * len(b)
	for top := byte(0x80); len(b) > 0 && b[0]&top == 0; top >>= 1 {
		n--
	}
	return protocol.Plural(n, "bit")
}
