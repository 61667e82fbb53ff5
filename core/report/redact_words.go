package report

import (
	"bytes"
	"cmp"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/session"
	"rechallenge/core/trace"
)

// words are the names to replace and their pseudonyms.
type words struct {
	list    []word // longest first, once sorted
	byFirst map[byte][]word
	known   map[string]string // pseudonym by name in small letters
	used    map[string]bool
	counts  map[string]int
}

type word struct {
	name, pseudonym     string // the name in small letters
	wide, pseudonymWide []byte // the same in UTF-16; nil where it is too short to look for
}

func newWords() *words {
	return &words{known: map[string]string{}, used: map[string]bool{}, counts: map[string]int{}}
}

// never are words of this program's own that somebody may use as a name.
var never = []string{"", plan.NoIdentity, protocol.TrustSystem, session.SharedCache, plan.Nobody, "true", "false"}

// add gives a name a pseudonym of as many bytes, so that it fits where the name
// stood in a certificate or a handshake message.
func (w *words) add(kind, name string) string {
	key := lower(strings.TrimSpace(name))
	if slices.Contains(never, key) {
		return name
	}
	if p, ok := w.known[key]; ok {
		return p
	}
	p := ""
	for p == "" || w.used[p] && w.counts[kind] < 1<<20 {
		w.counts[kind]++
		p = pseudonym(kind, w.counts[kind], len(key))
	}
	w.set(key, p)
	return p
}

func (w *words) set(key, p string) {
	w.known[key], w.used[p] = p, true
	x := word{name: key, pseudonym: p}
	if x.wide = utf16Bytes(key); len(x.wide) >= 8 {
		x.pseudonymWide = utf16Bytes(p)
	}
	w.list = append(w.list, x)
	w.byFirst = nil
}

// pseudonym is e.g. "name-1" in exactly that many bytes.
func pseudonym(kind string, n, length int) string {
	number := fmt.Sprint(n)
	full := kind + "-" + number
	switch {
	case len(full) == length:
		return full
	case len(full) < length:
		return full + "-" + strings.Repeat("x", length-len(full)-1)
	case len(kind)+len(number) == length:
		return kind + number
	case len(number) < length:
		return kind[:min(len(kind), length-len(number))] + number
	}
	return number[len(number)-length:]
}

// lower makes small letters of ASCII only: the length stays.
func lower(s string) string {
	b := []byte(s)
	lowerBytes(b)
	return string(b)
}

func lowerBytes(b []byte) {
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
}

// host adds a host's name; a name below another known one keeps its place there.
func (w *words) host(name string) {
	name = strings.TrimSuffix(strings.TrimPrefix(name, "*."), ".")
	if name == "" || net.ParseIP(strings.Trim(name, "[]")) != nil {
		return
	}
	if label, parent, ok := strings.Cut(name, "."); ok {
		if p, known := w.known[lower(parent)]; known {
			if key := lower(name); w.known[key] == "" {
				w.counts["host"]++
				w.set(key, pseudonym("host", w.counts["host"], len(label))+"."+p)
			}
			return
		}
	}
	w.add("host", name)
}

// file adds a file's path; what it ends in stays.
func (w *words) file(name string) {
	key := lower(name)
	if slices.Contains(never, key) || w.known[key] != "" {
		return
	}
	w.counts["file"]++
	w.set(key, fmt.Sprintf("file-%d%s", w.counts["file"], path.Ext(name)))
}

// url adds the names in a URL.
func (w *words) url(text string) {
	u, err := url.Parse(text)
	if err != nil {
		w.add("url", text)
		return
	}
	w.host(u.Hostname())
	if u.User != nil {
		w.add("name", u.User.Username())
	}
	for _, p := range []string{u.RequestURI(), u.EscapedPath()} {
		if len(p) > 1 && w.known[lower(p)] == "" {
			w.counts["path"]++
			w.set(lower(p), fmt.Sprintf("/path-%d", w.counts["path"]))
		}
	}
}

// distinguished adds the values of a distinguished name, but the countries.
func (w *words) distinguished(n pkix.Name) {
	for _, a := range n.Names {
		if s, ok := a.Value.(string); ok && !a.Type.Equal([]int{2, 5, 4, 6}) {
			w.attribute(s)
		}
	}
}

// attribute adds a value of a distinguished name, also as RFC 2253 writes it,
// with a backslash before some characters.
func (w *words) attribute(s string) {
	w.add("name", s)
	if escaped := lower(escapeRDN(s)); escaped != lower(s) && w.known[escaped] == "" {
		w.set(escaped, w.known[lower(strings.TrimSpace(s))])
	}
}

// attributePattern is one attribute of a distinguished name in RFC 2253's form.
var attributePattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`([^,+=]+)=((?:\\.|[^,+\\])*)`) })

// written adds the values of a distinguished name that is there as text alone.
func (w *words) written(dn string) {
	for _, m := range attributePattern().FindAllStringSubmatch(dn, -1) {
		if strings.TrimSpace(m[1]) != "C" {
			w.attribute(regexp.MustCompile(`\\(.)`).ReplaceAllString(m[2], "$1"))
		}
	}
}

func escapeRDN(s string) string {
	return regexp.MustCompile(`[,+"\\<>;]`).ReplaceAllString(s, `\$0`)
}

// certificate adds the names in a certificate.
func (w *words) certificate(der []byte) {
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return
	}
	for _, n := range c.DNSNames {
		if strings.HasPrefix(n, "*.") {
			w.host(n)
		}
	}
	for _, n := range c.DNSNames {
		w.host(n)
	}
	w.distinguished(c.Subject)
	w.distinguished(c.Issuer)
	for _, mail := range c.EmailAddresses {
		w.add("mail", mail)
	}
	for _, u := range c.URIs {
		w.add("uri", u.String())
	}
}

// sort makes ready to replace.
func (w *words) sort() {
	if w.byFirst != nil {
		return
	}
	slices.SortStableFunc(w.list, func(a, b word) int { return cmp.Compare(len(b.name), len(a.name)) })
	w.byFirst = map[byte][]word{}
	for _, x := range w.list {
		w.byFirst[x.name[0]] = append(w.byFirst[x.name[0]], x)
	}
}

// replace replaces whole words, the longest that fits at each place.
func (w *words) replace(s string) string {
	w.sort()
	low := lower(s)
	var b strings.Builder
scan:
	for i := 0; i < len(s); {
		for _, x := range w.byFirst[low[i]] {
			if strings.HasPrefix(low[i:], x.name) && alone(s, i, i+len(x.name)) {
				b.WriteString(x.pseudonym)
				i += len(x.name)
				continue scan
			}
		}
		b.WriteByte(s[i])
		i++
	}
	return b.String()
}

// alone reports whether s[i:j] is a whole word, and not the slashes of https://.
func alone(s string, i, j int) bool {
	before, _ := utf8.DecodeLastRuneInString(s[:i])
	after, _ := utf8.DecodeRuneInString(s[j:])
	first, _ := utf8.DecodeRuneInString(s[i:])
	last, _ := utf8.DecodeLastRuneInString(s[:j])
	if first == '/' && i > 0 && (before == '/' || before == ':') {
		return false
	}
	return !(i > 0 && letter(first) && letter(before)) && !(j < len(s) && letter(last) && letter(after))
}

func letter(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// replaceBytes replaces in DER and in handshake messages: UTF-8 and, as old
// certificates have it, UTF-16. A name of a few bytes counts only after its own
// length, as both write it.
func (w *words) replaceBytes(b []byte) {
	w.sort()
	low := slices.Clone(b)
	lowerBytes(low)
	for _, x := range w.list {
		if len(x.name) != len(x.pseudonym) {
			continue // a path or a file: in no message
		}
		for at := 0; ; {
			i := bytes.Index(low[at:], []byte(x.name))
			if i < 0 {
				break
			}
			at += i
			if len(x.name) >= 4 || at > 0 && b[at-1] == byte(len(x.name)) {
				copy(b[at:], x.pseudonym)
				clear(low[at : at+len(x.name)])
			}
			at += len(x.name)
		}
		if x.pseudonymWide != nil {
			replaceBytes(low, x.wide, make([]byte, len(x.wide)), func(at int) {
				copy(b[at:at+len(x.wide)], x.pseudonymWide)
			})
		}
	}
}

func utf16Bytes(s string) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(s)) {
		out = binary.BigEndian.AppendUint16(out, u)
	}
	return out
}

// replaceBytes overwrites every old in b by new, of the same length.
func replaceBytes(b, old, new []byte, each ...func(at int)) {
	for at := 0; ; {
		i := bytes.Index(b[at:], old)
		if i < 0 {
			return
		}
		at += i
		copy(b[at:], new)
		for _, f := range each {
			f(at)
		}
		at += len(old)
	}
}

// collect finds every name in a log.
func (x *redactor) collect(log *trace.Log) {
	w := x.words
	run := &log.Run
	for i := range run.Plan.Identities {
		id := &run.Plan.Identities[i]
		w.add("name", id.ID)
		w.add("name", id.Alias)
		w.add("VARIABLE", id.PasswordEnv)
		w.add("VARIABLE", id.PINEnv)
		w.add("name", id.PKCS11)
		for _, f := range []string{id.File, id.Cert, id.Key, id.PasswordFile, id.Module, id.PINFile, id.NSS} {
			w.file(f)
		}
	}
	for i := range run.Identities {
		id := &run.Identities[i]
		w.add("name", id.ID)
		w.add("name", id.Alias)
		if strings.HasPrefix(id.File, "pkcs11:") {
			w.add("name", id.File)
		} else {
			w.file(id.File)
		}
		for _, c := range id.Chain {
			w.certificate(c.DER)
		}
	}
	for _, p := range log.Passes {
		for _, c := range p.Connections {
			for _, der := range c.ServerCertificates {
				w.certificate(der)
			}
			for _, ch := range c.Challenges {
				for _, dn := range ch.AcceptableCAs {
					w.distinguished(parseDN(dn))
				}
				for _, der := range ch.Certificates {
					w.certificate(der)
				}
				if c.LeftOut {
					for _, dn := range ch.CANames {
						w.written(dn)
					}
				}
			}
			w.host(c.ServerName)
		}
	}
	for i := range run.Plan.Targets {
		t := &run.Plan.Targets[i]
		w.host(t.ServerName)
		w.host(t.Host)
		w.url(t.URL)
		if t.Proxy != "" {
			w.url(t.Proxy)
		}
		w.file(t.Trust)
		w.add("VARIABLE", t.ProxyPasswordEnv)
		w.add("target", t.ID)
		x.headers = append(x.headers, t.Whoami.Header)
	}
	x.collectWords(log)
}

// collectWords finds the names in what servers said of whom they saw.
func (x *redactor) collectWords(log *trace.Log) {
	for _, p := range log.Passes {
		for _, c := range p.Connections {
			if c.IdentitySeenByServer == nil || *c.IdentitySeenByServer == "" {
				continue
			}
			said := *c.IdentitySeenByServer
			if strings.Contains(said, "CERTIFICATE") || len(said) > 512 {
				x.whoami[said] = hidden
				for _, id := range log.Run.Identities {
					if c.SeenAs != nil && *c.SeenAs == id.ID {
						x.whoami[said] = x.words.replace(id.Subject)
					}
				}
				continue
			}
			if x.words.replace(said) != said {
				continue
			}
			for part := range strings.FieldsFuncSeq(said, func(r rune) bool { return strings.ContainsRune(",/;+", r) }) {
				_, v, ok := strings.Cut(part, "=")
				if !ok {
					v = part
				}
				x.words.add("name", strings.Trim(v, `" `))
			}
		}
	}
}

// addresses are the IP addresses met so far, and the documentation's (RFC 5737,
// RFC 3849) that stand for them.
type addresses struct {
	known map[netip.Addr]netip.Addr
	four  int
	six   int
}

func (a *addresses) pseudonym(ip netip.Addr) netip.Addr {
	if p, ok := a.known[ip]; ok {
		return p
	}
	if a.known == nil {
		a.known = map[netip.Addr]netip.Addr{}
	}
	var p netip.Addr
	if ip.Unmap().Is4() {
		a.four++
		// 192.0.2.0/24, then the benchmarks' 198.18.0.0/15.
		p = netip.AddrFrom4([4]byte{192, 0, 2, byte(a.four)})
		if n := a.four - 255; n >= 0 {
			p = netip.AddrFrom4([4]byte{198, byte(18 + n>>16&1), byte(n >> 8), byte(n)})
		}
	} else {
		a.six++
		b := netip.MustParseAddr("2001:db8::").As16()
		binary.BigEndian.PutUint32(b[12:], uint32(a.six))
		p = netip.AddrFrom16(b)
	}
	a.known[ip] = p
	return p
}

var ipPattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`[0-9A-Fa-f]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*|[0-9]+(\.[0-9]+)+`)
})

// replace replaces the addresses in a text.
func (a *addresses) replace(s string) string {
	return ipPattern().ReplaceAllStringFunc(s, func(text string) string {
		ip, err := netip.ParseAddr(text)
		if err != nil {
			return text
		}
		return a.pseudonym(ip).String()
	})
}
