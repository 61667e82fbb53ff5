package target

import (
	"cmp"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"rechallenge/core/starttls"
)

// schemes says what a URL may begin with.
func schemes() string {
	return "https://, tls:// or " + strings.Join(starttls.Schemes(), "://, ") + "://"
}

// scheme gives what follows from a URL's scheme.
func (p *Parsed) scheme(u *url.URL, text string) error {
	switch u.Scheme {
	case "https":
		p.HTTP, p.Port = true, 443
		return nil
	case "tls":
		if u.Port() == "" {
			return fmt.Errorf("%q names no port: tls:// has none of its own, write tls://HOST:PORT", text)
		}
		return nil
	case "http":
		return fmt.Errorf("%q must begin with https://, not http://: there is no TLS session without TLS", u.Redacted())
	}
	s, port, clear := starttls.Scheme(u.Scheme)
	if s == nil {
		return fmt.Errorf("%q begins with %s://, which is not known here: write %s", u.Redacted(), u.Scheme, schemes())
	}
	p.Service, p.Port, p.StartTLS = s, port, clear
	p.ALPN = s.ALPN
	if clear {
		p.ALPN = nil
	}
	if s.Name == "postgres" {
		// libpq's word for TLS at once (PostgreSQL 17).
		switch u.Query().Get("sslnegotiation") {
		case "", "postgres":
		case "direct":
			p.StartTLS, p.ALPN = false, s.ALPN
		default:
			return fmt.Errorf("%q: sslnegotiation is postgres or direct", u.Redacted())
		}
	}
	return nil
}

// user gives the URL's user. A password has no place in it.
func (p *Parsed) user(u *url.URL) error {
	switch _, password := u.User.Password(); {
	case u.User == nil:
		return nil
	case p.HTTP:
		return fmt.Errorf("%q must hold no user or password: use headers", u.Redacted())
	case password:
		return fmt.Errorf("%q must hold no password: the certificate is what is tried", u.Redacted())
	case p.Service == nil:
		return fmt.Errorf("%q names a user, and tls:// says nothing about users", u.Redacted())
	}
	p.User = u.User.Username()
	if strings.ContainsAny(p.User, "\r\n\x00") {
		return fmt.Errorf("%q names a user with a character that can't be sent", u.Redacted())
	}
	return nil
}

// way settles what URL, protocol and starttls say together.
func (t *Target) way(p *Parsed) *Error {
	if t.StartTLS != "" {
		if p.Service != nil || p.HTTP {
			return &Error{"starttls", fmt.Sprintf("goes with tls://HOST:PORT; %s:// says by itself how it begins", p.URL.Scheme)}
		}
		s := starttls.Named(t.StartTLS)
		if s == nil {
			return &Error{"starttls", fmt.Sprintf("%q is not one of %s", t.StartTLS, strings.Join(starttls.Names(), ", "))}
		}
		p.Service, p.StartTLS = s, true
	}
	switch t.Protocol {
	case "https":
		if !p.HTTP {
			return &Error{"protocol", fmt.Sprintf("https does not go with %s://: begin the URL with https://", p.URL.Scheme)}
		}
	case "tls":
		p.HTTP = false
	}
	if p.QUIC = t.HTTP == 3 || len(t.ALPN) > 0 && isHTTP3(t.ALPN[0]); p.QUIC {
		p.ALPN = []string{"h3"}
	}
	return nil
}

// checkService refuses what the target's protocol has no use for, with what to use.
func (t *Target) checkService(p Parsed, add func(field string, err error)) {
	if p.HTTP {
		if t.Whoami.Send != "" {
			add("whoami.send", fmt.Errorf("is for protocols without HTTP: use method, headers and body"))
		}
		if t.Whoami.Kubernetes && (t.Method != "" || t.Body != "" || t.BodyFile != "") {
			add("whoami.kubernetes", fmt.Errorf("makes a request of its own: leave method and body out"))
		}
		return
	}
	name := "tls"
	instead := "use whoami: {send: ..., body: ...}"
	if p.Service != nil {
		if name = p.Service.Title; p.Service.Whoami != nil {
			instead = "it is asked by itself whom it sees, or use whoami: {send: ..., body: ...}"
		}
	}
	for _, x := range []struct {
		field string
		given bool
	}{
		{"whoami.header", t.Whoami.Header != ""},
		{"whoami.kubernetes", t.Whoami.Kubernetes},
		{"method", t.Method != ""},
		{"headers", len(t.Headers) > 0},
		{"body", t.Body != ""},
		{"body_file", t.BodyFile != ""},
		{"follow", t.Follow != 0},
		{"host", t.Host != ""},
	} {
		if x.given {
			add(x.field, fmt.Errorf("belongs to HTTP, and this target speaks %s: %s", name, instead))
		}
	}
	if t.Whoami.Send != "" {
		if _, err := t.Whoami.Bytes(); err != nil {
			add("whoami.send", err)
		}
	}
}

// maxSend bounds Whoami.Send, in bytes.
const maxSend = 64 << 10

// Bytes are what Send stands for: \r \n \t \0 \\ \" and \xHH are escapes.
func (w Whoami) Bytes() ([]byte, error) {
	if len(w.Send) > 4*maxSend {
		return nil, fmt.Errorf("is longer than %d bytes", maxSend)
	}
	var b []byte
	for s := w.Send; s != ""; {
		if s[0] != '\\' {
			b, s = append(b, s[0]), s[1:]
			continue
		}
		if len(s) < 2 {
			return nil, fmt.Errorf("ends in a backslash: write \\\\ for one")
		}
		plain := strings.IndexByte(`rnt0\"`, s[1])
		switch {
		case plain >= 0:
			b, s = append(b, "\r\n\t\x00\\\""[plain]), s[2:]
		case s[1] == 'x' && len(s) >= 4:
			n, err := strconv.ParseUint(s[2:4], 16, 8)
			if err != nil {
				return nil, fmt.Errorf("%q is not \\x and two hexadecimal digits", s[:4])
			}
			b, s = append(b, byte(n)), s[4:]
		default:
			return nil, fmt.Errorf("%q is no escape: there are \\r \\n \\t \\0 \\\\ \\\" and \\xHH", s[:min(len(s), 4)])
		}
	}
	if len(b) > maxSend {
		return nil, fmt.Errorf("is longer than %d bytes", maxSend)
	}
	return b, nil
}

// Way is how the connection to p begins and what is spoken on it, in a word:
// "https", "tls", "smtp", "smtps".
func (p Parsed) Way() string {
	switch {
	case p.HTTP:
		return "https"
	case p.Service == nil:
		return "tls"
	case p.StartTLS:
		return p.Service.Name
	}
	return cmp.Or(p.Service.Direct, p.Service.Name)
}

// Verb is the HTTP method that is used: GET where none is named, POST with a body.
func (t *Target) Verb() string {
	switch {
	case t.Method != "":
		return t.Method
	case t.Body != "" || t.BodyFile != "" || t.Whoami.Kubernetes:
		return "POST"
	}
	return "GET"
}

// IsURL reports whether text begins like the URL of a target.
func IsURL(text string) bool {
	scheme, _, ok := strings.Cut(strings.ToLower(text), "://")
	s, _, _ := starttls.Scheme(scheme)
	return ok && (scheme == "https" || scheme == "tls" || s != nil)
}

// Clear are the values of StartTLS: the protocols that can begin in clear.
func Clear() []string { return starttls.Names() }
