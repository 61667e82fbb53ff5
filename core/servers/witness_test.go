package servers_test

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"rechallenge/core/servers"
)

// witness is openssl s_client: what it says of a server is the truth that an
// audit is held against.
type witness struct {
	t      *testing.T
	dir    string // with ca.pem, NAME.pem and NAME.key
	number int    // of the next session file
	header string // in which the server says whom it saw
	body   *regexp.Regexp
}

// spot is where a witness goes.
type spot struct {
	addr       netip.AddrPort
	name, path string // server name
	host       string // of the request; "" = name and port
}

// authority is what the request's Host says.
func (s spot) authority() string {
	if s.host != "" {
		return s.host
	}
	return net.JoinHostPort(s.name, strconv.Itoa(int(s.addr.Port())))
}

// seen is what s_client saw of a connection.
type seen struct {
	status    int // of the answer, 0 = none
	who       string
	asked     bool
	late      bool     // once the handshake was over
	cas       []string // acceptable ones, of the first handshake
	reused    bool
	leaf      string // the server's certificate, PEM
	length    string // Content-Length
	to        string // Location
	session   string // file, "" = none was given
	text      string
	handshook bool // it was not refused in the handshake
	whole     bool // it says whom it saw by the whole certificate
}

func (s seen) served() bool {
	return s.status >= 200 && s.status < 400 && !strings.Contains(s.to, "login")
}

var (
	statusLine = regexp.MustCompile(`HTTP/1\.[01] (\d{3})`)
	lengthLine = regexp.MustCompile(`(?mi)^content-length: *(\d+)`)
	toLine     = regexp.MustCompile(`(?mi)^location: *(\S+)`)
	casLines   = regexp.MustCompile(`(?s)Acceptable client certificate CA names\n(.*?)\n(?:Client Certificate Types|Requested Signature)`)
	leafLines  = regexp.MustCompile(`(?s)-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----`)
	commonName = regexp.MustCompile(`CN ?= ?([a-z]+)`)
)

// way is how a kind of session comes back, in s_client's words.
type way struct {
	title string
	args  []string
	given *regexp.Regexp // in what it says where such a session was given
}

var ways = []way{
	{"TLS 1.2 session ID", []string{"-tls1_2", "-no_ticket"}, regexp.MustCompile(`Session-ID: [0-9A-F]{2}`)},
	{"TLS 1.2 ticket", []string{"-tls1_2"}, regexp.MustCompile(`TLS session ticket:`)},
	{"TLS 1.3 ticket", []string{"-tls1_3", "-enable_pha"}, regexp.MustCompile(`Post-Handshake New Session Ticket`)},
}

// again sends two requests over one connection and gives whom the second was
// answered as; there may be no second answer.
func (w *witness) again(at spot, who string) (second string, answered bool) {
	w.t.Helper()
	text, _ := w.run([]string{"-connect", at.addr.String(), "-servername", at.name, "-CAfile", "ca.pem", "-ign_eof", "-enable_pha", "-cert", who + ".pem", "-key", who + ".key"},
		fmt.Sprintf("GET %[1]s HTTP/1.1\r\nHost: %[2]s\r\n\r\nGET %[1]s HTTP/1.1\r\nHost: %[2]s\r\nConnection: close\r\n\r\n", at.path, at.authority()))
	answers := strings.Split(text, "HTTP/1.1 ")
	if len(answers) < 3 {
		return "", false
	}
	second, _ = w.subject(answers[2])
	return second, true
}

// overHTTP2 asks over HTTP/2 and reports whether the server spoke it, and
// whether it asked for a certificate once the handshake was over. The frames are
// those of RFC 9113 section 6, the header block one of RFC 7541.
func (w *witness) overHTTP2(at spot, who string) (spoken, late bool) {
	w.t.Helper()
	block := "\x82\x87\x04" + string(rune(len(at.path))) + at.path + "\x01" + string(rune(len(at.authority()))) + at.authority()
	frame := func(kind, flags, stream byte, payload string) string {
		return string([]byte{0, 0, byte(len(payload)), kind, flags, 0, 0, 0, stream}) + payload
	}
	text, messages := w.run([]string{"-connect", at.addr.String(), "-servername", at.name, "-CAfile", "ca.pem", "-ign_eof", "-enable_pha", "-alpn", "h2", "-cert", who + ".pem", "-key", who + ".key"},
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"+frame(4, 0, 0, "")+frame(1, 5, 1, block)+frame(7, 0, 0, strings.Repeat("\x00", 8)))
	return strings.Contains(text, "ALPN protocol: h2"), w.read(text, messages, "").late
}

// run runs s_client.
func (w *witness) run(args []string, input string) (text, messages string) {
	w.t.Helper()
	file := filepath.Join(w.dir, "messages")
	ctx, cancel := context.WithTimeout(w.t.Context(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "openssl", append([]string{"s_client", "-nocommands", "-msg", "-msgfile", file}, args...)...)
	cmd.Dir, cmd.WaitDelay, cmd.Stdin = w.dir, time.Second, strings.NewReader(input)
	out, _ := cmd.CombinedOutput() // a refusal is an answer
	if ctx.Err() != nil {
		w.t.Fatalf("openssl s_client %s: %v", strings.Join(args, " "), ctx.Err())
	}
	list, _ := os.ReadFile(file)
	os.Remove(file)
	return string(out), string(list)
}

// visit makes one connection as who ("" = nobody), offering the session of a
// file where there is one.
func (w *witness) visit(at spot, who string, by []string, session string) seen {
	w.t.Helper()
	w.number++
	out := filepath.Join(w.dir, fmt.Sprintf("session-%d", w.number))
	args := append([]string{"-connect", at.addr.String(), "-servername", at.name, "-CAfile", "ca.pem", "-ign_eof", "-sess_out", out}, by...)
	if who != "" {
		args = append(args, "-cert", who+".pem", "-key", who+".key")
	}
	if session != "" {
		args = append(args, "-sess_in", session)
	}
	text, messages := w.run(args, fmt.Sprintf("GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", at.path, at.authority()))
	return w.read(text, messages, out)
}

// read makes sense of what s_client printed, and of the messages that it noted.
func (w *witness) read(text, messages, out string) seen {
	s := seen{text: text, reused: strings.Contains(text, "Reused, TLS")}
	// A refusal in TLS 1.3 comes when the client has finished already.
	s.handshook = strings.Contains(messages, "Finished") && !strings.Contains(text, "alert")
	if request := strings.Index(messages, ", CertificateRequest"); request >= 0 {
		s.asked = true
		finished := strings.Index(messages, ", Finished")
		s.late = finished >= 0 && finished < strings.LastIndex(messages, ", CertificateRequest")
	}
	if m := casLines.FindStringSubmatch(text); m != nil {
		s.cas = strings.Split(m[1], "\n")
		slices.Sort(s.cas)
	}
	chatter, answer, answered := strings.Cut(text, "HTTP/1.")
	s.leaf = leafLines.FindString(chatter)
	if m := statusLine.FindStringSubmatch("HTTP/1." + answer); answered && m != nil {
		s.status, _ = strconv.Atoi(m[1])
	}
	if m := lengthLine.FindStringSubmatch(answer); m != nil {
		s.length = m[1]
	}
	if m := toLine.FindStringSubmatch(answer); m != nil {
		s.to = m[1]
	}
	s.who, s.whole = w.subject(answer)
	if info, err := os.Stat(out); err == nil && info.Size() > 0 {
		s.session = out
	}
	return s
}

// subject is whom the server's words mean; "" = nobody, or it did not say.
// whole says that the words were a certificate.
func (w *witness) subject(answer string) (who string, whole bool) {
	word := ""
	switch {
	case w.body != nil:
		if m := w.body.FindStringSubmatch(answer); m != nil {
			word = m[1]
		}
	default:
		if m := regexp.MustCompile(`(?mi)^` + w.header + `: *(.*?)\r?$`).FindStringSubmatch(answer); m != nil {
			word = m[1]
		}
	}
	if block, _ := pem.Decode([]byte(word)); block != nil {
		if cert, err := x509.ParseCertificate(block.Bytes); err == nil {
			return cert.Subject.CommonName, true
		}
	}
	if m := commonName.FindStringSubmatch(word); m != nil {
		return m[1], false
	}
	return "", false
}

// newWitness visits a server that says in header or body whom it saw.
func newWitness(t *testing.T, dir, header, body string) *witness {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		missing(t, "openssl", err)
	}
	w := &witness{t: t, dir: dir, header: header}
	if header == "" && body == "" {
		w.header = servers.Header
	}
	if body != "" {
		w.body = regexp.MustCompile(body)
	}
	return w
}
