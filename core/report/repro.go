package report

import (
	"bufio"
	"cmp"
	_ "embed"
	"fmt"
	"io"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/target"
	"rechallenge/core/trace"
)

// reproBody is what the script does with the variables that stand before it.
//
//go:embed repro.sh
var reproBody string

// reproRules are the findings that two connections of s_client can show.
var reproRules = []string{"challenge-suppressed", "client-auth-bypassed", "anonymous-session-resumed", "identity-confused", "resumed-instead-of-asked"}

// pair is what the script repeats: whose session it was, and who took it up.
type pair struct {
	first, second *trace.Connection
	rule          string // of the finding; "" = the run found nothing of this kind
}

// reproPair chooses the worst finding that a session explains; else the first
// two connections as two identities, which the script then tries.
func reproPair(r *Report) (p pair, ok bool) {
	for _, f := range r.Result.Findings {
		if !slices.Contains(reproRules, f.Rule) {
			continue
		}
		for _, ref := range f.Victims() {
			second := r.Log.Connection(ref)
			if second == nil || second.Resumption == nil || second.Resumption.FromConnection == 0 {
				continue
			}
			first := r.Log.Connection(trace.Ref{Pass: ref.Pass, Connection: second.Resumption.FromConnection})
			if first != nil && second.Identity != plan.NoIdentity {
				return pair{first, second, f.Rule}, true
			}
		}
	}
	for _, pass := range r.Log.Passes {
		for i, second := range pass.Connections {
			if second.Identity == plan.NoIdentity || second.Identity == "" {
				continue
			}
			for _, first := range pass.Connections[:min(i, 100)] {
				if first.Identity != "" && first.Identity != second.Identity {
					return pair{first: first, second: second}, true
				}
			}
		}
	}
	return pair{}, false
}

// writeRepro writes what was found as commands of openssl s_client and curl, a
// POSIX shell script that needs nothing of this program. It holds names of
// files and of variables, no secret; every value from outside is quoted.
func writeRepro(w io.Writer, r *Report) error {
	out := bufio.NewWriter(w)
	line := func(format string, args ...any) { fmt.Fprintf(out, "# "+format+"\n", args...) }
	p, ok := reproPair(r)
	fmt.Fprint(out, "#!/bin/sh\n")
	line("Made by %s %s from a run of %s.", comment(r.Log.Run.Tool.Name), comment(r.Log.Run.Tool.Version), r.Log.Run.Started.UTC().Format("2006-01-02 15:04 UTC"))
	switch {
	case !ok:
		line("The run has no two connections as different identities: there is nothing to repeat.")
	case p.rule == "":
		line("The run did not find that a session lets a second identity go unasked; this tries it with its first two identities.")
	default:
		line("The run found: %s (%s)", comment(r.Result.Verdict.Title), p.rule)
	}
	fmt.Fprint(out, `#
# It needs a POSIX shell, openssl 1.1.1 or later and, for https, curl. Start it where the files' names are right, or change them below:
#
#     FIRST_PASSWORD=... SECOND_PASSWORD=... sh repro.sh
#
# These two variables hold the passwords of the two identities' files; a PEM key without one needs none. (Don't type passwords on a shared machine's
# command line: read them with "read -r" and export them.) Keys are written, readable by you alone, to a temporary folder that is removed at the end.
#
# How to read what it prints. "New" is a full handshake, in which a server that wants a certificate sends a CertificateRequest; "Reused" is a resumed one.
# If connection 3 is Reused and got no CertificateRequest, and connection 1 (the control) got one, SECOND's certificate was neither asked for nor sent:
# what the server knows of a certificate there comes with the session, which FIRST made.
# Exit status: 0 = it shows, 1 = it does not, 2 = it could not be tried (a program or a file is missing, or a connection failed).
#
# Headers, bodies and logins of the run are left out. In a redacted script the names are not the real ones: put those in.
`)
	fmt.Fprintln(out)
	for _, v := range reproValues(r, p, ok) {
		fmt.Fprint(out, assignment(v[0], v[1]))
	}
	out.WriteString(reproBody)
	return out.Flush()
}

// reproValues are the script's variables, in order: name, value.
func reproValues(r *Report, p pair, ok bool) (list [][2]string) {
	set := func(name, value string) { list = append(list, [2]string{name, value}) }
	cannot, starttls, alpn, header, http := "", "", "", "", "no"
	if !ok {
		p = pair{first: &trace.Connection{}, second: &trace.Connection{}}
		cannot = "the run has no two connections as different identities"
	}
	for i, c := range []*trace.Connection{p.first, p.second} {
		who := []string{"FIRST", "SECOND"}[i]
		t := r.Log.Run.Plan.Target(c.Target)
		if t == nil {
			t = &target.Target{URL: c.URL, ServerName: c.ServerName}
			cannot = cmp.Or(cannot, "the run has no target for "+who+" (a capture has none)")
		}
		if c.Wire != nil && c.Wire.QUIC != 0 {
			cannot = cmp.Or(cannot, "the run spoke HTTP/3, and openssl s_client speaks TCP alone")
		}
		if t.Proxy != "" {
			cannot = cmp.Or(cannot, "the run went through a proxy, and this script goes straight: change the addresses and take this line away")
		}
		parsed, err := t.Parse()
		if err != nil {
			cannot = cmp.Or(cannot, "the URL of "+who+" can't be read")
		}
		id := r.Log.Run.Plan.Identities
		file, key := "", ""
		if at := slices.IndexFunc(id, func(x plan.Identity) bool { return x.ID == c.Identity }); at >= 0 {
			file = cmp.Or(id[at].Cert, id[at].File)
			key = cmp.Or(id[at].Key, file)
		}
		anonymous := "no"
		if c.Identity == plan.NoIdentity {
			anonymous = "yes"
		} else if file == "" && ok {
			cannot = cmp.Or(cannot, "the identity of "+who+" is in no file (a token, or a store): put a file's name into "+who+"_FILE and "+who+"_KEY and take this line away")
		}
		host, port := "", ""
		path := "/"
		if parsed.URL != nil {
			host, port = parsed.URL.Hostname(), cmp.Or(parsed.URL.Port(), strconv.Itoa(int(parsed.Port)))
			path = parsed.URL.RequestURI()
		}
		address := net.JoinHostPort(host, port)
		if len(t.ConnectTo) > 0 {
			address = t.ConnectTo[0].String()
		}
		if c.Node != "" {
			if node, err := netip.ParseAddrPort(c.Node); err == nil {
				address = node.String()
			}
		}
		set(who, cmp.Or(c.Identity, plan.Nobody))
		set(who+"_ANONYMOUS", anonymous)
		set(who+"_FILE", file)
		set(who+"_KEY", key)
		set(who+"_URL", t.URL)
		set(who+"_ADDRESS", address)
		set(who+"_SERVER_NAME", parsed.ServerName)
		set(who+"_HOST", parsed.Host)
		set(who+"_PATH", path)
		set(who+"_METHOD", cmp.Or(t.Method, "GET"))
		set(who+"_TRUST", cmp.Or(t.Trust, protocol.TrustSystem))
		if parsed.HTTP {
			http = "yes"
		}
		if parsed.StartTLS {
			starttls = parsed.Service.Name
		}
		alpn, header = cmp.Or(alpn, strings.Join(t.ALPN, ","), strings.Join(parsed.ALPN, ",")), cmp.Or(header, t.Whoami.Header)
		seen := ""
		if s := c.IdentitySeenByServer; i == 0 && s != nil {
			seen = *s
		}
		if fresh := r.Log.Fresh(c); i == 1 && fresh != nil && fresh.IdentitySeenByServer != nil {
			seen = *fresh.IdentitySeenByServer
		}
		if len(seen) > 200 || strings.Contains(seen, "\n") {
			seen = "" // a certificate, or a page
		}
		set("SEEN_"+who, seen)
	}
	if http == "yes" {
		alpn = "http/1.1"
	}
	set("WHOAMI_HEADER", header)
	set("HTTP", http)
	set("STARTTLS", starttls)
	set("ALPN", alpn)
	options, curl := reproOptions(p)
	set("OPTIONS", options)
	set("CURL_OPTIONS", curl)
	set("CANNOT", cannot)
	return list
}

// reproOptions are s_client's and curl's for the version and the mechanism that
// the run saw; they are words of this program, none from outside.
func reproOptions(p pair) (openssl, curl string) {
	switch cmp.Or(p.second.TLSVersion, p.first.TLSVersion) {
	case protocol.TLS10:
		openssl, curl = "-tls1", "--tlsv1.0 --tls-max 1.0"
	case protocol.TLS11:
		openssl, curl = "-tls1_1", "--tlsv1.1 --tls-max 1.1"
	case protocol.TLS12:
		openssl, curl = "-tls1_2", "--tlsv1.2 --tls-max 1.2"
	case protocol.TLS13:
		openssl, curl = "-tls1_3", "--tlsv1.3"
		if p.second.Stack != protocol.StackGo { // which never offers to answer later
			openssl += " -enable_pha"
		}
	}
	if x := p.second.Resumption; x != nil && x.Mechanism == protocol.SessionID {
		openssl += " -no_ticket"
	}
	return openssl, curl
}

// assignment gives a variable a value that may hold any byte but NUL, which no
// shell variable can hold. What a reader could not see, or would see out of its
// place, is written as octal.
func assignment(name, value string) string {
	value = strings.ReplaceAll(value, "\x00", "")
	if clean(value) == value && !strings.ContainsAny(value, "\n\t\x7f") {
		return name + "='" + strings.ReplaceAll(value, "'", `'\''`) + "'\n"
	}
	var b strings.Builder
	for i := range len(value) {
		if c := value[i]; plainByte().Match([]byte{c}) {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, `\%03o`, c)
		}
	}
	// The x keeps newlines at the end, which the shell would take away.
	return fmt.Sprintf("%s=$(printf '%sx')\n%s=${%s%%x}\n", name, b.String(), name, name)
}

var plainByte = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[A-Za-z0-9 ._:/=,@-]`) })

// comment makes text from outside a piece of one line.
func comment(s string) string {
	s = strings.Map(func(r rune) rune {
		switch r {
		case '\n', '\r', '\t', '\u2028', '\u2029', '\u0085':
			return ' '
		}
		return r
	}, clean(s))
	const most = 300
	if list := []rune(s); len(list) > most {
		s = string(list[:most]) + "…"
	}
	return s
}
