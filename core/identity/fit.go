package identity

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Demand is what a server's CertificateRequest asks for, in wire form
// (RFC 8446 section 4.3.2, RFC 5246 section 7.4.4).
type Demand struct {
	AcceptableCAs    [][]byte // DER distinguished names; empty = any
	SignatureSchemes []uint16 // empty = any
	CertificateTypes []uint8  // TLS 1.2 ClientCertificateType; empty = any
	OIDFilters       []OIDFilter
}

// OIDFilter is one entry of the oid_filters extension (RFC 8446 section 4.2.5).
type OIDFilter struct {
	OID    string // dotted
	Values []byte // DER
}

// Fit says whether an identity suits a Demand, and if not, each reason why.
type Fit struct {
	Fits    bool      `json:"fits"`
	Reasons []Problem `json:"reasons"`
}

// Fit judges p against d at the time now. Reason codes: issuer-not-listed,
// intermediate-missing, key-type, signature-scheme, key-usage, ext-key-usage,
// oid-filter, expired, not-yet-valid.
func (p Public) Fit(d Demand, now time.Time) Fit {
	f := Fit{Reasons: []Problem{}}
	add := func(code, format string, args ...any) {
		f.Reasons = append(f.Reasons, Problem{Code: code, Message: fmt.Sprintf(format, args...)})
	}
	if !p.NotAfter.IsZero() && now.After(p.NotAfter) {
		add("expired", "the certificate expired on %s", p.NotAfter.UTC().Format(time.DateOnly))
	}
	if now.Before(p.NotBefore) {
		add("not-yet-valid", "the certificate is valid from %s on", p.NotBefore.UTC().Format(time.DateOnly))
	}
	if len(p.KeyUsage) > 0 && !slices.Contains(p.KeyUsage, "digitalSignature") {
		add("key-usage", "its key usage (%s) lacks digitalSignature", strings.Join(p.KeyUsage, ", "))
	}
	if len(p.ExtKeyUsage) > 0 && !slices.Contains(p.ExtKeyUsage, "clientAuth") && !slices.Contains(p.ExtKeyUsage, "anyExtendedKeyUsage") {
		add("ext-key-usage", "its extended key usage (%s) lacks clientAuth", strings.Join(p.ExtKeyUsage, ", "))
	}
	p.fitKey(d, add)
	p.fitIssuers(d, add)
	p.fitFilters(d, add)
	f.Fits = len(f.Reasons) == 0
	return f
}

// Values of ClientCertificateType (RFC 5246 section 7.4.4, RFC 8422 section 5.5).
const (
	typeRSASign   = 1
	typeDSSSign   = 2
	typeECDSASign = 64
)

// scheme is a SignatureScheme a key can make (RFC 8446 section 4.2.3).
type scheme struct {
	id      uint16
	minBits int  // of an RSA modulus
	old     bool // TLS 1.2 only
}

// family are the schemes and the TLS 1.2 certificate type of a key type.
type family struct {
	certificateType uint8
	schemes         []scheme
}

var (
	rsaSchemes = []scheme{
		{0x0804, 528, false},
		{0x0805, 784, false},
		{0x0806, 1040, false},
		{0x0401, 496, true},
		{0x0501, 624, true},
		{0x0601, 752, true},
		{0x0301, 464, true},
		{0x0201, 368, true},
	}
	pssSchemes = []scheme{{0x0809, 528, false}, {0x080a, 784, false}, {0x080b, 1040, false}}
)

// ecSchemes are the one of the curve, and in TLS 1.2, where a scheme names no
// curve, the others.
func ecSchemes(own uint16) []scheme {
	out := []scheme{{own, 0, false}}
	for _, id := range []uint16{0x0403, 0x0503, 0x0603, 0x0303, 0x0203} {
		out = append(out, scheme{id, 0, true})
	}
	return out
}

// familyOf finds a key type's family by its name; ok is false for a key that
// nothing is known about.
func familyOf(keyType string) (f family, bits int, ok bool) {
	switch keyType {
	case "P-256":
		return family{typeECDSASign, ecSchemes(0x0403)}, 0, true
	case "P-384":
		return family{typeECDSASign, ecSchemes(0x0503)}, 0, true
	case "P-521":
		return family{typeECDSASign, ecSchemes(0x0603)}, 0, true
	case "Ed25519":
		return family{typeECDSASign, []scheme{{0x0807, 0, false}}}, 0, true
	case "Ed448":
		return family{typeECDSASign, []scheme{{0x0808, 0, false}}}, 0, true
	}
	size := func(prefix string) bool {
		rest, found := strings.CutPrefix(keyType, prefix)
		n, err := strconv.Atoi(rest)
		bits = n
		return found && err == nil
	}
	switch {
	case size("RSA-PSS-"):
		return family{typeRSASign, pssSchemes}, bits, true
	case size("RSA-"):
		return family{typeRSASign, rsaSchemes}, bits, true
	case size("DSA-"):
		return family{typeDSSSign, []scheme{{0x0402, 0, true}, {0x0302, 0, true}, {0x0202, 0, true}}}, bits, true
	}
	return family{}, 0, false
}

func (p Public) fitKey(d Demand, add func(code, format string, args ...any)) {
	f, bits, ok := familyOf(p.KeyType)
	if !ok {
		return
	}
	if len(d.CertificateTypes) > 0 && !slices.Contains(d.CertificateTypes, f.certificateType) {
		add("key-type", "the server takes no %s keys", p.KeyType)
		return
	}
	if len(d.SignatureSchemes) == 0 {
		return
	}
	// Only TLS 1.2 and older name certificate types.
	old := len(d.CertificateTypes) > 0
	for _, s := range f.schemes {
		if (old || !s.old) && (bits == 0 || bits >= s.minBits) && slices.Contains(d.SignatureSchemes, s.id) {
			return
		}
	}
	add("signature-scheme", "its %s key can make none of the signatures the server takes", p.KeyType)
}

func (p Public) fitIssuers(d Demand, add func(code, format string, args ...any)) {
	if len(d.AcceptableCAs) == 0 || len(p.Chain) == 0 {
		return
	}
	var listed []element
	for _, der := range d.AcceptableCAs {
		if e, _, err := parseBER(der, &layer{base: -1}); err == nil {
			listed = append(listed, e)
		}
	}
	complete := false
	for _, c := range p.Chain {
		t, err := parseTBS(c.DER)
		if err != nil {
			return
		}
		for _, name := range listed {
			if sameName(name, t.issuer) {
				return
			}
		}
		complete = sameName(t.subject, t.issuer)
	}
	add("issuer-not-listed", "none of its issuers is among the CAs the server names")
	if top := p.Chain[len(p.Chain)-1]; !complete {
		add("intermediate-missing", "its chain ends at a certificate of %q, which it lacks: should that be issued by a CA of the list, adding it would do", top.Issuer)
	}
}

// fitFilters is RFC 8446 section 4.2.5: of the extensions that a client knows
// every listed value must be there; others are ignored.
func (p Public) fitFilters(d Demand, add func(code, format string, args ...any)) {
	for _, f := range d.OIDFilters {
		if len(f.Values) == 0 {
			continue
		}
		var want, have []string
		switch f.OID {
		case "2.5.29.15":
			want, have = keyUsageNamesIn(f.Values), p.KeyUsage
		case "2.5.29.37":
			want, have = extKeyUsageNamesIn(f.Values), p.ExtKeyUsage
		}
		for _, v := range want {
			if !slices.Contains(have, v) {
				add("oid-filter", "the server asks for a certificate with %s", v)
			}
		}
	}
}
