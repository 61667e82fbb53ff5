package identity

import (
	"encoding/hex"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// DistinguishedName gives a DER Name (RFC 5280 section 4.1.2.4) in RFC 2253
// form, e.g. "CN=alice,O=Example"; "" for what is not a Name.
func DistinguishedName(der []byte) string {
	root, _, err := parseBER(der, &layer{base: -1})
	if err != nil {
		return ""
	}
	return nameOf(root)
}

// CommonName is the last CN of a certificate's subject, as text; "" = it has none.
func CommonName(der []byte) (name string) {
	t, err := parseTBS(der)
	if err != nil {
		return ""
	}
	for _, rdn := range rdns(t.subject) {
		for _, a := range rdn {
			if a.oid == "2.5.4.3" && a.text && a.value != "" {
				name = a.value
			}
		}
	}
	return name
}

// attribute is one AttributeTypeAndValue.
type attribute struct {
	oid   string
	value string
	text  bool   // value is text; otherwise it has no string type
	raw   []byte // the value's BER
}

// rdns are the relative distinguished names of a Name in the order of its encoding.
func rdns(name element) [][]attribute {
	var out [][]attribute
	for _, set := range name.children {
		var rdn []attribute
		for _, av := range set.children {
			if len(av.children) != 2 {
				continue
			}
			a := attribute{oid: oidString(av.children[0].body), raw: av.children[1].der()}
			a.value, a.text = textOf(av.children[1])
			rdn = append(rdn, a)
		}
		if len(rdn) > 0 {
			out = append(out, rdn)
		}
	}
	return out
}

// textOf decodes the string types a DirectoryString and its kin may have.
func textOf(e element) (string, bool) {
	b := e.octets()
	switch e.tag {
	case tagUTF8, 18, 19, 22, 26: // UTF8, Numeric, Printable, IA5, Visible
		if utf8.Valid(b) {
			return string(b), true
		}
		return latin1(b), true
	case 20: // TeletexString: in practice Latin-1
		return latin1(b), true
	case tagBMP:
		return bmpText(b), true
	case 28: // UniversalString
		var s strings.Builder
		for i := 0; i+4 <= len(b); i += 4 {
			s.WriteRune(rune(b[i])<<24 | rune(b[i+1])<<16 | rune(b[i+2])<<8 | rune(b[i+3]))
		}
		return s.String(), true
	}
	return "", false
}

func latin1(b []byte) string {
	r := make([]rune, len(b))
	for i, c := range b {
		r[i] = rune(c)
	}
	return string(r)
}

// bmpText decodes a BMPString, surrogates and all.
func bmpText(b []byte) string {
	u := make([]uint16, len(b)/2)
	for i := range u {
		u[i] = uint16(b[2*i])<<8 | uint16(b[2*i+1])
	}
	return string(utf16.Decode(u))
}

// attributeNames are the RFC 2253 and RFC 4519 short names, and the ones everybody prints.
var attributeNames = map[string]string{
	"2.5.4.3": "CN", "2.5.4.4": "SN", "2.5.4.5": "serialNumber", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST",
	"2.5.4.9": "STREET", "2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.12": "title", "2.5.4.17": "postalCode",
	"2.5.4.42": "GN", "2.5.4.43": "initials", "2.5.4.44": "generationQualifier", "2.5.4.46": "dnQualifier", "2.5.4.65": "pseudonym", "2.5.4.97": "organizationIdentifier",
	"0.9.2342.19200300.100.1.25": "DC", "0.9.2342.19200300.100.1.1": "UID", "1.2.840.113549.1.9.1": "emailAddress",
}

// nameOf prints a Name: the last RDN first (RFC 2253 section 2.1).
func nameOf(name element) string {
	sets := rdns(name)
	var out strings.Builder
	for i := len(sets) - 1; i >= 0; i-- {
		for j, a := range sets[i] {
			switch {
			case j > 0:
				out.WriteByte('+')
			case i < len(sets)-1:
				out.WriteByte(',')
			}
			label := attributeNames[a.oid]
			if label == "" {
				label = a.oid
			}
			out.WriteString(label + "=")
			if a.text {
				out.WriteString(escapeValue(a.value))
			} else {
				out.WriteString("#" + hex.EncodeToString(a.raw))
			}
		}
	}
	return out.String()
}

// escapeValue escapes as RFC 2253 section 2.4 says; control characters become
// hex pairs, so that a name can't break a line.
func escapeValue(s string) string {
	var out strings.Builder
	for i, r := range s {
		switch {
		case strings.ContainsRune(`,+"\<>;`, r),
			r == '#' && i == 0,
			r == ' ' && (i == 0 || i == len(s)-1):
			out.WriteByte('\\')
			out.WriteRune(r)
		case r < 0x20 || r == 0x7f:
			out.WriteString(`\` + strings.ToUpper(hex.EncodeToString([]byte{byte(r)})))
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}

// sameName compares two Names as RFC 5280 section 7.1 has it, short of full
// string preparation: case and runs of spaces do not count.
func sameName(a, b element) bool {
	x, y := rdns(a), rdns(b)
	if len(x) != len(y) {
		return false
	}
	for i := range x {
		if len(x[i]) != len(y[i]) {
			return false
		}
		for _, p := range x[i] {
			found := false
			for _, q := range y[i] {
				if p.oid == q.oid && (p.text && q.text && foldText(p.value) == foldText(q.value) || string(p.raw) == string(q.raw)) {
					found = true
					break
				}
			}
			if !found {
				return false
			}
		}
	}
	return true
}

func foldText(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }
