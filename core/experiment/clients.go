package experiment

import (
	"context"
	"fmt"

	"rechallenge/core/session"
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
		c.Rows = append(c.Rows, Row{Cells: []string{policy.Stack, word, as(x), why(x), policy.Confidence}, Mark: mark, Run: n, Pass: i + 1})
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
