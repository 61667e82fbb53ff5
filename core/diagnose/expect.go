package diagnose

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"rechallenge/core/plan"
	"rechallenge/core/trace"
)

// Expectation is one of the plan's, judged. Got, Connection and Pass point at
// the first place that failed, or the last one looked at.
type Expectation struct {
	Expect     plan.Expectation `json:"expect"`
	Holds      bool             `json:"holds"`
	Expected   string           `json:"expected"`
	Got        string           `json:"got"`
	Connection int              `json:"connection"`
	Pass       string           `json:"pass"`
}

// judge holds every expectation of the plan against the log.
func judge(log *trace.Log, findings []Finding) []Expectation {
	var list []Expectation
	for _, e := range log.Run.Plan.Expect {
		list = append(list, hold(log, findings, e))
	}
	return list
}

// hold judges one. It holds when every place that it names has every property
// that it names; naming no existing place is a failure.
func hold(log *trace.Log, findings []Finding, e plan.Expectation) Expectation {
	x := Expectation{Expect: e, Pass: e.Pass, Connection: e.Connection}
	seen := false
	for _, p := range log.Passes {
		if (e.Pass == "" && p.Control) || (e.Pass != "" && e.Pass != p.Cache) {
			continue
		}
		if e.Finding != "" || e.NoFinding != "" {
			seen = true
			if !x.findings(p, findings) {
				return x
			}
		}
		if !e.OfConnection() {
			continue
		}
		for _, c := range p.Connections {
			if (e.Connection != 0 && e.Connection != c.Index) || (e.Target != "" && e.Target != c.Target) || (e.Identity != "" && e.Identity != c.Identity) {
				continue
			}
			seen = true
			x.Pass, x.Connection = p.Cache, c.Index
			if !x.properties(c) {
				return x
			}
		}
	}
	x.Holds = seen
	if !seen {
		x.Expected, x.Got = "a connection that fits the description", "none"
	}
	return x
}

// findings checks finding and no_finding in a pass.
func (x *Expectation) findings(p *trace.Pass, findings []Finding) bool {
	has := func(rule string) *Finding {
		for i := range findings {
			f := &findings[i]
			if f.Pass == p.Cache && f.Rule == rule && (x.Expect.Connection == 0 || slices.Contains(f.Connections, x.Expect.Connection)) {
				return f
			}
		}
		return nil
	}
	x.Pass = p.Cache
	if rule := x.Expect.Finding; rule != "" {
		x.Expected, x.Got = "finding "+rule, "finding "+rule
		if has(rule) == nil {
			x.Got = "no such finding"
			return false
		}
	}
	if rule := x.Expect.NoFinding; rule != "" {
		x.Expected, x.Got = "no finding "+rule, "no finding "+rule
		if f := has(rule); f != nil {
			x.Got = f.Title
			return false
		}
	}
	return true
}

// properties checks what the expectation says of a connection.
func (x *Expectation) properties(c *trace.Connection) bool {
	e := &x.Expect
	var want, got []string
	check := func(name, expected, actual string) {
		want = append(want, name+" "+expected)
		if expected != actual {
			got = append(got, name+" "+actual)
		}
	}
	if e.Challenged != nil {
		actual := strconv.FormatBool(c.Challenged())
		if !c.Challenged() && c.Handshake == "" {
			actual = "unknown: it never got to TLS"
		}
		check("challenged", strconv.FormatBool(*e.Challenged), actual)
	}
	if e.Handshake != "" {
		check("handshake", e.Handshake, string(c.Handshake))
	}
	if e.Mechanism != "" {
		actual := "none"
		if resumed(c) {
			actual = string(c.Resumption.Mechanism)
		}
		check("mechanism", e.Mechanism, actual)
	}
	if e.IdentityAuthenticated != nil {
		actual := whom(c.IdentityAuthenticated)
		if !c.AuthenticatedKnown {
			actual = "unknown"
		}
		check("identity_authenticated", nobody(*e.IdentityAuthenticated), actual)
	}
	if e.IdentitySeenByServer != nil {
		check("identity_seen_by_server", nobody(*e.IdentitySeenByServer), seen(c, *e.IdentitySeenByServer))
	}
	if e.Status != 0 {
		actual := "none"
		if c.HTTP != nil {
			actual = strconv.Itoa(c.HTTP.Status)
		}
		check("status", strconv.Itoa(e.Status), actual)
	}
	x.Expected, x.Got = strings.Join(want, ", "), strings.Join(want, ", ")
	if len(got) > 0 {
		x.Got = strings.Join(got, ", ")
		if c.Error != nil {
			x.Got += fmt.Sprintf(" (%s: %s)", c.Error.Phase, c.Error.Message)
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
	return nobody(*c.IdentitySeenByServer)
}

// nobody writes the absence of an identity in one way.
func nobody(id string) string {
	if id == "" || id == plan.None {
		return "nobody"
	}
	return id
}
