package starttls

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// postgresBegin sends SSLRequest (PostgreSQL protocol, "Message Formats"): Int32
// length 8, Int32 80877103. The answer is one byte.
func postgresBegin(d *Dialog) error {
	b := binary.BigEndian.AppendUint32(nil, 8)
	if err := d.bytes(binary.BigEndian.AppendUint32(b, 80877103), "SSLRequest"); err != nil {
		return err
	}
	if err := d.clear(); err != nil {
		return err
	}
	answer, err := d.full(1)
	if err != nil {
		return err
	}
	switch answer[0] {
	case 'S':
		d.note("server", "S")
		return nil
	case 'N':
		d.note("server", "N")
		return &Error{NotOffered, "the server speaks PostgreSQL and has no TLS (it answered N): see its setting ssl"}
	case 'E':
		return refused("TLS", "it answered with an error")
	}
	rest, _ := d.in.Peek(d.in.Buffered())
	return d.wrong(string(answer) + string(rest))
}

// postgresWhoami sends StartupMessage and reads what the server makes of the
// user. The certificate was taken once it says AuthenticationOk; that the role
// or the database does not exist comes after that. Then Terminate.
func postgresWhoami(d *Dialog) (a Answer, err error) {
	user, database := d.User, d.Path
	if user == "" {
		user = "nobody"
	}
	if database == "" {
		database = "postgres"
	}
	if strings.ContainsRune(user+database, 0) {
		return Answer{Untried: true, Words: "this user's name can't be sent"}, nil
	}
	body := binary.BigEndian.AppendUint32(nil, 196608) // protocol 3.0
	for _, s := range []string{"user", user, "database", database, "application_name", "rechallenge", ""} {
		body = append(append(body, s...), 0)
	}
	message := append(binary.BigEndian.AppendUint32(nil, uint32(4+len(body))), body...)
	if err := d.bytes(message, fmt.Sprintf("StartupMessage user=%s database=%s", user, database)); err != nil {
		return a, err
	}
	for range maxLines {
		kind, body, err := d.postgres()
		if err != nil {
			return a, err
		}
		switch kind {
		case 'R':
			method := uint32(0xffffffff)
			if len(body) >= 4 {
				method = binary.BigEndian.Uint32(body)
			}
			if method == 0 {
				d.note("server", "AuthenticationOk")
				a = Answer{Seen: &user, Accepted: true, Words: "AuthenticationOk"}
				continue
			}
			what := map[uint32]string{3: "AuthenticationCleartextPassword", 5: "AuthenticationMD5Password", 10: "AuthenticationSASL"}[method]
			if what == "" {
				what = fmt.Sprintf("authentication method %d", method)
			}
			d.note("server", what)
			return Answer{Words: what + ": the server wants more than the certificate"}, d.terminate()
		case 'E':
			code, text := postgresError(body)
			words := fmt.Sprintf("%s (SQLSTATE %s)", text, code)
			d.note("server", "ErrorResponse: "+words)
			switch {
			case a.Accepted, code == "28000" && strings.Contains(text, "does not exist"):
				// The role or the database is missing: whom it saw it had said by then.
				return Answer{Seen: &user, Accepted: a.Accepted && code != "28000", Words: words}, d.terminate()
			case strings.Contains(text, "requires a valid client certificate"):
				nobody := ""
				return Answer{Seen: &nobody, Words: words}, d.terminate()
			}
			return Answer{Words: words}, d.terminate()
		case 'Z':
			return a, d.terminate()
		case 'S', 'K', 'N', 'v':
		default:
			return a, &Error{Wrong, fmt.Sprintf("this is not PostgreSQL: a message of type 0x%02x", kind)}
		}
	}
	return a, ErrTooMuch
}

// postgres reads a message: Byte1 type, Int32 length with itself.
func (d *Dialog) postgres() (kind byte, body []byte, err error) {
	head, err := d.full(5)
	if err != nil {
		return 0, nil, err
	}
	n := int(binary.BigEndian.Uint32(head[1:]))
	if n < 4 || n > maxSaid {
		return 0, nil, &Error{Wrong, fmt.Sprintf("this is not PostgreSQL: a message of %d bytes", uint32(n))}
	}
	body, err = d.full(n - 4)
	return head[0], body, err
}

// postgresError reads an ErrorResponse: fields of a byte and a string each.
func postgresError(body []byte) (code, text string) {
	for len(body) > 1 && body[0] != 0 {
		value, rest, ok := strings.Cut(string(body[1:]), "\x00")
		if !ok {
			break
		}
		switch body[0] {
		case 'C':
			code = Plain(value)
		case 'M':
			text = Plain(value)
		}
		body = []byte(rest)
	}
	return code, text
}

func (d *Dialog) terminate() error {
	_ = d.bytes([]byte{'X', 0, 0, 0, 4}, "Terminate")
	return nil
}
