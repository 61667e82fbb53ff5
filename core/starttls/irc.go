package starttls

import (
	"fmt"
	"strings"
)

// ircBegin is the STARTTLS of IRC (numerics 670 and 691).
func ircBegin(d *Dialog) error {
	if err := d.send("STARTTLS"); err != nil {
		return err
	}
	for range maxLines {
		line, err := d.line()
		if err != nil {
			return err
		}
		switch {
		case numeric(line) == "670":
			return nil
		case numeric(line) == "691":
			return refused("STARTTLS", line)
		case numeric(line) == "421", numeric(line) == "451":
			return notOffered(d)
		case strings.HasPrefix(line, "ERROR"):
			return refused("to talk", line)
		case strings.HasPrefix(line, "220"), strings.HasPrefix(line, "* "), strings.HasPrefix(line, "+OK"):
			return d.wrong(line)
		}
	}
	return ErrTooMuch
}

// numeric is the word after a line's source.
func numeric(line string) string {
	words := strings.Fields(line)
	if len(words) > 1 && strings.HasPrefix(words[0], ":") {
		return words[1]
	}
	if len(words) > 0 {
		return words[0]
	}
	return ""
}

// ircWhoami logs in by the certificate before any registration, so that nobody
// joins: IRCv3's SASL, of which 900 names the account.
func ircWhoami(d *Dialog) (a Answer, err error) {
	for _, line := range []string{"CAP REQ :sasl", "AUTHENTICATE EXTERNAL"} {
		if err := d.send(line); err != nil {
			return a, err
		}
	}
	for range maxLines {
		line, err := d.line()
		if err != nil {
			return a, err
		}
		switch n := numeric(line); {
		case n == "AUTHENTICATE":
			word := d.external()
			if word == "=" {
				word = "+"
			}
			if err := d.send("AUTHENTICATE " + word); err != nil {
				return a, err
			}
		case n == "900":
			// :server 900 nick nick!user@host account :You are now logged in as account
			if words := strings.Fields(line); len(words) > 4 {
				a = Answer{Seen: &words[4], Accepted: true, Words: line}
			}
		case n == "903":
			a.Accepted = true
			return a, d.leave("QUIT")
		case n == "904", n == "905", n == "906", n == "908", n == "CAP" && strings.Contains(line, " NAK "), n == "421", n == "451", n == "ERROR":
			return Answer{Words: line}, d.leave("QUIT")
		case n == "PING":
			_, token, _ := strings.Cut(line, "PING ")
			if err := d.send(fmt.Sprintf("PONG %s", token)); err != nil {
				return a, err
			}
		}
	}
	return a, ErrTooMuch
}
