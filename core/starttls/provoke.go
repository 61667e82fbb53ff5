package starttls

import (
	"regexp"
	"strings"
	"sync"
)

// Provoke is something that a client must not do: saying more in clear once it
// has asked for TLS, in the same segment. A server throws that away (RFC 3207
// section 4.2, RFC 9051 section 11.2); one that keeps it answers inside TLS what
// somebody between could have written (CVE-2011-0411).
type Provoke int

// The values. With both the conversation inside TLS is a goodbye and no login.
const (
	ProvokeNot     Provoke = iota
	ProvokeControl         // nothing is said too much: what a goodbye is answered with
	ProvokeClear           // Protocol.Noop is said too much
)

// begin asks for TLS, and says too much where that is wanted.
func (d *Dialog) begin(line string) error {
	if d.Provoke != ProvokeClear || d.protocol.Noop == "" {
		return d.send(line)
	}
	d.note("client", line)
	d.note("client", d.protocol.Noop+" (in the same segment, before TLS)")
	_, err := d.out.Write([]byte(line + "\r\n" + d.protocol.Noop + "\r\n"))
	return err
}

// reply is the last or only line of one in SMTP, FTP, NNTP and POP3.
var reply = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(\d\d\d|\+OK|-ERR)( |$)`) })

// Goodbye takes leave inside TLS and tells what was answered there before: to
// something that was said in clear. ended reports whether the goodbye itself was
// answered. The conversation is over then, or when the deadline says so.
func (d *Dialog) Goodbye() (unasked string, ended bool) {
	if d.send(d.protocol.Bye) != nil {
		return "", false
	}
	bye, _, _ := strings.Cut(d.protocol.Bye, " ")
	noop, _, _ := strings.Cut(d.protocol.Noop, " ")
	tagged := noop != d.protocol.Noop
	var replies []string
	open := "" // code of a reply of several lines that is not at its end
	for range maxLines {
		line, err := d.line()
		if err != nil {
			break // it closes after a goodbye
		}
		switch {
		case tagged && strings.HasPrefix(line, noop+" "):
			unasked = line
		case tagged && strings.HasPrefix(line, bye+" "):
			ended = true
		case tagged:
		case open != "":
			if strings.HasPrefix(line, open+" ") {
				replies, open = append(replies, line), ""
			}
		case len(line) > 3 && line[3] == '-':
			open = line[:3]
		case reply().MatchString(line):
			replies = append(replies, line)
		}
	}
	if n := len(replies); n > 0 {
		ended = true
		if n > 1 {
			unasked = replies[0]
		}
	}
	return unasked, ended
}
