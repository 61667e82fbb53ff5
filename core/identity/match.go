package identity

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"net/url"
	"slices"
	"strings"
)

// maxWords is how much of a server's words is looked at.
const maxWords = 64 << 10

// Match finds which of ids a server's words mean: a distinguished name in RFC
// 2253, slash or OpenSSL form in whatever order, a bare CN, a SAN, a
// certificate in PEM (URL-encoded too) or base64 (RFC 9440), an XFCC header, or
// a SHA-256 or SHA-1 fingerprint. ok is false when none or more than one fits.
func Match(words string, ids []Public) (id string, ok bool) {
	if len(words) > maxWords {
		return "", false
	}
	words = strings.Trim(strings.TrimSpace(words), `"'`)
	if words == "" {
		return "", false
	}
	for _, fits := range readings(words) {
		var found []string
		for i := range ids {
			if fits(&ids[i]) {
				found = append(found, ids[i].ID)
			}
		}
		if len(found) == 1 {
			return found[0], true
		}
		if len(found) > 1 {
			return "", false
		}
	}
	return "", false
}

// readings are the ways to understand words, the most exact first.
func readings(words string) []func(*Public) bool {
	var out []func(*Public) bool
	if der := certificateIn(words); der != nil {
		return append(out, func(p *Public) bool { return bytes.Equal(p.DER, der) })
	}
	if hash := fingerprintIn(words); hash != "" {
		out = append(out, func(p *Public) bool {
			sum := sha1.Sum(p.DER)
			return p.FingerprintSHA256 == hash || hex.EncodeToString(sum[:]) == hash
		})
	}
	if parts := xfcc(words); len(parts) > 0 {
		for _, key := range []string{"cert", "hash", "subject", "uri", "dns"} {
			if v := parts[key]; v != "" {
				out = append(out, readings(v)...)
			}
		}
		return out
	}
	want := nameIn(words)
	if len(want) > 0 {
		out = append(out, func(p *Public) bool { return slices.Equal(want, nameIn(p.Subject)) })
	}
	cn := "cn=" + foldText(words)
	if len(want) == 1 && strings.HasPrefix(want[0], "cn=") {
		cn = want[0]
	}
	return append(out, func(p *Public) bool {
		if slices.Contains(nameIn(p.Subject), cn) {
			return true
		}
		for _, san := range p.SANs {
			_, value, _ := strings.Cut(san, ":")
			if strings.EqualFold(value, words) || strings.EqualFold(san, words) {
				return true
			}
		}
		return false
	})
}

// certificateIn gives the DER of a certificate in words, nil when there is none.
func certificateIn(words string) []byte {
	if strings.Contains(words, "BEGIN+CERTIFICATE") {
		// A form's escaping: a plus is a space.
		if plain, err := url.QueryUnescape(words); err == nil {
			words = plain
		}
	} else if strings.Contains(words, "%") {
		// A plus is a plus: only %XX is to be undone.
		if plain, err := url.PathUnescape(words); err == nil {
			words = plain
		}
	}
	if strings.Contains(words, "-----BEGIN CERTIFICATE-----") {
		if b, _ := pem.Decode([]byte(words)); b != nil {
			return b.Bytes
		}
		// Headers can't hold line ends: servers write spaces or tabs for them.
		_, body, _ := strings.Cut(words, "-----BEGIN CERTIFICATE-----")
		body, _, _ = strings.Cut(body, "-----END")
		der, _ := base64.StdEncoding.DecodeString(string(withoutSpace([]byte(body))))
		return der
	}
	body := strings.Trim(words, ":")
	if !strings.HasPrefix(body, "MII") {
		return nil
	}
	der, err := base64.StdEncoding.DecodeString(string(withoutSpace([]byte(body))))
	if err != nil {
		return nil
	}
	return der
}

// fingerprintIn gives the hexadecimal of a SHA-256 or SHA-1 fingerprint.
func fingerprintIn(words string) string {
	s := strings.ToLower(words)
	for _, prefix := range []string{"sha256:", "sha256=", "sha-256:", "sha1:", "sha1=", "sha256 fingerprint=", "sha1 fingerprint="} {
		s = strings.TrimPrefix(s, prefix)
	}
	s = strings.NewReplacer(":", "", " ", "").Replace(s)
	if b, err := hex.DecodeString(s); err != nil || len(b) != 32 && len(b) != 20 {
		return ""
	}
	return s
}

// xfcc reads the last element of an X-Forwarded-Client-Cert header: key=value
// pairs with semicolons between them, values in quotes where needed.
func xfcc(words string) map[string]string {
	out := map[string]string{}
	for _, element := range splitOutside(words, ',') {
		found := map[string]string{}
		for _, pair := range splitOutside(element, ';') {
			key, value, ok := strings.Cut(strings.TrimSpace(pair), "=")
			switch key = strings.ToLower(key); key {
			case "by", "hash", "cert", "chain", "subject", "uri", "dns":
			default:
				ok = false
			}
			if !ok {
				return nil
			}
			found[key] = strings.ReplaceAll(strings.Trim(value, `"`), `\"`, `"`)
		}
		out = found
	}
	return out
}

// splitOutside splits at sep, but not inside double quotes.
func splitOutside(s string, sep byte) (out []string) {
	quoted, start := false, 0
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\':
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == sep && !quoted:
			out = append(out, s[start:i])
			start = i + 1
		}
	}
	return append(out, s[start:])
}

// nameAliases are other labels for attributes, in lower case.
var nameAliases = map[string]string{
	"e": "emailaddress", "email": "emailaddress", "s": "st", "sp": "st", "userid": "uid", "givenname": "gn", "surname": "sn",
	"domaincomponent": "dc", "commonname": "cn", "organizationname": "o", "organization": "o", "organizationalunitname": "ou",
	"organizationalunit": "ou", "countryname": "c", "country": "c", "localityname": "l", "locality": "l", "stateorprovincename": "st",
	"streetaddress": "street", "dnq": "dnqualifier", "dn": "dnqualifier",
}

// nameIn reads a distinguished name as people and servers write it into
// sorted "type=value" pairs in lower case; nil when words are none.
func nameIn(words string) []string {
	words = strings.TrimSpace(words)
	var parts []string
	if strings.HasPrefix(words, "/") {
		// A slash ends a value only where another attribute begins.
		for _, p := range strings.Split(words[1:], "/") {
			if key, _, ok := strings.Cut(p, "="); !ok && len(parts) > 0 || ok && len(parts) > 0 && !isLabel(key) {
				parts[len(parts)-1] += "/" + p
				continue
			}
			parts = append(parts, p)
		}
	} else {
		parts = splitName(words)
	}
	var out []string
	for _, p := range parts {
		key, value, ok := strings.Cut(p, "=")
		key = strings.ToLower(strings.TrimSpace(key))
		if !ok || !isLabel(key) {
			return nil
		}
		key = strings.TrimPrefix(key, "oid.")
		if name, ok := attributeNames[key]; ok {
			key = strings.ToLower(name)
		}
		if a, ok := nameAliases[key]; ok {
			key = a
		}
		out = append(out, key+"="+foldText(valueIn(value)))
	}
	slices.Sort(out)
	return out
}

func isLabel(s string) bool {
	for _, r := range s {
		if r > 0x7e || !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-", r) {
			return false
		}
	}
	return s != ""
}

// splitName splits RFC 2253 text at commas, semicolons and pluses that are
// neither escaped nor quoted.
func splitName(s string) (out []string) {
	quoted, start := false, 0
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\':
			i++
		case s[i] == '"':
			quoted = !quoted
		case !quoted && (s[i] == ',' || s[i] == ';' || s[i] == '+'):
			out = append(out, s[start:i])
			start = i + 1
		}
	}
	return append(out, s[start:])
}

// valueIn undoes escapes and quotes (RFC 2253 section 3), OpenSSL's \xHH too,
// and reads #hex of a string type.
func valueIn(s string) string {
	s = strings.TrimSpace(s)
	if rest, ok := strings.CutPrefix(s, "#"); ok {
		if der, err := hex.DecodeString(rest); err == nil {
			if e, _, err := parseBER(der, &layer{base: -1}); err == nil {
				if text, ok := textOf(e); ok {
					return text
				}
			}
		}
	}
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		s = s[1 : len(s)-1]
	}
	var out []byte
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			out = append(out, s[i])
			continue
		}
		at := i + 1
		if s[at] == 'x' {
			at++
		}
		if at+2 <= len(s) {
			if b, err := hex.DecodeString(s[at : at+2]); err == nil {
				out = append(out, b...)
				i = at + 1
				continue
			}
		}
		i++
		out = append(out, s[i])
	}
	return string(out)
}

func withoutSpace(data []byte) []byte {
	return bytes.Map(func(r rune) rune {
		if r == ' ' || r == '\t' || r == '\r' || r == '\n' {
			return -1
		}
		return r
	}, data)
}
