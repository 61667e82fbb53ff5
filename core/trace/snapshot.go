package trace

import "slices"

// Snapshot returns what is known so far as a Log that stays as it is while the
// Folder goes on. It costs a pointer a connection: one that changes afterwards
// is copied then.
func (f *Folder) Snapshot() *Log {
	now := f.Log()
	log := &Log{Run: now.Run, Passes: make([]*Pass, len(now.Passes)), Done: now.Done, End: now.End}
	for i, p := range now.Passes {
		pass := *p
		pass.Connections = slices.Clone(p.Connections)
		log.Passes[i] = &pass
	}
	f.taken++
	return log
}

// own returns connection i of the pass to be changed: a copy, when a snapshot
// has it too.
func (f *Folder) own(p *Pass, i int) *Connection {
	c := p.Connections[i]
	if c.taken == f.taken {
		return c
	}
	d := *c
	d.taken = f.taken
	d.Challenges = slices.Clone(c.Challenges)
	d.Spans = slices.Clone(c.Spans)
	d.NewSessions = slices.Clone(c.NewSessions)
	w := *c.Wire
	w.Challenges = slices.Clone(w.Challenges)
	d.Wire = &w
	if c.HTTP != nil {
		h := *c.HTTP
		d.HTTP = &h
	}
	p.Connections[i] = &d
	return &d
}
