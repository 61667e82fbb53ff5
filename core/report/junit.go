package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"rechallenge/core/diagnose"
	"rechallenge/core/trace"
)

// The JUnit XML that CI servers read, as Maven's Surefire writes it.
type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Time     string       `xml:"time,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name       string          `xml:"name,attr"`
	Tests      int             `xml:"tests,attr"`
	Failures   int             `xml:"failures,attr"`
	Errors     int             `xml:"errors,attr"`
	Skipped    int             `xml:"skipped,attr"`
	Time       string          `xml:"time,attr"`
	Timestamp  string          `xml:"timestamp,attr"`
	Properties []junitProperty `xml:"properties>property"`
	Cases      []junitCase     `xml:"testcase"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	Class   string       `xml:"classname,attr"`
	Name    string       `xml:"name,attr"`
	Time    string       `xml:"time,attr"`
	Failure *junitReason `xml:"failure"`
	Error   *junitReason `xml:"error"`
	Skipped *junitReason `xml:"skipped"`
	Out     string       `xml:"system-out,omitempty"`
}

type junitReason struct {
	Type    string `xml:"type,attr,omitempty"`
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// writeJUnit writes one case for the run, each expectation and each rule. It
// fails where the command line's exit status would: with expectations they
// decide and findings are told in a passed case's output; without, findings of
// severity error fail. What could not be run is an error.
func writeJUnit(w io.Writer, r *Report) error {
	took := r.Log.End
	suites := junitSuites{Name: "rechallenge", Time: seconds(took), Suites: []junitSuite{
		junitOf("rechallenge.run", r, []junitCase{junitRun(r)}),
	}}
	if len(r.Result.Expectations) > 0 {
		suites.Suites = append(suites.Suites, junitOf("rechallenge.expectations", r, junitExpectations(r)))
	}
	suites.Suites = append(suites.Suites, junitOf("rechallenge.rules", r, junitRules(r)))
	for _, s := range suites.Suites {
		suites.Tests, suites.Failures, suites.Errors = suites.Tests+s.Tests, suites.Failures+s.Failures, suites.Errors+s.Errors
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(suites); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func junitOf(name string, r *Report, cases []junitCase) junitSuite {
	s := junitSuite{Name: name, Tests: len(cases), Time: seconds(r.Log.End), Timestamp: stamp(r.Log.Run.Started), Cases: cases, Properties: []junitProperty{
		{"tool", r.Log.Run.Tool.Name + " " + r.Log.Run.Tool.Version},
		{"verdict", clean(r.Result.Verdict.Title)},
	}}
	for i := range cases {
		cases[i].Class, cases[i].Time = name, "0"
		switch c := &cases[i]; {
		case c.Failure != nil:
			s.Failures++
		case c.Error != nil:
			s.Errors++
		case c.Skipped != nil:
			s.Skipped++
		}
	}
	return s
}

// junitRun is whether anything is known at all.
func junitRun(r *Report) junitCase {
	c := junitCase{Name: "the run was carried out", Out: clean(r.Result.Verdict.Title + "\n" + r.Result.Verdict.Detail)}
	switch {
	case interrupted(r.Log):
		c.Error = &junitReason{Type: "interrupted", Message: "the run was stopped early"}
	case diagnose.OutcomeOf(r.Log, r.Result) == diagnose.NotRun:
		c.Error = &junitReason{Type: "unreachable", Message: clean(r.Result.Verdict.Title), Text: clean(r.Result.Verdict.Detail)}
	}
	return c
}

func junitExpectations(r *Report) []junitCase {
	var list []junitCase
	for i, e := range r.Result.Expectations {
		c := junitCase{Name: clean(expectationName(i, e) + ": " + wanted(e.Expect))}
		if !e.Holds {
			c.Failure = &junitReason{
				Type: "expectation", Message: clean(fmt.Sprintf("expected %s, got %s", e.Expected, e.Got)),
				Text: clean(fmt.Sprintf("pass %s, connection %d\nexpected: %s\ngot: %s\nevidence: %s", e.Pass, e.Connection, e.Expected, e.Got, evidence(r.Log, e))),
			}
		}
		list = append(list, c)
	}
	return list
}

func junitRules(r *Report) []junitCase {
	var list []junitCase
	decide := len(r.Result.Expectations) == 0
	for _, rule := range diagnose.Rules {
		c := junitCase{Name: clean(rule.ID + ": " + rule.Title)}
		var said []string
		for _, f := range r.Result.Findings {
			if f.Rule != rule.ID {
				continue
			}
			text := findingText(r.Log, f)
			said = append(said, text)
			if decide && f.Severity == diagnose.Error && c.Failure == nil {
				c.Failure = &junitReason{Type: rule.ID, Message: clean(f.Title), Text: clean(text)}
			}
		}
		c.Out = clean(strings.Join(said, "\n\n"))
		list = append(list, c)
	}
	return list
}

// findingText is a finding as plain text.
func findingText(log *trace.Log, f diagnose.Finding) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\npass %s\n%s\nWhat to do: %s\n", f.Severity, f.Title, f.Pass, f.Detail, f.Advice)
	for _, e := range f.Evidence {
		fmt.Fprintf(&b, "Evidence: %s, event %d: %s\n", log.Words(e.At), e.Event, e.Says)
	}
	fmt.Fprintf(&b, "Reference: %s", f.Reference)
	return b.String()
}

// seconds with three decimals and no thousands' mark, as Surefire's schema wants.
func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }
