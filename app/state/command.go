package state

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strings"

	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/target"
	"rechallenge/core/trace"
)

// ErrNoCommand is wrapped when no command can repeat a connection.
var ErrNoCommand = errors.New("this connection can't be repeated by a command")

// OpenSSL is what repeats the selected connection in a shell: where it resumed
// a session, the connection that made it first. Passwords are taken from the
// environment and are not part of it.
func (s *State) OpenSSL() (string, error) {
	p, c := s.Connection()
	if c == nil {
		return "", fmt.Errorf("no connection is selected: %w", ErrNoCommand)
	}
	if c.Resumption == nil || !c.Resumption.Accepted {
		return s.openssl(c, "")
	}
	from := p.Connection(c.Resumption.FromConnection)
	if from == nil {
		return "", fmt.Errorf("its session came from a file: %w", ErrNoCommand)
	}
	first, err := s.openssl(from, "-sess_out session.pem")
	if err != nil {
		return "", err
	}
	second, err := s.openssl(c, "-sess_in session.pem")
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("# connection %d, which makes the session\n%s\n# connection %d, which takes it up\n%s", from.Index, first, c.Index, second), nil
}

// openssl is one s_client command.
func (s *State) openssl(c *trace.Connection, session string) (string, error) {
	t, u, err := s.target(c)
	if err != nil {
		return "", err
	}
	words := []string{"openssl s_client -quiet -connect", c.RemoteAddr}
	if c.ServerName != "" {
		words = append(words, "-servername", quote(c.ServerName))
	} else {
		words = append(words, "-noservername")
	}
	switch t.Trust {
	case protocol.TrustNone:
	case "", protocol.TrustSystem:
		words = append(words, "-verify_return_error")
	default:
		words = append(words, "-verify_return_error -CAfile", quote(s.path(t.Trust)))
	}
	for flag, v := range map[string]string{"-min_protocol": t.TLS.Min, "-max_protocol": t.TLS.Max} {
		if v != "" {
			words = append(words, flag, protocolName(v))
		}
	}
	id, file, key, err := s.files(c)
	if err != nil {
		return "", err
	}
	if file != "" {
		words = append(words, "-cert", quote(file), "-key", quote(key), "-pass env:"+variable(id))
	}
	if session != "" {
		words = append(words, session)
	}
	host := t.Host
	if host == "" {
		host = u.Host
	}
	request := fmt.Sprintf("GET %s HTTP/1.1\\r\\nHost: %s\\r\\nConnection: close\\r\\n\\r\\n", u.RequestURI(), host)
	// s_client keeps a session only once it has read what comes after the handshake.
	return fmt.Sprintf("{ printf %s; sleep 1; } | %s", quote(request), strings.Join(words, " ")), nil
}

// Curl is a curl command that repeats the selected connection. A resumed one
// can't be: each run of curl begins without sessions.
func (s *State) Curl() (string, error) {
	_, c := s.Connection()
	if c == nil {
		return "", fmt.Errorf("no connection is selected: %w", ErrNoCommand)
	}
	if c.Resumption != nil && c.Resumption.Accepted {
		return "", fmt.Errorf("it resumed a session, and each run of curl begins without any; copy it as an openssl command: %w", ErrNoCommand)
	}
	t, u, err := s.target(c)
	if err != nil {
		return "", err
	}
	words := []string{"curl --silent --show-error --include --http1.1"}
	if len(t.ConnectTo) > 0 {
		port := u.Port()
		if port == "" {
			port = "443"
		}
		words = append(words, "--connect-to", quote(net.JoinHostPort(u.Hostname(), port)+":"+c.RemoteAddr))
	}
	switch t.Trust {
	case protocol.TrustNone:
		words = append(words, "--insecure")
	case "", protocol.TrustSystem:
	default:
		words = append(words, "--cacert", quote(s.path(t.Trust)))
	}
	if t.Host != "" {
		words = append(words, "--header", quote("Host: "+t.Host))
	}
	id, file, key, err := s.files(c)
	if err != nil {
		return "", err
	}
	lead := ""
	if file != "" {
		words = append(words, "--cert", quote(file))
		if key != file {
			words = append(words, "--key", quote(key))
		} else if ext := strings.ToLower(filepath.Ext(file)); ext == ".p12" || ext == ".pfx" {
			words = append(words, "--cert-type P12")
		}
		words = append(words, "--config -")
		lead = fmt.Sprintf("printf 'pass = \"%%s\"\\n' \"$%s\" | ", variable(id))
	}
	return lead + strings.Join(append(words, quote(t.URL)), " "), nil
}

// target finds what a connection of the run went to.
func (s *State) target(c *trace.Connection) (*target.Target, *url.URL, error) {
	t := s.run.view.Report.Log.Run.Plan.Target(c.Target)
	switch {
	case t == nil:
		return nil, nil, fmt.Errorf("the report does not name its target: %w", ErrNoCommand)
	case t.Proxy != "":
		return nil, nil, fmt.Errorf("it went through a proxy: %w", ErrNoCommand)
	case c.RemoteAddr == "":
		return nil, nil, fmt.Errorf("it never reached a server: %w", ErrNoCommand)
	}
	u, err := url.Parse(t.URL)
	if err != nil {
		return nil, nil, err
	}
	return t, u, nil
}

// files are where the identity of a connection lies; file is empty for none.
func (s *State) files(c *trace.Connection) (id, file, key string, err error) {
	if c.Identity == plan.NoIdentity {
		return "", "", "", nil
	}
	for _, i := range s.run.view.Report.Log.Run.Plan.Identities {
		switch {
		case i.ID != c.Identity:
		case i.Cert != "":
			return i.ID, s.path(i.Cert), s.path(i.Key), nil
		case i.File != "":
			return i.ID, s.path(i.File), s.path(i.File), nil
		}
	}
	return "", "", "", fmt.Errorf("the file of %q is not known: %w", c.Identity, ErrNoCommand)
}

// path is where a name of the plan points.
func (s *State) path(name string) string {
	if filepath.IsAbs(name) || s.Path == "" {
		return name
	}
	return filepath.Join(filepath.Dir(s.Path), name)
}

// variable is the environment variable for an identity's password.
func variable(id string) string {
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, id)
	return strings.ToUpper(name) + "_PASSWORD"
}

// protocolName is OpenSSL's name of a version.
func protocolName(v string) string {
	if v == "1.0" {
		return "TLSv1"
	}
	return "TLSv" + v
}

// quote makes text one word of a shell command.
func quote(text string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-:@%+=,", r)
	}
	if text != "" && strings.IndexFunc(text, func(r rune) bool { return !plain(r) }) < 0 {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
