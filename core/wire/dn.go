package wire

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
)

// DistinguishedName gives a DER Name in RFC 2253 form, e.g. "CN=alice,O=Example";
// what can't be parsed comes back as "#" and its bytes in hexadecimal, the form
// that RFC 2253 section 2.4 keeps for values without a string.
func DistinguishedName(der []byte) string {
	var seq pkix.RDNSequence
	if rest, err := asn1.Unmarshal(der, &seq); err != nil || len(rest) > 0 {
		return "#" + hex.EncodeToString(der)
	}
	return seq.String()
}
