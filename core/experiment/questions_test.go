package experiment_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.uber.org/goleak"

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

// asking is a lab and a plan about it: alice, then bob.
type asking struct {
	*auditBench
	plan   plan.Plan
	stacks []stack.Stack
	steps  []experiment.Step
	before func(s *experiment.Step) error          // changes a step, or ends the question
	after  func(s experiment.Step, log *trace.Log) // changes what a run came to
	deaf   bool                                    // the runner hands no sessions out
}

func newAsking(t *testing.T, b lab.Behaviour) *asking {
	t.Helper()
	a := &asking{auditBench: newAuditBench(t), stacks: []stack.Stack{gotls.New()}}
	if s, err := openssl.New(); err == nil {
		a.stacks = append(a.stacks, s)
	}
	a.plan = plan.Plan{
		Version: plan.Version, Caches: []string{"shared"},
		Identities:  []plan.Identity{{ID: "alice", File: "alice.p12"}, {ID: "bob", File: "bob.p12"}},
		Targets:     []target.Target{aimed("api", "https://localhost/", a.start(t, b))},
		Connections: []plan.Connection{{Target: "api", Identity: "alice"}, {Target: "api", Identity: "bob"}},
	}
	return a
}

// gone is an address at which nobody listens.
func gone(t *testing.T) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return netip.MustParseAddrPort(l.Addr().String())
}

// lose sends a step's connections to where nobody listens.
func lose(t *testing.T, s *experiment.Step) {
	t.Helper()
	s.Plan.Targets = slices.Clone(s.Plan.Targets)
	for i := range s.Plan.Targets {
		s.Plan.Targets[i].ConnectTo = target.Addresses{gone(t)}
	}
}

// question is about the plan's first two connections.
func (a *asking) question() experiment.Question {
	return experiment.Question{Plan: a.plan, First: 1, Second: 2, Clock: a.clock}
}

func (a *asking) run(ctx context.Context, s experiment.Step) (*trace.Log, error) {
	if a.before != nil {
		if err := a.before(&s); err != nil {
			return nil, err
		}
	}
	if problems := s.Plan.Check(); len(problems) > 0 {
		return nil, fmt.Errorf("%s: %w", s.Title, problems[0])
	}
	a.steps = append(a.steps, s)
	if a.deaf {
		s.Keep = nil
	}
	log, err := run.Step(ctx, s, a.res, engine.Options{Stacks: a.stacks, Clock: a.clock})
	if log == nil {
		return nil, err
	}
	for _, p := range log.Passes {
		a.made += len(p.Connections)
	}
	if a.after != nil {
		a.after(s, log)
	}
	return log, err
}

// ask asks, and holds the answer to what every answer promises.
func (a *asking) ask(t *testing.T, e experiment.Experiment, q experiment.Question) *experiment.Conclusion {
	t.Helper()
	limit := e.Connections(q)
	a.made, a.steps = 0, nil
	c, err := e.Ask(t.Context(), q, a.run)
	if err != nil {
		t.Fatal(err)
	}
	a.hold(t, c, limit)
	return c
}

func (a *asking) hold(t *testing.T, c *experiment.Conclusion, limit int) {
	t.Helper()
	if a.made > limit {
		t.Errorf("%d connections made, at most %d announced", a.made, limit)
	}
	if c.Title == "" {
		t.Error("no title")
	}
	reasons := slices.Index(c.Columns, "why")
	for _, r := range c.Rows {
		if len(r.Cells) != len(c.Columns) || reasons >= 0 && r.Cells[reasons] == "" {
			t.Errorf("row %q of columns %q: cells or a reason missing", r.Cells, c.Columns)
		}
		if r.Run >= len(c.Runs) || r.Run >= 0 && (c.Runs[r.Run].Log.Pass(r.Pass) == nil || r.Connection > 0 && c.Runs[r.Run].Log.Pass(r.Pass).Connection(r.Connection) == nil) {
			t.Errorf("row %q: no evidence at run %d, pass %d, connection %d", r.Cells, r.Run, r.Pass, r.Connection)
		}
	}
}

// want is what an answer is to be.
func want(t *testing.T, c *experiment.Conclusion, title string, mark experiment.Mark) {
	t.Helper()
	if !strings.Contains(c.Title, title) || c.Mark != mark {
		t.Errorf("%q (%q), want %q (%q)\n%s", c.Title, c.Mark, title, mark, explain(c))
	}
}

// cellOf is a cell of the row whose first cells are these.
func cellOf(c *experiment.Conclusion, column int, first ...string) string {
	for _, r := range c.Rows {
		if slices.Equal(r.Cells[:len(first)], first) {
			return r.Cells[column]
		}
	}
	return "no such row"
}

// needLibssl skips a test whose lab can't be had without it.
func needLibssl(t *testing.T, b lab.Behaviour) {
	t.Helper()
	l, err := lab.New()
	if err != nil {
		t.Fatal(err)
	}
	s, err := l.Start(b, 0)
	if err != nil {
		t.Skip(err)
	}
	s.Close()
}

// TestQuestionsNeedAPair: a question about no pair says so and promises nothing.
func TestQuestionsNeedAPair(t *testing.T) {
	for _, e := range []experiment.Experiment{experiment.Levels, experiment.Clients, experiment.Cures, experiment.Delays, experiment.Lifetime, experiment.Matrix} {
		for _, q := range []experiment.Question{{}, {Real: true}, {Plan: plan.Plan{Connections: make([]plan.Connection, 2)}, First: 1, Second: 3}} {
			if _, err := e.Ask(t.Context(), q, nil); !errors.Is(err, experiment.ErrPair) {
				t.Errorf("%s: %v", e.ID, err)
			}
			if n := e.Connections(q); n != 0 {
				t.Errorf("%s: %d connections announced", e.ID, n)
			}
		}
	}
}

// TestQuestionsStopped: a question that is stopped keeps its evidence, leaves
// nothing running and says that it was stopped.
func TestQuestionsStopped(t *testing.T) {
	a := newAsking(t, lab.Behaviour{})
	farm := a.plan
	farm.Targets = slices.Clone(farm.Targets)
	farm.Targets[0].ConnectTo = append(slices.Clone(farm.Targets[0].ConnectTo), a.start(t, lab.Behaviour{}))
	for _, e := range []experiment.Experiment{experiment.Levels, experiment.Clients, experiment.Cures, experiment.Delays, experiment.Lifetime, experiment.Matrix, experiment.Farm} {
		for _, real := range []bool{false, true} {
			if real && e.ID != "delays" {
				continue
			}
			t.Run(fmt.Sprintf("%s, real %v", e.ID, real), func(t *testing.T) {
				before := goleak.IgnoreCurrent()
				q := a.question()
				q.Real = real
				if e.ID == "farm" {
					q.Plan = farm
				}
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				runs := 0
				a.before = func(*experiment.Step) error {
					if runs++; runs == 2 || e.ID == "clients" {
						cancel()
					}
					return nil
				}
				limit := e.Connections(q)
				a.made, a.steps = 0, nil
				c, err := e.Ask(ctx, q, a.run)
				if !errors.Is(err, context.Canceled) {
					t.Fatalf("%v", err)
				}
				if c == nil || len(c.Runs) != runs || c.Mark != experiment.Unknown || !strings.HasPrefix(c.Title, "Stopped") {
					t.Fatalf("after %d runs: %+v", runs, c)
				}
				a.hold(t, c, limit)
				goleak.VerifyNone(t, before)
			})
		}
	}
}

// nervous is a stack that gives up by itself on every connection, so that each
// is looked at a second time.
type nervous struct{ stack.Stack }

func (nervous) Name() string { return "nervous" }

func (nervous) Capabilities() stack.Capabilities {
	c := gotls.New().Capabilities()
	c.PostHandshakeAuth = true // preferred
	return c
}

func (nervous) Client(context.Context, net.Conn, stack.Config) (stack.Conn, error) {
	return nil, &stack.Error{Reason: stack.Failed, Err: errors.New("too nervous")}
}

// TestQuestionsKeepTheirWord: with a second look at every connection, a retry
// for each shared HTTP/2 connection and several nodes, a question still makes
// no more connections than it says.
func TestQuestionsKeepTheirWord(t *testing.T) {
	a := newAsking(t, lab.Behaviour{Misdirected: true, Lifetime: 0})
	a.stacks = []stack.Stack{gotls.New(), nervous{gotls.New()}}
	addr := a.plan.Targets[0].ConnectTo[0]
	other := a.start(t, lab.Behaviour{})
	for i, name := range []string{"a.test", "b.test"} {
		x := aimed(name, "https://"+name+"/", addr)
		x.ALPN = []string{"h2", "http/1.1"}
		x.ConnectTo = append(x.ConnectTo, other)
		a.plan.Targets = append(a.plan.Targets, x)
		a.plan.Connections[i].Target = name
	}
	a.plan.HTTPReuse = "coalesce"
	for _, e := range experiment.Experiments {
		if e.ID == "audit" || e.ID == experiment.Recheck.ID { // plans nothing where nobody changes a condition; it has tests of its own
			continue
		}
		t.Run(e.ID, func(t *testing.T) {
			q := a.question()
			a.ask(t, e, q)
			twice := false
			for _, s := range a.steps {
				for _, x := range s.Plan.Targets {
					twice = twice || len(x.ConnectTo) > 1
				}
			}
			if twice {
				t.Error("a target is asked at several nodes")
			}
			if least := a.least(); a.made <= least {
				t.Errorf("%d connections made of %d planned: nothing was looked at twice, so that nothing is proved", a.made, least)
			}
		})
	}
}

// least is how many connections the steps plan, without any further attempt.
func (a *asking) least() int {
	n := 0
	for _, s := range a.steps {
		passes, _ := s.Plan.Passes()
		n += len(passes) * len(s.Plan.Jobs())
	}
	return n
}

func itoa(port uint16) string { return strconv.Itoa(int(port)) }

// TestQuestionsLoseTheFirst: a second connection that is asked proves nothing
// where the first one made no session.
func TestQuestionsLoseTheFirst(t *testing.T) {
	for _, e := range []experiment.Experiment{experiment.Levels, experiment.Clients, experiment.Cures, experiment.Delays} {
		t.Run(e.ID, func(t *testing.T) {
			a := newAsking(t, lab.Behaviour{})
			away := a.plan.Targets[0]
			away.ID, away.ConnectTo = "away", target.Addresses{gone(t)}
			a.plan.Targets = append(a.plan.Targets, away)
			a.plan.Connections[0].Target = "away"
			c := a.ask(t, e, a.question())
			if c.Mark != experiment.Unknown || !strings.Contains(explain(c), "the first connection failed") {
				t.Errorf("(%q) %s", c.Mark, explain(c))
			}
			for _, r := range c.Rows {
				if r.Mark == experiment.Good && r.Cells[0] != "no cache (control)" {
					t.Errorf("%q is called good", r.Cells)
				}
			}
		})
	}
	a := newAsking(t, lab.Behaviour{MaxVersion: tls.VersionTLS12})
	c := a.ask(t, experiment.Cures, a.question())
	if word := cellOf(c, 1, "TLS 1.3 for the first, 1.2 for the second"); word != "can't be told" || strings.Contains(c.Title, "TLS 1.3 for the first") {
		t.Errorf("a first connection that can't be made is called a cure: %s\n%s", word, explain(c))
	}
}

// picky is a stack with a name of its own that can't use one of the identities.
type picky struct {
	stack.Stack
	name, refuses string
	preferred     bool
}

func (p picky) Name() string { return p.name }

func (p picky) Capabilities() stack.Capabilities {
	c := p.Stack.Capabilities()
	c.PostHandshakeAuth = p.preferred
	return c
}

func (p picky) CanUse(id *identity.Identity) error {
	if id.ID == p.refuses {
		return fmt.Errorf("%s can't use %s", p.name, id.ID)
	}
	return nil
}

func (p picky) Client(ctx context.Context, conn net.Conn, cfg stack.Config) (stack.Conn, error) {
	keep := cfg.NewSession
	cfg.NewSession = func(s session.Session) {
		s.Stack = p.name
		keep(s)
	}
	if cfg.Session != nil {
		s := *cfg.Session
		s.Stack = p.Stack.Name()
		cfg.Session = &s
	}
	return p.Stack.Client(ctx, conn, cfg)
}

// TestQuestionsOneStack: what a stack can't use its own session for decides
// nothing, and the halves of a pair that is waited for use one stack.
func TestQuestionsOneStack(t *testing.T) {
	both := []stack.Stack{picky{gotls.New(), "best", "bob", true}, picky{gotls.New(), "plain", "", false}}
	apart := []stack.Stack{picky{gotls.New(), "best", "bob", true}, picky{gotls.New(), "plain", "alice", false}}
	for _, test := range []struct {
		name   string
		of     experiment.Experiment
		stacks []stack.Stack
		real   bool
		title  string
		mark   experiment.Mark
	}{
		{"levels, one for both", experiment.Levels, both, false, "The TLS session swallowed", experiment.Bad},
		{"levels, one each", experiment.Levels, apart, false, "can't be told", experiment.Unknown},
		{"clients, one each", experiment.Clients, apart, false, "No client is seen to be bitten on this server, but of", experiment.Unknown},
		{"cures, one each", experiment.Cures, apart, false, "Nothing can be told", experiment.Unknown},
		{"delays, one for both", experiment.Delays, both, false, "Not asked after 9m, asked after 11m", experiment.Bad},
		{"delays for real, one for both", experiment.Delays, both, true, "Not asked after 9m, asked after 11m", experiment.Bad},
		{"delays for real, one each", experiment.Delays, apart, true, "Asked after 11m; after 9m it can't be told", experiment.Unknown},
		{"matrix, one each", experiment.Matrix, apart, false, "2 of 6 pairs end as somebody else", experiment.Bad},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := newAsking(t, lab.Behaviour{})
			a.stacks = test.stacks
			q := a.question()
			q.Real = test.real
			want(t, a.ask(t, test.of, q), test.title, test.mark)
		})
	}
}

// TestQuestionsTell: the numbers that docs/experiments.md gives, for a stack
// that leaves nothing to a second look.
func TestQuestionsTell(t *testing.T) {
	a := newAsking(t, lab.Behaviour{})
	a.plan.Stack = "go"
	farm := a.question()
	farm.Plan.Targets = slices.Clone(farm.Plan.Targets)
	farm.Plan.Targets[0].ConnectTo = target.Addresses{gone(t), gone(t), gone(t)}
	for _, test := range []struct {
		of   experiment.Experiment
		q    experiment.Question
		want int
	}{
		{experiment.Levels, a.question(), 6 + 2}, // with one for each run's word for nobody
		{experiment.Clients, a.question(), 2*profiles() + 2 + 1},
		{experiment.Cures, a.question(), 42 + 17},
		{experiment.Matrix, a.question(), 4*3*2 + 6},
		{experiment.Delays, a.question(), 8 + 2},
		{experiment.Lifetime, a.question(), 4 * (1 + 4 + 2*60)}, // an hour: two rounds of sixty sessions
		{experiment.Farm, farm, 4 * 3 * 2},
	} {
		if got := test.of.Connections(test.q); got != test.want {
			t.Errorf("%s: %d connections, want %d", test.of.ID, got, test.want)
		}
	}
	for _, test := range []struct {
		stack string
		reuse plan.Reuse
		alpn  string
		want  int
	}{
		{"go", "off", "http/1.1", 8},
		{"", "off", "http/1.1", 16},
		{"auto", "off", "http/1.1", 16},
		{"go", "keep-alive", "http/1.1", 16},
		{"go", "coalesce", "http/1.1", 16},
		{"go", "off", "h2", 16},
		{"auto", "coalesce", "h2", 32},
	} {
		q := a.question()
		q.Plan.Targets = slices.Clone(q.Plan.Targets)
		q.Plan.Stack, q.Plan.HTTPReuse, q.Plan.Targets[0].ALPN = test.stack, test.reuse, []string{test.alpn}
		if got := experiment.Delays.Connections(q); got != test.want+2 {
			t.Errorf("stack %q, http_reuse %s, %s: %d connections, want %d", test.stack, test.reuse, test.alpn, got, test.want)
		}
	}
}
