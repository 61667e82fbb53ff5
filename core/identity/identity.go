// Package identity is the client identity: a certificate chain and its private
// key, what may be shown of it, and whether it suits what a server asks for.
//
// Bytes come in (PKCS#12, PEM, DER), identities or a precise reason come out.
// It opens no file, asks for no password and knows nothing of TLS connections.
package identity

import (
	"crypto"
	"crypto/tls"
	"time"
)

// Certificate is what may be shown of one X.509 certificate.
type Certificate struct {
	Subject            string    `json:"subject"` // RFC 2253 form, e.g. "CN=alice,O=Example"
	Issuer             string    `json:"issuer"`  // RFC 2253 form
	Serial             string    `json:"serial"`  // hexadecimal, no separators
	NotBefore          time.Time `json:"not_before"`
	NotAfter           time.Time `json:"not_after"`
	KeyType            string    `json:"key_type"`            // "RSA-2048", "P-256", "Ed25519", "RSA-PSS-2048", "Ed448" ...
	SignatureAlgorithm string    `json:"signature_algorithm"` // e.g. "ECDSA-SHA256"
	SANs               []string  `json:"sans"`                // "DNS:a.test", "IP:127.0.0.1", "email:...", "URI:..."
	KeyUsage           []string  `json:"key_usage"`           // RFC 5280 names: "digitalSignature" ...; empty = extension absent
	ExtKeyUsage        []string  `json:"ext_key_usage"`       // "clientAuth", "serverAuth", "1.2.3"; empty = extension absent
	IsCA               bool      `json:"is_ca"`
	FingerprintSHA256  string    `json:"fingerprint_sha256"` // lower-case hexadecimal of the DER
	DER                []byte    `json:"der"`
}

// Public is the part of an identity that may be shown, reported and kept in a trace.
type Public struct {
	ID          string        `json:"id"`
	File        string        `json:"file"`  // as the plan names it; "" when made by the lab
	Alias       string        `json:"alias"` // friendlyName, or "" where the file gives none
	Certificate               // the leaf
	Chain       []Certificate `json:"chain"` // leaf first, as it will be sent
	Usable      bool          `json:"usable"`
	Problems    []Problem     `json:"problems"`
}

// Problem is one remark about a file or an identity; Code is a stable kebab-case id.
type Problem struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Identity is Public and the private key. It is never marshalled.
type Identity struct {
	Public
	Signer crypto.Signer
}

// TLSCertificate returns the identity in the form crypto/tls wants.
func (id *Identity) TLSCertificate() tls.Certificate {
	c := tls.Certificate{PrivateKey: id.Signer, SupportedSignatureAlgorithms: id.schemes()}
	for i := range id.Chain {
		c.Certificate = append(c.Certificate, id.Chain[i].DER)
	}
	return c
}
