package wire_test

import (
	"bytes"
	"compress/zlib"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"rechallenge/core/protocol"
	"rechallenge/core/wire"
)

// rare are messages that no recorded flow has, by hand after the RFCs: in
// hexadecimal as unhex reads it. They are decoded as if they came from that
// side under that version and suite.
var rare = []struct {
	name    string
	kind    uint8
	from    wire.Side
	version uint16
	suite   uint16
	body    string // hexadecimal; spaces and what follows // are left out
	want    []string
}{
	{
		"encrypted extensions", 8, wire.Server, 0x0304, 0x1301, `
		2(
		0000 2( )                              // server_name
		0010 2( 2( 1( 6832 ) ) )               // ALPN
		001c 2( 4001 )                         // record_size_limit
		002a 2( )                              // early_data
		0014 2( 02 )                           // server_certificate_type
		fe0d 2( 2( fe0d 2( 01020304 ) ) )      // ECH retry_configs
		0039 2( 01 02 67 10 0f )               // transport parameters, one whole, one not
		0001 2( 04 )                           // max_fragment_length
		003a 2( 02 )                           // ticket_request
		0a0a 2( 00 )
		)`,
		[]string{
			"server_name: empty", "protocol_name: h2", "record_size_limit: 16385", "early_data: empty", "server_certificate_type: RawPublicKey",
			"ech_config: 0xfe0d", "transport_parameter: 0x01, 2 bytes", "max_fragment_length: 4096 bytes", "expected_count: 2", "GREASE: 1 byte",
		},
	},
	{
		"certificate request of TLS 1.3", 13, wire.Server, 0x0304, 0x1301, `
		1( aabb ) 2(
		000d 2( 2( 0403 0807 ) )
		0032 2( 2( 0603 ) )
		002f 2( 2( 2( 30 1( 31 1( 30 1( 06 1( 550403 ) 0c 1( 41 ) ) ) ) ) ) )
		0030 2( 2( 1( 06 1( 551d25 ) ) 2( ff ) ) )
		)`,
		[]string{"certificate_request_context: 2 bytes", "signature_scheme: ed25519", "signature_scheme: ecdsa_secp521r1_sha512", "distinguished_name: CN=A", "certificate_extension_oid: extKeyUsage"},
	},
	{
		"certificate with status and timestamps", 11, wire.Server, 0x0304, 0x1301, `
		1( ) 3( 3( 3000 ) 2(
		0005 2( 01 3( 3000 ) )
		0012 2( 2( 2( 00 ` + strings.Repeat("11", 32) + ` 0000018bcfe56800 2( ) 0403 2( 0102030405 ) ) ) )
		0022 2( 00015180 0403 3( 3000 ) 0403 2( 00 ) )
		) )`,
		[]string{"status_type: ocsp", "ocsp_response: 2 bytes", "log_id: 32 bytes", "timestamp: 2023-11-14T22:13:20Z", "algorithm: ecdsa_secp256r1_sha256", "valid_time: 86400 s (24h0m0s)"},
	},
	{"status of TLS 1.2", 22, wire.Server, 0x0303, 0xc02b, `02 00 00 05 00 00 02 30 00`, []string{"status_type: ocsp_multi", "ocsp_response: 2 bytes"}},
	{
		"hello retry with ECH and a cookie", 2, wire.Server, 0x0304, 0x1301, `
		0303 cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c 1( ) 1301 00 2(
		002b 2( 0304 ) 0033 2( 0017 ) 002c 2( 2( abcd ) ) fe0d 2( 0102030405060708 ) )`,
		[]string{"msg_type: HelloRetryRequest", "the mark of a HelloRetryRequest", "selected_group: secp256r1", "cookie: 2 bytes", "confirmation: 8 bytes"},
	},
	{
		"server key exchange of SRP", 12, wire.Server, 0x0303, 0xc021, `0002 00ff 0001 02 01 aa 0001 07 0401 0001 ee`,
		[]string{"srp_N: 8 bits", "srp_B: 1 byte", "algorithm: rsa_pkcs1_sha256"},
	},
	{"server key exchange before TLS 1.2", 12, wire.Server, 0x0301, 0xc013, `03 0017 01 04 0001 ee`, []string{"namedcurve: secp256r1", "signature: 1 byte"}},
	{"key exchange of an unknown suite", 16, wire.Client, 0x0303, 0xeeee, `01 02 03`, []string{"unknown: 3 bytes"}},
	{
		"pre-shared keys, all kinds of oddities", 1, wire.Client, 0x0304, 0, `
		0303 ` + strings.Repeat("22", 32) + ` 1( ) 2( 1301 ) 1( 00 ) 2(
		0031 2( )
		0012 2( )
		0011 2( 2( 02 2( 2( ) 2( ) ) ) )
		000e 2( 2( 0001 ) 1( ) )
		000f 2( 01 )
		0013 2( 1( 00 02 ) )
		3374 2( )
		0029 2( 2( 2( aabbcc ) 00000001 ) 2( 1( 010203 ) ) )
		)`,
		[]string{
			"obfuscated_ticket_age: 1", "binder: 3 bytes", "post_handshake_auth: empty", "signed_certificate_timestamp: empty",
			"status_type: ocsp_multi", "protection_profile: SRTP_AES128_CM_HMAC_SHA1_80", "mode: peer_allowed_to_send", "client_certificate_type: RawPublicKey", "next_protocol_negotiation: empty",
		},
	},
	{"cut short", 13, wire.Server, 0x0303, 0xc02b, `05 01 02`, []string{"certificate_types: cut short: 3 bytes where 6 are announced or needed"}},
	{"next protocol", 67, wire.Client, 0x0303, 0xc02b, `02 6832 01 00`, []string{"selected_protocol: h2"}},
	{"compressed certificate", 25, wire.Server, 0x0304, 0x1301, `0001 00000b 3( ` + deflated("00 3( 3( 3000 ) 2( ) )") + ` )`, []string{"algorithm: zlib", "uncompressed_length: 11 bytes", "cert_data: "}},
	{"unknown message", 99, wire.Server, 0x0304, 0x1301, `01 02 03`, []string{"unknown: 3 bytes  010203"}},
	{"text that is none", 2, wire.Server, 0x0303, 0xc02b, `0303 ` + strings.Repeat("33", 32) + ` 1( ) c02b 00 2( 0010 2( 2( 1( 0a1b ) ) ) )`, []string{`protocol_name: "\n\x1b"`}},
}

// unhex reads hexadecimal where n( ... ) is a vector with a length of n bytes.
func unhex(t testing.TB, s string) []byte {
	type vector struct{ at, size int }
	var out []byte
	var open []vector
	for line := range strings.Lines(s) {
		line, _, _ = strings.Cut(line, "//")
		for _, word := range strings.Fields(line) {
			switch {
			case strings.HasSuffix(word, "("):
				size := int(word[0] - '0')
				open = append(open, vector{len(out), size})
				out = append(out, make([]byte, size)...)
			case word == ")":
				v := open[len(open)-1]
				open = open[:len(open)-1]
				for i, n := v.size-1, len(out)-v.at-v.size; i >= 0; i, n = i-1, n>>8 {
					out[v.at+i] = byte(n)
				}
			default:
				b, err := hex.DecodeString(word)
				if err != nil {
					t.Fatalf("%s: %v", word, err)
				}
				out = append(out, b...)
			}
		}
	}
	return out
}

// deflated compresses with zlib and gives hexadecimal.
func deflated(s string) string { return deflatedBytes(unhex(nil, s)) }

func deflatedBytes(data []byte) string {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	w.Write(data)
	w.Close()
	return hex.EncodeToString(b.Bytes())
}

func TestRareMessages(t *testing.T) {
	for _, c := range rare {
		t.Run(c.name, func(t *testing.T) {
			body := unhex(t, c.body)
			m := wire.Message{
				From: c.from, Content: wire.Handshake, Type: protocol.HandshakeType(c.kind), Version: c.version, CipherSuite: c.suite,
				Raw: append([]byte{c.kind, 0, byte(len(body) >> 8), byte(len(body))}, body...),
			}
			var b bytes.Buffer
			tree(&b, m.Fields(), "")
			for _, w := range c.want {
				if !strings.Contains(b.String(), w) {
					t.Errorf("no %q in\n%s", w, b.String())
				}
			}
			if err := covers(&m); err != nil {
				t.Errorf("%v in\n%s", err, b.String())
			}
			if strings.Contains(c.name, "cut") != strings.Contains(b.String(), "cut short") {
				t.Errorf("cut short:\n%s", b.String())
			}
		})
	}
}

// TestFieldsHaveALimit: a message of very many small things shows so many
// fields and no more, and still every byte.
func TestFieldsHaveALimit(t *testing.T) {
	body := append([]byte{3, 3}, make([]byte, 33)...)
	body = append(body, 0xff, 0xfe)
	body = append(body, make([]byte, 65534)...)
	body = append(body, 1, 0)
	m := wire.Message{Content: wire.Handshake, Type: 1, Raw: append([]byte{1, 0, byte(len(body) >> 8), byte(len(body))}, body...)}
	if n := count(m.Fields()); n < 1000 || n > 20100 {
		t.Errorf("%d fields", n)
	}
	if err := covers(&m); err != nil {
		t.Error(err)
	}
}

func count(fields []wire.Field) int {
	n := len(fields)
	for _, f := range fields {
		n += count(f.Fields)
	}
	return n
}

func TestAlertFields(t *testing.T) {
	m := wire.Message{Content: wire.AlertRecord, Raw: []byte{2, 116}}
	var b bytes.Buffer
	tree(&b, m.Fields(), "")
	if want := "level: fatal  0x02  [0+1]\ndescription: certificate_required  0x74  [1+1]\n"; b.String() != want {
		t.Errorf("got %s, want %s", fmt.Sprintf("%q", b.String()), want)
	}
}
