package trace

import (
	"fmt"
	"sync"
)

// Ref names a connection of a run; the zero Ref names none, Connection 0 the
// whole pass. Whoever points at
// a connection points with it: findings, evidence, lanes, rows and reports.
type Ref struct {
	Pass       int // from 1
	Connection int // index within the pass, from 1
}

// String is the Ref in few signs, "2/14".
func (r Ref) String() string { return fmt.Sprintf("%d/%d", r.Pass, r.Connection) }

// ParseRef reads what String wrote; ok is false for anything else.
func ParseRef(text string) (r Ref, ok bool) {
	n, err := fmt.Sscanf(text, "%d/%d", &r.Pass, &r.Connection)
	return r, err == nil && n == 2
}

// Ref is the connection's name.
func (c *Connection) Ref() Ref { return Ref{c.Pass, c.Index} }

// Connection is the connection of that name, nil when there is none.
func (l *Log) Connection(r Ref) *Connection {
	if p := l.Pass(r.Pass); p != nil {
		return p.Connection(r.Connection)
	}
	return nil
}

// Cache is the cache id of a pass, "" when there is none of that number.
func (l *Log) Cache(pass int) string {
	if p := l.Pass(pass); p != nil {
		return p.Cache
	}
	return ""
}

// Words names a connection for people: "pass shared, connection 2".
func (l *Log) Words(r Ref) string {
	return fmt.Sprintf("pass %s, connection %d", l.Cache(r.Pass), r.Connection)
}

// Named is the pass under a cache, nil when there is none.
func (l *Log) Named(cache string) *Pass {
	for _, p := range l.Passes {
		if p.Cache == cache {
			return p
		}
	}
	return nil
}

// Step is a step of the plan: what is the same about a connection in every
// pass. The attempts at it share it.
type Step struct {
	Plan, Iteration int
	Node            string
	Hop             int // of a redirect that was followed
}

// Step is the step of the plan that the connection takes.
func (c *Connection) Step() Step { return Step{c.PlanConnection, c.Iteration, c.Node, c.Hop} }

// Fresh is what a fresh connection met at the step of the plan that c takes:
// the connection of the first pass without a cache that takes it, the last
// attempt at it, since that is the one with the stack that could see. nil when there is none,
// and for the connections of such passes themselves. Whether it was asked says
// the connection: Challenged, or ChallengeHidden where nobody can know.
func (l *Log) Fresh(c *Connection) *Connection {
	p := l.Pass(c.Pass)
	if p == nil || p.Policy.Disabled {
		return nil
	}
	if p.Captured() {
		return l.control(c)
	}
	return l.Connection(l.fresh.find(l, c.Step()))
}

// control is what a fresh connection met where other programs' connections go:
// they take no step of a plan, so it is the one to the same target.
func (l *Log) control(c *Connection) *Connection {
	for _, p := range l.Passes {
		if !p.Policy.Disabled {
			continue
		}
		for _, x := range p.Connections {
			if x.Target == c.Target {
				return x
			}
		}
	}
	return nil
}

// fresh is the index of the steps of the passes without a cache. It is made
// when somebody asks, and goes on from where it was.
type fresh struct {
	mu    sync.Mutex
	taken []int // connections of each pass that are in it
	at    map[Step]Ref
}

func (f *fresh) find(l *Log, s Step) Ref {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.at == nil {
		f.at = map[Step]Ref{}
	}
	for i, p := range l.Passes {
		if len(f.taken) == i {
			f.taken = append(f.taken, 0)
		}
		if !p.Policy.Disabled {
			continue
		}
		for _, c := range p.Connections[f.taken[i]:] {
			if before, ok := f.at[c.Step()]; !ok || before.Pass >= c.Pass {
				f.at[c.Step()] = c.Ref()
			}
		}
		f.taken[i] = len(p.Connections)
	}
	return f.at[s]
}
