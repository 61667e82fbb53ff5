package servers_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/servers"
	"rechallenge/core/stack"
	"rechallenge/core/stack/gotls"
	"rechallenge/core/target"
	"rechallenge/core/trace"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// steps are the identities of a plan's connections: the second one shows
// whether a session of the first is taken up, the third whether one's own is.
var steps = []string{"alice", "bob", "alice"}

// anonymous are the identities of the second plan, where a certificate is optional.
var anonymous = []string{plan.NoIdentity, "bob"}

// row is a line of docs/servers.md.
type row struct {
	mode   servers.Mode
	stack  string
	shared string // the second connection under the cache shared
	own    string // the third one under per-identity
	after  string // of the second plan, the second one under shared
	rules  []string
	right  bool
}

// TestModes runs three connections under three caches against each mode of
// each server with each stack, and holds every answer against the mode's truth
// and against what the server itself says.
func TestModes(t *testing.T) {
	b := newBench(t)
	var mu sync.Mutex
	rows := map[string]row{}
	t.Run("of", func(t *testing.T) {
		for _, m := range servers.Modes {
			t.Run(m.ID(), func(t *testing.T) {
				t.Parallel()
				s, err := servers.Start(context.Background(), m, b.files)
				started(t, s, err)
				heard := 0
				for _, st := range b.stacks {
					r := row{mode: m, stack: st.Name(), right: true}
					wrong := func(format string, args ...any) {
						t.Helper()
						r.right = false
						t.Errorf(st.Name()+": "+format, args...)
					}
					log := b.run(t, st, modePlan(s, steps, "shared", "none", "per-identity"))
					heard = judge(s, st, log, steps, heard, wrong)
					findings(log, suppresses(m, st), []string{"challenge-suppressed", "identity-confused"}, wrong)
					r.shared, r.own = story(log.Pass(1).Connections[1]), story(log.Pass(3).Connections[2])
					r.rules = rules(log, "shared", "")
					if m.Auth == servers.Optional {
						log := b.run(t, st, modePlan(s, anonymous, "shared", "none"))
						heard = judge(s, st, log, anonymous, heard, wrong)
						findings(log, suppresses(m, st), []string{"anonymous-session-resumed"}, wrong)
						r.after = story(log.Pass(1).Connections[1])
					}
					mu.Lock()
					rows[m.ID()+"/"+st.Name()] = r
					mu.Unlock()
				}
			})
		}
	})
	if want := len(servers.Modes) * len(b.stacks); len(rows) != want || len(b.stacks) < 2 || !debian12() {
		t.Skipf("%d of %d rows, Debian 12: %v: docs/servers.md is not compared", len(rows), want, debian12())
	}
	page(t, "servers.md", modesPage(rows, b.stacks))
}

// modePlan visits a server as each of the identities.
func modePlan(s *servers.Server, identities []string, caches ...string) plan.Plan {
	path := "/"
	if s.Mode.Auth == servers.Location {
		path = servers.Ask
	}
	place := at("t", "localhost", path, s.Addr)
	place.Whoami = target.Whoami{}
	place.Whoami.Header, place.Whoami.Body = s.Whoami()
	p := plan.Plan{Targets: []target.Target{place}, Caches: caches}
	for _, id := range identities {
		p.Connections = append(p.Connections, plan.Connection{Target: "t", Identity: id})
	}
	return p
}

// judge compares a run with the truth and with the server's words, of which
// heard were read before; it returns how many have been read now.
func judge(s *servers.Server, st stack.Stack, log *trace.Log, steps []string, heard int, wrong func(string, ...any)) int {
	var words []servers.Words
	if s.Logged() {
		words = s.Words(context.Background(), heard+len(log.Passes)*len(steps))
		words = words[min(heard, len(words)):]
	}
	n := 0
	for _, p := range log.Passes {
		for i, c := range p.Connections {
			place := fmt.Sprintf("pass %s, connection %d", p.Cache, c.Index)
			if got, want := story(c), expected(s.Mode, st, p.Cache, steps, i); got != want {
				wrong("%s:\n got %s\nwant %s", place, got, want)
				if c.Error != nil {
					wrong("%s", c.Error.Message)
				}
			}
			if c.IdentitySeenByServer == nil || name(c.SeenAs) != name(c.IdentityAuthenticated) {
				wrong("%s: the server saw %s (%.60q), the TLS state is of %s", place, name(c.SeenAs), name(c.IdentitySeenByServer), name(c.IdentityAuthenticated))
			}
			said := servers.Words{}
			if !s.Logged() {
				if v, ok := header(c, servers.ResumedHeader); ok {
					resumed, err := servers.Resumed(v)
					if err != nil {
						wrong("%s: %v", place, err)
					}
					said.Resumed = &resumed
				}
			} else if n < len(words) {
				said = words[n]
			}
			n++
			renegotiated := slices.ContainsFunc(c.Challenges, func(ch trace.Challenge) bool { return ch.When == "renegotiation" })
			switch {
			case said.Resumed == nil:
				wrong("%s: the server does not say whether it resumed", place)
			case renegotiated: // its word is then about the second handshake
			case *said.Resumed != (c.Handshake == protocol.Resumed):
				wrong("%s: the server says resumed %v, the wire says %s", place, *said.Resumed, c.Handshake)
			}
			if said.Asked != nil && *said.Asked != c.Challenged() {
				wrong("%s: the server says asked %v, the wire %v", place, *said.Asked, c.Challenged())
			}
		}
	}
	return heard + n
}

// findings compares the findings of severity error: those wanted, in the pass
// whose cache is shared, and none elsewhere.
func findings(log *trace.Log, any bool, wanted []string, wrong func(string, ...any)) {
	for _, p := range log.Passes {
		want := []string{}
		if any && p.Cache == "shared" {
			want = wanted
		}
		if got := rules(log, p.Cache, "error"); !slices.Equal(got, want) {
			wrong("pass %s: findings of severity error %v, want %v", p.Cache, got, want)
		}
	}
}

func header(c *trace.Connection, name string) (string, bool) {
	if c.HTTP == nil {
		return "", false
	}
	for _, h := range c.HTTP.Header {
		if strings.EqualFold(h[0], name) {
			return h[1], true
		}
	}
	return "", false
}

// suppresses reports whether the second identity is not asked when it shares a
// cache with the first.
func suppresses(m servers.Mode, st stack.Stack) bool {
	return m.Auth != servers.Location && resumes(m, st)
}

func resumes(m servers.Mode, st stack.Stack) bool {
	return m.Resumes != "" && slices.Contains(st.Capabilities().Mechanisms, protocol.Mechanism(m.Resumes))
}

// expected is the story that the truth demands of step i of a plan.
func expected(m servers.Mode, st stack.Stack, cache string, steps []string, i int) string {
	steps = slices.Clone(steps)
	for i := range steps {
		steps[i] = strings.Replace(steps[i], plan.NoIdentity, "nobody", 1)
	}
	self := steps[i]
	by := "" // whose session the cache holds
	switch {
	case i == 0 || !resumes(m, st):
	case cache == "shared":
		by = steps[0]
	case cache == "per-identity" && slices.Contains(steps[:i], self):
		by = self
	}
	if m.Trait == servers.NoRenewal && cache == "shared" && i == 2 {
		by = "" // the second connection had resumed
	}
	if m.Auth == servers.Location {
		return expectedLate(m, st, cache, self, by, i)
	}
	if by == "" {
		return fmt.Sprintf("full, asked %s: %s, is %s, 200", m.Asks, self, self)
	}
	return fmt.Sprintf("resumed by %s of %s, is %s, 200", m.Resumes, by, by)
}

// expectedLate is expected where the server asks after the handshake.
func expectedLate(m servers.Mode, st stack.Stack, cache, self, by string, i int) string {
	capable := st.Capabilities().PostHandshakeAuth || m.Version == "1.2"
	switch {
	case !capable || m.Trait == servers.StaysAnonymous:
		if by != "" {
			by = "nobody"
		}
	case m.Trait == servers.OnceAsked:
		// crypto/tls keeps no session of a renegotiation, so that the one at hand
		// is of the first handshake; OpenSSL keeps the newest.
		if by != "" && st.Name() == gotls.Name {
			by = "nobody"
		} else {
			by = ""
		}
	case cache == "shared" && by != "":
		by = steps[i-1] // every connection was asked, so that the newest session is its own
	}
	hello := "full"
	if by != "" {
		hello = fmt.Sprintf("resumed by %s of %s", m.Resumes, by)
	}
	if !capable {
		return hello + ", is nobody, 403"
	}
	return fmt.Sprintf("%s, asked %s: %s, is %s, 200", hello, m.Asks, self, self)
}

func modesPage(rows map[string]row, stacks []stack.Stack) string {
	var b strings.Builder
	b.WriteString(`# Real servers

Written by a test (` + "`go test ./core/servers -run TestModes -update`" + `) and compared with what it finds at every run. Each line is one server in one mode, on
loopback, visited by one of the TLS stacks: alice, bob, alice again, under the caches shared, none and per-identity. *Second, shared* is bob's
connection when everybody shares a cache; *third, per identity* is alice's second one when each identity has a cache of its own. Under the cache none
every connection was asked and answered with its own identity, on each line, but where nobody could be asked. *After nobody* is bob's connection after one
without a certificate, where certificates are optional. *Right* means that every handshake, mechanism, challenge with its moment,
identity and finding is what the mode's truth demands, and that the server said the same of each connection in its own words.

| server | TLS | keeps | certificate | stack | second, shared | third, per identity | after nobody | findings (shared) | right |
|---|---|---|---|---|---|---|---|---|---|
`)
	for _, m := range servers.Modes {
		for _, st := range stacks {
			r := rows[m.ID()+"/"+st.Name()]
			right := "right"
			if !r.right {
				right = "**wrong**"
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n",
				m.Server, m.Version, m.Sessions, m.Auth, r.stack, r.shared, r.own, r.after, strings.Join(r.rules, ", "), right)
		}
	}
	return b.String()
}
