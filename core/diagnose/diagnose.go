// Package diagnose turns a folded trace into findings and a verdict, and holds
// the plan's expectations against it. Pure: trace in, findings out. A rule is a
// value in Rules.
package diagnose

import (
	"cmp"
	"slices"

	"rechallenge/core/plan"
	"rechallenge/core/protocol"
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
	At    trace.Ref
	Event int    // Seq
	Says  string // what it proves, in a few words
}

// Finding is a rule's result.
type Finding struct {
	Rule        string
	Severity    Severity
	Pass        string      // cache id
	Connections []trace.Ref // the last is whom it happened to; those before it made the session
	Title       string
	Detail      string
	Advice      string
	Evidence    []Evidence
	Reference   string
	// Together says that it stands for many, each of which happened to one of Connections.
	Together bool
}

// Victims are the connections that it happened to.
func (f *Finding) Victims() []trace.Ref {
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
	Visitors     []Visitor // clients that came to a place of ours; nil elsewhere
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
	challengeSuppressed, clientAuthBypassed, anonymousSessionResumed, earlyDataAsAnother, identityConfused, notAskedEverywhere,
	serverSawNobody, answerDiffers, resumedPastExpiry, resumedPastRevocation, resumedPastTrust,
	resumedAcrossNames, stackDisagrees, connectionCoalesced, connectionReused, trustEvaluationSkipped,
	identityRejected, noIdentityMatches, wrongIdentity, accessRefused, keyGoneSessionLives, identityUnfit, stackCannotAnswer, ticketReused,
	challengeAfterHandshake, renegotiationResumed, resumedInsteadOfAsked, sessionNotHonoured, misdirectedRequest, saidBeforeTLS,
}

// Diagnose judges a log. It may be called while the run goes on.
func Diagnose(log *trace.Log) Result {
	var r Result
	asking := askings(log)
	for _, pass := range log.Passes {
		if pass.Cache == trace.NobodyPass {
			continue // it is there to learn from
		}
		for i := range Rules {
			rule := &Rules[i]
			found := rule.Check(view{log: log, pass: pass, asking: asking})
			for i := range found {
				f := &found[i]
				f.Rule, f.Pass = rule.ID, pass.Cache
				f.Severity = cmp.Or(f.Severity, rule.Severity)
				f.Advice = cmp.Or(f.Advice, rule.Advice)
				f.Reference = cmp.Or(f.Reference, rule.Reference)
			}
			r.Findings = append(r.Findings, together(found)...)
		}
	}
	place := map[string]int{}
	for i := range Rules {
		place[Rules[i].ID] = i
	}
	slices.SortStableFunc(r.Findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Severity.rank(), b.Severity.rank()), cmp.Compare(place[a.Rule], place[b.Rule]))
	})
	r.Expectations = expectations(log, r.Findings)
	r.Visitors = Visitors(log)
	r.Verdict = verdict(log, r)
	return r
}

// view is one pass, with the rest of the run at hand.
type view struct {
	log    *trace.Log
	pass   *trace.Pass
	asking map[string]asking
}

// on is the evidence of an event of c.
func on(c *trace.Connection, event int, says string) Evidence {
	return Evidence{At: c.Ref(), Event: event, Says: says}
}

// meant names whom a connection was meant to be.
func meant(c *trace.Connection) string {
	if !c.MeantKnown() {
		return "somebody nobody named"
	}
	return plan.Who(c.Meant())
}

// resumed reports whether c took up a session.
// A resumption that either side broke off was never completed.
func resumed(c *trace.Connection) bool {
	return c.Resumption != nil && c.Resumption.Accepted && (c.Handshake != protocol.Failed || c.Library != nil && c.Library.Error == nil)
}

// Bad returns which connections a finding of severity error points at, for
// whoever draws them.
func (r Result) Bad() func(trace.Ref) bool {
	bad := map[trace.Ref]bool{}
	for _, f := range r.Findings {
		if f.Severity != Error {
			continue
		}
		for _, at := range f.Victims() {
			bad[at] = true
		}
	}
	return func(at trace.Ref) bool { return bad[at] }
}
