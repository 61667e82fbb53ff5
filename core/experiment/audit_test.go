package experiment_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"rechallenge/core/engine"
	"rechallenge/core/experiment"
	"rechallenge/core/experiment/run"
	"rechallenge/core/identity"
	"rechallenge/core/lab"
	"rechallenge/core/plan"
	"rechallenge/core/session"
	"rechallenge/core/stack"
	"rechallenge/core/stack/gotls"
	"rechallenge/core/stack/openssl"
	"rechallenge/core/target"
	"rechallenge/core/trace"
)

// auditBench is a lab with identities and everything to run an audit with.
type auditBench struct {
	lab   *lab.Lab
	res   engine.Resources
	clock *session.Moved
	made  int
	bend  func(s experiment.Step, log *trace.Log) // changes what a run came to
	stop  func(s experiment.Step) bool            // ends the audit before a run
}

func newAuditBench(t *testing.T) *auditBench {
	t.Helper()
	l, err := lab.New()
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(l.CAPEM())
	b := &auditBench{lab: l, clock: &session.Moved{}, res: engine.Resources{
		Identities: map[string]*identity.Identity{}, Roots: map[string]*x509.CertPool{"ca.pem": roots},
	}}
	l.SetNow(b.clock.Now)
	for _, name := range []string{"alice", "bob", "dave"} {
		der, password, err := l.PKCS12(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := identity.Read(t.Context(), name, der, &password, identity.Options{})
		if err != nil {
			t.Fatal(err)
		}
		b.res.Identities[name] = f.Identities[0]
		b.res.Identities[name].ID = name
	}
	return b
}

// start runs a lab server and gives its port.
func (b *auditBench) start(t *testing.T, behaviour lab.Behaviour) netip.AddrPort {
	t.Helper()
	s, err := b.lab.Start(behaviour, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return netip.MustParseAddrPort(s.Addr())
}

// aimed is a target at an address.
func aimed(id, url string, addr netip.AddrPort) target.Target {
	return target.Target{ID: id, URL: url, ConnectTo: target.Addresses{addr}, Trust: "ca.pem", Whoami: target.Whoami{Header: lab.Header}}
}

// audit asks the question with alice and bob.
func (b *auditBench) audit(t *testing.T, q experiment.Question, targets ...target.Target) *experiment.Conclusion {
	t.Helper()
	q.Plan.Version, q.Plan.Targets = plan.Version, targets
	for _, id := range []string{"alice", "bob"} {
		q.Plan.Identities = append(q.Plan.Identities, plan.Identity{ID: id, File: id + ".p12"})
	}
	if q.First > 0 {
		q.Plan.Identities = append(q.Plan.Identities, plan.Identity{ID: "dave", File: "dave.p12"})
		q.Plan.Connections = []plan.Connection{{Target: targets[0].ID, Identity: "dave"}}
	}
	b.made = 0
	stacks := []stack.Stack{gotls.New()}
	if s, err := openssl.New(); err == nil {
		stacks = append(stacks, s)
	}
	stopped := false
	c, err := experiment.Audit.Ask(t.Context(), q, func(ctx context.Context, s experiment.Step) (*trace.Log, error) {
		if stopped = b.stop != nil && b.stop(s); stopped {
			return nil, context.Canceled
		}
		log, err := run.Step(ctx, s, b.res, engine.Options{Stacks: stacks, Clock: b.clock})
		if err != nil {
			return nil, err
		}
		for _, p := range log.Passes {
			b.made += len(p.Connections)
		}
		if b.bend != nil {
			b.bend(s, log)
		}
		return log, nil
	})
	if (err != nil) != stopped {
		t.Fatal(err)
	}
	a := c.Assessment
	if a.Made != b.made || b.made > experiment.Audit.Connections(q) || b.made > a.Limit {
		t.Errorf("%d connections made, %d told, at most %d announced", b.made, a.Made, a.Limit)
	}
	for _, v := range a.Tests {
		if v.Says == "" || (v.Result == experiment.Pass || v.Result == experiment.Fail) && (v.At.Run < 0 || v.At.Run >= len(c.Runs) || c.Runs[v.At.Run].Log.Pass(v.At.Pass).Connection(v.At.Connection) == nil) {
			t.Errorf("%s %s: %s without evidence: %q at %+v", v.ID, v.Sessions, v.Result, v.Says, v.At)
		}
	}
	return c
}

// results are a test's results for each kind of session that it applies to.
func results(c *experiment.Conclusion, id string) string {
	var list []string
	for _, v := range c.Assessment.Tests {
		if v.ID == id && v.Result != experiment.NotApplicable {
			list = append(list, string(v.Result))
		}
	}
	return strings.Join(list, " ")
}

func explain(c *experiment.Conclusion) string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\n%s\n", c.Title, c.Detail)
	for _, r := range c.Rows {
		fmt.Fprintln(&b, strings.Join(r.Cells, " | "))
	}
	return b.String()
}

// TestAuditFindsDefects: every test fails on its defect and passes on a server
// without it.
func TestAuditFindsDefects(t *testing.T) {
	const here, names = "https://localhost/", "https://a.test/"
	ids := lab.Behaviour{MaxVersion: tls.VersionTLS12, NoTickets: true, SessionIDs: true}
	tickets12 := lab.Behaviour{MaxVersion: tls.VersionTLS12}
	only13 := lab.Behaviour{MinVersion: tls.VersionTLS13}
	with := func(b lab.Behaviour, change func(*lab.Behaviour)) lab.Behaviour { change(&b); return b }
	later12 := lab.Behaviour{MaxVersion: tls.VersionTLS12, Auth: lab.AuthLater}
	later13 := lab.Behaviour{MinVersion: tls.VersionTLS13, Auth: lab.AuthLater}
	for _, test := range []struct {
		name      string
		behaviour lab.Behaviour
		second    *lab.Behaviour // another server for the other target
		url       string
		other     string // URL of the other target, "" = none
		wait      time.Duration
		first     int // 1 = as dave, whose certificate ends in an hour
		want      map[string]string
	}{
		{name: "session IDs", behaviour: ids, want: map[string]string{"C1": "fail", "C2": "fail", "C3": "", "C16": "", "C20": ""}},
		{name: "TLS 1.2 tickets", behaviour: tickets12, want: map[string]string{"C1": "fail", "C2": "fail", "C20": ""}},
		{name: "TLS 1.3", behaviour: only13, want: map[string]string{"C1": "fail", "C2": "fail", "C4": "fail", "C18": "", "C20": "fail"}},
		{name: "optional", behaviour: lab.Behaviour{Auth: lab.AuthOptional, MinVersion: tls.VersionTLS13}, want: map[string]string{"C3": "fail"}},
		{name: "refuses", behaviour: lab.Behaviour{Auth: lab.AuthOptional, RefuseTickets: true}, want: map[string]string{"C1": "pass pass", "C2": "pass pass", "C3": "pass pass"}},
		{name: "no sessions", behaviour: lab.Behaviour{NoTickets: true}, want: map[string]string{"C1": "", "C2": "", "C20": ""}},
		{name: "tickets once", behaviour: lab.Behaviour{Stateful: true, SingleUse: true, MinVersion: tls.VersionTLS13}, want: map[string]string{"C20": "pass"}},

		{name: "across names", behaviour: lab.Behaviour{SeparateCAs: true, AcrossNames: true, MaxVersion: tls.VersionTLS12}, other: "https://b.test/", url: names, want: map[string]string{"C6": "fail", "C8": "fail fail", "C10": "", "C11": "", "C12": ""}},
		{name: "names apart", behaviour: lab.Behaviour{SeparateCAs: true, Misdirected: true}, other: "https://b.test/", url: names, want: map[string]string{"C6": "pass pass", "C8": "pass pass pass", "C10": ""}},
		{name: "open to closed", behaviour: lab.Behaviour{OpenName: true, AcrossNames: true, MaxVersion: tls.VersionTLS12}, other: names, want: map[string]string{"C7": "fail", "C9": "fail fail"}},
		{name: "open and closed apart", behaviour: lab.Behaviour{OpenName: true, Misdirected: true}, other: names, want: map[string]string{"C7": "pass pass", "C9": "pass pass pass"}},
		{name: "same CA", behaviour: tickets12, url: names, other: "https://b.test/", want: map[string]string{"C6": "", "C10": "pass"}},
		{name: "same CA, refused", behaviour: lab.Behaviour{RefuseTickets: true}, url: names, other: "https://b.test/", want: map[string]string{"C10": "pass pass"}},
		{name: "shared tickets", behaviour: with(only13, func(b *lab.Behaviour) { b.SharedTickets = true }), second: &lab.Behaviour{SharedTickets: true}, other: "https://b.test/", want: map[string]string{"C11": "pass", "C12": "fail"}},
		{name: "own tickets", behaviour: lab.Behaviour{}, second: &lab.Behaviour{}, other: "https://b.test/", want: map[string]string{"C11": "pass pass", "C12": "pass pass"}},

		{name: "one block, two names, TLS 1.3", behaviour: only13, url: names, other: "https://b.test/", want: map[string]string{"C6": "", "C8": "", "C9": "", "C10": "pass", "C12": ""}},
		{name: "does not look at Host", behaviour: lab.Behaviour{SeparateCAs: true, IgnoresHost: true}, url: names, other: "https://b.test/", want: map[string]string{"C6": "pass pass", "C8": ""}},
		{name: "another CA, optional", behaviour: lab.Behaviour{SeparateCAs: true, AcrossNames: true, Auth: lab.AuthOptional, MaxVersion: tls.VersionTLS12}, url: names, other: "https://b.test/", want: map[string]string{"C6": "fail"}},
		{name: "nobody is let in open, no sessions", behaviour: lab.Behaviour{OpenName: true, NoTickets: true}, other: names, want: map[string]string{"C9": "fail"}},
		{name: "nobody, then nobody", behaviour: lab.Behaviour{Auth: lab.AuthOptional, RefusesNobody: true, WelcomesResumed: true, MinVersion: tls.VersionTLS13}, want: map[string]string{"C22": "fail"}},
		{name: "nobody stays out", behaviour: lab.Behaviour{Auth: lab.AuthOptional, RefusesNobody: true, MinVersion: tls.VersionTLS13}, want: map[string]string{"C3": "fail", "C22": "pass"}},

		{name: "forgets", behaviour: with(tickets12, func(b *lab.Behaviour) { b.Lifetime, b.SessionIDs = time.Minute, true }), wait: time.Hour, want: map[string]string{"C5": "unknown pass", "C21": "unknown pass"}},
		{name: "never forgets", behaviour: lab.ByID("lifetime-not-enforced").Behaviour, wait: time.Hour, want: map[string]string{"C5": "pass", "C21": "fail"}},

		{name: "looks at the end again", behaviour: lab.Behaviour{}, wait: 2 * time.Hour, first: 1, want: map[string]string{"C14": "pass pass"}},
		{name: "does not look again", behaviour: lab.Behaviour{SessionIDs: true, MaxVersion: tls.VersionTLS12, NoTickets: true}, wait: 90 * time.Minute, first: 1, want: map[string]string{"C14": "fail"}},

		{name: "renegotiates", behaviour: later12, url: here + "alice", want: map[string]string{"C16": "pass"}},
		{name: "renegotiates and trusts", behaviour: with(later12, func(b *lab.Behaviour) { b.TrustsResumed, b.NoTickets, b.SessionIDs = true, true, true }), url: here + "alice", want: map[string]string{"C16": "fail"}},
		{name: "renegotiates with IDs", behaviour: with(later12, func(b *lab.Behaviour) { b.NoTickets, b.SessionIDs = true, true }), url: here + "alice", want: map[string]string{"C16": "pass"}},
		{name: "asks after the handshake", behaviour: later13, url: here + "alice", want: map[string]string{"C17": "pass"}},
		{name: "asks after the handshake and trusts", behaviour: with(later13, func(b *lab.Behaviour) { b.TrustsResumed = true }), url: here + "alice", want: map[string]string{"C17": "fail"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if _, err := openssl.New(); err != nil {
				t.Skip(err)
			}
			b := newAuditBench(t)
			if test.url == "" {
				test.url = here
			}
			addr := b.start(t, test.behaviour)
			targets := []target.Target{aimed("main", test.url, addr)}
			if test.second != nil {
				addr = b.start(t, *test.second)
			}
			if test.other != "" {
				targets = append(targets, aimed("other", test.other, addr))
			}
			c := b.audit(t, experiment.Question{Wait: test.wait, First: test.first}, targets...)
			for id, want := range test.want {
				if got := results(c, id); got != want {
					t.Errorf("%s: %q, want %q", id, got, want)
				}
			}
			if t.Failed() {
				t.Log(explain(c))
			}
		})
	}
}

// TestAuditClasses: what is true of every server that resumes is advice; a
// healthy one has no defect, and the headline says so.
func TestAuditClasses(t *testing.T) {
	b := newAuditBench(t)
	c := b.audit(t, experiment.Question{}, aimed("main", "https://localhost/", b.start(t, lab.Behaviour{MinVersion: tls.VersionTLS13})))
	advice := 0
	for _, v := range c.Assessment.Tests {
		switch {
		case v.Class == "":
			t.Errorf("%s has no class", v.ID)
		case v.Result == experiment.Fail && v.Class == experiment.Defect:
			t.Errorf("%s is called a defect of a healthy server: %s", v.ID, v.Says)
		case v.Result == experiment.Fail:
			advice++
			if len(v.Repeat) == 0 && v.ID != "C4" && v.ID != "C20" {
				t.Errorf("%s gives no commands", v.ID)
			}
		}
	}
	if advice == 0 || !strings.HasPrefix(c.Title, "Nothing is wrong with this server; clients that share sessions") {
		t.Error(explain(c))
	}
}

// TestAuditForge: a server that takes any certificate and trusts the name is
// seen, where the door may be tried; one that looks at the issuer is not blamed.
func TestAuditForge(t *testing.T) {
	for name, test := range map[string]struct {
		behaviour lab.Behaviour
		forge     bool
		want      string
	}{
		"a name is enough":       {lab.Behaviour{AnyIssuer: true}, true, "fail"},
		"the issuer counts":      {lab.Behaviour{}, true, "pass"},
		"not without being told": {lab.Behaviour{AnyIssuer: true}, false, ""},
	} {
		b := newAuditBench(t)
		c := b.audit(t, experiment.Question{Forge: test.forge}, aimed("main", "https://localhost/", b.start(t, test.behaviour)))
		if got := results(c, "C23"); got != test.want {
			t.Errorf("%s: %q, want %q\n%s", name, got, test.want, explain(c))
		}
	}
}

// TestAuditLimit: whatever the limit, it is kept, and what was left out is said.
func TestAuditLimit(t *testing.T) {
	b := newAuditBench(t)
	addr := b.start(t, lab.Behaviour{})
	for _, limit := range []int{1, 10, 30} {
		c := b.audit(t, experiment.Question{MaxConnections: limit}, aimed("main", "https://a.test/", addr), aimed("other", "https://b.test/", addr))
		if len(c.Assessment.LeftOut) == 0 {
			t.Errorf("limit %d: nothing was left out", limit)
		}
		for _, v := range c.Assessment.Tests {
			if v.Result == experiment.Pass && v.At.Run < 0 {
				t.Errorf("limit %d: %s passed without a run", limit, v.ID)
			}
		}
	}
}

// TestAuditStopped: what was found until then comes with the error.
func TestAuditStopped(t *testing.T) {
	b := newAuditBench(t)
	b.stop = func(s experiment.Step) bool { return strings.HasPrefix(s.Title, "C2 ") }
	c := b.audit(t, experiment.Question{}, aimed("main", "https://localhost/", b.start(t, lab.Behaviour{MaxVersion: tls.VersionTLS12})))
	if got := results(c, "C1"); got != "fail" || results(c, "C2") != "" || len(c.Runs) == 0 {
		t.Error(explain(c))
	}
}

// TestAuditLateOnHTTP2: no server at hand asks late on HTTP/2, so the run that
// would show it is bent to say so.
func TestAuditLateOnHTTP2(t *testing.T) {
	if _, err := openssl.New(); err != nil {
		t.Skip(err)
	}
	for want, bend := range map[string]func(c *trace.Connection){
		"fail": func(c *trace.Connection) { c.ALPN = "h2" },
		"pass": func(c *trace.Connection) {
			c.ALPN, c.Challenges, c.Error, c.HTTP = "h2", nil, nil, &trace.HTTP{Status: 403}
		},
		"unknown": func(c *trace.Connection) { c.ALPN, c.Challenges = "h2", nil },
		"":        func(*trace.Connection) {},
	} {
		b := newAuditBench(t)
		b.bend = func(s experiment.Step, log *trace.Log) {
			for _, p := range log.Passes {
				for _, c := range p.Connections {
					if strings.HasPrefix(s.Title, "C18") {
						bend(c)
					}
				}
			}
		}
		addr := b.start(t, lab.Behaviour{Auth: lab.AuthLater, MinVersion: tls.VersionTLS13})
		c := b.audit(t, experiment.Question{}, aimed("main", "https://localhost/alice", addr))
		if got := results(c, "C18"); got != want {
			t.Errorf("%q, want %q\n%s", got, want, explain(c))
		}
	}
}

// TestAuditAdvisory: an advisory is named for its product and behaviour alone.
func TestAuditAdvisory(t *testing.T) {
	if _, err := openssl.New(); err != nil {
		t.Skip(err)
	}
	crossing := lab.Behaviour{SeparateCAs: true, AcrossNames: true, MinVersion: tls.VersionTLS13}
	for _, test := range []struct {
		product   string
		behaviour lab.Behaviour
		want      string
	}{
		{"nginx/1.22.1", lab.Behaviour{}, ""}, // one block asked by two names: nothing crossed
		{"nginx/1.22.1", crossing, "C6 CVE-2025-23419"},
		{"Apache/2.4.62 (Debian)", crossing, "C6 CVE-2025-23048"},
		{"other", crossing, ""},
	} {
		product, want := test.product, test.want
		b := newAuditBench(t)
		b.bend = func(_ experiment.Step, log *trace.Log) {
			for _, p := range log.Passes {
				for _, c := range p.Connections {
					if c.HTTP != nil {
						c.HTTP.Header = append(c.HTTP.Header, [2]string{"Server", product})
					}
				}
			}
		}
		addr := b.start(t, test.behaviour)
		c := b.audit(t, experiment.Question{}, aimed("main", "https://a.test/", addr), aimed("other", "https://b.test/", addr))
		var got []string
		for _, v := range c.Assessment.Tests {
			if v.Advisory != "" {
				got = append(got, v.ID+" "+v.Advisory)
			}
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("%s: %q, want %q", product, got, want)
		}
	}
}

// TestAuditUndecided: what is neither served nor refused decides nothing.
func TestAuditUndecided(t *testing.T) {
	if _, err := openssl.New(); err != nil {
		t.Skip(err)
	}
	for name, bend := range map[string]func(c *trace.Connection){
		"not found": func(c *trace.Connection) { c.HTTP = &trace.HTTP{Status: 404} },
		"timeout": func(c *trace.Connection) {
			c.HTTP, c.Error = nil, &trace.Failure{Phase: trace.PhaseHTTP, Reason: trace.ReasonTimeout, Message: "no answer"}
		},
	} {
		b := newAuditBench(t)
		b.bend = func(s experiment.Step, log *trace.Log) {
			if strings.HasPrefix(s.Title, "C6") {
				bend(log.Pass(1).Connection(2))
			}
		}
		addr := b.start(t, lab.Behaviour{SeparateCAs: true, AcrossNames: true, MaxVersion: tls.VersionTLS12})
		c := b.audit(t, experiment.Question{}, aimed("main", "https://a.test/", addr), aimed("other", "https://b.test/", addr))
		if got := results(c, "C6"); got != "unknown" {
			t.Errorf("%s: %q\n%s", name, got, explain(c))
		}
	}
}
