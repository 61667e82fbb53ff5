package experiment

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"rechallenge/core/protocol"
	"rechallenge/core/target"
	"rechallenge/core/trace"
)

// repeat gives the commands with which a reader sees the same as a pairing: the
// session is made, offered, and the same connection is made without it.
func (x *auditor) repeat(p *pairing, k kind) []string {
	if p == nil || p.first == nil || p.second == nil {
		return nil
	}
	only := ""
	if k.mechanism == protocol.SessionID {
		only = "-no_ticket "
	}
	list := x.commands(p.run, shown{p.first, only + "-sess_out session.pem"}, shown{p.second, only + "-sess_in session.pem"}, shown{p.second, strings.TrimSpace(only)})
	if waited := p.second.Start - p.first.End; list != nil && waited > time.Second {
		list[1] = fmt.Sprintf("sleep %.0f; %s", waited.Seconds(), list[1])
	}
	return list
}

// shown is a connection and what s_client is told about its session.
type shown struct {
	*trace.Connection
	session string
}

// commands are connections of a run as openssl s_client makes them; nil where
// it can't make one of them.
func (x *auditor) commands(run int, list ...shown) (commands []string) {
	for _, c := range list {
		line := x.command(run, c)
		if line == "" {
			return nil
		}
		commands = append(commands, line)
	}
	return commands
}

// command is one connection as openssl s_client makes it, "" where it can't.
// TLS 1.3 gives its sessions after the handshake: the request is sent and the
// answer waited for.
func (x *auditor) command(run int, c shown) string {
	line, t, parsed := x.client(run, c.Connection, c.session)
	switch {
	case line == "":
		return ""
	case !parsed.HTTP:
		return "sleep 1 | " + line
	}
	return fmt.Sprintf(`printf '%s' | %s -ign_eof`, requested(t, parsed, "close"), line)
}

// client is s_client with everything but what is sent through it.
func (x *auditor) client(run int, c *trace.Connection, more ...string) (line string, t *target.Target, parsed target.Parsed) {
	t = x.book.runs[run].Log.Run.Plan.Target(c.Target)
	if t == nil || c.RemoteAddr == "" || c.Wire.QUIC != 0 { // s_client speaks TCP
		return "", nil, parsed
	}
	parsed, err := t.Parse()
	if err != nil {
		return "", nil, parsed
	}
	words := []string{"openssl s_client -connect", c.RemoteAddr}
	if t.Proxy != "" {
		proxy, http := strings.CutPrefix(t.Proxy, "http://")
		if !http || strings.Contains(proxy, "@") {
			return "", nil, parsed
		}
		words = append(words, "-proxy", quoted(strings.TrimSuffix(proxy, "/")))
	}
	if parsed.StartTLS {
		words = append(words, "-starttls", parsed.Service.Name)
	}
	if c.ServerName == "" {
		words = append(words, "-noservername")
	} else {
		words = append(words, "-servername", quoted(c.ServerName))
	}
	if t.TLS.Min != "" && t.TLS.Min == t.TLS.Max {
		words = append(words, "-tls"+strings.ReplaceAll(t.TLS.Min, ".", "_"))
	}
	if c.TLSVersion == protocol.TLS13 {
		words = append(words, "-enable_pha")
	}
	if id := c.Meant(); id != "" {
		words = append(words, "-cert", quoted(id+".pem"), "-key", quoted(id+".key"))
	}
	for _, w := range more {
		if w != "" {
			words = append(words, w)
		}
	}
	return strings.Join(words, " "), t, parsed
}

// requested is an HTTP/1.1 request in the words of printf's format, between
// single quotes.
func requested(t *target.Target, parsed target.Parsed, connection string) string {
	text := fmt.Sprintf("%s %s HTTP/1.1\nHost: %s\nConnection: %s\n\n", cmp.Or(t.Method, "GET"), parsed.URL.RequestURI(), parsed.Host, connection)
	return strings.NewReplacer("%", "%%", `\`, `\\`, "'", `'\''`, "\n", `\r\n`).Replace(text)
}

// quoted is a word for a POSIX shell.
func quoted(word string) string {
	if word != "" && strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]/@") == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// twice is a request of each of two connections over the first one's.
func (x *auditor) twice(run int, a, b *trace.Connection) []string {
	line, t, parsed := x.client(run, a)
	if line == "" {
		return nil
	}
	commands := x.commands(run, shown{b, ""})
	return append([]string{fmt.Sprintf(`{ printf '%s'; sleep 1; printf '%s'; } | %s -ign_eof`, requested(t, parsed, "keep-alive"), requested(t, parsed, "close"), line)}, commands...)
}

// named makes the identity that C23 tries, and tries it.
func (x *auditor) named(run int, a, forged *trace.Connection) []string {
	subject := fmt.Sprintf(`"$(openssl x509 -in %s -noout -subject -nameopt compat | sed 's/^subject=//')"`, quoted(x.a+".pem"))
	if line := x.command(run, shown{forged, ""}); line != "" {
		return append([]string{
			"openssl req -x509 -newkey rsa:2048 -nodes -days 1 -keyout " + Forged + ".key -out " + Forged + ".pem -subj " + subject, line,
		}, x.commands(run, shown{a, ""})...)
	}
	return nil
}

// overHTTP2 asks over HTTP/2: the preface and the frames of one request (RFC
// 9113 sections 3.4, 6.2, 6.5 and 6.8; RFC 7541 appendix A), then goodbye.
// What s_client then notes holds a CertificateRequest, or doesn't.
func (x *auditor) overHTTP2(run int, c *trace.Connection) []string {
	line, _, parsed := x.client(run, c, "-alpn h2 -msg -ign_eof")
	if line == "" || len(parsed.URL.RequestURI()) > 126 || len(parsed.Host) > 126 {
		return nil
	}
	fields := []byte{0x82, 0x87} // :method GET, :scheme https
	for _, f := range []struct {
		index byte
		value string
	}{{4, parsed.URL.RequestURI()}, {1, parsed.Host}} { // :path, :authority
		fields = append(append(fields, f.index, byte(len(f.value))), f.value...)
	}
	frames := []byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
	frame := func(kind, flags byte, stream uint32, payload []byte) {
		frames = append(frames, 0, byte(len(payload)>>8), byte(len(payload)), kind, flags)
		frames = append(binary.BigEndian.AppendUint32(frames, stream), payload...)
	}
	const settings, headers, goAway = 4, 1, 7
	frame(settings, 0, 0, nil)
	frame(headers, 5, 1, fields) // END_STREAM, END_HEADERS
	frame(goAway, 0, 0, make([]byte, 8))
	var b strings.Builder
	for _, c := range frames {
		if c >= ' ' && c < 0x7f && !strings.ContainsRune(`'%\0123456789`, rune(c)) {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, `\%03o`, c)
	}
	return []string{fmt.Sprintf(`printf '%s' | %s | grep CertificateRequest`, b.String(), line)}
}
