package servers_test

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"rechallenge/core/lab"
	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/servers"
	"rechallenge/core/session"
	"rechallenge/core/target"
)

// turns are the identities with which every client visits every server, each
// time on a connection of its own.
var turns = []string{"alice", "dave", "alice", "dave"}

// client is a real client, and the policy that is to predict what a server
// sees of it.
type client struct {
	name   string
	policy string
	apart  bool // each identity has a context of its own, and the policy holds in each
	alive  bool // connections are kept open, so that the pool's key matters too
	run    func(t *testing.T, dir string, urls []string)
	except map[string]exception // by venue: where something beside its rules decides
}

// exception is what a client does at one server that its rules don't say.
type exception struct{ sight, why string }

var clients = []client{
	{"curl, one process, a certificate for each transfer", "curl-7.88", false, false, curl(false), nil},
	{"curl, the same, connections kept open", "curl-7.88", false, true, curl(true), nil},
	{"openssl s_client, one session file", "shared", false, false, sClient(false), nil},
	{"openssl s_client, a session file for each identity", "shared", true, false, sClient(true), nil},
	{"Python ssl, one SSLContext, the session handed over by hand, post_handshake_auth on", "shared", false, false, script("/usr/bin/python3", "client.py", "by-hand"), nil},
	{"Python ssl, one SSLContext", "python-ssl", false, false, script("/usr/bin/python3", "client.py", "default"), nil},
	{"Python requests", "python", false, false, script("/usr/bin/python3", "client.py", "requests"), nil},
	{"Python requests, one Session, connections kept open", "requests-before-2.32", false, true, script("/usr/bin/python3", "client.py", "requests-alive"), nil},
	{"Java, one SSLContext, a KeyManager that changes its answer", "jsse", false, false, script("java", "Client.java", "one"), nil},
	{"Java, an SSLContext for each identity", "jsse", true, false, script("java", "Client.java", "two"), nil},
	{"Node https.Agent, cert and key", "node", false, false, script("node", "client.js", "key"), nil},
	{"Node https.Agent, cert and key, connections kept open", "node", false, true, script("node", "client.js", "key-alive"), nil},
	{"Node https.Agent, secureContext", "node-secure-context", false, false, script("node", "client.js", "context"), nil},
	{"Node https.Agent, secureContext, connections kept open", "node-secure-context", false, true, script("node", "client.js", "context-alive"), nil},
	{"Node fetch, a dispatcher for each identity", "undici", false, false, script("node", "client.js", "fetch"), nil},
	{"Node axios, an agent for each identity", "node", true, false, script("node", "modules.js", "axios"), nil},
	{"Node axios, one agent that is told another certificate", "node", false, false, script("node", "modules.js", "axios-one"), nil},
	{"Node undici, request, an Agent for each identity", "undici", false, false, script("node", "modules.js", "undici"), nil},
	{"Python httpx, a Client for each visit", "python", false, false, script("/usr/bin/python3", "client.py", "httpx"), nil},
	{"wget, a process for each visit", "none", false, false, wget, nil},
	{"gnutls-cli, a process for each visit", "none", false, false, gnutlsCLI, map[string]exception{
		"Apache, TLS 1.3, asked at a location": {"nobody, nobody, nobody, nobody", "it does not offer post_handshake_auth"},
	}},
	{"Ruby Net::HTTP, one object that is somebody else at each visit", "ruby", false, false, script("ruby", "client.rb", "one"), map[string]exception{
		"lab, TLS 1.2, tickets": {"alice, alice (resumed), alice, alice (resumed)", "a ticket that comes while resuming is not kept"},
	}},
	{"Ruby Net::HTTP, an object for each identity", "ruby", true, false, script("ruby", "client.rb", "two"), nil},
	{"PHP, https streams", "php-streams", false, false, script("php", "client.php", "streams"), nil},
	{"PHP curl, one handle", "curl-7.88", false, false, script("php", "client.php", "curl"), nil},
	{"PHP curl, one handle, connections kept open", "curl-7.88", false, true, script("php", "client.php", "curl-alive"), nil},
	{"Perl LWP::UserAgent, one for each visit", "none", false, false, script("perl", "client.pl"), nil},
	{"libsoup, one Session", "libsoup", false, false, script("/usr/bin/python3", "soup.py", "one"), nil},
	{"libsoup, a Session for each identity", "libsoup", false, false, script("/usr/bin/python3", "soup.py", "two"), nil},
	{"Apache HttpClient, one client, a KeyManager that changes its answer", "jsse", false, false, script("java", "Libraries.java", "httpclient", "one"), nil},
	{"Apache HttpClient, a client for each identity", "jsse", true, false, script("java", "Libraries.java", "httpclient", "two"), nil},
	{"OkHttp, one client, a KeyManager that changes its answer", "jsse", false, false, script("java", "Libraries.java", "okhttp", "one"), nil},
	{"OkHttp, a client for each identity", "jsse", true, false, script("java", "Libraries.java", "okhttp", "two"), nil},
	{"Firefox, the identity chosen anew for each visit", "firefox", false, false, firefox("one"), nil},
	{"Firefox, a container for each identity", "firefox", true, false, firefox("containers"), nil},
	{"Go http.Transport and its Clone, one ClientSessionCache", "go", false, false, goTransports, nil},
	{"Go, one http.Transport, GetClientCertificate changes its answer, connections kept open", "go", false, true, goTransport, nil},
}

// rules names what predicts.
func (c client) rules() string {
	words := c.policy
	if c.apart {
		words += ", one each"
	}
	if c.alive {
		words += ", keep-alive"
	}
	return words
}

// venue is a server that clients visit, and its own account of them.
type venue struct {
	name string
	addr netip.AddrPort
	seen func() ([]servers.Request, error)
	// numbers reports whether it tells one connection from another.
	numbers bool
	path    string // "/", or where it asks once it knows that
}

// visited reports whether a client is to visit v.
func (v venue) visited(c client) bool { return v.numbers || !c.alive }

// TestClients drives real clients and compares what the servers saw of them
// with what this program predicts when it makes the same visits under the
// client's profile.
func TestClients(t *testing.T) {
	b := newBench(t)
	b.load(t, b.lab, "dave")
	dir := clientFiles(t, b.lab)
	venues := b.venues(t)
	var urls []string
	for _, v := range venues {
		urls = append(urls, fmt.Sprintf("https://localhost:%d%s", v.addr.Port(), v.path))
	}
	predicted := map[string][]string{}
	done := map[string][]string{}
	for _, c := range clients {
		t.Run(c.name, func(t *testing.T) {
			suits(t, c.policy)
			if predicted[c.rules()] == nil {
				predicted[c.rules()] = b.predict(t, venues, c)
			}
			before := make([]int, len(venues))
			for i, v := range venues {
				before[i] = len(requests(t, v, 0))
			}
			c.run(t, dir, urls)
			for i, v := range venues {
				if !v.visited(c) {
					done[c.name] = append(done[c.name], "")
					continue
				}
				seen := requests(t, v, before[i]+len(turns))[before[i]:]
				if v.path == servers.Ask {
					for n := range seen {
						seen[n].Resumed = false
					}
				}
				got := sight(seen)
				done[c.name] = append(done[c.name], got)
				want := predicted[c.rules()][i]
				if e, ok := c.except[v.name]; ok {
					want = e.sight
				}
				if got != want {
					t.Errorf("%s saw %s; %s predicts %s", v.name, got, c.rules(), want)
				}
			}
		})
	}
	if len(done) < len(clients) || !debian12() {
		t.Skip("docs/clients.md is of Debian 12's clients, not all of which are here: not compared")
	}
	page(t, "clients.md", clientsPage(venues, done, predicted))
}

// requests is a venue's account once it has n requests, or what there is after a while.
func requests(t *testing.T, v venue, n int) []servers.Request {
	t.Helper()
	for end := time.Now().Add(15 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		list, err := v.seen()
		if err != nil {
			t.Fatal(err)
		}
		if len(list) >= n || time.Now().After(end) {
			return list
		}
	}
}

// sight is what a server saw, in words.
func sight(list []servers.Request) string {
	var words []string
	known := map[string]bool{}
	for _, r := range list {
		who := strings.TrimPrefix(r.Subject, "CN=")
		if who == "" {
			who = "nobody"
		}
		switch {
		case known[r.Connection]:
			who += " (kept alive)"
		case r.Resumed:
			who += " (resumed)"
		}
		known[r.Connection] = r.Connection != ""
		words = append(words, who)
	}
	return strings.Join(words, ", ")
}

// venues are a lab's servers and nginx in different modes.
func (b *bench) venues(t *testing.T) []venue {
	t.Helper()
	var list []venue
	for _, v := range []struct {
		name    string
		version uint16
	}{{"1.2", 0x0303}, {"1.3", 0x0304}} {
		s, err := b.lab.Start(lab.Behaviour{MinVersion: v.version, MaxVersion: v.version}, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		list = append(list, venue{"lab, TLS " + v.name + ", tickets", netip.MustParseAddrPort(s.Addr()), func() ([]servers.Request, error) {
			var seen []servers.Request
			for _, x := range s.Seen() {
				seen = append(seen, servers.Request{Resumed: x.Resumed, Subject: x.Subject})
			}
			return seen, nil
		}, false, "/"})
	}
	for _, m := range []servers.Mode{
		{Server: "nginx", Version: "1.2", Sessions: servers.Tickets, Auth: servers.Required},
		{Server: "nginx", Version: "1.2", Sessions: servers.IDs, Auth: servers.Required},
		{Server: "nginx", Version: "1.2", Sessions: servers.Both, Auth: servers.Required},
		{Server: "nginx", Version: "1.3", Sessions: servers.Tickets, Auth: servers.Required},
		{Server: "nginx", Version: "1.3", Sessions: servers.IDs, Auth: servers.Required},
	} {
		s, err := servers.Start(context.Background(), m, b.files)
		started(t, s, err)
		list = append(list, venue{"nginx, TLS " + m.Version + ", " + string(m.Sessions), s.Addr, s.Requests, true, "/"})
	}
	for _, version := range []string{"1.2", "1.3"} {
		m := servers.Mode{Server: "apache", Version: version, Sessions: servers.Both, Auth: servers.Location}
		s, err := servers.Start(context.Background(), m, b.files)
		started(t, s, err)
		list = append(list, venue{"Apache, TLS " + version + ", asked at a location", s.Addr, s.Requests, false, servers.Ask})
	}
	return list
}

// predict makes the visits itself under a client's policy: what each venue says
// it saw. Where identities are kept apart each has a run, and so a cache, of its own.
func (b *bench) predict(t *testing.T, venues []venue, c client) []string {
	t.Helper()
	groups := [][]int{{0, 1, 2, 3}}
	if c.apart {
		groups = [][]int{{0, 2}, {1, 3}}
	}
	// stack: auto takes the one that can do most.
	stack := b.stacks[len(b.stacks)-1]
	var list []string
	for _, v := range venues {
		if !v.visited(c) {
			list = append(list, "")
			continue
		}
		saw := make([]servers.Request, len(turns))
		for _, group := range groups {
			before := len(requests(t, v, 0))
			p := plan.Plan{Targets: []target.Target{at("t", "localhost", v.path, v.addr)}, Caches: []string{c.policy}}
			if c.alive {
				p.HTTPReuse = "keep-alive"
			}
			for _, i := range group {
				p.Connections = append(p.Connections, plan.Connection{Target: "t", Identity: turns[i]})
			}
			log := b.run(t, stack, p)
			all := len(group) * len(log.Passes) // the control's too
			seen := requests(t, v, before+all)[before:]
			if len(seen) != all {
				t.Fatalf("%s, %s: the server has %d requests of %d", v.name, c.rules(), len(seen), all)
			}
			for n, i := range group {
				x := log.Pass(1).Connections[n]
				saw[i] = seen[n]
				if v.path == servers.Ask {
					// After a renegotiation Apache speaks of the second handshake.
					saw[i].Resumed = false
					continue
				}
				if x.Handshake != protocol.NoHandshake && saw[i].Resumed != (x.Handshake == protocol.Resumed) || strings.TrimPrefix(saw[i].Subject, "CN=") != name(x.IdentityAuthenticated) {
					t.Errorf("%s, %s, connection %d: the server saw %+v, this program says %s", v.name, c.rules(), x.Index, saw[i], story(x))
				}
			}
		}
		list = append(list, sight(saw))
	}
	return list
}

func clientsPage(venues []venue, done, predicted map[string][]string) string {
	var b strings.Builder
	b.WriteString(`# Real clients

Written by a test (` + "`go test ./core/servers -run TestClients -update`" + `) and compared with what it finds at every run. Each client visits each server as alice,
dave, alice and dave, every time on a new connection unless the line says otherwise; the server requires a certificate and keeps an account of whom it saw and whether the session was
resumed. *Predicted* is what this program met on the same server when it made the same visits under the client's profile (` + "`rechallenge-cli caches`" + `
lists them). Where an application hands its sessions over by itself no profile exists, and the plain policy it follows predicts.

| client | policy | server | what the server saw | predicted | right |
|---|---|---|---|---|---|
`)
	for _, c := range clients {
		for i, v := range venues {
			if !v.visited(c) {
				continue
			}
			got, want := done[c.name][i], predicted[c.rules()][i]
			same, right := "the same", "right"
			if e, ok := c.except[v.name]; ok {
				same, right = want, "differs: "+e.why
			} else if got != want {
				same, right = want, "**wrong**"
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", c.name, c.rules(), v.name, got, same, right)
		}
	}
	b.WriteString("\nProfiles that no client here could be held against: ")
	var rest []string
	for _, p := range session.Policies {
		if p.Stack != "" && !slices.ContainsFunc(clients, func(c client) bool { return c.policy == p.ID }) {
			rest = append(rest, p.ID)
		}
	}
	b.WriteString(strings.Join(rest, ", ") + ".\n")
	return b.String()
}
