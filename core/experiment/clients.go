package experiment

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"rechallenge/core/plan"
	"rechallenge/core/session"
	"rechallenge/core/trace"
)

// Clients runs the pair under the rules of every client stack there is a
// profile of.
var Clients = Experiment{
	ID: "clients", Title: "Which clients are bitten?",
	Line:        "Runs the pair under the session-cache rules of every client stack that has a profile.",
	Connections: func(Question) int { return 2 * (len(profiles()) + 1) },
	Ask:         askClients,
}

// profiles are the policies that describe a client stack.
func profiles() []session.Policy {
	var list []session.Policy
	for _, p := range session.Policies {
		if p.Stack != "" {
			list = append(list, p)
		}
	}
	return list
}

func askClients(ctx context.Context, q Question, run Runner) (*Conclusion, error) {
	p, err := q.pair()
	if err != nil {
		return nil, err
	}
	list := profiles()
	p.Caches = nil
	for _, policy := range list {
		p.Caches = append(p.Caches, policy.ID)
	}
	p.Caches = append(p.Caches, "none")
	book := &notebook{run: run}
	log, n, err := book.do(ctx, Step{Title: "under every profile", Plan: p})
	if err != nil {
		return nil, err
	}
	c := &Conclusion{Experiment: "clients", Columns: []string{"client", "second connection", "as", "why", "how sure"}}
	bitten := 0
	for i, policy := range list {
		x := second(log, i+1)
		word, mark := asked(x)
		if word == "not asked" {
			bitten++
		}
		c.Rows = append(c.Rows, Row{Cells: []string{policy.Title, word, as(x), reason(policy, x, sameTarget(p)), certainty(policy)}, Mark: mark, Run: n, Pass: i + 1})
	}
	control := second(log, len(list)+1)
	word, mark := asked(control)
	c.Rows = append(c.Rows, Row{Cells: []string{"no cache (control)", word, as(control), why(control), "measured"}, Mark: mark, Run: n, Pass: len(list) + 1})
	c.Runs = book.runs
	switch {
	case word == "not asked":
		c.Title = "This server does not ask even a fresh connection, so no client can be told from another"
	case bitten == 0:
		c.Title = "None of the clients is bitten on this server"
	default:
		c.Title = fmt.Sprintf("%d of %d clients would not be asked for the second identity", bitten, len(list))
	}
	c.Detail = "The rules are those of the profiles, the handshakes are this program's: a profile that is only documented or reported is to be measured with the client itself."
	return c, nil
}

// sameTarget says that both connections of a pair go to one target, so that
// nothing but the client's rules keeps a session of the first from the second.
func sameTarget(p plan.Plan) bool { return p.Connections[0].Target == p.Connections[1].Target }

// reason says how a connection came to be as it is, by the rule of the profile
// where a rule explains a full handshake.
func reason(p session.Policy, c *trace.Connection, same bool) string {
	if c == nil || c.Error != nil || c.ReusedConnection != nil || c.Resumption != nil || !same {
		return why(c)
	}
	switch {
	case p.Disabled || p.Mechanisms != nil && len(p.Mechanisms) == 0:
		return "this client resumes no session"
	case slices.Contains(p.Recipe, session.PartIdentity):
		return "the identity is part of the session key"
	case p.FlushOnIdentity:
		return "choosing another identity drops the sessions"
	case p.Mechanisms != nil:
		var offers []string
		for _, m := range p.Mechanisms {
			offers = append(offers, string(m))
		}
		return "resumes by " + strings.Join(offers, ", ") + " only, and had no such session of this server"
	}
	return why(c)
}

// certainty is how sure a profile is, and what to do where it was never tried.
func certainty(p session.Policy) string {
	switch p.Confidence {
	case "documented", "reported", "unknown":
		return p.Confidence + ", to be measured"
	}
	return p.Confidence
}
