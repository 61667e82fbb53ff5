// Package diagnose turns a folded trace into findings and a verdict. Pure:
// trace in, findings out. A rule is a value in Rules.
package diagnose

import "rechallenge/core/trace"

// Severity of a finding or verdict.
type Severity string

// The severities, worst first; OK is for verdicts only.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
	Info    Severity = "info"
	OK      Severity = "ok"
)

// Evidence points at an event of a connection of the finding's pass (or of the
// control pass, when Pass says so).
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
	Connections []int      `json:"connections"`
	Title       string     `json:"title"`
	Detail      string     `json:"detail"`
	Advice      string     `json:"advice"`
	Evidence    []Evidence `json:"evidence"`
	Reference   string     `json:"reference"`
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

// Expectation is one of the plan's, judged. Got and Connection point at the
// first that failed, or the last looked at.
type Expectation struct {
	Index      int    `json:"index"` // into Plan.Expect
	Holds      bool   `json:"holds"`
	Expected   string `json:"expected"`
	Got        string `json:"got"`
	Connection int    `json:"connection"`
	Pass       string `json:"pass"`
}

// Diagnose judges a log. It may be called while the run goes on.
func Diagnose(log *trace.Log) Result { return Result{} }
