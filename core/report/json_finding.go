package report

import (
	"rechallenge/core/diagnose"
	"rechallenge/core/plan"
	"rechallenge/core/trace"
)

// findingJSON is a finding as the contract has it: passes by their cache's id.
type findingJSON struct {
	Rule        string            `json:"rule"`
	Severity    diagnose.Severity `json:"severity"`
	Pass        string            `json:"pass"`
	Connections []int             `json:"connections"`
	Title       string            `json:"title"`
	Detail      string            `json:"detail"`
	Advice      string            `json:"advice"`
	Evidence    []evidenceJSON    `json:"evidence"`
	Reference   string            `json:"reference"`
	Together    bool              `json:"together,omitempty"`
}

type evidenceJSON struct {
	Pass       string `json:"pass,omitempty"` // absent = the finding's own
	Connection int    `json:"connection"`
	Event      int    `json:"event"`
	Says       string `json:"says"`
}

type expectationJSON struct {
	Expect     plan.Expectation `json:"expect"`
	Holds      bool             `json:"holds"`
	Expected   string           `json:"expected"`
	Got        string           `json:"got"`
	Connection int              `json:"connection"`
	Pass       string           `json:"pass"`
	Evidence   []evidenceJSON   `json:"evidence"`
}

func findingsJSON(log *trace.Log, findings []diagnose.Finding) []findingJSON {
	list := []findingJSON{}
	for _, f := range findings {
		j := findingJSON{
			Rule: f.Rule, Severity: f.Severity, Pass: f.Pass, Connections: []int{}, Title: f.Title, Detail: f.Detail, Advice: f.Advice,
			Evidence: evidencesJSON(log, f.Pass, f.Evidence), Reference: f.Reference, Together: f.Together,
		}
		for _, at := range f.Connections {
			j.Connections = append(j.Connections, at.Connection)
		}
		list = append(list, j)
	}
	return list
}

func expectationsJSON(log *trace.Log, expectations []diagnose.Expectation) []expectationJSON {
	list := []expectationJSON{}
	for _, e := range expectations {
		list = append(list, expectationJSON{e.Expect, e.Holds, e.Expected, e.Got, e.Connection, e.Pass, evidencesJSON(log, e.Pass, e.Evidence)})
	}
	return list
}

func evidencesJSON(log *trace.Log, pass string, evidence []diagnose.Evidence) []evidenceJSON {
	list := []evidenceJSON{}
	for _, e := range evidence {
		j := evidenceJSON{Connection: e.At.Connection, Event: e.Event, Says: e.Says}
		if cache := log.Cache(e.At.Pass); cache != pass {
			j.Pass = cache
		}
		list = append(list, j)
	}
	return list
}

// findingsOf reads findings back. What names a pass that is not there points nowhere.
func findingsOf(log *trace.Log, list []findingJSON) []diagnose.Finding {
	var findings []diagnose.Finding
	for _, j := range list {
		f := diagnose.Finding{
			Rule: j.Rule, Severity: j.Severity, Pass: j.Pass, Title: j.Title, Detail: j.Detail, Advice: j.Advice,
			Evidence: evidenceOf(log, j.Pass, j.Evidence), Reference: j.Reference, Together: j.Together,
		}
		for _, n := range j.Connections {
			f.Connections = append(f.Connections, refTo(log, j.Pass, n))
		}
		findings = append(findings, f)
	}
	return findings
}

func expectationsOf(log *trace.Log, list []expectationJSON) []diagnose.Expectation {
	var expectations []diagnose.Expectation // nil when there are none, as diagnose has it
	for _, j := range list {
		expectations = append(expectations, diagnose.Expectation{
			Expect: j.Expect, Holds: j.Holds, Expected: j.Expected, Got: j.Got, Connection: j.Connection, Pass: j.Pass, Evidence: evidenceOf(log, j.Pass, j.Evidence),
		})
	}
	return expectations
}

func evidenceOf(log *trace.Log, pass string, list []evidenceJSON) []diagnose.Evidence {
	evidence := []diagnose.Evidence{}
	for _, j := range list {
		evidence = append(evidence, diagnose.Evidence{At: refTo(log, or(j.Pass, pass), j.Connection), Event: j.Event, Says: j.Says})
	}
	return evidence
}

// refTo is connection n of the pass under a cache; the zero Ref when there is no
// such pass.
func refTo(log *trace.Log, cache string, n int) trace.Ref {
	if p := log.Named(cache); p != nil {
		return trace.Ref{Pass: p.Index, Connection: n}
	}
	return trace.Ref{}
}
