package hostile

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"strings"
)

// Scenarios lists all.
func Scenarios() []Scenario {
	var list []Scenario
	for _, part := range [][]Scenario{stages(), messages(), tickets(), resumptions(), alerts(), floods(), http1(), http2(), names(), proxies()} {
		list = append(list, part...)
	}
	return list
}

// stages: every action at every stage.
func stages() (list []Scenario) {
	for _, a := range actions {
		add := func(stage string, s Scenario) {
			s.ID = stage + "/" + a.name
			if s.Want == nil {
				s.Want = a.want
			}
			if s.Want == nil {
				s.Want = []string{"not-tls", "tls-malformed", "internal", "too-much", "tls-alert", "http-malformed", "body-too-large"}
			}
			list = append(list, s)
		}
		add("connected", Scenario{Serve: func(p Peer) { a.do(p.Raw()) }})
		add("after the ClientHello", Scenario{Serve: func(p Peer) { Hello(p.Raw()); a.do(p.Raw()) }})
		add("after the ServerHello", Scenario{After: 2, Then: a.do})
		add("after the server's flight", Scenario{Flight: true, Then: a.do})
		add("after the handshake", Scenario{Serve: func(p Peer) { p.TLS(); a.do(p.Raw()) }})
		add("after the request", Scenario{Serve: func(p Peer) { c := p.TLS(); Request(c); a.do(c) }})
		add("in the head", Scenario{Serve: func(p Peer) { c := p.TLS(); Request(c); io.WriteString(c, "HTTP/1.1 200 O"); a.do(c) }})
		add("in the body", Scenario{Serve: func(p Peer) {
			c := p.TLS()
			Request(c)
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\nbegin")
			a.do(c)
		}, Want: append([]string{""}, a.want...)})
	}
	return list
}

// A handshake message's types, RFC 8446 section 4.
var types = []struct {
	kind     byte
	name     string
	versions []string
}{
	{2, "ServerHello", []string{"1.2", "1.3"}},
	{8, "EncryptedExtensions", []string{"1.3"}},
	{13, "CertificateRequest", []string{"1.2", "1.3"}},
	{11, "Certificate", []string{"1.2", "1.3"}},
	{12, "ServerKeyExchange", []string{"1.2"}},
	{14, "ServerHelloDone", []string{"1.2"}},
	{15, "CertificateVerify", []string{"1.3"}},
	{20, "Finished", []string{"1.2", "1.3"}},
	{4, "NewSessionTicket", []string{"1.2", "1.3"}},
}

// mutations are what can be done to a message.
var mutations = []struct {
	name   string
	change func([]byte) [][]byte
}{
	{"is left out", func([]byte) [][]byte { return nil }},
	{"comes twice", func(m []byte) [][]byte { return [][]byte{m, m} }},
	{"is empty", func(m []byte) [][]byte { return [][]byte{{m[0], 0, 0, 0}} }},
	{"ends early", func(m []byte) [][]byte {
		short := bytes.Clone(m[:len(m)-1])
		return [][]byte{sized(short)}
	}},
	{"has a byte too many", func(m []byte) [][]byte { return [][]byte{sized(append(bytes.Clone(m), 0))} }},
	{"claims 16 MB", func(m []byte) [][]byte { return [][]byte{append([]byte{m[0], 0xff, 0xff, 0xff}, m[4:]...)} }},
	{"has its last byte wrong", func(m []byte) [][]byte {
		other := bytes.Clone(m)
		other[len(other)-1] ^= 0x55
		return [][]byte{other}
	}},
	{"is all zeros", func(m []byte) [][]byte { return [][]byte{append(bytes.Clone(m[:4]), make([]byte, len(m)-4)...)} }},
}

// sized sets a message's length to what it has.
func sized(m []byte) []byte {
	n := len(m) - 4
	m[1], m[2], m[3] = byte(n>>16), byte(n>>8), byte(n)
	return m
}

// messages: every mutation of every message of the server.
func messages() (list []Scenario) {
	for _, kind := range types {
		for _, m := range mutations {
			s := Scenario{ID: kind.name + "/" + m.name, Want: []string{"", "tls-malformed", "internal", "tls-alert", "timeout", "protocol-version", "closed", "reset", "server-certificate-untrusted", "http-malformed", "too-much", "client-certificate-required", "client-certificate-rejected", "session-refused"}}
			if len(kind.versions) == 1 {
				s.Version = kind.versions[0]
			}
			s.Change = func(message []byte) [][]byte {
				if message[0] != kind.kind || len(message) <= 4 && m.name != "is left out" && m.name != "comes twice" {
					return [][]byte{message}
				}
				return m.change(message)
			}
			list = append(list, s)
		}
	}
	return list
}

// alerts: each that a server may send, at two moments.
func alerts() (list []Scenario) {
	for _, d := range []struct {
		number byte
		name   string
	}{
		{10, "unexpected_message"},
		{20, "bad_record_mac"},
		{40, "handshake_failure"},
		{42, "bad_certificate"},
		{44, "certificate_revoked"},
		{45, "certificate_expired"},
		{46, "certificate_unknown"},
		{47, "illegal_parameter"},
		{48, "unknown_ca"},
		{49, "access_denied"},
		{50, "decode_error"},
		{51, "decrypt_error"},
		{70, "protocol_version"},
		{71, "insufficient_security"},
		{80, "internal_error"},
		{112, "unrecognized_name"},
		{116, "certificate_required"},
		{120, "no_application_protocol"},
		{255, "unknown"},
	} {
		want := []string{"tls-alert", "client-certificate-required", "client-certificate-rejected", "protocol-version", "session-refused"}
		alert := []byte{2, d.number}
		list = append(list,
			Scenario{ID: "alert after the ClientHello/" + d.name, Want: want, Serve: func(p Peer) {
				Hello(p.Raw())
				p.Raw().Write(append([]byte{21, 3, 3, 0, 2}, alert...))
				silence(p.Raw())
			}},
			Scenario{ID: "alert after the handshake/" + d.name, Want: append([]string{"closed"}, want...), Serve: func(p Peer) { p.TLS(); p.Record(21, alert); silence(p.Raw()) }})
	}
	return list
}

// floods: more of the same than anybody needs, under the connection's keys.
func floods() (list []Scenario) {
	ticket := func(n int) []byte {
		// NewSessionTicket, RFC 8446 section 4.6.1.
		body := []byte{0, 0, 0x0e, 0x10, 1, 2, 3, 4, 1, 0, byte(n >> 8), byte(n)}
		body = append(append(body, make([]byte, n)...), 0, 0)
		return sized(append([]byte{4, 0, 0, 0}, body...))
	}
	for _, f := range []struct {
		name, version string
		content       byte
		data          []byte
	}{
		{"HelloRequest", "1.2", 22, []byte{0, 0, 0, 0}},
		{"many HelloRequests in a record", "1.2", 22, make([]byte, 4*4000)},
		{"NewSessionTicket", "1.3", 22, ticket(100)},
		{"large NewSessionTickets", "1.3", 22, ticket(12000)},
		{"KeyUpdate without answer", "1.3", 22, []byte{24, 0, 0, 1, 0}},
		{"warnings", "", 21, []byte{1, 90}},
		{"ChangeCipherSpec", "", 20, []byte{1}},
		{"empty records", "", 23, nil},
		{"records of one byte", "", 23, []byte("x")},
		{"full records", "", 23, make([]byte, 1<<14)},
		{"heartbeats", "", 24, []byte{1, 0, 1, 0}},
		{"records of an unknown type", "", 99, []byte{1, 2, 3}},
		{"unknown handshake messages", "", 22, []byte{77, 0, 0, 0}},
		{"halves of a message", "", 22, []byte{4, 0, 0xff, 0xff, 0}},
	} {
		for _, when := range []string{"before the answer", "after the answer"} {
			list = append(list, Scenario{
				ID: "flood " + when + "/" + f.name, Version: f.version,
				Want: []string{"", "too-much", "internal", "tls-malformed", "http-malformed", "timeout", "tls-alert", "body-too-large", "closed", "reset"},
				Serve: func(p Peer) {
					c := p.TLS()
					go io.Copy(io.Discard, p.Raw())
					if when == "after the answer" {
						io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n")
					}
					for p.Record(f.content, f.data) == nil {
					}
				},
			})
		}
	}
	return list
}

// answers are what is sent for an answer, over TLS.
func answers(stage, alpn string, list []answer) (out []Scenario) {
	for _, a := range list {
		out = append(out, Scenario{ID: stage + "/" + a.name, ALPN: alpn, Want: a.want, Serve: func(p Peer) {
			c := p.TLS()
			Request(c)
			io.WriteString(c, a.head)
			if a.more != "" {
				pour(c, bytes.Repeat([]byte(a.more), 1+(1<<13)/len(a.more)))
			} else if !a.ends {
				silence(c)
			}
		}})
	}
	return out
}

type answer struct {
	name, head, more string // more is sent without end
	ends             bool   // it closes
	want             []string
}

// http1: answers that are none.
func http1() []Scenario {
	malformed, fine, large := []string{"http-malformed", "closed"}, []string{""}, []string{"body-too-large", "too-much"}
	either := []string{"", "http-malformed", "body-too-large", "too-much", "timeout", "closed"}
	return answers("HTTP/1.1", "http/1.1", []answer{
		{"no HTTP", "hello there\r\n\r\n", "", true, malformed},
		{"an unknown version", "HTTP/9.9 200 OK\r\n\r\n", "", true, either},
		{"a status of letters", "HTTP/1.1 abc OK\r\n\r\n", "", true, malformed},
		{"a status of 999999", "HTTP/1.1 999999 OK\r\n\r\n", "", true, malformed},
		{"a negative length", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "", true, malformed},
		{"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "", true, malformed},
		{"a length of 10^18", "HTTP/1.1 200 OK\r\nContent-Length: 1000000000000000000\r\n\r\nab", "", true, []string{"closed"}},
		{"an endless head", "HTTP/1.1 200 OK\r\n", "X-A: b\r\n", false, large},
		{"an endless header", "HTTP/1.1 200 OK\r\nX-A: ", "b", false, large},
		{"an endless status line", "HTTP/1.1 200 ", "O", false, large},
		{"an endless body", "HTTP/1.1 200 OK\r\n\r\n", "body ", false, fine},
		{"endless chunks of a byte", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n", false, either},
		{"an endless chunk extension", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", "x", false, either},
		{"a chunk of 2^63", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nx", "", true, either},
		{"a negative chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nx", "", true, malformed},
		{"endless trailers", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "X-A: b\r\n", false, either},
		{"an unknown encoding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: cake\r\n\r\nx", "", true, either},
		{"endless interim answers", "", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", false, []string{"too-much", "body-too-large", "http-malformed", ""}},
		{"10,000 headers", "HTTP/1.1 200 OK\r\n" + strings.Repeat("A: b\r\n", 10000) + "Content-Length: 0\r\n\r\n", "", true, fine},
		{"escapes in headers", "HTTP/1.1 200 \x1b]0;PWNED\x07\r\nX-Client-DN: \x1b[31mCN=alice\u202e\r\nContent-Length: 0\r\n\r\n", "", true, append([]string{""}, malformed...)},
		{"NUL in a header", "HTTP/1.1 200 OK\r\nX-A: a\x00b\r\nContent-Length: 0\r\n\r\n", "", true, append([]string{""}, malformed...)},
		{"a space before the colon", "HTTP/1.1 200 OK\r\nX-A : b\r\nContent-Length: 0\r\n\r\n", "", true, append([]string{""}, malformed...)},
		{"another protocol", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", "noise", false, either},
		{"no end of the head", "HTTP/1.1 200 OK\r\nX-A: b\r\n", "", true, malformed},
	})
}

// frame is an HTTP/2 frame (RFC 9113 section 4.1).
func frame(kind, flags byte, stream uint32, payload string) string {
	n := len(payload)
	return string([]byte{byte(n >> 16), byte(n >> 8), byte(n), kind, flags, byte(stream >> 24), byte(stream >> 16), byte(stream >> 8), byte(stream)}) + payload
}

// http2: frames that nobody needs.
func http2() []Scenario {
	settings := frame(4, 0, 0, "")
	odd := []string{"http-malformed", "http2-goaway", "stream-refused", "too-much", "closed", "timeout", "internal", "body-too-large", "reset", ""}
	flood := []string{"too-much", "http-malformed", "closed", "timeout", "http2-goaway"}
	ok := frame(1, 4, 1, "\x88") // :status 200
	return answers("HTTP/2", "h2", []answer{
		{"no frame", "hello there", "", true, odd},
		{"HTTP/1.1 instead", "HTTP/1.1 200 OK\r\n\r\n", "", true, odd},
		{"SETTINGS without end", settings, settings, false, flood},
		{"PING without end", settings, frame(6, 0, 0, "12345678"), false, flood},
		{"acknowledged PINGs without end", settings, frame(6, 1, 0, "12345678"), false, flood},
		{"WINDOW_UPDATE without end", settings, frame(8, 0, 0, "\x00\x00\x00\x01"), false, flood},
		{"PRIORITY without end", settings, frame(2, 0, 3, "\x00\x00\x00\x00\x10"), false, flood},
		{"RST_STREAM without end", settings, frame(3, 0, 1, "\x00\x00\x00\x08"), false, odd},
		{"empty DATA without end", settings + ok, frame(0, 0, 1, ""), false, append([]string{""}, flood...)},
		{"CONTINUATION without end", settings + frame(1, 0, 1, "\x88"), frame(9, 0, 1, "\x40\x01a\x01b"), false, odd},
		{"GOAWAY", settings + frame(7, 0, 0, "\x00\x00\x00\x00\x00\x00\x00\x00"), "", false, odd},
		{"REFUSED_STREAM", settings + frame(3, 0, 1, "\x00\x00\x00\x07"), "", false, odd},
		{"a frame of 16 MB", settings + "\xff\xff\xff\x00\x00\x00\x00\x00\x01", "x", false, odd},
		{"an unknown frame without end", settings, frame(99, 0, 0, "x"), false, flood},
		{"headers that do not decode", settings + frame(1, 4, 1, "\xff\xff\xff\xff\xff\xff"), "", false, odd},
		{"an index out of the table", settings + frame(1, 4, 1, "\xfe"), "", false, odd},
		{"interim answers without end", settings, frame(1, 4, 1, "\x48\x03103"), false, odd},
		{"PUSH_PROMISE", settings + frame(5, 4, 1, "\x00\x00\x00\x02\x82"), "", false, odd},
		{"a window of nothing", frame(4, 0, 0, "\x00\x04\x00\x00\x00\x00"), "", false, []string{"timeout"}},
		{"a window too large", settings + strings.Repeat(frame(8, 0, 0, "\x7f\xff\xff\xff"), 3), "", false, odd},
		{"an answer of another stream", settings + frame(1, 5, 7, "\x88"), "", false, odd},
		{"an endless body", settings + ok, frame(0, 0, 1, strings.Repeat("x", 1000)), false, append([]string{""}, odd...)},
	})
}

// names: what a certificate and a CertificateRequest may be full of.
func names() []Scenario {
	fine := []string{""}
	return []Scenario{
		{ID: "names/escapes in the certificate", Names: "\x1b]0;PWNED\x07\x1b[2J", Serve: serve, Want: fine},
		{ID: "names/text in another direction", Names: "\u202egro.elpmaxe\u2066", Serve: serve, Want: fine},
		{ID: "names/10,000 letters", Names: strings.Repeat("long ", 2000), Serve: serve, Want: fine},
		{ID: "names/HTML", Names: `<script>alert(1)</script>" onload="x`, Serve: serve, Want: fine},
		{ID: "names/1,000 acceptable CAs", CAs: 1000, Serve: serve, Want: []string{"", "tls-malformed", "internal"}},
	}
}

func serve(p Peer) { Answer(p.TLS()) }

// proxies: what is between lies, before there is any TLS.
func proxies() (list []Scenario) {
	malformed := []string{"proxy-malformed", "proxy-refused", "http-malformed", "closed", "internal", "body-too-large", "not-tls", "tls-malformed"}
	for _, a := range []answer{
		{"no HTTP", "hello\r\n\r\n", "", true, malformed},
		{"it refuses", "HTTP/1.1 403 no\r\nContent-Length: 0\r\n\r\n", "", true, []string{"proxy-refused"}},
		{"it wants a password", "HTTP/1.1 407 who are you\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n", "", true, []string{"proxy-refused"}},
		{"it says yes and closes", "HTTP/1.1 200 yes\r\n\r\n", "", true, []string{"closed", "reset"}},
		{"it says yes and nothing more", "HTTP/1.1 200 yes\r\n\r\n", "", false, []string{"timeout"}},
		{"it says yes and speaks HTTP", "HTTP/1.1 200 yes\r\n\r\nHTTP/1.1 502 sorry\r\n\r\n", "", true, []string{"not-tls", "wrong-protocol", "closed"}},
		{"an endless head", "HTTP/1.1 200 yes\r\n", "X-A: b\r\n", false, []string{"body-too-large", "too-much", "proxy-malformed"}},
		{"an endless status line", "HTTP/1.1 200 ", "y", false, []string{"body-too-large", "too-much", "proxy-malformed"}},
		{"interim answers without end", "", "HTTP/1.1 100 Continue\r\n\r\n", false, append([]string{"too-much"}, malformed...)},
		{"escapes", "HTTP/1.1 403 \x1b]0;PWNED\x07\r\n\r\n", "", true, malformed},
		{"silence", "", "", false, []string{"timeout"}},
		{"SOCKS instead", "\x05\x00\x05\x00", "", true, malformed},
	} {
		list = append(list, Scenario{ID: "proxy/" + a.name, Proxy: true, Want: a.want, Serve: func(p Peer) {
			c := p.Raw()
			Request(c)
			io.WriteString(c, a.head)
			switch {
			case a.more != "":
				pour(c, bytes.Repeat([]byte(a.more), 1+(1<<13)/len(a.more)))
			case !a.ends:
				silence(c)
			}
		}})
	}
	return list
}

// String is the scenario's name.
func (s Scenario) String() string { return fmt.Sprint(s.ID) }

var _ net.Conn
