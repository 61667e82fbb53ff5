package wire

import (
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"rechallenge/core/protocol"
)

// x509 reads a certificate (RFC 5280 section 4.1) as far as it is one, and
// returns its subject:
//
//	Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue }
//	TBSCertificate ::= SEQUENCE { version [0], serialNumber, signature, issuer,
//	    validity, subject, subjectPublicKeyInfo, ..., extensions [3] }
//
// It is no judge of certificates: what is out of order stays bytes.
func (r *reader) x509() string {
	subject := ""
	c, ok := r.inside(cbasn1.SEQUENCE)
	if !ok {
		return "not a certificate"
	}
	c.element("tbsCertificate", cbasn1.SEQUENCE, func(t *reader) string {
		t.optional("version", 0, func(b []byte) string { return fmt.Sprintf("v%d", int(b[len(b)-1])+1) })
		t.value("serialNumber", cbasn1.INTEGER, hex.EncodeToString)
		t.value("signature", cbasn1.SEQUENCE, algorithmWord)
		t.whole("issuer", DistinguishedName)
		t.element("validity", cbasn1.SEQUENCE, func(v *reader) string {
			v.whole("notBefore", timeWord)
			v.whole("notAfter", timeWord)
			return joined(v.fields)
		})
		t.whole("subject", func(der []byte) string { subject = DistinguishedName(der); return subject })
		t.whole("subjectPublicKeyInfo", publicKeyWord)
		t.optional("issuerUniqueID", 1, nil)
		t.optional("subjectUniqueID", 2, nil)
		t.certificateExtensions()
		return subject
	})
	c.value("signatureAlgorithm", cbasn1.SEQUENCE, algorithmWord)
	c.value("signatureValue", cbasn1.BIT_STRING, nil)
	c.unknown()
	r.fields, r.at = append(r.fields, c.fields...), c.end
	return subject
}

// peek gives the next element's extent and its content's, if its tag is tag (0 = any).
func (r *reader) peek(tag cbasn1.Tag) (content, end int, ok bool) {
	s := cryptobyte.String(r.src[r.at:r.end])
	var body, all cryptobyte.String
	var have cbasn1.Tag
	whole := s
	if !s.ReadAnyASN1Element(&all, &have) || tag != 0 && have != tag || !whole.ReadAnyASN1(&body, &have) {
		return 0, 0, false
	}
	end = r.at + len(all)
	return end - len(body), end, true
}

// inside is a reader of the next element's content; r itself stays.
func (r *reader) inside(tag cbasn1.Tag) (*reader, bool) {
	content, end, ok := r.peek(tag)
	if !ok {
		return nil, false
	}
	return r.sub(content, end), true
}

// element reads a structured element, if it is the next one.
func (r *reader) element(name string, tag cbasn1.Tag, read func(*reader) string) {
	in, ok := r.inside(tag)
	if !ok {
		return
	}
	f := Field{Name: name, Value: read(in)}
	in.unknown()
	f.Fields = in.fields
	at := r.at
	r.at = in.end
	r.add(f, at, r.at)
}

// value reads an element shown by its content, if it is the next one.
func (r *reader) value(name string, tag cbasn1.Tag, word func([]byte) string) {
	if content, end, ok := r.peek(tag); ok {
		f := leaf(name, r.src[content:end], word)
		r.add(f, r.at, end)
		r.at = end
	}
}

// whole reads an element shown by its DER, tag and all.
func (r *reader) whole(name string, word func([]byte) string) {
	if _, end, ok := r.peek(0); ok {
		f := leaf(name, r.src[r.at:end], word)
		r.add(f, r.at, end)
		r.at = end
	}
}

// optional reads a context-specific element.
func (r *reader) optional(name string, number uint8, word func([]byte) string) {
	for _, tag := range []cbasn1.Tag{cbasn1.Tag(number).ContextSpecific(), cbasn1.Tag(number).ContextSpecific().Constructed()} {
		if content, end, ok := r.peek(tag); ok && end > content {
			r.value(name, tag, word)
			return
		}
	}
}

// certificateExtensions reads Extension ::= SEQUENCE { extnID, critical, extnValue }.
func (r *reader) certificateExtensions() {
	r.element("extensions", cbasn1.Tag(3).ContextSpecific().Constructed(), func(outer *reader) string {
		list, ok := outer.inside(cbasn1.SEQUENCE)
		if !ok {
			return ""
		}
		for !list.empty() && *list.left > 0 {
			before := list.at
			list.certificateExtension()
			if list.at == before {
				break
			}
		}
		n := len(list.fields)
		list.unknown()
		outer.fields, outer.at = list.fields, list.end
		return protocol.Plural(n, "extension")
	})
}

func (r *reader) certificateExtension() {
	r.element("extension", cbasn1.SEQUENCE, func(e *reader) string {
		name := ""
		e.value("extnID", cbasn1.OBJECT_IDENTIFIER, func(b []byte) string { name = contentOID(b); return name })
		e.value("critical", cbasn1.BOOLEAN, func(b []byte) string { return fmt.Sprint(len(b) == 1 && b[0] != 0) })
		e.value("extnValue", cbasn1.OCTET_STRING, func(b []byte) string { return extensionWord(name, b) })
		return name
	})
	if len(r.fields) == 0 {
		return
	}
	f := &r.fields[len(r.fields)-1]
	if n := len(f.Fields); f.Name == "extension" && n > 0 && f.Value != "" {
		f.Name, f.Value = f.Value, f.Fields[n-1].Value
	}
}

// extensionWord says what the extensions that matter to a client's certificate hold.
func extensionWord(name string, der []byte) string {
	s := cryptobyte.String(der)
	var list cryptobyte.String
	var words []string
	switch name {
	case "subjectAltName":
		s.ReadASN1(&list, cbasn1.SEQUENCE)
		for !list.Empty() {
			var v cryptobyte.String
			var tag cbasn1.Tag
			if !list.ReadAnyASN1(&v, &tag) {
				break
			}
			words = append(words, generalName(tag, v))
		}
	case "keyUsage":
		var bits asn1.BitString
		s.ReadASN1BitString(&bits)
		for i, n := range keyUsageNames {
			if bits.At(i) == 1 {
				words = append(words, n)
			}
		}
	case "extKeyUsage":
		s.ReadASN1(&list, cbasn1.SEQUENCE)
		for !list.Empty() {
			var v cryptobyte.String
			if !list.ReadASN1(&v, cbasn1.OBJECT_IDENTIFIER) {
				break
			}
			words = append(words, contentOID(v))
		}
	case "basicConstraints":
		ca := false
		s.ReadASN1(&list, cbasn1.SEQUENCE)
		list.ReadOptionalASN1Boolean(&ca, cbasn1.BOOLEAN, false)
		words = append(words, fmt.Sprintf("CA: %t", ca))
	}
	if len(words) == 0 {
		return protocol.Plural(len(der), "byte")
	}
	return strings.Join(words, ", ")
}

var keyUsageNames = []string{
	"digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement", "keyCertSign", "cRLSign", "encipherOnly", "decipherOnly",
}

func generalName(tag cbasn1.Tag, v []byte) string {
	switch tag {
	case cbasn1.Tag(1).ContextSpecific(), cbasn1.Tag(2).ContextSpecific(), cbasn1.Tag(6).ContextSpecific():
		return text(v)
	case cbasn1.Tag(7).ContextSpecific():
		if a, ok := netip.AddrFromSlice(v); ok {
			return a.String()
		}
	}
	return hexOf(v)
}

// timeWord is a UTCTime or GeneralizedTime in RFC 3339 form.
func timeWord(der []byte) string {
	var t time.Time
	if _, err := asn1.Unmarshal(der, &t); err != nil {
		return text(der)
	}
	return t.UTC().Format(time.RFC3339)
}

// algorithmWord names an AlgorithmIdentifier's content.
func algorithmWord(content []byte) string {
	s := cryptobyte.String(content)
	var oid cryptobyte.String
	if !s.ReadASN1(&oid, cbasn1.OBJECT_IDENTIFIER) {
		return protocol.Plural(len(content), "byte")
	}
	return contentOID(oid)
}

// publicKeyWord says what kind of key a SubjectPublicKeyInfo holds, and how long.
func publicKeyWord(der []byte) string {
	s := cryptobyte.String(der)
	var info, algorithm, oid, curve, key cryptobyte.String
	var bits asn1.BitString
	if !s.ReadASN1(&info, cbasn1.SEQUENCE) || !info.ReadASN1(&algorithm, cbasn1.SEQUENCE) ||
		!algorithm.ReadASN1(&oid, cbasn1.OBJECT_IDENTIFIER) || !info.ReadASN1BitString(&bits) {
		return protocol.Plural(len(der), "byte")
	}
	name := contentOID(oid)
	if algorithm.ReadASN1(&curve, cbasn1.OBJECT_IDENTIFIER) {
		return name + ", " + contentOID(curve)
	}
	s = bits.Bytes
	var modulus []byte
	if strings.HasPrefix(name, "rsa") && s.ReadASN1(&key, cbasn1.SEQUENCE) && key.ReadASN1Integer(&modulus) {
		return name + ", " + bitsWord(modulus)
	}
	return name
}

// oidWord names a DER object identifier, tag and all.
func oidWord(der []byte) string {
	id := oidName(der)
	if id == "" {
		return hexOf(der)
	}
	if n := oidNames[id]; n != "" {
		return n
	}
	return id
}

// contentOID names an object identifier without its tag and length.
func contentOID(content []byte) string {
	if len(content) > 127 {
		return hexOf(content)
	}
	return oidWord(append([]byte{byte(cbasn1.OBJECT_IDENTIFIER), byte(len(content))}, content...))
}

var oidNames = map[string]string{
	"1.2.840.113549.1.1.1": "rsaEncryption", "1.2.840.113549.1.1.10": "rsassaPss", "1.2.840.113549.1.1.5": "sha1WithRSAEncryption",
	"1.2.840.113549.1.1.11": "sha256WithRSAEncryption", "1.2.840.113549.1.1.12": "sha384WithRSAEncryption", "1.2.840.113549.1.1.13": "sha512WithRSAEncryption",
	"1.2.840.10045.2.1": "ecPublicKey", "1.2.840.10045.3.1.7": "secp256r1", "1.3.132.0.34": "secp384r1", "1.3.132.0.35": "secp521r1",
	"1.2.840.10045.4.1": "ecdsa-with-SHA1", "1.2.840.10045.4.3.2": "ecdsa-with-SHA256", "1.2.840.10045.4.3.3": "ecdsa-with-SHA384", "1.2.840.10045.4.3.4": "ecdsa-with-SHA512",
	"1.3.101.110": "X25519", "1.3.101.111": "X448", "1.3.101.112": "Ed25519", "1.3.101.113": "Ed448",
	"2.16.840.1.101.3.4.3.17": "ML-DSA-44", "2.16.840.1.101.3.4.3.18": "ML-DSA-65", "2.16.840.1.101.3.4.3.19": "ML-DSA-87",
	"2.5.29.14": "subjectKeyIdentifier", "2.5.29.15": "keyUsage", "2.5.29.17": "subjectAltName", "2.5.29.18": "issuerAltName", "2.5.29.19": "basicConstraints",
	"2.5.29.30": "nameConstraints", "2.5.29.31": "cRLDistributionPoints", "2.5.29.32": "certificatePolicies", "2.5.29.35": "authorityKeyIdentifier",
	"2.5.29.36": "policyConstraints", "2.5.29.37": "extKeyUsage", "2.5.29.37.0": "anyExtendedKeyUsage",
	"1.3.6.1.5.5.7.1.1": "authorityInfoAccess", "1.3.6.1.5.5.7.1.24": "tlsfeature", "1.3.6.1.4.1.11129.2.4.2": "signedCertificateTimestampList",
	"1.3.6.1.5.5.7.3.1": "serverAuth", "1.3.6.1.5.5.7.3.2": "clientAuth", "1.3.6.1.5.5.7.3.3": "codeSigning", "1.3.6.1.5.5.7.3.4": "emailProtection",
	"1.3.6.1.5.5.7.3.8": "timeStamping", "1.3.6.1.5.5.7.3.9": "OCSPSigning",
}
