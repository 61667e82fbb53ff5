package experiment

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"rechallenge/core/plan"
	"rechallenge/core/session"
	"rechallenge/core/target"
)

// Cures tries every known workaround on the pair, for real.
var Cures = Experiment{
	ID: "cures", Title: "What cures it here?",
	Line: "Tries every known workaround for real, and says which bring the challenge on this server and under these cache rules.",
	Pair: Both, Cached: true,
	Options: []Option{
		{
			Name: "port", Label: "Other ports", Kind: Ports, Empty: "8443, 9443", Help: "another `PORT` of the service to try; repeat for more",
			Take: func(q *Question, v Value) { q.Ports = v.Ports },
		},
		{
			Name: "name", Label: "Other names", Kind: Texts, Empty: "found by wildcard",
			Help: "another `NAME` of the service to try, or a label to put in front of its name; repeat for more",
			Take: func(q *Question, v Value) { q.Names = v.Texts },
		},
		{
			Name: "proxy", Label: "Proxy", Kind: Text, Empty: "no proxy", Help: "a proxy to try, as a `URL`",
			Take: func(q *Question, v Value) { q.Proxy = v.first() },
		},
	},
	Connections: func(q Question) int {
		base, err := curesBase(q)
		if err != nil {
			return 0
		}
		steps := []Step{{Plan: base}}
		for _, cure := range cures(q) {
			if p, err := cure.on(base); err == nil || cure.needs {
				steps = append(steps, Step{Plan: p})
			}
		}
		return total(steps, nil)
	},
	Sketch: sketchCosts,
	Example: func() *Conclusion {
		return sampled([]string{"workaround", "second connection", "cost"},
			said(Bad, "as planned", wordNotAsked, ""), said(Good, "a cache for each identity", wordAsked, "memory for each of them"), said(Good, "no cache", wordAsked, "a full handshake each time"), said(Bad, "another path", wordNotAsked, "none"))
	},
	Ask: askCures,
}

// cure is one workaround: how it changes the plan, and what it costs.
type cure struct {
	title string
	cost  string
	moved bool
	needs bool // what it needs is known only after the run without a workaround
	apply func(p *plan.Plan) error
}

// on gives the plan with the workaround, or why it can't be tried.
func (c cure) on(base plan.Plan) (plan.Plan, error) {
	p := base
	p.Targets, p.Connections = slices.Clone(base.Targets), slices.Clone(base.Connections)
	if err := c.apply(&p); err != nil {
		return p, err
	}
	if problems := p.Check(); len(problems) > 0 {
		return p, problems[0]
	}
	return p, nil
}

// curesBase is the pair under the plan's first cache.
func curesBase(q Question) (plan.Plan, error) {
	p, err := q.pair()
	p.Caches = cacheOf(q.Plan)
	return p, err
}

func askCures(ctx context.Context, q Question, run Runner) (*Conclusion, error) {
	base, err := curesBase(q)
	if err != nil {
		return nil, err
	}
	book := &notebook{run: run}
	c := &Conclusion{Experiment: "cures", Columns: []string{"workaround", "second connection", "as", "why", "cost"}}
	log, n, err := book.do(ctx, Step{Title: "without a workaround", Plan: base})
	if err != nil {
		return book.end(ctx, c, stoppedTitle, err)
	}
	o := paired(log, 1)
	before, x := o.word, o.Connection
	fresh, _ := asked(log, control(log))
	c.Rows = append(c.Rows, row([]string{"as planned", before, as(x), o.why, ""}, o.mark, n, 1, x))
	var works []string
	for _, cure := range cures(q) {
		p, err := cure.on(base)
		if cure.needs && err != nil {
			err = wait(&p, log)
		}
		if err != nil {
			c.Rows = append(c.Rows, Row{Cells: []string{cure.title, "not tried", "", err.Error(), cure.cost}, Mark: Unknown, Run: -1})
			continue
		}
		log, n, err := book.do(ctx, Step{Title: cure.title, Plan: p, Moved: cure.moved})
		if err != nil {
			return book.end(ctx, c, stoppedTitle, err)
		}
		o := paired(log, 1)
		switch {
		case o.word == wordAsked && o.Connection.Error == nil:
			works = append(works, cure.title)
		case o.word == wordAsked:
			o.word, o.mark, o.why = wordAsked+", then failed", Unknown, o.Connection.Error.Message
		}
		c.Rows = append(c.Rows, row([]string{cure.title, o.word, as(o.Connection), o.why, cure.cost}, o.mark, n, 1, o.Connection))
	}
	c.Runs = book.runs
	switch {
	case before == wordAsked:
		c.Title, c.Mark = "Nothing to cure: the second connection is asked", Good
	case before != wordNotAsked:
		c.Title, c.Mark = "Nothing can be told: without a workaround the connections do not get far enough", Unknown
		c.Detail = o.why
	case fresh == wordNotAsked && len(works) == 0:
		c.Title, c.Mark = "Nothing to cure here: this server does not ask even a fresh connection", Unknown
	case len(works) == 0:
		c.Title, c.Mark = "None of the workarounds brings the challenge here", Bad
	default:
		c.Title, c.Mark = "Cured by: "+strings.Join(works, ", "), Good
	}
	return c, nil
}

// cures lists what can be tried for a question.
func cures(q Question) []cure {
	list := []cure{
		{title: "a cache of its own for each identity", cost: "a context or session object per identity; the first connection of each pays a full handshake", apply: caches("per-identity")},
		{title: "no cache", cost: "every connection pays a full handshake", apply: caches(session.NoCache)},
		{title: "a trailing dot on the name", cost: "does not scale: two names at most", apply: onSecond(func(t *target.Target) error { return rename(t, "", true) })},
		{title: "waiting until the session has expired", cost: "the user waits; only where the client's lifetime is known", moved: true, needs: true, apply: func(p *plan.Plan) error { return wait(p, nil) }},
		{title: "TLS 1.2 only", cost: "gives up TLS 1.3", apply: onBoth(versions("1.2"))},
		{title: "TLS 1.3 only", cost: "gives up older servers", apply: onBoth(versions("1.3"))},
		{title: "TLS 1.2 for the first, 1.3 for the second", cost: "two versions to configure", apply: func(p *plan.Plan) error {
			return errors.Join(onFirst(versions("1.2"))(p), onSecond(versions("1.3"))(p))
		}},
		{title: "TLS 1.3 for the first, 1.2 for the second", cost: "two versions to configure", apply: func(p *plan.Plan) error {
			return errors.Join(onFirst(versions("1.3"))(p), onSecond(versions("1.2"))(p))
		}},
		{title: "closing the connection after each request", cost: "a handshake for every request; does nothing against resumption", apply: func(p *plan.Plan) error { p.HTTPReuse = plan.ReuseOff; return nil }},
		{title: "through a proxy", cost: "a proxy to run", apply: onSecond(func(t *target.Target) error {
			if q.Proxy == "" {
				return errors.New("no proxy was named")
			}
			t.Proxy, t.ProxyPasswordEnv = q.Proxy, "" // the password is the other proxy's
			return nil
		})},
	}
	const otherPort = "another server instance; does nothing for clients whose key has no port"
	found := otherPorts(q)
	for _, p := range found {
		list = append(list, cure{title: fmt.Sprintf("another port (%d)", p.port), cost: otherPort, apply: onSecond(func(t *target.Target) error { return move(t, p) })})
	}
	if len(found) == 0 {
		list = append(list, cure{title: "another port", cost: otherPort, apply: func(*plan.Plan) error {
			return errors.New("no other port of this service was named, and no target of the plan has one")
		}})
	}
	names := q.Names
	if len(names) == 0 {
		names = []string{"s464287123"}
	}
	for _, name := range names {
		list = append(list, cure{
			title: "a unique name (" + name + ")", cost: "a wildcard DNS record and certificate; scales",
			apply: onSecond(func(t *target.Target) error { return rename(t, name, false) }),
		})
	}
	return list
}

// door is a port of a service, and where to connect to for it; no addresses =
// where the service is, at that port.
type door struct {
	port      uint16
	connectTo target.Addresses
}

// otherPorts are the ports that were named, and those at which other targets of
// the plan have the host of the second connection.
func otherPorts(q Question) []door {
	var list []door
	for _, p := range q.Ports {
		list = append(list, door{port: p})
	}
	if q.Second < 1 || q.Second > len(q.Plan.Connections) {
		return list
	}
	own := q.Plan.Target(q.Plan.Connections[q.Second-1].Target)
	if own == nil {
		return list
	}
	here, err := own.Parse()
	if err != nil {
		return list
	}
	for i := range q.Plan.Targets {
		t := &q.Plan.Targets[i]
		there, err := t.Parse()
		if err == nil && strings.EqualFold(there.Name, here.Name) && there.Port != here.Port && !slices.ContainsFunc(list, func(p door) bool { return p.port == there.Port }) {
			list = append(list, door{there.Port, t.ConnectTo[:min(len(t.ConnectTo), 1)]})
		}
	}
	return list
}
