package state

import "strings"

// CommonFirst is a distinguished name with its CN first, since that is what
// one looks for: of "O=Example,CN=alice" (RFC 4514), "/O=Example/CN=alice"
// (OpenSSL's old form). What is no such name comes back as it is.
func CommonFirst(name string) string {
	sep, body := ",", name
	if strings.HasPrefix(name, "/") && strings.Contains(name, "=") {
		sep, body = "/", name[1:]
	}
	parts := splitName(body, sep[0])
	for i, p := range parts {
		kind, _, ok := strings.Cut(strings.TrimSpace(p), "=")
		if !ok || kind == "" || strings.ContainsAny(kind, " :{}()\"") {
			return name // a sentence or a URL, no name
		}
		if i > 0 && strings.EqualFold(kind, "CN") {
			rest := append([]string{strings.TrimSpace(p)}, parts[:i]...)
			rest = append(rest, parts[i+1:]...)
			for j := range rest {
				rest[j] = strings.TrimSpace(rest[j])
			}
			if sep == "/" {
				return "/" + strings.Join(rest, "/")
			}
			return strings.Join(rest, ",")
		}
	}
	return name
}

// splitName splits at a separator that is neither escaped nor in quotes.
func splitName(text string, sep byte) (parts []string) {
	quoted, from := false, 0
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\':
			i++
		case text[i] == '"':
			quoted = !quoted
		case text[i] == sep && !quoted:
			parts, from = append(parts, text[from:i]), i+1
		}
	}
	return append(parts, text[min(from, len(text)):])
}
