package lab

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
)

// serviceServer speaks a protocol that begins in clear, with crypto/tls.
type serviceServer struct {
	*Server
	*conversations
	speech speech
	tls    *tls.Config
}

// speech is a protocol from the server's side.
type speech struct {
	begin  func(*talk) bool        // up to the consent to TLS; false = the client went away, or wants none
	serve  func(*talk, *speaker)   // inside TLS, until the client takes its leave
	direct func(first []byte) bool // whether TLS comes at once; nil = never
	alpn   []string                // where it comes at once: the client has to offer one
}

var speeches = map[string]speech{
	"smtp": {begin: smtpBegin, serve: smtpServe},
	"imap": {begin: imapBegin, serve: imapServe},
	"postgres": {
		begin: postgresBegin, serve: postgresServe,
		direct: func(first []byte) bool { return first[0] == recordHandshake }, alpn: []string{"postgresql"},
	},
}

// recordHandshake begins a ClientHello (RFC 8446 section 5.1).
const recordHandshake = 22

func (s *Server) startService(listener net.Listener, cert tls.Certificate) (*serviceServer, error) {
	speech, ok := speeches[s.behaviour.Speaks]
	if !ok || s.behaviour.needsLibssl() {
		return nil, fmt.Errorf("start the lab server: it can't speak %q like that", s.behaviour.Speaks)
	}
	l := &serviceServer{Server: s, conversations: newConversations(listener), speech: speech, tls: s.whole(cert, s.config)}
	l.tls.NextProtos = speech.alpn
	l.begin(l.converse)
	return l, nil
}

// converse serves one connection.
func (l *serviceServer) converse(raw net.Conn) {
	l.await(raw)
	clear := newTalk(raw)
	var beneath net.Conn = raw
	atOnce := false
	if l.speech.direct != nil {
		first, err := clear.in.Peek(1)
		if err != nil {
			return
		}
		if atOnce = l.speech.direct(first); atOnce {
			beneath = &replayed{raw, clear.in}
		}
	}
	if !atOnce && !l.speech.begin(clear) {
		return
	}
	var kept []byte
	if l.behaviour.KeepsClear {
		kept, _ = clear.in.Peek(clear.in.Buffered())
	}
	c := tls.Server(beneath, l.tls)
	defer c.Close()
	if c.HandshakeContext(l.ctx) != nil {
		return
	}
	state := c.ConnectionState()
	if atOnce && state.NegotiatedProtocol == "" {
		return // PostgreSQL refuses a client that does not say what it wants
	}
	l.await(raw)
	who := &speaker{Server: l.Server, state: state}
	if len(state.PeerCertificates) > 0 {
		who.cn = state.PeerCertificates[0].Subject.CommonName
	}
	inside := newTalk(c)
	inside.in = bufio.NewReader(io.MultiReader(bytes.NewReader(bytes.Clone(kept)), inside.in))
	l.speech.serve(inside, who)
}

// replayed is a connection of which the beginning was read already.
type replayed struct {
	net.Conn
	in *bufio.Reader
}

func (r *replayed) Read(p []byte) (int, error) { return r.in.Read(p) }

// talk is a conversation by lines or messages.
type talk struct {
	in  *bufio.Reader
	out io.Writer
}

func newTalk(conn io.ReadWriter) *talk {
	return &talk{bufio.NewReader(io.LimitReader(conn, maxRequest)), conn}
}

func (t *talk) say(format string, args ...any) {
	fmt.Fprintf(t.out, format+"\r\n", args...)
}

// words reads a line; nil = there is none any more.
func (t *talk) words() []string {
	line, err := t.in.ReadSlice('\n')
	if err != nil {
		return nil
	}
	words := strings.Fields(string(line))
	if words == nil {
		words = []string{}
	}
	return words
}

// is compares a command's word without regard to case.
func is(words []string, n int, word string) bool {
	return n < len(words) && strings.EqualFold(words[n], word)
}

// speaker is whom the server sees.
type speaker struct {
	*Server
	state tls.ConnectionState
	cn    string // "" = nobody
}

// external judges a login by SASL EXTERNAL: authzid, in base64, is who is meant;
// "=" or nothing leaves it to the certificate.
func (w *speaker) external(authzid string) error {
	name := ""
	if authzid != "" && authzid != "=" {
		b, err := base64.StdEncoding.DecodeString(authzid)
		if err != nil {
			return errors.New("this is not base64")
		}
		name = string(b)
	}
	return w.login(name)
}

// login lets in whom the certificate names, and nobody else.
func (w *speaker) login(name string) error {
	var err error
	switch {
	case w.cn == "":
		err = errors.New("no certificate was shown")
	case name != "" && name != w.cn, w.is(RightsChanged):
		err = fmt.Errorf("the certificate is %s's", w.cn)
	}
	v := visitor{path: name, resumed: w.state.DidResume, version: w.state.Version}
	if len(w.state.PeerCertificates) > 0 {
		v.leaf = w.state.PeerCertificates[0]
	}
	w.answer(v)
	return err
}

// smtpBegin is RFC 3207 from the other side.
func smtpBegin(t *talk) bool {
	t.say("220 lab.test ESMTP")
	for words := t.words(); words != nil; words = t.words() {
		switch {
		case is(words, 0, "EHLO"):
			t.say("250-lab.test\r\n250 STARTTLS")
		case is(words, 0, "NOOP"):
			t.say("250 2.0.0 Ok")
		case is(words, 0, "STARTTLS"):
			t.say("220 2.0.0 Ready to start TLS")
			return true
		case is(words, 0, "QUIT"):
			t.say("221 2.0.0 Bye")
			return false
		default:
			t.say("530 5.7.0 Must issue a STARTTLS command first")
		}
	}
	return false
}

// smtpServe is RFC 4954 with EXTERNAL alone.
func smtpServe(t *talk, who *speaker) {
	for words := t.words(); words != nil; words = t.words() {
		switch {
		case is(words, 0, "EHLO"):
			t.say("250-lab.test\r\n250 AUTH EXTERNAL")
		case is(words, 0, "NOOP"):
			t.say("250 2.0.0 Ok")
		case is(words, 0, "AUTH") && is(words, 1, "EXTERNAL"):
			if err := who.external(strings.Join(words[2:], "")); err != nil {
				t.say("535 5.7.8 %v", err)
			} else {
				t.say("235 2.7.0 Authentication successful, %s", who.cn)
			}
		case is(words, 0, "QUIT"):
			t.say("221 2.0.0 Bye")
			return
		default:
			t.say("502 5.5.1 Unknown here")
		}
	}
}

// imapBegin is RFC 9051 section 6.2.1 from the other side.
func imapBegin(t *talk) bool {
	t.say("* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] lab.test")
	for words := t.words(); words != nil; words = t.words() {
		switch {
		case is(words, 1, "CAPABILITY"):
			t.say("* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\n%s OK", words[0])
		case is(words, 1, "NOOP"):
			t.say("%s OK", words[0])
		case is(words, 1, "STARTTLS"):
			t.say("%s OK Begin TLS now", words[0])
			return true
		case is(words, 1, "LOGOUT"):
			t.say("* BYE\r\n%s OK", words[0])
			return false
		default:
			t.say("%s BAD Unknown here", slices.Concat(words, []string{"*"})[0])
		}
	}
	return false
}

// imapServe is RFC 9051 section 6.2.2 with EXTERNAL alone.
func imapServe(t *talk, who *speaker) {
	for words := t.words(); words != nil; words = t.words() {
		switch {
		case is(words, 1, "CAPABILITY"):
			t.say("* CAPABILITY IMAP4rev1 SASL-IR AUTH=EXTERNAL\r\n%s OK", words[0])
		case is(words, 1, "NOOP"):
			t.say("%s OK", words[0])
		case is(words, 1, "AUTHENTICATE") && is(words, 2, "EXTERNAL"):
			if err := who.external(strings.Join(words[3:], "")); err != nil {
				t.say("%s NO %v", words[0], err)
			} else {
				t.say("%s OK Logged in as %s", words[0], who.cn)
			}
		case is(words, 1, "LOGOUT"):
			t.say("* BYE\r\n%s OK", words[0])
			return
		default:
			t.say("%s BAD Unknown here", slices.Concat(words, []string{"*"})[0])
		}
	}
}

// Codes of PostgreSQL's first messages.
const (
	postgresSSLRequest = 80877103
	postgresVersion    = 196608 // 3.0
)

// postgresMessage reads a message without a type byte: Int32 length with itself,
// then as much.
func postgresMessage(in io.Reader) []byte {
	var head [4]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return nil
	}
	n := binary.BigEndian.Uint32(head[:])
	if n < 8 || n > maxRequest {
		return nil
	}
	b := make([]byte, n-4)
	if _, err := io.ReadFull(in, b); err != nil {
		return nil
	}
	return b
}

// postgresBegin answers SSLRequest.
func postgresBegin(t *talk) bool {
	b := postgresMessage(t.in)
	if len(b) != 4 || binary.BigEndian.Uint32(b) != postgresSSLRequest {
		return false
	}
	_, err := t.out.Write([]byte{'S'})
	return err == nil
}

// postgresServe answers StartupMessage as pg_hba.conf's method cert does.
func postgresServe(t *talk, who *speaker) {
	b := postgresMessage(t.in)
	if len(b) < 4 || binary.BigEndian.Uint32(b) != postgresVersion {
		return
	}
	user := ""
	for words := strings.Split(string(b[4:]), "\x00"); len(words) > 1; words = words[2:] {
		if words[0] == "user" {
			user = words[1]
		}
	}
	send := func(kind byte, body string) {
		head := binary.BigEndian.AppendUint32([]byte{kind}, uint32(4+len(body)))
		t.out.Write(append(head, body...))
	}
	if err := who.login(user); err != nil {
		text := fmt.Sprintf("certificate authentication failed for user %q", user)
		if who.cn == "" {
			text = "connection requires a valid client certificate"
		}
		send('E', "SFATAL\x00VFATAL\x00C28000\x00M"+text+"\x00\x00")
		return
	}
	send('R', "\x00\x00\x00\x00") // AuthenticationOk
	send('Z', "I")                // ReadyForQuery
	io.Copy(io.Discard, t.in)     // up to Terminate
}
