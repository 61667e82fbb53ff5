package experiment

import (
	"context"
	"fmt"
	"time"

	"rechallenge/core/plan"
	"rechallenge/core/session"
	"rechallenge/core/trace"
)

// Delays is QA1727's own test: the second connection 9 and 11 minutes after the first.
var Delays = Experiment{
	ID: "delays", Title: "The 9/11-minute test",
	Line:        "The second connection before and after the end of the client's session lifetime: not asked before, asked after.",
	Connections: func(q Question) int { return 2 * max(len(q.Delays), 2) },
	Ask:         askDelays,
}

func askDelays(ctx context.Context, q Question, run Runner) (*Conclusion, error) {
	base, err := q.pair()
	if err != nil {
		return nil, err
	}
	delays := q.Delays
	if len(delays) == 0 {
		delays = []time.Duration{9 * time.Minute, 11 * time.Minute}
	}
	book := &notebook{run: run}
	c := &Conclusion{Experiment: "delays", Columns: []string{"delay", "second connection", "as", "why"}}
	words := []string{}
	for _, d := range delays {
		p := base
		p.Caches = cacheOf(q.Plan)
		p.Connections = []plan.Connection{base.Connections[0], base.Connections[1]}
		p.Connections[1].After = plan.Duration(d)
		log, n, err := book.do(ctx, Step{Title: "after " + d.String(), Plan: p, Moved: true})
		if err != nil {
			return nil, err
		}
		x := second(log, 1)
		word, mark := asked(x)
		words = append(words, word)
		c.Rows = append(c.Rows, Row{Cells: []string{d.String(), word, as(x), why(x)}, Mark: mark, Run: n, Pass: 1})
	}
	c.Runs = book.runs
	last := len(delays) - 1
	switch {
	case words[0] == "not asked" && words[last] == "asked":
		c.Title = fmt.Sprintf("Not asked after %s, asked after %s: the client's session cache is the cause", delays[0], delays[last])
	case words[0] == "asked":
		c.Title = fmt.Sprintf("Asked already after %s: no cached session is in the way", delays[0])
	case words[last] == "not asked":
		c.Title = fmt.Sprintf("Still not asked after %s: the session lives longer, or something else is in the way", delays[last])
	default:
		c.Title = "The delays tell nothing: the connections do not get far enough"
	}
	return c, nil
}

// cacheOf is the plan's first caching policy.
func cacheOf(p plan.Plan) []string {
	for _, id := range p.Caches {
		if id != "none" {
			return []string{id}
		}
	}
	return []string{"shared"}
}

// Lifetime finds how long the server itself keeps a session, by bisection with
// a client that never lets one expire. It waits for real.
var Lifetime = Experiment{
	ID: "lifetime", Title: "How long does the server keep a session?",
	Line:        "Bisects the server's own session lifetime, to the second, within a bound. It waits for real.",
	Connections: func(q Question) int { return 2 * (steps(q.bound()) + 2) },
	Ask:         askLifetime,
}

func (q Question) bound() time.Duration {
	if q.Bound <= 0 {
		return time.Hour
	}
	return q.Bound.Round(time.Second)
}

// steps is how many halvings bring bound down to a second.
func steps(bound time.Duration) int {
	n := 0
	for ; bound > time.Second; bound /= 2 {
		n++
	}
	return n
}

func askLifetime(ctx context.Context, q Question, run Runner) (*Conclusion, error) {
	base, err := q.pair()
	if err != nil {
		return nil, err
	}
	book := &notebook{run: run}
	c := &Conclusion{Experiment: "lifetime", Columns: []string{"age", "session", "why"}}
	probe := func(d time.Duration) (bool, error) {
		p := base
		p.CustomCaches = []plan.CustomCache{{ID: "forever", Key: session.Recipe{session.PartIP, session.PartPort, session.PartName}}}
		p.Caches = []string{"forever"}
		p.Connections = []plan.Connection{base.Connections[0], base.Connections[0]}
		p.Connections[1].After = plan.Duration(d)
		log, n, err := book.do(ctx, Step{Title: "after " + d.String(), Plan: p})
		if err != nil {
			return false, err
		}
		x := second(log, 1)
		alive := x != nil && x.Handshake == trace.Resumed
		word, mark := "refused", Plain
		if alive {
			word, mark = "resumed", Good
		}
		c.Rows = append(c.Rows, Row{Cells: []string{d.String(), word, why(x)}, Mark: mark, Run: n, Pass: 1})
		return alive, nil
	}
	defer func() { c.Runs = book.runs }()
	if alive, err := probe(0); err != nil {
		return nil, err
	} else if !alive {
		c.Title = "The server resumes no session at all, so it has no lifetime to measure"
		c.Runs = book.runs
		return c, nil
	}
	low, high := time.Duration(0), q.bound()
	if alive, err := probe(high); err != nil {
		return nil, err
	} else if alive {
		c.Title = fmt.Sprintf("The server keeps sessions for longer than %s", high)
		c.Runs = book.runs
		return c, nil
	}
	for high-low > time.Second {
		middle := (low + (high-low)/2).Round(time.Second)
		if middle <= low || middle >= high {
			break
		}
		alive, err := probe(middle)
		if err != nil {
			return nil, err
		}
		if alive {
			low = middle
		} else {
			high = middle
		}
	}
	c.Title = fmt.Sprintf("The server keeps a session for %s to %s", low, high)
	c.Runs = book.runs
	return c, nil
}
