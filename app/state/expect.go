package state

import (
	"fmt"
	"strings"

	"rechallenge/core/diagnose"
	"rechallenge/core/plan"
)

// Expect makes what the selected connection did an expectation of the plan, in
// the place of an earlier one about it, and says it in words; "" when no
// connection is selected, or the selected one never got to TLS.
func (s *State) Expect() string {
	p, c := s.Connection()
	if c == nil || c.Handshake == "" {
		return ""
	}
	e := diagnose.Seen(p, c)
	var words []string
	if e.Challenged != nil && *e.Challenged {
		words = append(words, "asked")
	} else if e.Challenged != nil {
		words = append(words, "not asked")
	}
	words = append(words, string(c.Handshake))
	if c.Resumption != nil && c.Resumption.Accepted {
		words = append(words, "by "+string(e.Mechanism))
	}
	if e.IdentityAuthenticated != nil {
		words = append(words, "as "+*e.IdentityAuthenticated)
	}
	if e.IdentitySeenByServer != nil {
		words = append(words, fmt.Sprintf("seen as %s", *e.IdentitySeenByServer))
	}
	if e.Status != 0 {
		words = append(words, fmt.Sprintf("answered %d", e.Status))
	}
	s.Edit(func(q *plan.Plan) {
		for i, old := range q.Expect {
			if old.Pass == e.Pass && old.Connection == e.Connection && old.OfConnection() {
				q.Expect[i] = e
				return
			}
		}
		q.Expect = append(q.Expect, e)
	})
	return fmt.Sprintf("connection %d under %s %s", c.Index, p.Cache, strings.Join(words, ", "))
}
