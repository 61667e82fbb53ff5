package diagnose

import (
	"fmt"
	"strings"

	"rechallenge/core/trace"
)

// maxAlike is how many findings of one rule a pass has one by one; those that
// follow are one finding. A long run has the same thing to say thousands of
// times.
const maxAlike = 100

// together makes one finding of what follows the first maxAlike of each rule
// and severity in each pass.
func together(findings []Finding) []Finding {
	type kind struct {
		rule, pass string
		severity   Severity
	}
	seen, merged := map[kind]int{}, map[kind]int{} // how many; where the one of the others is
	var list []Finding
	for _, f := range findings {
		k := kind{f.Rule, f.Pass, f.Severity}
		if seen[k]++; seen[k] <= maxAlike {
			list = append(list, f)
			continue
		}
		if seen[k] == maxAlike+1 {
			merged[k] = len(list)
			list = append(list, Finding{Rule: f.Rule, Severity: f.Severity, Pass: f.Pass, Advice: f.Advice, Reference: f.Reference, Together: true})
		}
		m := &list[merged[k]]
		if n := len(f.Connections); n > 0 {
			m.Connections = append(m.Connections, f.Connections[n-1])
		}
		if len(m.Evidence) < maxTogether {
			m.Evidence = append(m.Evidence, f.Evidence...)
		}
	}
	for k, at := range merged {
		m := &list[at]
		more := seen[k] - maxAlike
		m.Title = fmt.Sprintf("%s: %d more of the same", m.Rule, more)
		for i := range Rules {
			if Rules[i].ID == m.Rule {
				m.Title = fmt.Sprintf("%s: %d more times", Rules[i].Title, more)
			}
		}
		m.Detail = fmt.Sprintf("Under the cache %q the same happened %d more times. The first %d stand one by one, these together: %s.", m.Pass, more, maxAlike, some(m.Connections))
	}
	return list
}

// maxTogether is how many pieces of evidence such a finding has, and how many
// connections its text names.
const maxTogether = 10

// some names the first of many connections.
func some(connections []trace.Ref) string {
	var names []string
	for _, n := range connections[:min(len(connections), maxTogether)] {
		names = append(names, fmt.Sprint(n.Connection))
	}
	if len(names) == 1 {
		return "connection " + names[0]
	}
	text := "connections " + strings.Join(names, ", ")
	if more := len(connections) - maxTogether; more > 0 {
		text += fmt.Sprintf(" and %d others", more)
	}
	return text
}
