package starttls_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"rechallenge/core/starttls"
)

// play is a server of which each turn is "< " what it waits for (a part of it)
// or "> " what it says; \xHH and \r\n as in Go.
func play(t *testing.T, conn net.Conn, turns []string) {
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(5 * time.Second))
	in := bufio.NewReader(conn)
	var heard string
	for _, turn := range turns {
		text := turn[2:]
		if turn[0] == '>' {
			if _, err := io.WriteString(conn, text); err != nil {
				return
			}
			continue
		}
		for !strings.Contains(heard, text) {
			b, err := in.ReadByte()
			if err != nil {
				t.Errorf("the server waits for %q and heard %q: %v", text, heard, err)
				return
			}
			heard += string([]byte{b})
		}
		heard = ""
	}
	io.Copy(io.Discard, in) // goodbyes
}

// talk has a conversation with such a server.
func talk(t *testing.T, name string, turns []string, with func(*starttls.Dialog) error) error {
	t.Helper()
	client, server := net.Pipe()
	done := make(chan struct{})
	go func() { defer close(done); play(t, server, turns) }()
	client.SetDeadline(time.Now().Add(5 * time.Second))
	d := starttls.NewDialog(protocol(t, name), client)
	d.Host, d.User = "a.test", "alice"
	err := with(d)
	client.Close()
	<-done
	return err
}

func protocol(t *testing.T, name string) *starttls.Protocol {
	for _, p := range starttls.Protocols {
		if p.Name == name {
			return p
		}
	}
	t.Fatalf("no protocol %s", name)
	return nil
}

const greeting = "J\x00\x00\x00\x0a8.0.1\x00\x01\x00\x00\x00abcdefgh\x00\xff\xff\x2d\x02\x00\xff\xff\x15\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00abcdefghijkl\x00mysql_native_password\x00"

func TestBegin(t *testing.T) {
	for _, test := range []struct {
		name, protocol string
		turns          []string
		want           starttls.Reason // "" = TLS may begin
		says           string
	}{
		{"smtp", "smtp", []string{"> 220-a\r\n220 a ESMTP\r\n", "< EHLO", "> 250-a\r\n250 STARTTLS\r\n", "< STARTTLS\r\n", "> 220 go\r\n"}, "", ""},
		{"smtp without", "smtp", []string{"> 220 a ESMTP\r\n", "< EHLO", "> 250-a\r\n250 SIZE\r\n"}, starttls.NotOffered, "smtps://"},
		{"smtp that refuses", "smtp", []string{"> 220 a ESMTP\r\n", "< EHLO", "> 250 STARTTLS\r\n", "< STARTTLS", "> 454 not now\r\n"}, starttls.Refused, "not now"},
		{"smtp is imap", "smtp", []string{"> * OK hello\r\n"}, starttls.Wrong, "use imap://"},
		{"smtp is tls", "smtp", []string{"> \x15\x03\x01\x00\x02\x02\x0a"}, starttls.Wrong, "use smtps://"},
		{"smtp is ftp", "smtp", []string{"> 220 (vsFTPd 3.0.3)\r\n"}, starttls.Wrong, "use ftp://"},
		{"lmtp", "lmtp", []string{"> 220 a LMTP\r\n", "< LHLO", "> 250 STARTTLS\r\n", "< STARTTLS", "> 220 go\r\n"}, "", ""},
		{"imap", "imap", []string{"> * OK [CAPABILITY IMAP4rev1] hi\r\n", "< a1 CAPABILITY", "> * CAPABILITY IMAP4rev1 STARTTLS\r\na1 OK\r\n", "< a2 STARTTLS", "> a2 OK\r\n"}, "", ""},
		{"imap without", "imap", []string{"> * OK hi\r\n", "< a1 CAPABILITY", "> * CAPABILITY IMAP4rev1\r\na1 OK\r\n"}, starttls.NotOffered, "imaps://"},
		{"pop3", "pop3", []string{"> +OK\r\n", "< STLS", "> +OK\r\n"}, "", ""},
		{"pop3 without", "pop3", []string{"> +OK\r\n", "< STLS", "> -ERR\r\n", "< CAPA", "> +OK\r\nUSER\r\n.\r\n"}, starttls.NotOffered, ""},
		{"ftp", "ftp", []string{"> 220 a FTP\r\n", "< AUTH TLS", "> 234 go\r\n"}, "", ""},
		{"ftp without", "ftp", []string{"> 220 a FTP\r\n", "< AUTH TLS", "> 502 what\r\n"}, starttls.NotOffered, ""},
		{"ldap", "ldap", []string{"< 1.3.6.1.4.1.1466.20037", "> \x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"}, "", ""},
		{"ldap without", "ldap", []string{"< 1.3.6.1.4.1.1466.20037", "> \x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x02\x04\x00\x04\x00"}, starttls.NotOffered, "ldaps://"},
		{"ldap is http", "ldap", []string{"< 1.3.6.1.4.1.1466.20037", "> HTTP/1.1 400 Bad Request\r\n"}, starttls.Wrong, "not LDAP"},
		{"xmpp", "xmpp", []string{"< to='a.test'", "> <?xml version='1.0'?><stream:stream><stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>", "< <starttls", "> <proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"}, "", ""},
		{"irc", "irc", []string{"< STARTTLS", "> :a NOTICE * :*** Looking up\r\n:a 670 * :go\r\n"}, "", ""},
		{"irc without", "irc", []string{"< STARTTLS", "> :a 421 * STARTTLS :Unknown command\r\n"}, starttls.NotOffered, ""},
		{"nntp", "nntp", []string{"> 200 hi\r\n", "< STARTTLS", "> 382 go\r\n"}, "", ""},
		{"sieve", "sieve", []string{"> \"IMPLEMENTATION\" \"x\"\r\n\"STARTTLS\"\r\nOK\r\n", "< STARTTLS", "> OK\r\n"}, "", ""},
		{"postgres", "postgres", []string{"< \x04\xd2\x16\x2f", "> S"}, "", ""},
		{"postgres without", "postgres", []string{"< \x04\xd2\x16\x2f", "> N"}, starttls.NotOffered, ""},
		{"postgres is tls", "postgres", []string{"< \x2f", "> \x15\x03\x03\x00\x02\x02\x28"}, starttls.Wrong, "TLS at once"},
		{"mysql", "mysql", []string{"> " + greeting, "< \x21\x00\x00"}, "", ""},
		{"mysql is smtp", "mysql", []string{"> 220 a ESMTP\r\n"}, starttls.Wrong, "use smtp://"},
		{"mysql that refuses", "mysql", []string{"> \x12\x00\x00\x00\xff\x69\x04Host is blocked"}, starttls.Refused, "Host is blocked"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.name == "mysql" {
				test.turns[0] = "> " + string(rune(len(greeting)-4)) + greeting[1:]
				test.turns = test.turns[:1]
			}
			err := talk(t, test.protocol, test.turns, protocol(t, test.protocol).Begin)
			var said *starttls.Error
			switch {
			case test.want == "":
				if err != nil {
					t.Errorf("error %v", err)
				}
			case !errors.As(err, &said), said.Reason != test.want, !strings.Contains(said.What, test.says):
				t.Errorf("error %v, want %s with %q", err, test.want, test.says)
			}
		})
	}
}

// TestWhoami: what a server says after the handshake, and what follows from it.
func TestWhoami(t *testing.T) {
	ok := "R\x00\x00\x00\x08\x00\x00\x00\x00"
	failed := func(code, text string) string {
		body := "SFATAL\x00C" + code + "\x00M" + text + "\x00\x00"
		return "E\x00\x00" + string([]byte{byte((len(body) + 4) >> 8), byte(len(body) + 4)}) + body
	}
	for _, test := range []struct {
		name, protocol string
		turns          []string
		seen           string // "?" = it names nobody
		accepted       bool
	}{
		{"smtp", "smtp", []string{"< EHLO", "> 250-a\r\n250 AUTH PLAIN EXTERNAL\r\n", "< AUTH EXTERNAL YWxpY2U=", "> 235 ok\r\n", "< QUIT"}, "alice", true},
		{"smtp refuses", "smtp", []string{"< EHLO", "> 250 AUTH EXTERNAL\r\n", "< AUTH EXTERNAL", "> 535 no\r\n", "< QUIT"}, "?", false},
		{"smtp without", "smtp", []string{"< EHLO", "> 250 AUTH PLAIN\r\n", "< QUIT"}, "?", false},
		{"imap", "imap", []string{"< b1 CAPABILITY", "> * CAPABILITY SASL-IR AUTH=EXTERNAL\r\nb1 OK\r\n", "< EXTERNAL YWxpY2U=", "> b2 OK in\r\n", "< LOGOUT"}, "alice", true},
		{"imap, in two lines", "imap", []string{"< b1 CAPABILITY", "> * CAPABILITY AUTH=EXTERNAL\r\nb1 OK\r\n", "< EXTERNAL\r\n", "> + \r\n", "< YWxpY2U=\r\n", "> b2 OK in\r\n", "< LOGOUT"}, "alice", true},
		{"pop3", "pop3", []string{"< CAPA", "> +OK\r\nSASL EXTERNAL\r\n.\r\n", "< AUTH EXTERNAL", "> +OK\r\n", "< QUIT"}, "alice", true},
		{"ftp", "ftp", []string{"< USER alice", "> 232 in\r\n", "< QUIT"}, "alice", true},
		{"ftp wants a password", "ftp", []string{"< USER alice", "> 331 password\r\n", "< QUIT"}, "?", false},
		{"ldap", "ldap", []string{"< EXTERNAL", "> \x30\x0c\x02\x01\x02\x61\x07\x0a\x01\x00\x04\x00\x04\x00", "< 4203.1.11.3", "> \x30\x19\x02\x01\x03\x78\x14\x0a\x01\x00\x04\x00\x04\x00\x8b\x0bdn:cn=alice", "< B\x00"}, "cn=alice", true},
		{"ldap, nobody", "ldap", []string{"< EXTERNAL", "> \x30\x0c\x02\x01\x02\x61\x07\x0a\x01\x31\x04\x00\x04\x00", "< 4203.1.11.3", "> \x30\x0e\x02\x01\x03\x78\x09\x0a\x01\x00\x04\x00\x04\x00\x8b\x00"}, "", false},
		{"postgres", "postgres", []string{"< user\x00alice\x00", "> " + ok + "Z\x00\x00\x00\x05I", "< X\x00\x00\x00\x04"}, "alice", true},
		{"postgres, no such role", "postgres", []string{"< user\x00alice\x00", "> " + ok + failed("28000", `role "alice" does not exist`), "< X"}, "alice", false},
		{"postgres, another's certificate", "postgres", []string{"< user\x00alice\x00", "> " + failed("28000", `certificate authentication failed for user "alice"`), "< X"}, "?", false},
		{"postgres, no certificate", "postgres", []string{"< user\x00alice\x00", "> " + failed("28000", `connection requires a valid client certificate`), "< X"}, "", false},
		{"postgres wants a password", "postgres", []string{"< user\x00alice\x00", "> R\x00\x00\x00\x08\x00\x00\x00\x03", "< X"}, "?", false},
		{"mysql", "mysql", []string{"< alice\x00", "> \x07\x00\x00\x03\x00\x00\x00\x02\x00\x00\x00", "< \x01\x00\x00\x00\x01"}, "alice", true},
		{"mysql refuses", "mysql", []string{"< alice\x00", "> \x0f\x00\x00\x03\xff\x15\x04#28000denied"}, "?", false},
		{"mysql switches", "mysql", []string{"< alice\x00", "> \x05\x00\x00\x03\xfeabc\x00", "< \x00\x00\x00\x04", "> \x07\x00\x00\x05\x00\x00\x00\x02\x00\x00\x00", "< \x01\x00\x00\x00\x01"}, "alice", true},
		{"mqtt", "mqtt", []string{"< MQTT", "> \x20\x02\x00\x00", "< \xe0\x00"}, "?", true},
		{"mqtt refuses", "mqtt", []string{"< MQTT", "> \x20\x02\x00\x05"}, "?", false},
		{"amqp", "amqp", []string{"< AMQP", "> \x01\x00\x00\x00\x00\x00\x0c\x00\x0a\x00\x0aEXTERNAL\xce", "< authentication_failure_closet\x01\x08EXTERNAL", "> \x01\x00\x00\x00\x00\x00\x04\x00\x0a\x00\x1e\xce"}, "?", true},
		{"amqp refuses", "amqp", []string{"< AMQP", "> \x01\x00\x00\x00\x00\x00\x0c\x00\x0a\x00\x0aEXTERNAL\xce", "< en_US", "> \x01\x00\x00\x00\x00\x00\x09\x00\x0a\x00\x32\x01\x93\x02no\xce"}, "?", false},
		{"redis", "redis", []string{"< ACL WHOAMI", "> $5\r\nalice\r\n", "< QUIT"}, "alice", true},
		{"irc", "irc", []string{"< AUTHENTICATE EXTERNAL", "> :a CAP * ACK :sasl\r\nAUTHENTICATE +\r\n", "< AUTHENTICATE YWxpY2U=", "> :a 900 * *!*@* alice :in\r\n:a 903 * :ok\r\n", "< QUIT"}, "alice", true},
		{"sieve", "sieve", []string{"> \"SASL\" \"EXTERNAL\"\r\nOK\r\n", "< AUTHENTICATE \"EXTERNAL\" \"YWxpY2U=\"", "> OK\r\n", "< LOGOUT"}, "alice", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			var a starttls.Answer
			err := talk(t, test.protocol, test.turns, func(d *starttls.Dialog) (err error) {
				d.Begun()
				a, err = protocol(t, test.protocol).Whoami(d)
				return err
			})
			seen := "?"
			if a.Seen != nil {
				seen = *a.Seen
			}
			if err != nil || seen != test.seen || a.Accepted != test.accepted || a.Words == "" {
				t.Errorf("%+v, seen %q, error %v; want %q, %v", a, seen, err, test.seen, test.accepted)
			}
		})
	}
}

// TestHungUp: whoever closes after Start-Ok has refused the login, as AMQP lets it.
func TestHungUp(t *testing.T) {
	client, server := net.Pipe()
	go func() {
		defer server.Close()
		in := bufio.NewReader(server)
		io.ReadFull(in, make([]byte, 8))
		io.WriteString(server, "\x01\x00\x00\x00\x00\x00\x0c\x00\x0a\x00\x0aEXTERNAL\xce")
		in.ReadString('\xce')
	}()
	client.SetDeadline(time.Now().Add(5 * time.Second))
	p := protocol(t, "amqp")
	a, err := p.Whoami(starttls.NewDialog(p, client))
	if err != nil || a.Accepted || a.Untried || !strings.Contains(a.Words, "hung up") {
		t.Errorf("%+v, %v", a, err)
	}
}

// A server that never ends is not read for ever.
func TestTooMuch(t *testing.T) {
	for _, p := range starttls.Protocols {
		for what, text := range map[string]string{"lines": "250-x\r\n", "one line": strings.Repeat("x", 1000)} {
			client, server := net.Pipe()
			go func() {
				go io.Copy(io.Discard, server)
				for i := 0; ; i++ {
					if _, err := io.WriteString(server, text); err != nil {
						return
					}
				}
			}()
			client.SetDeadline(time.Now().Add(30 * time.Second))
			for _, f := range []func(*starttls.Dialog) error{p.Begin, func(d *starttls.Dialog) error {
				if p.Whoami == nil {
					return io.EOF
				}
				_, err := p.Whoami(d)
				return err
			}} {
				if f == nil {
					continue
				}
				var timeout net.Error
				if err := f(starttls.NewDialog(p, client)); errors.As(err, &timeout) && timeout.Timeout() {
					t.Errorf("%s, %s: %v", p.Name, what, err)
				}
			}
			client.Close()
			server.Close()
		}
	}
}

func FuzzDialog(f *testing.F) {
	for _, text := range []string{"220 a ESMTP\r\n250 STARTTLS\r\n220 go\r\n", "* OK\r\n", "S", "\x30\x84\xff\xff\xff\xff", greeting, "E\x00\x00\x00\x05C", "\x01\x00\x00\x00\x00\x00\x04"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		starttls.Recognise(data)
		for _, p := range starttls.Protocols {
			if p.Begin != nil {
				p.Begin(starttls.NewDialog(p, &silent{strings.NewReader(string(data))}))
			}
			if p.Whoami != nil {
				d := starttls.NewDialog(p, &silent{strings.NewReader(string(data))})
				d.User = "alice"
				p.Whoami(d)
				for _, l := range d.Said() {
					if strings.ContainsAny(l.Text, "\r\n\x1b") {
						t.Fatalf("noted %q", l.Text)
					}
				}
			}
		}
	})
}

// silent is a server that has said all it will.
type silent struct{ io.Reader }

func (silent) Write(b []byte) (int, error) { return len(b), nil }

func TestSchemes(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range starttls.Schemes() {
		p, port, clear := starttls.Scheme(s)
		if p == nil || port == 0 || seen[s] || clear != (starttls.Named(s) != nil) {
			t.Errorf("%s: %v %d %v", s, p, port, clear)
		}
		seen[s] = true
	}
	if got := fmt.Sprint(starttls.Names()); got != "[smtp lmtp imap pop3 ftp ldap xmpp xmpp-server irc nntp sieve postgres mysql]" {
		t.Errorf("in clear: %s", got)
	}
}
