package experiment

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"rechallenge/core/plan"
	"rechallenge/core/session"
	"rechallenge/core/target"
	"rechallenge/core/trace"
)

// Farm offers each node of a target the sessions of each other node.
var Farm = Experiment{
	ID: "farm", Title: "Does the farm share its sessions?",
	Line: "For a target with several addresses in connect_to: a session made at each node is offered at each other one.",
	Pair: Maker, Everywhere: true, Nodes: 2,
	Axes: &Axes{Down: "session made at", Across: "offered at", Cell: []string{"taken"}},
	Connections: func(q Question) int {
		var steps []Step
		list, err := crossings(q)
		for _, x := range list {
			steps = append(steps, x.Step)
		}
		return total(steps, err)
	},
	Ask: askFarm,
}

// ErrNodes is wrapped when the plan has no target with several addresses.
var ErrNodes = errors.New("name several addresses in a target's connect_to")

// byName is the cache whose sessions go wherever the name goes.
var byName = plan.CustomCache{ID: "by-name", Key: session.Recipe{session.PartName}}

// farm is the target of the question's first connection where it has several
// addresses, else the plan's first one that has; nil when there is none.
func farm(q Question) *target.Target {
	if q.First >= 1 && q.First <= len(q.Plan.Connections) {
		if t := q.Plan.Target(q.Plan.Connections[q.First-1].Target); t != nil && len(t.ConnectTo) > 1 {
			return t
		}
	}
	for i := range q.Plan.Targets {
		if len(q.Plan.Targets[i].ConnectTo) > 1 {
			return &q.Plan.Targets[i]
		}
	}
	return nil
}

// crossing offers the session of one node at another.
type crossing struct {
	from, to netip.AddrPort
	Step
}

func crossings(q Question) ([]crossing, error) {
	t := farm(q)
	if t == nil {
		return nil, fmt.Errorf("this question is about the nodes of a farm: %w", ErrNodes)
	}
	identity := plan.None
	for _, c := range q.Plan.Connections {
		if c.Target == t.ID {
			identity = c.Identity
			break
		}
	}
	var list []crossing
	for i, from := range t.ConnectTo {
		for j, to := range t.ConnectTo {
			if i == j {
				continue
			}
			p := q.Plan
			a, b := *t, *t
			a.ID, a.ConnectTo = "from", target.Addresses{from}
			b.ID, b.ConnectTo = "to", target.Addresses{to}
			p.Targets = []target.Target{a, b}
			p.Connections = []plan.Connection{{Target: a.ID, Identity: identity}, {Target: b.ID, Identity: identity}}
			p.CustomCaches, p.Caches = []plan.CustomCache{byName}, []string{byName.ID}
			p.Repeat, p.Concurrency, p.HTTPReuse, p.Expect = 1, 1, "off", nil
			list = append(list, crossing{from, to, Step{Title: fmt.Sprintf("from %s to %s", from, to), Plan: p, Knows: true}})
		}
	}
	return list, nil
}

func askFarm(ctx context.Context, q Question, run Runner) (*Conclusion, error) {
	list, err := crossings(q)
	if err != nil {
		return nil, err
	}
	book := &notebook{run: run}
	c := &Conclusion{Experiment: "farm", Columns: []string{"session made at", "offered at", "taken", "why"}}
	taken, known := 0, 0
	for _, s := range list {
		log, n, err := book.do(ctx, s.Step)
		if err != nil {
			return book.end(ctx, c, stoppedTitle, err)
		}
		x := second(log, 1)
		word, mark := shares(x)
		if mark != Unknown {
			known++
		}
		if mark == Good {
			taken++
		}
		c.Rows = append(c.Rows, row([]string{s.from.String(), s.to.String(), word, why(x)}, mark, n, 1, x))
	}
	c.Runs = book.runs
	if lost := len(list) - known; lost > 0 && known > 0 {
		c.Mark = Unknown
		c.Title = fmt.Sprintf("Of %d of %d pairs of nodes nothing can be told; of the others %d take each other's sessions", lost, len(list), taken)
		c.Detail = "A node could not be reached, or gave no session to offer: see the table."
		return c, nil
	}
	switch {
	case known == 0:
		c.Title, c.Mark = "No node gave a session that could be offered at another", Unknown
	case taken == known:
		c.Title = "The farm shares its sessions: every node takes those of the others"
		c.Detail = "A session cache whose key has no address works across this farm, and so does a confusion of identities."
	case taken == 0:
		c.Title = "The farm does not share its sessions: no node takes those of another"
		c.Detail = "Whether a second identity is asked depends on which node answers: with the address in the session key it is always the one that made the session."
	default:
		c.Title = fmt.Sprintf("The farm shares some of its sessions: %d of %d pairs", taken, known)
		c.Detail = "Whether a second identity is asked depends on which node answers."
	}
	return c, nil
}

// shares says whether a node took another's session.
func shares(c *trace.Connection) (string, Mark) {
	switch {
	case c == nil || c.Resumption == nil:
		return "nothing to offer", Unknown
	case c.Resumption.Accepted:
		return "yes", Good
	case c.Error != nil && c.Error.Reason != trace.ReasonSessionRefused:
		return "no answer", Unknown
	}
	return "no", Plain
}
