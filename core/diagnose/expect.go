package diagnose

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"rechallenge/core/plan"
	"rechallenge/core/trace"
)

// Expectation is one of the plan's, judged. Expected, Got, Connection, Pass and
// Evidence are of the first place that failed, or of the last one looked at.
type Expectation struct {
	Expect     plan.Expectation
	Holds      bool
	Expected   string
	Got        string
	Connection int    // 0 = none
	Pass       string // cache id, of a pass that may not have been run
	Evidence   []Evidence
}

// expectations holds every expectation of the plan against the log.
func expectations(log *trace.Log, findings []Finding) []Expectation {
	var list []Expectation
	for _, e := range log.Run.Plan.Expect {
		list = append(list, hold(log, findings, e))
	}
	return list
}

// hold judges one. It holds when every connection that it names has every
// property that it names, a finding that it names is there in one of the passes
// and one that must not be is in none; naming no existing place is a failure.
func hold(log *trace.Log, findings []Finding, e plan.Expectation) Expectation {
	x := Expectation{Expect: e, Pass: e.Pass, Connection: e.Connection, Evidence: []Evidence{}}
	var passes []*trace.Pass
	for _, p := range log.Passes {
		if (e.Pass == "" && !p.Control) || (e.Pass != "" && e.Pass == p.Cache) {
			passes = append(passes, p)
		}
	}
	if len(passes) == 0 {
		x.Expected, x.Got = "a pass "+e.Pass, "no such pass was run"
		return x
	}
	if !x.connections(passes) || !x.finding(passes, findings) || !x.noFinding(passes, findings) {
		return x
	}
	x.Holds = true
	return x
}

// names reports whether e is about c.
func names(e *plan.Expectation, c *trace.Connection) bool {
	return e.Hop == c.Hop && (e.Connection == 0 || e.Connection == c.Index) && (e.Target == "" || e.Target == c.Target) && (e.Identity == "" || e.Identity == c.Identity)
}

// connections checks the properties of every connection that is meant.
func (x *Expectation) connections(passes []*trace.Pass) bool {
	if !x.Expect.OfConnection() {
		return true
	}
	met := false
	for _, p := range passes {
		for _, c := range p.Connections {
			if !names(&x.Expect, c) {
				continue
			}
			met = true
			x.Pass, x.Connection = p.Cache, c.Index
			if !x.properties(c) {
				return false
			}
		}
	}
	if !met {
		x.Expected, x.Got = "a connection that fits the description", absent
	}
	return met
}

// of finds a finding of a rule about what the expectation names.
func (x *Expectation) of(rule string, passes []*trace.Pass, findings []Finding) *Finding {
	for i := range findings {
		f := &findings[i]
		at := slices.IndexFunc(passes, func(p *trace.Pass) bool { return p.Cache == f.Pass })
		if f.Rule != rule || at < 0 {
			continue
		}
		about := x.Expect.Connection == 0 && x.Expect.Target == "" && x.Expect.Identity == ""
		for _, n := range f.Connections {
			if c := passes[at].Connection(n.Connection); c != nil && names(&x.Expect, c) {
				about = true
			}
		}
		if about {
			return f
		}
	}
	return nil
}

// finding checks that a finding is there.
func (x *Expectation) finding(passes []*trace.Pass, findings []Finding) bool {
	rule := x.Expect.Finding
	if rule == "" {
		return true
	}
	x.say("finding "+rule, "finding "+rule)
	f := x.of(rule, passes, findings)
	if f == nil {
		x.Got = "no such finding"
		return false
	}
	x.point(f)
	return true
}

// noFinding checks that a finding is not there.
func (x *Expectation) noFinding(passes []*trace.Pass, findings []Finding) bool {
	rule := x.Expect.NoFinding
	if rule == "" {
		return true
	}
	x.say("no finding "+rule, "no finding "+rule)
	f := x.of(rule, passes, findings)
	if f == nil {
		return true
	}
	x.Got = f.Title
	x.point(f)
	return false
}

// say adds to what was expected and what came.
func (x *Expectation) say(expected, got string) {
	if x.Expected != "" {
		expected, got = x.Expected+", "+expected, x.Got+", "+got
	}
	x.Expected, x.Got = expected, got
}

// point makes a finding's place and evidence the expectation's.
func (x *Expectation) point(f *Finding) {
	x.Pass, x.Evidence = f.Pass, slices.Clone(f.Evidence)
	if len(f.Connections) > 0 {
		x.Connection = f.Connections[len(f.Connections)-1].Connection
	}
}

// properties checks what the expectation says of a connection.
func (x *Expectation) properties(c *trace.Connection) bool {
	e := &x.Expect
	var want, got []string
	x.Evidence = []Evidence{}
	check := func(name, expected, actual string, event int) {
		want = append(want, name+" "+expected)
		if expected != actual {
			got = append(got, name+" "+actual)
		}
		if event > 0 {
			x.Evidence = append(x.Evidence, on(c, event, name+" "+actual))
		}
	}
	if e.Challenged != nil {
		actual, event := strconv.FormatBool(c.Challenged()), c.Proof.ServerHello
		if c.Challenged() {
			event = c.Challenges[0].Event
		} else if c.Handshake == "" {
			actual, event = "unknown: it never got to TLS", c.Proof.Done
		} else if c.ChallengeHidden {
			actual = "unknown: encryption hides it"
		}
		check("challenged", strconv.FormatBool(*e.Challenged), actual, event)
	}
	if e.Handshake != "" {
		actual, event := string(c.Handshake), c.Proof.ServerHello
		if actual == "" {
			actual = "unknown: it never got to TLS"
		}
		if event == 0 {
			event = c.Proof.Done
		}
		check("handshake", string(e.Handshake), actual, event)
	}
	if e.Mechanism != "" {
		actual := plan.NoMechanism
		if resumed(c) {
			actual = c.Resumption.Mechanism
		}
		check("mechanism", string(e.Mechanism), string(actual), c.Proof.ServerHello)
	}
	if e.IdentityAuthenticated != nil {
		actual := trace.Who(c.IdentityAuthenticated)
		if !c.AuthenticatedKnown {
			actual = "unknown"
		}
		check("identity_authenticated", plan.Who(*e.IdentityAuthenticated), actual, c.Proof.ClientFinished)
	}
	if e.IdentitySeenByServer != nil {
		check("identity_seen_by_server", plan.Who(*e.IdentitySeenByServer), seen(c, *e.IdentitySeenByServer), c.Proof.Whoami)
	}
	if e.Status != 0 {
		actual := absent
		if c.HTTP != nil {
			actual = strconv.Itoa(c.HTTP.Status)
		}
		check("status", strconv.Itoa(e.Status), actual, c.Proof.Response)
	}
	x.Expected, x.Got = strings.Join(want, ", "), strings.Join(want, ", ")
	if len(got) > 0 {
		x.Got = strings.Join(got, ", ")
		if c.Error != nil {
			x.Got += fmt.Sprintf(" (%s: %s)", c.Error.Phase, c.Error.Message)
			x.Evidence = append(x.Evidence, on(c, c.Proof.Done, "it failed"))
		}
	}
	return len(got) == 0
}

// seen gives the server's words in the terms of the expectation: an identity's
// id, or the words themselves.
func seen(c *trace.Connection, expected string) string {
	switch {
	case c.IdentitySeenByServer == nil:
		return "unknown"
	case c.SeenAs != nil && *c.SeenAs == expected:
		return expected
	}
	return trace.Who(c.IdentitySeenByServer)
}

// absent is what was got where there is nothing to compare with.
const absent = "none"
