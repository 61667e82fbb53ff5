package identity_test

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"strings"
	"testing"
	"time"

	"rechallenge/core/identity"
)

func name(t *testing.T, cn string) []byte {
	t.Helper()
	der, err := asn1.Marshal(pkix.Name{CommonName: cn}.ToRDNSequence())
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// TestFit judges made identities against demands.
func TestFit(t *testing.T) {
	root := newCA(t, "Root", nil)
	middle := newCA(t, "Middle", root)
	whole := chainOf(middle.issue(t, "alice"), middle, root)
	short := chainOf(middle.issue(t, "alice"))
	now := time.Now()
	with := func(p identity.Public, change func(*identity.Public)) identity.Public {
		change(&p)
		return p
	}
	filter := func(oid, hex string) []identity.OIDFilter {
		return []identity.OIDFilter{{OID: oid, Values: bytesOf(t, hex)}}
	}
	tests := []struct {
		name   string
		id     identity.Public
		demand identity.Demand
		now    time.Time
		want   string // codes
	}{
		{"anything goes", whole, identity.Demand{}, now, ""},
		{"unknown identity", identity.Public{}, identity.Demand{SignatureSchemes: []uint16{0x0403}, AcceptableCAs: [][]byte{name(t, "x")}}, now, ""},
		{"direct issuer listed", short, identity.Demand{AcceptableCAs: [][]byte{name(t, "Middle")}}, now, ""},
		{"root listed", whole, identity.Demand{AcceptableCAs: [][]byte{name(t, "Other"), name(t, "Root")}}, now, ""},
		{"case and spaces do not count", whole, identity.Demand{AcceptableCAs: [][]byte{name(t, "  rOOt ")}}, now, ""},
		{"not listed", whole, identity.Demand{AcceptableCAs: [][]byte{name(t, "Other")}}, now, "issuer-not-listed"},
		{"intermediate missing", short, identity.Demand{AcceptableCAs: [][]byte{name(t, "Root")}}, now, "issuer-not-listed intermediate-missing"},
		{"expired", whole, identity.Demand{}, now.AddDate(20, 0, 0), "expired"},
		{"not yet valid", whole, identity.Demand{}, now.AddDate(-20, 0, 0), "not-yet-valid"},
		{"key usage", with(whole, func(p *identity.Public) { p.KeyUsage = []string{"keyEncipherment"} }), identity.Demand{}, now, "key-usage"},
		{"server's certificate", with(whole, func(p *identity.Public) { p.ExtKeyUsage = []string{"serverAuth"} }), identity.Demand{}, now, "ext-key-usage"},
		{"any purpose", with(whole, func(p *identity.Public) { p.ExtKeyUsage = []string{"anyExtendedKeyUsage"} }), identity.Demand{}, now, ""},
		{"TLS 1.3, the curve's scheme", whole, identity.Demand{SignatureSchemes: []uint16{0x0403}}, now, ""},
		{"TLS 1.3, another curve's scheme", whole, identity.Demand{SignatureSchemes: []uint16{0x0503, 0x0804}}, now, "signature-scheme"},
		{"TLS 1.2, any hash", whole, identity.Demand{SignatureSchemes: []uint16{0x0503}, CertificateTypes: []uint8{1, 64}}, now, ""},
		{"TLS 1.2, RSA only", whole, identity.Demand{CertificateTypes: []uint8{1}}, now, "key-type"},
		{"TLS 1.3, RSA by PKCS#1 only", rsaKey(whole, "RSA-2048"), identity.Demand{SignatureSchemes: []uint16{0x0401}}, now, "signature-scheme"},
		{"TLS 1.2, RSA by PKCS#1", rsaKey(whole, "RSA-2048"), identity.Demand{SignatureSchemes: []uint16{0x0401}, CertificateTypes: []uint8{1}}, now, ""},
		{"RSA too short for the hash", rsaKey(whole, "RSA-1024"), identity.Demand{SignatureSchemes: []uint16{0x0806}}, now, "signature-scheme"},
		{"RSA-PSS key, rsae scheme", rsaKey(whole, "RSA-PSS-2048"), identity.Demand{SignatureSchemes: []uint16{0x0804}}, now, "signature-scheme"},
		{"RSA-PSS key, pss scheme", rsaKey(whole, "RSA-PSS-2048"), identity.Demand{SignatureSchemes: []uint16{0x0809}}, now, ""},
		{"Ed25519", rsaKey(whole, "Ed25519"), identity.Demand{SignatureSchemes: []uint16{0x0807}, CertificateTypes: []uint8{64}}, now, ""},
		{"purposes filtered in", whole, identity.Demand{OIDFilters: filter("2.5.29.37", "300a06082b06010505070302")}, now, ""},
		{"purposes filtered out", whole, identity.Demand{OIDFilters: filter("2.5.29.37", "300a06082b06010505070304")}, now, "oid-filter"},
		{"key usage filtered out", whole, identity.Demand{OIDFilters: filter("2.5.29.15", "03020520")}, now, "oid-filter"},
		{"unknown filters do not count", whole, identity.Demand{OIDFilters: filter("1.2.3", "0500")}, now, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			fit := test.id.Fit(test.demand, test.now)
			var codes []string
			for _, r := range fit.Reasons {
				codes = append(codes, r.Code)
				if r.Message == "" {
					t.Errorf("%s has no message", r.Code)
				}
			}
			if got := strings.Join(codes, " "); got != test.want || fit.Fits != (test.want == "") {
				t.Errorf("got %q (fits %v), want %q", got, fit.Fits, test.want)
			}
		})
	}
}

func rsaKey(p identity.Public, keyType string) identity.Public {
	p.KeyType = keyType
	return p
}
