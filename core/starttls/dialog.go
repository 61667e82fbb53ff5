package starttls

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
)

// Limits of what a server may say.
const (
	maxSaid  = 256 << 10 // in all
	maxLine  = 8 << 10
	maxLines = 200 // that are waited for
	maxNoted = 40  // that are kept, of each dialog
	maxWidth = 300 // characters of one that is kept
)

// Reason is why TLS could not begin, or why nobody could be asked.
type Reason string

// The reasons.
const (
	Refused    Reason = "starttls-refused"
	NotOffered Reason = "starttls-not-offered"
	Wrong      Reason = "wrong-protocol"
)

// Error is a server's no, or its being another server.
type Error struct {
	Reason Reason
	What   string // what it said, and what to do
}

func (e *Error) Error() string { return e.What }

// ErrTooMuch ends a dialog in which the server said more than is read.
var ErrTooMuch = errors.New("the server said more than is waited for here")

// Line is something that was said, made fit to be shown.
type Line struct {
	From string `json:"from"` // "client", "server"
	Text string `json:"text"`
}

// Dialog is a conversation with a server, noted as it goes on.
type Dialog struct {
	Host string // as the URL has it
	User string // the URL's user, else the CN of the certificate; "" = nobody
	Path string // of the URL, without its slash: a database
	// Given says that User is the URL's own.
	Given bool
	// Provoke is how TLS is asked for, and what is said inside.
	Provoke Provoke

	protocol *Protocol
	out      io.Writer
	in       *bufio.Reader
	left     int
	said     []Line
	whole    bool // more was said than is noted
	started  bool // it began in clear, and said hello there
}

// NewDialog begins a conversation on a connection. Deadlines are the caller's.
func NewDialog(p *Protocol, conn io.ReadWriter) *Dialog {
	d := &Dialog{protocol: p, out: conn, left: maxSaid}
	d.in = bufio.NewReaderSize(&bounded{conn, &d.left}, maxLine)
	return d
}

// bounded fails once left bytes were read.
type bounded struct {
	r    io.Reader
	left *int
}

func (b *bounded) Read(p []byte) (int, error) {
	if *b.left <= 0 {
		return 0, ErrTooMuch
	}
	n, err := b.r.Read(p[:min(len(p), *b.left)])
	*b.left -= n
	return n, err
}

// Said is what was said so far.
func (d *Dialog) Said() []Line { return d.said }

// Beyond is how many bytes the server has sent past what was read.
func (d *Dialog) Beyond() int { return d.in.Buffered() }

func (d *Dialog) note(from, text string) {
	if len(d.said) >= maxNoted {
		if !d.whole {
			d.whole = true
			d.said = append(d.said, Line{from, "..."})
		}
		return
	}
	d.said = append(d.said, Line{from, Plain(text)})
}

// Plain makes what was said fit to be shown: one line, cut, nothing that steers
// a terminal or turns text round.
func Plain(text string) string {
	text = strings.TrimRight(text, "\r\n")
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || unicode.Is(unicode.Bidi_Control, r) {
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	if r := []rune(text); len(r) > maxWidth {
		text = string(r[:maxWidth]) + "..."
	}
	return text
}

// send says a line.
func (d *Dialog) send(line string) error {
	d.note("client", line)
	_, err := io.WriteString(d.out, line+"\r\n")
	return err
}

// bytes says something that is no line; what is its name.
func (d *Dialog) bytes(b []byte, what string) error {
	d.note("client", what)
	_, err := d.out.Write(b)
	return err
}

// line reads one, without its end.
func (d *Dialog) line() (string, error) {
	if err := d.clear(); err != nil {
		return "", err
	}
	b, err := d.in.ReadSlice('\n')
	text := string(b)
	if len(b) > 0 {
		d.note("server", text)
	}
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return "", fmt.Errorf("a line of more than %d bytes: %w", maxLine, ErrTooMuch)
	case err != nil:
		return text, err
	}
	return strings.TrimRight(text, "\r\n"), nil
}

// full reads n bytes.
func (d *Dialog) full(n int) ([]byte, error) {
	if n < 0 || n > maxSaid {
		return nil, ErrTooMuch
	}
	b := make([]byte, n)
	_, err := io.ReadFull(d.in, b)
	return b, err
}

// until reads up to one of some ends, which is read too, and says which it was.
func (d *Dialog) until(ends ...string) (text string, end string, err error) {
	var b []byte
	for {
		c, err := d.in.ReadByte()
		if err != nil {
			if len(b) > 0 {
				d.note("server", string(b))
			}
			return string(b), "", err
		}
		b = append(b, c)
		for _, e := range ends {
			if bytes.HasSuffix(b, []byte(e)) {
				d.note("server", string(b))
				return string(b), e, nil
			}
		}
	}
}

// clear is an error where the server begins with TLS though it was to begin in
// clear. It reads nothing away.
func (d *Dialog) clear() error {
	b, err := d.in.Peek(1)
	if err != nil || b[0] != 0x15 && b[0] != 0x16 {
		return nil // whoever reads meets the error
	}
	if b, err = d.in.Peek(2); err == nil && b[1] == 3 {
		what := "this port speaks TLS at once"
		if d.protocol.Direct != "" {
			what += ": use " + d.protocol.Direct + "://"
		} else {
			what += ": use tls:// with the port"
		}
		return &Error{Wrong, what}
	}
	return nil
}

// wrong is the error for a server that does not speak the protocol, with what
// to do where its own is known.
func (d *Dialog) wrong(first string) error {
	if p := Recognise([]byte(first)); p != nil && p != d.protocol {
		return &Error{Wrong, fmt.Sprintf("this port speaks %s, not %s: use %s://", p.Title, d.protocol.Title, p.Name)}
	}
	return &Error{Wrong, fmt.Sprintf("this is not %s: the server said %q", d.protocol.Title, Plain(first))}
}

// Recognise tells which protocol a server speaks that greets in clear; nil = it
// can't be told.
func Recognise(first []byte) *Protocol {
	text := strings.ToUpper(string(first[:min(len(first), 512)]))
	line, _, _ := strings.Cut(text, "\n")
	name := ""
	switch {
	case strings.HasPrefix(line, "220") && strings.Contains(text, "LMTP"):
		name = "lmtp"
	case strings.HasPrefix(line, "220") && strings.Contains(text, "SMTP"), strings.HasPrefix(line, "554 ") && strings.Contains(text, "SMTP"):
		name = "smtp"
	case strings.HasPrefix(line, "220"):
		name = "ftp"
	case strings.HasPrefix(line, "* OK"), strings.HasPrefix(line, "* PREAUTH"), strings.HasPrefix(line, "* BYE"):
		name = "imap"
	case strings.HasPrefix(line, "+OK"):
		name = "pop3"
	case strings.HasPrefix(line, "200 "), strings.HasPrefix(line, "201 "):
		name = "nntp"
	case strings.HasPrefix(line, `"IMPLEMENTATION"`):
		name = "sieve"
	case strings.HasPrefix(line, "NOTICE "), strings.HasPrefix(line, ":") && strings.Contains(line, " NOTICE "):
		name = "irc"
	case strings.Contains(text, "<STREAM:STREAM"):
		name = "xmpp"
	case len(first) > 5 && first[3] == 0 && (first[4] == 10 || first[4] == 0xff) && int(first[0])|int(first[1])<<8|int(first[2])<<16 < 1024:
		name = "mysql"
	}
	if name == "" {
		return nil
	}
	return Named(name)
}

// reply reads an answer of RFC 5321 section 4.2.1 and RFC 959 section 4.2: three
// digits, a hyphen where more lines follow.
func (d *Dialog) reply() (code, text string, lines []string, err error) {
	for range maxLines {
		line, err := d.line()
		if err != nil {
			return "", line, lines, err
		}
		if len(lines) == 0 && (len(line) < 3 || strings.Trim(line[:3], "0123456789") != "") {
			return "", line, nil, d.wrong(line)
		}
		lines = append(lines, line)
		if len(line) >= 3 && line[:3] == lines[0][:3] && (len(line) == 3 || line[3] == ' ') {
			return line[:3], line, lines, nil
		}
	}
	return "", "", nil, ErrTooMuch
}

// external is the word for SASL's EXTERNAL (RFC 4422 appendix A): who is meant,
// in base64; "=" leaves it to the certificate.
func (d *Dialog) external() string {
	if d.User == "" {
		return "="
	}
	return base64Of(d.User)
}

// taken is the answer to an accepted login as User, refused one to a refused.
func (d *Dialog) taken(words string) Answer {
	a := Answer{Accepted: true, Words: words}
	if d.User != "" {
		user := d.User
		a.Seen = &user
	}
	return a
}

// Begun says that the conversation began in clear: the server has greeted.
func (d *Dialog) Begun() { d.started = true }
