package state

import (
	"fmt"
	"strings"

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
	asked := c.Challenged()
	e := plan.Expectation{Pass: p.Cache, Connection: c.Index, Challenged: &asked, Handshake: string(c.Handshake)}
	words := []string{"asked"}
	if !asked {
		words[0] = tr("not asked")
	}
	words = append(words, string(c.Handshake))
	if c.Resumption != nil && c.Resumption.Accepted {
		e.Mechanism = string(c.Resumption.Mechanism)
		words = append(words, "by "+e.Mechanism)
	}
	if c.AuthenticatedKnown {
		who := deref(c.IdentityAuthenticated)
		if who == "" {
			who = plan.None
		}
		e.IdentityAuthenticated = &who
		words = append(words, "as "+who)
	}
	if c.HTTP != nil {
		e.Status = c.HTTP.Status
		words = append(words, fmt.Sprintf(tr("answered %d"), c.HTTP.Status))
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
	return fmt.Sprintf(tr("connection %d under %s %s"), c.Index, p.Cache, strings.Join(words, ", "))
}
