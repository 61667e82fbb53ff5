package trace

import (
	"slices"

	"rechallenge/core/protocol"
	"rechallenge/core/session"
)

// Entry is the session of that serial in the pass's cache, nil when it is not
// there, or not any more.
func (p *Pass) Entry(serial int) *session.Info {
	for i := range p.Entries {
		if p.Entries[i].Serial == serial {
			return &p.Entries[i]
		}
	}
	return nil
}

// entries folds an operation on the pass's cache. A session keeps whom it was
// found to carry when it came.
func (f *Folder) entries(p *Pass, e Event, op Cache) {
	if op.Op == session.OpFlush {
		p.Entries, p.entriesTaken = nil, f.taken
		return
	}
	if op.Info == nil || op.Info.Serial == 0 {
		return
	}
	at := slices.IndexFunc(p.Entries, func(i session.Info) bool { return i.Serial == op.Info.Serial })
	if at < 0 && op.Op != session.OpStore {
		return
	}
	if p.entriesTaken != f.taken { // a snapshot has them too
		p.Entries, p.entriesTaken = slices.Clone(p.Entries), f.taken
	}
	switch op.Op {
	case session.OpExpire, session.OpEvict, session.OpRemove:
		p.Entries = slices.Delete(p.Entries, at, at+1)
		return
	}
	info := *op.Info
	info.Origin = f.carries(e)
	if at < 0 {
		p.Entries = append(p.Entries, info)
	} else {
		p.Entries[at] = info
	}
}

// over drops the sessions whose life has ended when the pass does.
func (f *Folder) over(p *Pass, done PassDone) {
	if done.Clock.IsZero() {
		return
	}
	p.Entries = slices.DeleteFunc(slices.Clone(p.Entries), func(i session.Info) bool {
		return !i.Pinned && !i.Expires.IsZero() && !done.Clock.Before(i.Expires)
	})
}

// carries is what the session of a cache event carries: a new one what its
// connection does by now, a known one what it did when it came; of one that is
// neither (from a file, from a capture) what the event says. e was not added yet.
func (f *Folder) carries(e Event) session.Origin {
	op := e.Payload.(Cache)
	p := f.log.Pass(e.Pass)
	if p == nil {
		return op.Info.Origin
	}
	if known := p.Entry(op.Info.Serial); known != nil && op.Info.Serial > 0 {
		return known.Origin
	}
	if op.Op != session.OpStore && op.Op != session.OpIgnore {
		return op.Info.Origin
	}
	c := p.Connection(e.Connection)
	if c == nil {
		return op.Info.Origin
	}
	return p.origin(c, op.Info)
}

// origin is what a session carries that a connection has just got: of a PSK
// whom the connection carried when it came, of others whom the handshake that
// made it proved.
func (p *Pass) origin(c *Connection, info *session.Info) (o session.Origin) {
	by, known := c.IdentityAuthenticated, c.AuthenticatedKnown
	for i := range c.NewSessions {
		if n := &c.NewSessions[i]; info.Mechanism == protocol.PSK && n.Mechanism == protocol.PSK && n.Digest == info.TicketDigest {
			by, known = n.EstablishedBy, n.Known
		}
	}
	o.AuthKnown = known
	if by != nil {
		o.EstablishedBy = *by
	}
	made := c // the one that shook hands
	if c.ReusedConnection != nil {
		if from := p.Connection(*c.ReusedConnection); from != nil {
			made = from
		}
	}
	o.Evaluated = c.ServerTrust == TrustEvaluated || (c.ServerTrust == TrustSkipped && made.Resumption != nil && made.Resumption.Evaluated)
	return o
}
