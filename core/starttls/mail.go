package starttls

import (
	"encoding/base64"
	"fmt"
	"strings"
)

func base64Of(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// me is how the client calls itself (RFC 5321 section 4.1.1.1).
const me = "localhost"

// smtpBegin is RFC 3207, lmtpBegin the same with LMTP's greeting (RFC 2033).
func smtpBegin(d *Dialog) error { return mailBegin(d, "EHLO "+me) }
func lmtpBegin(d *Dialog) error { return mailBegin(d, "LHLO "+me) }

func mailBegin(d *Dialog, hello string) error {
	code, text, _, err := d.reply()
	if err != nil {
		return err
	}
	if code != "220" {
		return &Error{Refused, fmt.Sprintf("the server does not want to talk: %q", Plain(text))}
	}
	if p := Recognise([]byte(text)); p != nil && p != d.protocol && p.Name == "ftp" && strings.Contains(strings.ToUpper(text), "FTP") {
		return d.wrong(text)
	}
	lines, err := d.hello(hello)
	if err != nil {
		return err
	}
	if !offers(lines, "STARTTLS") {
		return notOffered(d)
	}
	if err := d.begin("STARTTLS"); err != nil {
		return err
	}
	if code, text, _, err = d.reply(); err != nil {
		return err
	}
	if code != "220" {
		return refused("STARTTLS", text)
	}
	return nil
}

// hello says it and gives the lines of the answer.
func (d *Dialog) hello(hello string) ([]string, error) {
	if err := d.send(hello); err != nil {
		return nil, err
	}
	code, text, lines, err := d.reply()
	if err != nil {
		return nil, err
	}
	if code != "250" {
		return nil, &Error{NotOffered, fmt.Sprintf("the server knows no extensions, so no STARTTLS: %q", Plain(text))}
	}
	return lines, nil
}

// offers looks for a word that begins a line of a reply.
func offers(lines []string, word string) bool {
	for _, l := range lines {
		if len(l) > 4 && strings.EqualFold(strings.TrimSpace(l[4:]), word) {
			return true
		}
	}
	return false
}

func notOffered(d *Dialog) error {
	what := fmt.Sprintf("the server speaks %s and does not offer STARTTLS", d.protocol.Title)
	if d.protocol.Direct != "" {
		what += fmt.Sprintf(": is there a port for %s://?", d.protocol.Direct)
	}
	return &Error{NotOffered, what}
}

func refused(what, text string) error {
	return &Error{Refused, fmt.Sprintf("the server refused %s: %q", what, Plain(text))}
}

// smtpWhoami logs in by the certificate (RFC 4954, SASL EXTERNAL) and leaves.
func smtpWhoami(d *Dialog) (a Answer, err error) {
	if !d.started {
		code, text, _, err := d.reply()
		if err != nil || code != "220" {
			return Answer{Words: text}, err
		}
	}
	if err = d.send("EHLO " + me); err != nil {
		return a, err
	}
	code, text, lines, err := d.reply()
	if err != nil {
		return a, err
	}
	a.Words = text
	if code == "250" {
		if a.Untried, a.Words = true, "the server does not offer AUTH EXTERNAL"; mechanism(lines, "EXTERNAL") {
			if err = d.send("AUTH EXTERNAL " + d.external()); err != nil {
				return a, err
			}
			if code, text, _, err = d.reply(); err != nil {
				return a, err
			}
			a = Answer{Words: text}
			if code == "235" {
				a = d.taken(text)
			}
		}
	}
	return a, d.leave("QUIT")
}

// mechanism looks for one in the lines that announce AUTH.
func mechanism(lines []string, name string) bool {
	for _, l := range lines {
		words := strings.Fields(strings.ToUpper(strings.NewReplacer("-", " ", "=", " ").Replace(l)))
		for i, w := range words {
			if w == "AUTH" {
				for _, m := range words[i+1:] {
					if m == name {
						return true
					}
				}
			}
		}
	}
	return false
}

// leave says goodbye; what comes back is nobody's business.
func (d *Dialog) leave(word string) error {
	_ = d.send(word)
	return nil
}

// imapBegin is RFC 9051 section 6.2.1.
func imapBegin(d *Dialog) error {
	first, err := d.line()
	if err != nil {
		return err
	}
	switch {
	case strings.HasPrefix(strings.ToUpper(first), "* PREAUTH"):
		return &Error{Refused, fmt.Sprintf("the server logs in without TLS, so there is no STARTTLS: %q", Plain(first))}
	case strings.HasPrefix(strings.ToUpper(first), "* BYE"):
		return refused("to talk", first)
	case !strings.HasPrefix(strings.ToUpper(first), "* OK"):
		return d.wrong(first)
	}
	ok, _, lines, err := d.imap("a1", "CAPABILITY")
	if err != nil {
		return err
	}
	if !ok || !holdsWord(lines, "STARTTLS") {
		return notOffered(d)
	}
	ok, text, _, err := d.imap("a2", "STARTTLS")
	if err == nil && !ok {
		err = refused("STARTTLS", text)
	}
	return err
}

// imap says a command and reads up to the answer with its tag.
func (d *Dialog) imap(tag, command string) (ok bool, text string, lines []string, err error) {
	say := d.send
	if command == "STARTTLS" {
		say = d.begin
	}
	if err := say(tag + " " + command); err != nil {
		return false, "", nil, err
	}
	for range maxLines {
		line, err := d.line()
		if err != nil {
			return false, line, lines, err
		}
		if rest, mine := strings.CutPrefix(line, tag+" "); mine {
			return strings.HasPrefix(strings.ToUpper(rest), "OK"), line, lines, nil
		}
		if strings.HasPrefix(line, "+") {
			// It wants more than there is: RFC 9051 section 6.2.2.
			if err := d.send("*"); err != nil {
				return false, line, lines, err
			}
		}
		lines = append(lines, line)
	}
	return false, "", nil, ErrTooMuch
}

func holdsWord(lines []string, word string) bool {
	for _, l := range lines {
		for _, w := range strings.Fields(strings.ToUpper(l)) {
			if w == word {
				return true
			}
		}
	}
	return false
}

// imapWhoami logs in by the certificate and out again.
func imapWhoami(d *Dialog) (a Answer, err error) {
	if !d.started {
		if _, err := d.line(); err != nil {
			return a, err
		}
	}
	_, _, lines, err := d.imap("b1", "CAPABILITY")
	if err != nil {
		return a, err
	}
	a.Untried, a.Words = true, "the server does not offer AUTH=EXTERNAL"
	if holdsWord(lines, "AUTH=EXTERNAL") {
		command := "AUTHENTICATE EXTERNAL"
		if holdsWord(lines, "SASL-IR") {
			command += " " + d.external()
		}
		ok, text, err := d.imapExternal(command)
		if err != nil {
			return a, err
		}
		a = Answer{Words: text}
		if ok {
			a = d.taken(text)
		}
	}
	return a, d.leave("b3 LOGOUT")
}

// imapExternal is the command with its response in the same line or, where the
// server asks for it, in one of its own.
func (d *Dialog) imapExternal(command string) (ok bool, text string, err error) {
	if err := d.send("b2 " + command); err != nil {
		return false, "", err
	}
	for range maxLines {
		line, err := d.line()
		if err != nil {
			return false, line, err
		}
		if rest, mine := strings.CutPrefix(line, "b2 "); mine {
			return strings.HasPrefix(strings.ToUpper(rest), "OK"), line, nil
		}
		if strings.HasPrefix(line, "+") {
			word := d.external()
			if word == "=" {
				word = ""
			}
			if err := d.send(word); err != nil {
				return false, line, err
			}
		}
	}
	return false, "", ErrTooMuch
}

// pop3Begin is RFC 2595 section 4.
func pop3Begin(d *Dialog) error {
	first, err := d.line()
	if err != nil {
		return err
	}
	if !strings.HasPrefix(first, "+OK") {
		return d.wrong(first)
	}
	if err := d.begin("STLS"); err != nil {
		return err
	}
	text, err := d.line()
	switch {
	case err != nil:
		return err
	case strings.HasPrefix(text, "+OK"):
		return nil
	}
	lines, err := d.capa()
	if err == nil && !holdsWord(lines, "STLS") {
		return notOffered(d)
	}
	return refused("STLS", text)
}

// capa lists what the server can do (RFC 2449); nothing where it can't list.
func (d *Dialog) capa() (lines []string, err error) {
	if err := d.send("CAPA"); err != nil {
		return nil, err
	}
	for range maxLines {
		line, err := d.line()
		if err != nil || line == "." || len(lines) == 0 && !strings.HasPrefix(line, "+OK") {
			return lines, err
		}
		lines = append(lines, line)
	}
	return nil, ErrTooMuch
}

// pop3Whoami logs in by the certificate (RFC 5034) and leaves.
func pop3Whoami(d *Dialog) (a Answer, err error) {
	if !d.started {
		if _, err := d.line(); err != nil {
			return a, err
		}
	}
	lines, err := d.capa()
	if err != nil {
		return a, err
	}
	a.Untried, a.Words = true, "the server does not offer SASL EXTERNAL"
	if holdsWord(lines, "EXTERNAL") {
		if err := d.send("AUTH EXTERNAL " + d.external()); err != nil {
			return a, err
		}
		text, err := d.line()
		if err != nil {
			return a, err
		}
		a = Answer{Words: text}
		if strings.HasPrefix(text, "+OK") {
			a = d.taken(text)
		}
	}
	return a, d.leave("QUIT")
}

// ftpBegin is RFC 4217 section 4.
func ftpBegin(d *Dialog) error {
	code, text, _, err := d.reply()
	if err != nil {
		return err
	}
	if code != "220" {
		return refused("to talk", text)
	}
	if p := Recognise([]byte(text)); p != nil && (p.Name == "smtp" || p.Name == "lmtp") {
		return d.wrong(text)
	}
	if err := d.begin("AUTH TLS"); err != nil {
		return err
	}
	if code, text, _, err = d.reply(); err != nil {
		return err
	}
	switch code {
	case "234":
		return nil
	case "500", "502", "504":
		return notOffered(d)
	}
	return refused("AUTH TLS", text)
}

// ftpWhoami names the user; a server that takes the certificate for a password
// says 232 (RFC 2228 section 5).
func ftpWhoami(d *Dialog) (a Answer, err error) {
	if !d.started {
		if _, _, _, err := d.reply(); err != nil {
			return a, err
		}
	}
	if d.User == "" {
		a.Untried, a.Words = true, "no user was named"
		return a, d.leave("QUIT")
	}
	if strings.ContainsAny(d.User, "\r\n\x00") {
		a.Untried, a.Words = true, "this user's name can't be sent"
		return a, d.leave("QUIT")
	}
	if err := d.send("USER " + d.User); err != nil {
		return a, err
	}
	code, text, _, err := d.reply()
	if err != nil {
		return a, err
	}
	a = Answer{Words: text}
	if code == "232" {
		a = d.taken(text)
	}
	return a, d.leave("QUIT")
}

// nntpBegin is RFC 4642 section 2.2.
func nntpBegin(d *Dialog) error {
	code, text, _, err := d.reply()
	if err != nil {
		return err
	}
	if code != "200" && code != "201" {
		return d.wrong(text)
	}
	if err := d.begin("STARTTLS"); err != nil {
		return err
	}
	if code, text, _, err = d.reply(); err != nil {
		return err
	}
	switch code {
	case "382":
		return nil
	case "500", "501", "502", "503":
		return notOffered(d)
	}
	return refused("STARTTLS", text)
}

// sieveBegin is RFC 5804 section 2.2.
func sieveBegin(d *Dialog) error {
	lines, ok, text, err := d.sieve()
	if err != nil {
		return err
	}
	if !ok {
		return refused("to talk", text)
	}
	if !holdsWord(lines, `"STARTTLS"`) {
		return notOffered(d)
	}
	if err := d.begin("STARTTLS"); err != nil {
		return err
	}
	if _, ok, text, err = d.sieve(); err == nil && !ok {
		err = refused("STARTTLS", text)
	}
	return err
}

// sieve reads up to OK, NO or BYE.
func (d *Dialog) sieve() (lines []string, ok bool, text string, err error) {
	for range maxLines {
		line, err := d.line()
		if err != nil {
			return lines, false, line, err
		}
		word, _, _ := strings.Cut(strings.ToUpper(line), " ")
		switch {
		case word == "OK":
			return lines, true, line, nil
		case word == "NO", word == "BYE":
			return lines, false, line, nil
		case len(lines) == 0 && !strings.HasPrefix(line, `"`):
			return nil, false, line, d.wrong(line)
		}
		lines = append(lines, line)
	}
	return nil, false, "", ErrTooMuch
}

// sieveWhoami logs in by the certificate and out again.
func sieveWhoami(d *Dialog) (a Answer, err error) {
	lines, _, _, err := d.sieve() // the server says once more what it can
	if err != nil {
		return a, err
	}
	a.Untried, a.Words = true, "the server does not offer SASL EXTERNAL"
	if strings.Contains(strings.ToUpper(strings.Join(lines, " ")), "EXTERNAL") {
		word := d.external()
		if word == "=" {
			word = ""
		}
		if err := d.send(fmt.Sprintf(`AUTHENTICATE "EXTERNAL" "%s"`, word)); err != nil {
			return a, err
		}
		_, ok, text, err := d.sieve()
		if err != nil {
			return a, err
		}
		a = Answer{Words: text}
		if ok {
			a = d.taken(text)
		}
	}
	return a, d.leave("LOGOUT")
}
