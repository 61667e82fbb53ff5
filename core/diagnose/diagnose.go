// Package diagnose turns a folded trace into findings and a verdict, and holds
// the plan's expectations against it. Pure: trace in, findings out. A rule is a
// value in Rules.
package diagnose

import (
	"cmp"
	"slices"

	"rechallenge/core/trace"
)

// Severity of a finding or verdict.
type Severity string

// The severities, worst first; OK is for verdicts only.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
	Info    Severity = "info"
	OK      Severity = "ok"
)

// rank orders severities, worst first.
func (s Severity) rank() int {
	return slices.Index([]Severity{Error, Warning, Info, OK}, s)
}

// Evidence points at an event of a connection.
type Evidence struct {
	Pass       string `json:"pass,omitempty"` // cache id; "" = the finding's own
	Connection int    `json:"connection"`
	Event      int    `json:"event"` // Seq
	Says       string `json:"says"`  // what it proves, in a few words
}

// Finding is a rule's result.
type Finding struct {
	Rule        string     `json:"rule"`
	Severity    Severity   `json:"severity"`
	Pass        string     `json:"pass"`
	Connections []int      `json:"connections"` // the last is whom it happened to; those before it made the session
	Title       string     `json:"title"`
	Detail      string     `json:"detail"`
	Advice      string     `json:"advice"`
	Evidence    []Evidence `json:"evidence"`
	Reference   string     `json:"reference"`
	// Together says that it stands for many, each of which happened to one of Connections.
	Together bool `json:"together,omitempty"`
}

// Victims are the connections that it happened to.
func (f *Finding) Victims() []int {
	if f.Together || len(f.Connections) == 0 {
		return f.Connections
	}
	return f.Connections[len(f.Connections)-1:]
}

// Verdict is the whole run in one sentence for a manager and one for an engineer.
type Verdict struct {
	Title    string   `json:"title"`
	Detail   string   `json:"detail"`
	Severity Severity `json:"severity"`
}

// Result of a diagnosis.
type Result struct {
	Verdict      Verdict
	Findings     []Finding // what hurts most first
	Expectations []Expectation
}

// Rule looks at every pass of a log. Text that is the same for each finding is
// the rule's; a check fills in the rest.
type Rule struct {
	ID        string
	Severity  Severity
	Title     string // what it is about, for lists of rules
	Why       string // why it matters
	Limits    string // what it can't know
	Advice    string
	Reference string
	Check     func(v view) []Finding
}

// Rules are all rules, what hurts most first.
var Rules = []Rule{
	challengeSuppressed, clientAuthBypassed, anonymousSessionResumed, identityConfused,
	resumedAcrossNames, stackDisagrees, connectionCoalesced, connectionReused, trustEvaluationSkipped,
	identityRejected, noIdentityMatches, identityUnfit, stackCannotAnswer, ticketReused,
	challengeAfterHandshake, renegotiationResumed, sessionNotHonoured, misdirectedRequest,
}

// Diagnose judges a log. It may be called while the run goes on.
func Diagnose(log *trace.Log) Result {
	var r Result
	fresh := controls(log)
	for _, pass := range log.Passes {
		for i := range Rules {
			rule := &Rules[i]
			for _, f := range rule.Check(view{log: log, pass: pass, fresh: fresh}) {
				f.Rule, f.Pass = rule.ID, pass.Cache
				f.Severity = cmp.Or(f.Severity, rule.Severity)
				f.Advice = cmp.Or(f.Advice, rule.Advice)
				f.Reference = cmp.Or(f.Reference, rule.Reference)
				r.Findings = append(r.Findings, f)
			}
		}
	}
	place := map[string]int{}
	for i := range Rules {
		place[Rules[i].ID] = i
	}
	slices.SortStableFunc(r.Findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Severity.rank(), b.Severity.rank()), cmp.Compare(place[a.Rule], place[b.Rule]))
	})
	r.Expectations = judge(log, r.Findings)
	r.Verdict = verdict(log, r)
	r.Findings = together(r.Findings)
	return r
}

// view is one pass, with the rest of the run at hand.
type view struct {
	log   *trace.Log
	pass  *trace.Pass
	fresh map[step]control
}

// step is a connection's place in the plan, the same in every pass.
type step struct {
	plan, iteration int
	node            string
}

func stepOf(c *trace.Connection) step { return step{c.PlanConnection, c.Iteration, c.Node} }

// control is what a fresh connection met.
type control struct {
	pass       *trace.Pass
	connection *trace.Connection
}

// controls are the connections of the passes without a cache, of the first one
// that has the step: the last attempt is the one that counts.
func controls(log *trace.Log) map[step]control {
	fresh := map[step]control{}
	for _, p := range log.Passes {
		if !p.Policy.Disabled {
			continue
		}
		for _, c := range p.Connections {
			if before, ok := fresh[stepOf(c)]; !ok || before.pass == p {
				fresh[stepOf(c)] = control{p, c}
			}
		}
	}
	return fresh
}

// control returns what a fresh connection for the same step of the plan met: the
// connection of a pass without a cache, or nil. It is nil for that pass itself.
func (v view) control(c *trace.Connection) (*trace.Pass, *trace.Connection) {
	if v.pass.Policy.Disabled {
		return nil, nil
	}
	found := v.fresh[stepOf(c)]
	return found.pass, found.connection
}

// challengedControl returns the control connection if it was asked.
func (v view) challengedControl(c *trace.Connection) (*trace.Pass, *trace.Connection) {
	if p, x := v.control(c); x != nil && x.Challenged() {
		return p, x
	}
	return nil, nil
}

// on is the evidence of an event of c in this pass.
func on(c *trace.Connection, event int, says string) Evidence {
	return Evidence{Connection: c.Index, Event: event, Says: says}
}

// in is the evidence of an event of another pass.
func in(p *trace.Pass, c *trace.Connection, event int, says string) Evidence {
	return Evidence{Pass: p.Cache, Connection: c.Index, Event: event, Says: says}
}

// meant names whom a connection was meant to be.
func meant(c *trace.Connection) string {
	if c.Meant() == "" {
		return "nobody"
	}
	return c.Meant()
}

// whom names an optional identity.
func whom(id *string) string {
	if id == nil {
		return "nobody"
	}
	return *id
}

// resumed reports whether c took up a session.
func resumed(c *trace.Connection) bool { return c.Resumption != nil && c.Resumption.Accepted }

// Bad returns which connections a finding of severity error points at, by pass
// and index, for whoever draws them.
func (r Result) Bad(log *trace.Log) func(pass, connection int) bool {
	type place struct{ pass, connection int }
	bad := map[place]bool{}
	for _, f := range r.Findings {
		if f.Severity != Error {
			continue
		}
		for _, p := range log.Passes {
			if p.Cache == f.Pass {
				for _, n := range f.Victims() {
					bad[place{p.Index, n}] = true
				}
			}
		}
	}
	return func(pass, connection int) bool { return bad[place{pass, connection}] }
}
