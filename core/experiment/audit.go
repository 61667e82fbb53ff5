package experiment

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/session"
	"rechallenge/core/target"
	"rechallenge/core/trace"
)

// Audit finds out what a server offers and whether it takes one client for
// another: the target of the question's first connection, against the plan's
// other targets. It sends only what a client may send. When it is stopped, what
// was found until then comes with the error.
var Audit = Experiment{
	ID: "audit", Title: "Is the server at fault?",
	Line: "What the first target's server offers and whom it asks, and whether it takes one client's session for another's, here and at the plan's other targets.",
	Pair: Both, Everywhere: true, Bound: AuditLongest,
	Options: []Option{
		{
			Name: "max-connections", Label: "At most", Kind: Count, Empty: strconv.Itoa(DefaultAuditLimit) + " connections", Help: "make at most `N` connections",
			Take: func(q *Question, v Value) { q.MaxConnections = v.Count },
		},
		{
			Name: "forge", Label: "Try a forged identity", Kind: Switch,
			Help: "try an identity made on the spot, with the first one's name under an issuer that nobody knows: it tries a door",
			Take: func(q *Question, v Value) { q.Forge = v.On },
		},
		{
			Name: "provoke", Label: "Provoke it", Kind: Switch,
			Help: "say something in clear in the segment that asks for TLS, which a client must not do",
			Take: func(q *Question, v Value) { q.Provoke = v.On },
		},
		{
			Name: "wait", Label: "Waiting up to", Kind: Duration, Empty: "not at all", Help: "wait up to `TIME` for a session or an identity to expire",
			Check: within(0, plan.MaxDelay), Take: func(q *Question, v Value) { q.Wait = v.age() },
		},
	},
	Connections: auditLimit,
	Sketch:      sketchResults,
	Example: func() *Conclusion {
		return sampled([]string{"test", "result"},
			said(Bad, "C01 …", string(Fail)), said(Unknown, "C07 …", string(Unclear)), said(Good, "C02 …", string(Pass)), said(Good, "C03 …", string(Pass)), said(Good, "C05 …", string(Pass)), said(Plain, "C09 …", string(NotApplicable)))
	},
	Ask: askAudit,
}

// DefaultAuditLimit is how many connections an audit makes at most where the
// question names no limit.
const DefaultAuditLimit = 200

// Result is what a test of an audit came to.
type Result string

// The results. A test that fails has seen the defect; one that passes has seen
// it absent where its control proves that it would have been seen.
const (
	Pass          Result = "pass"
	Fail          Result = "fail"
	NotApplicable Result = "not-applicable"
	Unclear       Result = "unknown"
)

// Assessment is what an audit found.
type Assessment struct {
	Target    string // URL
	Others    []string
	Limit     int // connections announced
	Made      int // connections made, further attempts included
	Reached   bool
	Inventory []Fact
	Tests     []Verdict
	LeftOut   []string // runs that the limit left no room for
}

// Fact is one thing that the server offers or does.
type Fact struct {
	Item     string
	Sessions string // title of the kind of session, "" = any
	Value    string
	At       RunRef
}

// Verdict is the result of one test.
type Verdict struct {
	ID        string // "C1"
	Title     string
	Sessions  string // title of the kind of session, "" = none is involved
	Other     string // URL of the other target, "" = none
	Class     Class
	Result    Result
	Says      string   // one sentence of evidence
	Control   string   // what came without a session
	Repeat    []string // commands that show the same, nil = none
	Advisory  string   // a public advisory for exactly this product and behaviour
	Reference string
	At        RunRef
}

// RunRef is where the evidence stands.
type RunRef struct {
	Run        int // index into Runs, -1 = none
	Pass       int
	Connection int // index in the pass, from 1
}

var nowhere = RunRef{Run: -1}

// String says where in words, with the run counted from 1; "" for nowhere.
func (p RunRef) String() string {
	switch {
	case p.Run < 0:
		return ""
	case p.Connection == 0:
		return fmt.Sprintf("run %d", p.Run+1)
	}
	return fmt.Sprintf("run %d, pass %d, connection %d", p.Run+1, p.Pass, p.Connection)
}

// kind is one way in which a session comes back, and how to offer only that.
type kind struct {
	id, title, version string
	mechanism          protocol.Mechanism
}

var kinds = []kind{
	{"tls12-id", "TLS 1.2 session ID", "1.2", protocol.SessionID},
	{"tls12-ticket", "TLS 1.2 ticket", "1.2", protocol.Ticket},
	{"tls13", "TLS 1.3 ticket", "1.3", protocol.PSK},
}

// auditor is an audit while it goes on.
type auditor struct {
	ctx     context.Context
	book    *notebook
	base    plan.Plan
	main    target.Target
	others  []target.Target
	a, b    string // identities; plan.NoIdentity where there is none
	wait    time.Duration
	forge   bool
	provoke bool
	kept    map[string][]session.Session // of the last run
	stack   string                       // of the first run, kept from then on; "" = not known yet
	late    protocol.Moment              // when the server asks later than in the handshake, "" = it doesn't
	lives   map[string]time.Duration     // by id of the kinds that the server gives: announced, 0 = not at all
	blind   map[int]bool                 // other targets (from 1) at whose address a made-up Host gets the same answer
	nobody  []string                     // the servers' words for nobody
	closes  bool                         // a fresh connection was refused by being closed
	hung    int                          // runs in a row in which nothing was answered in time
	*Assessment
}

// errNoRoom says that a run would go past the limit.
var errNoRoom = errors.New("no room under the limit of connections")

func newAuditor(q Question) (*auditor, error) {
	x := &auditor{base: q.Plan, a: plan.NoIdentity, b: plan.NoIdentity, wait: q.Wait, forge: q.Forge, provoke: q.Provoke, stack: q.Plan.Stack, lives: map[string]time.Duration{}, blind: map[int]bool{}, Assessment: &Assessment{}}
	if x.stack == plan.StackAuto {
		x.stack = ""
	}
	if len(q.Plan.Targets) == 0 {
		return nil, fmt.Errorf("an audit needs a target: %w", ErrPair)
	}
	x.main = q.Plan.Targets[0]
	first := plan.NoIdentity
	if q.First >= 1 && q.First <= len(q.Plan.Connections) {
		c := q.Plan.Connections[q.First-1]
		first = c.Identity
		if t := q.Plan.Target(c.Target); t != nil {
			x.main = *t
		}
	}
	one(&x.main)
	for _, t := range q.Plan.Targets {
		if t.ID != x.main.ID {
			one(&t)
			x.others = append(x.others, t)
			x.Others = append(x.Others, t.URL)
		}
	}
	x.Target = x.main.URL
	ids := []string{}
	if first != plan.NoIdentity && first != "" {
		ids = append(ids, first)
	}
	for _, i := range q.Plan.Identities {
		if i.ID != first {
			ids = append(ids, i.ID)
		}
	}
	ids = append(ids, plan.NoIdentity, plan.NoIdentity)
	x.a, x.b = ids[0], ids[1]
	x.Limit = auditLimit(q)
	return x, nil
}

// one keeps the first of several addresses: a farm is another question.
func one(t *target.Target) {
	if len(t.ConnectTo) > 1 {
		t.ConnectTo = t.ConnectTo[:1]
	}
}

// auditLimit is what an audit may make at most: what it needs, below the limit.
func auditLimit(q Question) int {
	limit := q.MaxConnections
	if limit <= 0 {
		limit = DefaultAuditLimit
	}
	n := max(len(q.Plan.Targets)-1, 0)
	look := 2*3*(n+1) + 12                            // fresh connections and versions, each perhaps twice
	each := 6 + 4*4 + n*5*4 + 6 + 4                   // of a kind of session
	return min(limit, look+3*each+12+8+2*8+n*4*4+4+4) // keep-alive and HTTP/2 may need further attempts
}

func askAudit(ctx context.Context, q Question, run Runner) (*Conclusion, error) {
	x, err := newAuditor(q)
	if err != nil {
		return nil, err
	}
	x.ctx, x.book = ctx, &notebook{run: run}
	fresh, err := x.look()
	if err == nil && fresh != nil && fresh.reached() {
		x.Reached = true
		err = x.test(fresh)
	}
	slices.SortStableFunc(x.Tests, func(a, b Verdict) int { return number(a.ID) - number(b.ID) })
	for i := range x.Tests {
		x.Tests[i].Class = classOf(x.Tests[i].ID)
	}
	return x.conclude(fresh), err
}

// test runs all tests.
func (x *auditor) test(fresh *freshly) error {
	if err := x.hosts(fresh); err != nil {
		return err
	}
	for _, k := range kindsOf(x.main, x.base.Stack) {
		if err := x.kind(k, fresh); err != nil {
			return err
		}
	}
	if err := x.http(fresh); err != nil {
		return err
	}
	if err := x.forges(fresh); err != nil {
		return err
	}
	if err := x.provokes(); err != nil {
		return err
	}
	return x.outlives()
}

func number(id string) (n int) {
	fmt.Sscanf(id, "C%d", &n)
	return n
}

// visit is one connection of a run.
type visit struct {
	target   target.Target
	identity string
	after    time.Duration
}

// try makes a run of visits under one cache and, unless that is session.NoCache, once
// more without: the control.
func (x *auditor) try(title string, cache plan.CustomCache, reuse plan.Reuse, visits ...visit) (*trace.Log, int, error) {
	p := x.base
	p.Targets, p.Connections, p.CustomCaches, p.Caches = nil, nil, nil, []string{session.NoCache}
	p.Repeat, p.Concurrency, p.Expect, p.HTTPReuse = 1, 1, nil, reuse
	if x.stack != "" {
		p.Stack = x.stack
	}
	attempts := 1
	if x.stack == "" {
		attempts++ // a second look with another stack
	}
	if reuse != plan.ReuseOff {
		attempts += 2
	}
	for i, v := range visits {
		if slices.Contains(v.target.ALPN, "h2") {
			attempts++
		}
		v.target.ID = fmt.Sprintf("%s-%d", v.target.ID, i+1)
		p.Targets = append(p.Targets, v.target)
		p.Connections = append(p.Connections, plan.Connection{Target: v.target.ID, Identity: v.identity, After: plan.Duration(v.after)})
	}
	passes := 1
	if cache.ID != "" {
		p.CustomCaches, p.Caches = []plan.CustomCache{cache}, []string{cache.ID, session.NoCache}
		passes = 2
	}
	return x.step(Step{Title: title, Plan: p, Knows: true, Keep: func(m map[string][]session.Session) { x.kept = m }}, len(visits)*passes*attempts)
}

// step makes a run that takes so many connections at most.
func (x *auditor) step(s Step, most int) (*trace.Log, int, error) {
	if x.Made+most > x.Limit || x.hung >= maxHung {
		x.LeftOut = append(x.LeftOut, s.Title)
		return nil, -1, errNoRoom
	}
	log, n, err := x.book.do(x.ctx, s)
	if err != nil {
		return nil, -1, err
	}
	x.hangs(log)
	x.translate(log)
	for _, pass := range log.Passes {
		x.Made += len(pass.Connections)
		for _, c := range pass.Connections {
			if x.stack == "" && c.Proof.ServerHello != 0 {
				x.stack = c.Stack
			}
		}
	}
	return log, n, nil
}

// careless is a cache that offers a session wherever the configured versions
// are the same; faithful keeps to the place that it was made at.
func careless(k kind) plan.CustomCache {
	return plan.CustomCache{ID: "any-name", Key: session.Recipe{session.PartVersion}, Mechanisms: []protocol.Mechanism{k.mechanism}}
}

func faithful(k kind) plan.CustomCache {
	return plan.CustomCache{ID: "this-name", Key: session.Recipe{session.PartIP, session.PartPort, session.PartName}, Mechanisms: []protocol.Mechanism{k.mechanism}}
}

// at is a target restricted to the version of a kind of session.
func (k kind) at(t target.Target) target.Target {
	t.TLS.Min, t.TLS.Max = k.version, k.version
	return t
}

// conclude makes the table of everything.
func (x *auditor) conclude(fresh *freshly) *Conclusion {
	c := &Conclusion{Experiment: "audit", Columns: []string{"test", "class", "sessions", "other target", "result", "what happened", ControlColumn, "advisory"}, Runs: x.book.runs, Assessment: x.Assessment}
	count := map[Result]int{}
	marks := map[Result]Mark{Pass: Good, Fail: Bad, Unclear: Unknown}
	failed := map[Class][]string{}
	tried := map[string]bool{}                            // tests of which at least one kind could be decided
	order := []Result{Fail, Unclear, Pass, NotApplicable} // what hurts comes first
	tests := slices.SortedStableFunc(slices.Values(x.Tests), func(a, b Verdict) int {
		return cmp.Compare(slices.Index(order, a.Result), slices.Index(order, b.Result))
	})
	for _, v := range tests {
		count[v.Result]++
		if v.Result == Pass || v.Result == Fail {
			tried[v.ID] = true
		}
		mark := marks[v.Result]
		if v.Result == Fail && v.Class == Advice {
			mark = Plain
		}
		if v.Result == Fail && !slices.Contains(failed[v.Class], v.ID) {
			failed[v.Class] = append(failed[v.Class], v.ID)
		}
		c.Rows = append(c.Rows, Row{
			Cells: []string{v.ID + " " + v.Title, string(v.Class), v.Sessions, v.Other, string(v.Result), v.Says, v.Control, v.Advisory},
			Mark:  mark, Run: v.At.Run, Pass: v.At.Pass, Connection: v.At.Connection,
		})
	}
	for _, f := range x.Inventory {
		c.Rows = append(c.Rows, Row{Cells: []string{f.Item, "", f.Sessions, "", "", f.Value, "", ""}, Run: f.At.Run, Pass: f.At.Pass, Connection: f.At.Connection})
	}
	switch {
	case fresh == nil && len(x.LeftOut) == 0:
		c.Title = "Nothing was tested: the audit was stopped"
	case fresh == nil:
		c.Title = fmt.Sprintf("Nothing was tested: the limit of %d connections leaves no room", x.Limit)
	case !fresh.reached():
		c.Title = "Nothing was tested: the server can't be reached"
	case len(failed[Defect]) > 0:
		c.Mark = Bad
		c.Title = fmt.Sprintf("This server has a defect: %d of %d tests that could be decided failed (%s)", len(failed[Defect]), len(tried), strings.Join(failed[Defect], ", "))
	case len(tried) == 0:
		c.Title = "No test could be decided"
	case len(failed[Advice]) > 0:
		c.Title = "Nothing is wrong with this server; clients that share sessions between identities will be confused here"
	default:
		c.Title = fmt.Sprintf("Nothing is wrong with this server: all %d tests that could be decided passed", len(tried))
	}
	if len(failed[Advice]) > 0 {
		c.Detail = "What clients must know: " + strings.Join(failed[Advice], ", ") + ". "
	}
	c.Detail += fmt.Sprintf("By kind of session: %d passed, %d failed, %d not applicable, %d unknown; %d of at most %d connections.", count[Pass], count[Fail], count[NotApplicable], count[Unclear], x.Made, x.Limit)
	switch {
	case x.hung >= maxHung:
		c.Detail += fmt.Sprintf(" In %d runs in a row the server answered nothing before the timeout, so the others were left out: %s.", x.hung, strings.Join(x.LeftOut, "; "))
	case len(x.LeftOut) > 0:
		c.Detail += " Left out for the limit: " + strings.Join(x.LeftOut, "; ") + "."
	}
	return c
}
