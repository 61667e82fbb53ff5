package target

import (
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// Parsed is a Target's derived parts.
type Parsed struct {
	URL        *url.URL
	Name       string // the URL's host as typed, trailing dot and all: part `name` of a session key
	Port       uint16
	ServerName string // SNI: without the trailing dot; "" for an IP literal
	VerifyName string // what the certificate must cover: ServerName, or the IP literal
	Host       string // Host header, as typed unless the target says otherwise
}

// Parse checks the URL and gives its derived parts. Errors say what is wrong
// and what is allowed.
func (t *Target) Parse() (Parsed, error) {
	u, err := url.Parse(t.URL)
	if err != nil {
		return Parsed{}, fmt.Errorf("url %q: %w", t.URL, err)
	}
	if u.Scheme != "https" {
		return Parsed{}, fmt.Errorf("url %q: must begin with https://", t.URL)
	}
	p := Parsed{URL: u, Name: u.Hostname(), Port: 443, Host: u.Host}
	if p.Name == "" {
		return Parsed{}, fmt.Errorf("url %q: names no host", t.URL)
	}
	if port := u.Port(); port != "" {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return Parsed{}, fmt.Errorf("url %q: port %s is not between 1 and 65535", t.URL, port)
		}
		p.Port = uint16(n)
	}
	if t.Host != "" {
		p.Host = t.Host
	}
	name := p.Name
	if t.ServerName != "" {
		name = t.ServerName
	}
	p.VerifyName = strings.TrimSuffix(name, ".")
	if _, err := netip.ParseAddr(p.VerifyName); err != nil {
		p.ServerName = p.VerifyName
	}
	return p, nil
}
