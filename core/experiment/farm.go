package experiment

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"rechallenge/core/plan"
	"rechallenge/core/session"
	"rechallenge/core/target"
	"rechallenge/core/trace"
)

// Farm offers each node of a target the sessions of each other node.
var Farm = Experiment{
	ID: "farm", Title: "Does the farm share its sessions?",
	Line: "For a target with several addresses, in connect_to or behind its name: a session made at each node is offered at each other one.",
	Pair: Maker, Everywhere: true, Nodes: 2,
	Axes: &Axes{Down: "session made at", Across: "offered at", Cell: []string{"taken"}},
	Connections: func(q Question) int {
		t, err := farm(q)
		if err != nil {
			return 0
		}
		if len(t.ConnectTo) > 1 {
			return total(stepsAcross(q, *t))
		}
		// How many addresses the name has shows when it is resolved.
		for i := range maxNodes {
			t.ConnectTo = append(t.ConnectTo, netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, byte(i + 1)}), 1))
		}
		return total(stepsAcross(q, *t)) + total([]Step{finding(q, *t)}, nil)
	},
	Sketch: sketchGrid,
	Example: func() *Conclusion {
		return sampled([]string{"session made at", "offered at", "taken"},
			said(Good, "node 1", "node 1", "yes"), said(Bad, "node 1", "node 2", "no"), said(Bad, "node 2", "node 1", "no"), said(Good, "node 2", "node 2", "yes"))
	},
	Ask: askFarm,
}

// ErrNodes is wrapped when the plan has no target with several addresses.
var ErrNodes = errors.New("name several addresses in a target's connect_to, or a target by a name")

// maxNodes is how many of a name's addresses are asked.
const maxNodes = 6

// byName is the cache whose sessions go wherever the name goes.
var byName = plan.CustomCache{ID: "by-name", Key: session.Recipe{session.PartName}}

// farm is the target of the question's first connection where it has several
// addresses, else the plan's first one that has, else the first connection's
// where it is known by a name.
func farm(q Question) (*target.Target, error) {
	var first *target.Target
	if q.First >= 1 && q.First <= len(q.Plan.Connections) {
		first = q.Plan.Target(q.Plan.Connections[q.First-1].Target)
	}
	if first != nil && len(first.ConnectTo) > 1 {
		return copied(first), nil
	}
	for i := range q.Plan.Targets {
		if len(q.Plan.Targets[i].ConnectTo) > 1 {
			return copied(&q.Plan.Targets[i]), nil
		}
	}
	switch {
	case first == nil, len(first.ConnectTo) == 1:
		return nil, fmt.Errorf("this question is about the nodes of a farm: %w", ErrNodes)
	case first.Proxy != "":
		return nil, fmt.Errorf("%s is resolved by its proxy: %w", first.URL, ErrNodes)
	}
	p, err := first.Parse()
	if err != nil {
		return nil, err
	}
	if _, err := netip.ParseAddr(p.Name); err == nil {
		return nil, fmt.Errorf("%s has one address: %w", first.URL, ErrNodes)
	}
	return copied(first), nil
}

func copied(t *target.Target) *target.Target {
	c := *t
	c.ConnectTo = slices.Clone(t.ConnectTo)
	return &c
}

// who is the identity of the first connection to a target.
func who(q Question, t target.Target) string {
	for _, c := range q.Plan.Connections {
		if c.Target == t.ID {
			return c.Identity
		}
	}
	return plan.NoIdentity
}

// finding is a connection by which the name's addresses show.
func finding(q Question, t target.Target) Step {
	p := q.Plan
	t.ConnectTo = nil
	p.Targets = []target.Target{t}
	p.Connections = []plan.Connection{{Target: t.ID, Identity: who(q, t)}}
	p.CustomCaches, p.Caches = nil, []string{session.NoCache}
	p.Repeat, p.Concurrency, p.HTTPReuse, p.Expect = 1, 1, plan.ReuseOff, nil
	return Step{Title: "which addresses has the name?", Plan: p, Knows: true}
}

// nodes are a name's addresses as a connection found them, of each family in
// the resolver's order, and how many were left out.
func nodes(x *trace.Connection, port uint16) (list target.Addresses, leftOut int) {
	var four, six target.Addresses
	for _, text := range x.Addresses {
		a, err := netip.ParseAddr(text)
		if err != nil {
			continue
		}
		at := netip.AddrPortFrom(a, port)
		switch {
		case slices.Contains(four, at) || slices.Contains(six, at):
		case a.Is4():
			four = append(four, at)
		default:
			six = append(six, at)
		}
	}
	all := len(four) + len(six)
	half := maxNodes / 2
	four = four[:min(len(four), max(half, maxNodes-len(six)))]
	six = six[:min(len(six), maxNodes-len(four))]
	return slices.Concat(four, six), all - len(four) - len(six)
}

// crossing offers the session of one node at another.
type crossing struct {
	from, to netip.AddrPort
	Step
}

// crossings offer the session of each of a target's addresses at each other one.
func crossings(q Question, t target.Target) []crossing {
	identity := who(q, t)
	var list []crossing
	for i, from := range t.ConnectTo {
		for j, to := range t.ConnectTo {
			if i == j {
				continue
			}
			p := q.Plan
			a, b := t, t
			a.ID, a.ConnectTo = "from", target.Addresses{from}
			b.ID, b.ConnectTo = "to", target.Addresses{to}
			p.Targets = []target.Target{a, b}
			p.Connections = []plan.Connection{{Target: a.ID, Identity: identity}, {Target: b.ID, Identity: identity}}
			p.CustomCaches, p.Caches = []plan.CustomCache{byName}, []string{byName.ID}
			p.Repeat, p.Concurrency, p.HTTPReuse, p.Expect = 1, 1, plan.ReuseOff, nil
			list = append(list, crossing{from, to, Step{Title: fmt.Sprintf("from %s to %s", from, to), Plan: p, Knows: true}})
		}
	}
	return list
}

// stepsAcross are the steps of the crossings.
func stepsAcross(q Question, t target.Target) (steps []Step, err error) {
	for _, x := range crossings(q, t) {
		steps = append(steps, x.Step)
	}
	return steps, nil
}

func askFarm(ctx context.Context, q Question, run Runner) (*Conclusion, error) {
	t, err := farm(q)
	if err != nil {
		return nil, err
	}
	book := &notebook{run: run}
	c := &Conclusion{Experiment: "farm", Columns: []string{"session made at", "offered at", "taken", "why"}}
	taken, known := 0, 0
	var named string
	if len(t.ConnectTo) < 2 {
		log, n, err := book.do(ctx, finding(q, *t))
		if err != nil {
			return book.end(ctx, c, stoppedTitle, err)
		}
		p, err := t.Parse()
		if err != nil {
			return nil, err
		}
		var left int
		x := attempt(log, 1, 1)
		if x != nil {
			t.ConnectTo, left = nodes(x, p.Port)
		}
		c.Runs = book.runs
		if len(t.ConnectTo) < 2 {
			c.Title, c.Mark = fmt.Sprintf("There is no farm to ask: %s could not be resolved", p.Name), Unknown
			if len(t.ConnectTo) == 1 {
				c.Title = fmt.Sprintf("There is no farm to ask: %s has one address, %s", p.Name, t.ConnectTo[0].Addr())
				c.Rows = append(c.Rows, row([]string{t.ConnectTo[0].String(), "", "", why(x)}, Unknown, n, 1, x))
			}
			return c, nil
		}
		named = fmt.Sprintf("%s has %d addresses", p.Name, len(t.ConnectTo)+left)
		if left > 0 {
			named += fmt.Sprintf(", of which %d were asked", len(t.ConnectTo))
		}
		named += ". "
	}
	list := crossings(q, *t)
	families := map[string][2]int{} // taken and known, by whether both are of one family
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
		if mark != Unknown {
			n := families[across(s)]
			n[1]++
			if mark == Good {
				n[0]++
			}
			families[across(s)] = n
		}
		c.Rows = append(c.Rows, row([]string{s.from.String(), s.to.String(), word, why(x)}, mark, n, 1, x))
	}
	c.Runs = book.runs
	defer func() { c.Detail = named + c.Detail + byFamily(families) }()
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

// across says between which families of addresses a session was carried.
func across(x crossing) string {
	switch from, to := x.from.Addr().Unmap().Is4(), x.to.Addr().Unmap().Is4(); {
	case from && to:
		return "IPv4"
	case !from && !to:
		return "IPv6"
	}
	return "IPv4 and IPv6"
}

// byFamily tells the families apart where there are both.
func byFamily(families map[string][2]int) string {
	if len(families) < 2 && families["IPv4 and IPv6"][1] == 0 {
		return ""
	}
	var text string
	for _, f := range []struct{ id, title string }{{"IPv4", "Among IPv4 addresses"}, {"IPv6", "among IPv6 addresses"}, {"IPv4 and IPv6", "between the two"}} {
		if n := families[f.id]; n[1] > 0 {
			text += fmt.Sprintf("; %s %d of %d pairs", f.title, n[0], n[1])
		}
	}
	return " Sessions that were taken: " + text[2:] + "."
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
