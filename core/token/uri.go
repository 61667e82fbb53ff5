package token

import (
	"fmt"
	"net/url"
	"strings"
)

// maxURI bounds a URI, in bytes.
const maxURI = 4096

// URI is a PKCS#11 URI (RFC 7512). Absent attributes are "".
type URI struct {
	Token, Manufacturer, Serial, Model string
	Object                             string
	ID                                 []byte
	Type                               string // "cert", "private" ...
	SlotID                             string
	Slot                               string // slot-description
	Module                             string // module-path
	ModuleName                         string // module-name
	PINFile                            string // pin-source=file:...
	text                               string
}

// String is the URI without its query, which may say where a PIN is.
func (u *URI) String() string { return u.text }

// ParseURI reads a URI. One that holds a PIN is refused: a URI stands in plans
// and command lines, where others see it. Errors are *Error and quote no value.
func ParseURI(text string) (*URI, error) {
	bad := func(format string, args ...any) error {
		return &Error{BadURI, "the PKCS#11 URI is not right: " + fmt.Sprintf(format, args...), "write it as pkcs11:token=LABEL;object=LABEL (RFC 7512)"}
	}
	rest, ok := strings.CutPrefix(text, "pkcs11:")
	switch {
	case len(text) > maxURI:
		return nil, bad("it has %d bytes", len(text))
	case !ok:
		return nil, bad("it does not begin with pkcs11:")
	}
	path, query, _ := strings.Cut(rest, "?")
	u := &URI{text: "pkcs11:" + path}
	seen := map[string]bool{}
	// Attributes with a PIN are looked for first: nothing else may be said of such a URI.
	if strings.Contains(text, "pin-value") {
		return nil, &Error{BadURI, "pin-value in a PKCS#11 URI is refused: others see plans and arguments", "name an environment variable with --pin-env, or pin_env: in a plan"}
	}
	for n, list := range []struct{ text, by string }{{path, ";"}, {query, "&"}} {
		if list.text == "" {
			continue
		}
		for attribute := range strings.SplitSeq(list.text, list.by) {
			key, raw, ok := strings.Cut(attribute, "=")
			value, err := url.PathUnescape(raw)
			switch {
			case !ok || key == "" || err != nil:
				return nil, bad("an attribute of it is no name=value")
			case seen[key]:
				return nil, bad("%s is there twice", shownKey(key))
			}
			seen[key] = true
			if err := u.set(key, value, n == 1); err != nil {
				return nil, bad("%v", err)
			}
		}
	}
	return u, nil
}

func (u *URI) set(key, value string, query bool) error {
	targets := map[string]*string{
		"token": &u.Token, "manufacturer": &u.Manufacturer, "serial": &u.Serial, "model": &u.Model, "object": &u.Object, "type": &u.Type,
		"slot-id": &u.SlotID, "slot-description": &u.Slot,
	}
	if query {
		targets = map[string]*string{"module-path": &u.Module, "module-name": &u.ModuleName, "pin-source": &u.PINFile}
	}
	switch key {
	case "id":
		u.ID = []byte(value)
		return nil
	case "library-manufacturer", "library-description", "library-version", "slot-manufacturer":
		return nil
	}
	at, ok := targets[key]
	switch {
	case !ok && strings.HasPrefix(key, "x-"):
		return nil
	case !ok:
		return fmt.Errorf("%s is no attribute of it here", shownKey(key))
	}
	*at = value
	if key == "pin-source" {
		file, ok := strings.CutPrefix(value, "file:")
		if !ok {
			return fmt.Errorf("pin-source is read from file: only")
		}
		u.PINFile = strings.TrimPrefix(file, "//")
	}
	return nil
}

func shownKey(key string) string {
	if len(key) > 20 || strings.Trim(key, "abcdefghijklmnopqrstuvwxyz-") != "" {
		return "an attribute"
	}
	return key
}

// fits says whether a token is the one that is named.
func (u *URI) fits(t Token) bool {
	for _, p := range [][2]string{{u.Token, t.Label}, {u.Manufacturer, t.Manufacturer}, {u.Serial, t.Serial}, {u.Model, t.Model}, {u.SlotID, fmt.Sprint(t.Slot)}} {
		if p[0] != "" && p[0] != p[1] {
			return false
		}
	}
	return true
}

// escapeURI percent-encodes what an attribute's value may not hold.
func escapeURI(s string) string {
	return strings.ReplaceAll(url.PathEscape(s), ";", "%3B")
}
