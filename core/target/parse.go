package target

import (
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"rechallenge/core/starttls"

	"golang.org/x/net/idna"
)

// Parsed is a Target's derived parts.
type Parsed struct {
	URL        *url.URL
	Name       string // the URL's host as typed, trailing dot and all: part `name` of a session key
	ASCII      string // Name as DNS knows it: international names in their ASCII form (RFC 5891)
	Port       uint16
	ServerName string // SNI: without the trailing dot; "" for an IP literal
	VerifyName string // what the certificate must cover: ServerName, or the IP literal
	Host       string // Host header, as typed unless the target says otherwise

	HTTP     bool               // a request is made; else there is the handshake, and what the service says
	Service  *starttls.Protocol // spoken instead of HTTP; nil = none is known
	StartTLS bool               // Service begins in clear
	User     string             // of the URL, for a Service that wants one; "" = it names none
	ALPN     []string           // offered where the target names none
	QUIC     bool               // over UDP: HTTP/3
}

// Error is one field of a target that can't be used.
type Error struct {
	Field string // as in the plan file: "url", "tls.min", "headers.Accept"
	What  string // what is wrong and what is allowed
}

func (e *Error) Error() string { return e.Field + ": " + e.What }

// Parse checks the target's URL and names and gives its derived parts; an
// error is an *Error. Check looks at everything else too.
func (t *Target) Parse() (Parsed, error) {
	p, err := parseURL(t.URL)
	if err != nil {
		return Parsed{}, &Error{"url", err.Error()}
	}
	if t.Host != "" {
		if err := checkHost(t.Host); err != nil {
			return Parsed{}, &Error{"host", err.Error()}
		}
		p.Host = t.Host
	}
	if err := t.way(&p); err != nil {
		return Parsed{}, err
	}
	name := p.ASCII
	if t.ServerName != "" {
		if name, err = toASCII(t.ServerName); err != nil {
			return Parsed{}, &Error{"server_name", err.Error()}
		}
	}
	// RFC 6066 section 3: no trailing dot in server_name, and no IP literal.
	p.VerifyName = strings.TrimSuffix(name, ".")
	if ip, err := netip.ParseAddr(p.VerifyName); err == nil {
		p.VerifyName = ip.WithZone("").String()
	} else {
		p.ServerName = p.VerifyName
	}
	return p, nil
}

// parseURL checks a URL and gives what follows from it alone.
func parseURL(text string) (Parsed, error) {
	if text == "" {
		return Parsed{}, fmt.Errorf("must not be empty: write https://HOST:PORT/PATH")
	}
	u, err := url.Parse(text)
	if err != nil {
		// url.Error repeats the URL, which may hold a password.
		if inner, ok := err.(*url.Error); ok {
			err = inner.Err
		}
		return Parsed{}, fmt.Errorf("is not a URL: %w", err)
	}
	switch {
	case u.Scheme == "" || u.Opaque != "":
		return Parsed{}, fmt.Errorf("%q must begin with https:// or another scheme, such as postgres://", text)
	case u.Hostname() == "":
		return Parsed{}, fmt.Errorf("%q names no host", text)
	}
	p := Parsed{URL: u, Name: u.Hostname()}
	if err := p.scheme(u, text); err != nil {
		return Parsed{}, err
	}
	if err := p.user(u); err != nil {
		return Parsed{}, err
	}
	if port := u.Port(); port != "" {
		if p.Port, err = parsePort(port); err != nil {
			return Parsed{}, fmt.Errorf("%q: %w", text, err)
		}
	}
	if p.ASCII, err = toASCII(p.Name); err != nil {
		return Parsed{}, fmt.Errorf("%q: %w", text, err)
	}
	p.Host = u.Host
	if p.ASCII != p.Name && !strings.HasPrefix(u.Host, "[") {
		p.Host = p.ASCII
		if port := u.Port(); port != "" {
			p.Host += ":" + port
		}
	}
	return p, nil
}

// parsePort reads a port that one can connect to.
func parsePort(text string) (uint16, error) {
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("port %s is not between 1 and 65535", text)
	}
	return uint16(n), nil
}

// toASCII gives a host name as DNS and TLS carry it, its case and trailing dot
// kept; IP literals pass as they are.
func toASCII(name string) (string, error) {
	if _, err := netip.ParseAddr(strings.TrimSuffix(name, ".")); err == nil {
		return name, nil
	}
	ascii := name
	if strings.IndexFunc(name, func(r rune) bool { return r >= 0x80 }) >= 0 {
		a, err := idna.Lookup.ToASCII(strings.TrimSuffix(name, "."))
		if err != nil {
			return "", fmt.Errorf("host %q is not a name that DNS can hold: %w", name, err)
		}
		ascii = a
		if strings.HasSuffix(name, ".") {
			ascii += "."
		}
	}
	rest := strings.TrimSuffix(ascii, ".")
	if len(rest) > 253 {
		return "", fmt.Errorf("host name of %d characters: at most 253 are possible", len(rest))
	}
	labels := strings.Split(rest, ".")
	for _, label := range labels {
		if err := checkLabel(name, label); err != nil {
			return "", err
		}
	}
	if last := labels[len(labels)-1]; strings.Trim(last, "0123456789") == "" {
		return "", fmt.Errorf("host %q ends in a number but is no IP address such as 127.0.0.1", name)
	}
	return ascii, nil
}

func checkLabel(name, label string) error {
	if label == "" {
		return fmt.Errorf("host %q has an empty part between two dots", name)
	}
	if len(label) > 63 {
		return fmt.Errorf("host %q has a part of %d characters: at most 63 are possible", name, len(label))
	}
	for _, r := range label {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_':
		default:
			return fmt.Errorf("host %q has a character that no host name has: %q", name, r)
		}
	}
	return nil
}

// checkHost refuses what can't stand in a Host header: RFC 9110 section 7.2.
func checkHost(host string) error {
	u, err := url.Parse("https://" + host)
	if err != nil || u.Host != host || u.Hostname() == "" {
		return fmt.Errorf("%q must be a host name with or without a port", host)
	}
	if port := u.Port(); port != "" {
		_, err = parsePort(port)
	} else if strings.HasSuffix(host, ":") {
		err = fmt.Errorf("%q ends in a colon without a port", host)
	}
	return err
}
