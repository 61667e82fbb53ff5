package report

import (
	"fmt"
	"strings"

	"rechallenge/core/diagnose"
	"rechallenge/core/plan"
	"rechallenge/core/trace"
)

// Change is one difference between two reports. Before is empty for what is
// new, After for what is gone; both are words for people.
type Change struct {
	Where  string `json:"where"` // "verdict", "shared #2 bob at https://a.test/: handshake"
	Before string `json:"before"`
	After  string `json:"after"`
}

// Compare tells what changed from a to b: the verdict, the findings, the
// expectations, and each connection's answers. What differs from run to run
// without meaning anything (times, ports, digests) is left out.
func Compare(a, b *Report) []Change {
	d := differ{changes: []Change{}}
	for i, of := range comparable {
		if before, after := of(a), of(b); i == 0 {
			for n := range before {
				d.values(before[n].where, before[n].what, after[n].what)
			}
		} else {
			d.lists(before, after)
		}
	}
	return d.changes
}

// comparable are the things of a report that are compared, in the order in
// which they are told.
var comparable = []func(*Report) []said{verdictWords, findingWords, expectationWords, identityWords, answerWords}

func verdictWords(r *Report) []said {
	return []said{
		{"verdict", r.Result.Verdict.Title}, {"severity", string(r.Result.Verdict.Severity)}, {"stopped early", yes(interrupted(r.Log))},
	}
}

func interrupted(l *trace.Log) bool { return l.Done == nil || l.Done.Interrupted }

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// said is one comparable thing: where and what.
type said struct{ where, what string }

type differ struct{ changes []Change }

func (d *differ) values(where, before, after string) {
	if before != after {
		d.changes = append(d.changes, Change{where, before, after})
	}
}

// lists compares by where, in the order of b, then what only a has.
func (d *differ) lists(a, b []said) {
	before := map[string]string{}
	for _, s := range a {
		before[s.where] = s.what
	}
	have := map[string]bool{}
	for _, s := range b {
		have[s.where] = true
		d.values(s.where, before[s.where], s.what)
	}
	for _, s := range a {
		if !have[s.where] {
			d.values(s.where, s.what, "")
		}
	}
}

func findingWords(r *Report) []said {
	var list []said
	for _, f := range r.Result.Findings {
		where := fmt.Sprintf("finding %s, pass %s", f.Rule, f.Pass)
		if len(f.Connections) > 0 {
			where += fmt.Sprintf(", connection %d", f.Connections[len(f.Connections)-1].Connection)
		}
		list = append(list, said{where, string(f.Severity) + ": " + f.Title})
	}
	return list
}

func expectationWords(r *Report) []said {
	var list []said
	for i, e := range r.Result.Expectations {
		word := "holds: " + e.Expected
		if !e.Holds {
			word = fmt.Sprintf("failed: expected %s, got %s", e.Expected, e.Got)
		}
		list = append(list, said{expectationName(i, e), word})
	}
	return list
}

// expectationName tells an expectation from the others of its plan.
func expectationName(i int, e diagnose.Expectation) string {
	return fmt.Sprintf("expectation %d", i+1) + expectationPlace(e.Expect)
}

func expectationPlace(e plan.Expectation) string {
	var b strings.Builder
	for _, p := range []said{{"pass", e.Pass}, {"target", e.Target}, {"identity", e.Identity}} {
		if p.what != "" {
			fmt.Fprintf(&b, ", %s %s", p.where, p.what)
		}
	}
	if e.Connection > 0 {
		fmt.Fprintf(&b, ", connection %d", e.Connection)
	}
	return b.String()
}

func identityWords(r *Report) []said {
	var list []said
	for _, i := range r.Log.Run.Identities {
		list = append(list, said{"identity " + i.ID, i.Subject + ", SHA-256 " + i.FingerprintSHA256})
	}
	return list
}

// answerWords are the answers of every connection.
func answerWords(r *Report) []said {
	var list []said
	for _, p := range r.Log.Passes {
		for _, c := range p.Connections {
			where := fmt.Sprintf("%s #%d %s at %s: ", p.Cache, c.Index, c.Identity, c.URL)
			add := func(what, value string) { list = append(list, said{where + what, value}) }
			j := connection(c)
			add("handshake", or(string(c.Handshake), "never got to TLS"))
			add("TLS version", deref(j.TLSVersion))
			add("cipher suite", deref(j.CipherSuite))
			add("ALPN", deref(j.ALPN))
			add("resumption", resumptionWords(c.Resumption))
			var asked []string
			for _, ch := range j.Challenges {
				asked = append(asked, fmt.Sprintf("%s, answered with %s, acceptable CAs %q", ch.When, trace.Who(ch.AnsweredWith), ch.AcceptableCAs))
			}
			add("challenges", or(strings.Join(asked, "; "), absent))
			carries := trace.Who(c.IdentityAuthenticated)
			if !c.AuthenticatedKnown {
				carries = "unknown"
			}
			add("identity authenticated", carries)
			seen := "unknown"
			if c.IdentitySeenByServer != nil {
				seen = trace.Who(c.IdentitySeenByServer)
			}
			add("identity seen by the server", seen)
			add("server trust", or(string(c.ServerTrust), absent))
			status := absent
			if c.HTTP != nil {
				status = fmt.Sprintf("%d %s", c.HTTP.Status, c.HTTP.Proto)
			}
			add("HTTP", status)
			failure := absent
			if c.Error != nil {
				failure = strings.TrimSuffix(fmt.Sprintf("%s: %s %s", c.Error.Phase, c.Error.Reason, c.Error.Alert), " ")
			}
			add("error", failure)
		}
	}
	return list
}

func resumptionWords(r *trace.Resumption) string {
	switch {
	case r == nil:
		return "nothing offered"
	case !r.Accepted:
		return "offered and refused: " + string(r.Mechanism)
	case r.FromConnection == 0:
		return fmt.Sprintf("%s of an earlier run, established by %s", r.Mechanism, trace.Who(r.EstablishedBy))
	}
	return fmt.Sprintf("%s of connection %d, established by %s", r.Mechanism, r.FromConnection, trace.Who(r.EstablishedBy))
}

// absent stands where a list has nothing in it, or something did not come.
const absent = "none"

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func deref(s *string) string {
	if s == nil {
		return absent
	}
	return *s
}
