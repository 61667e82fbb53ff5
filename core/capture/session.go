package capture

import (
	"slices"
	"time"

	"rechallenge/core/protocol"
	"rechallenge/core/session"
	"rechallenge/core/trace"
	"rechallenge/core/wire"
)

// offer is under what a session is found again: its ID, or the digest of its
// ticket or PSK identity.
type offer struct {
	mechanism protocol.Mechanism
	id        string
}

func offered(o wire.Offer) offer {
	if o.Mechanism == protocol.SessionID {
		return offer{o.Mechanism, o.SessionID}
	}
	return offer{o.Mechanism, o.Digest}
}

// offers are what the connection offers to resume, or the one that was accepted.
func (c *Conn) offers() []wire.Offer {
	if c.sum.Resumed {
		return []wire.Offer{c.sum.Accepted}
	}
	if id, ok := c.sum.OfferedID(); ok {
		return append(slices.Clip(c.sum.Offered), id) // an offer if the capture shows it issued
	}
	return c.sum.Offered
}

// issue is a session that a connection got.
type issue struct {
	conn   *Conn
	at     time.Duration
	serial int // of all that were issued
}

// maker finds the connection that got the session which c offers, or resumed.
func (l *Live) maker(c *Conn) (o wire.Offer, maker *trace.Connection, from issue) {
	for _, o := range c.offers() {
		if from, ok := l.issued[offered(o)]; ok && from.conn != c {
			return o, l.folder.Log().Pass(1).Connection(from.conn.index), from
		}
	}
	return o, nil, issue{}
}

// lookup stands in for the client's own look-up in its session cache: it
// records which connection the session comes from, where the capture shows that.
func (l *Live) lookup(c *Conn, when time.Duration) {
	o, maker, from := l.maker(c)
	if maker == nil {
		return
	}
	info := session.Info{
		Serial: from.serial, Mechanism: o.Mechanism,
		Version: maker.TLSVersion, CipherSuite: maker.CipherSuite, SessionID: o.SessionID, MadeBy: maker.Index,
		Origin: session.Origin{AuthKnown: maker.AuthenticatedKnown && maker.Handshake != ""}, ServerName: maker.ServerName, Target: maker.Target,
	}
	if o.SessionID == "" {
		info.TicketLength, info.TicketDigest = o.Length, o.Digest
	}
	by := maker.IdentityAuthenticated
	for i := range maker.NewSessions {
		// Tickets from before a late challenge don't carry who answered it.
		if n := &maker.NewSessions[i]; n.Mechanism == protocol.PSK && n.Mechanism == info.Mechanism && n.Digest == info.TicketDigest {
			by, info.AuthKnown = n.EstablishedBy, n.Known
		}
	}
	if by != nil && info.AuthKnown {
		info.EstablishedBy = *by
	}
	c.traced = info.AuthKnown
	if c.looked && !info.AuthKnown {
		return
	}
	c.looked = true
	l.add(when, 1, c.index, trace.Cache{Event: session.Event{
		Op: session.OpHit, Info: &info, AgeMS: trace.Milliseconds(c.hello - from.at), Reason: "seen in the capture", By: c.index,
	}})
}

// keep notes the sessions that a connection has got by now.
func (l *Live) keep(c *Conn) {
	for _, k := range c.sum.Tickets[c.kept:] {
		l.issued[offer{k.Mechanism, k.Digest}] = issue{c, k.At, len(l.issued) + 1}
	}
	c.kept = len(c.sum.Tickets)
}

// unsure are the connections that offer or resumed what is not traced yet: with
// what others turn out to be, or with secrets that come late, more is known.
type unsure struct {
	list []*Conn
	by   map[offer][]*Conn
}

// maxUnsure is how many connections are looked at again; of more it is the
// latest ones.
const maxUnsure = 1024

// add takes a connection; again, when what it offers has turned out to be
// something else.
func (u *unsure) add(c *Conn) {
	list := c.offers()
	if len(list) == 0 {
		return
	}
	if !c.unsure {
		c.unsure = true
		if u.list = append(u.list, c); len(u.list) > maxUnsure {
			u.prune()
		}
	}
	u.index(c, list)
}

func (u *unsure) index(c *Conn, list []wire.Offer) {
	if u.by == nil {
		u.by = map[offer][]*Conn{}
	}
	for _, o := range list {
		if at := u.by[offered(o)]; !slices.Contains(at, c) {
			u.by[offered(o)] = append(at, c)
		}
	}
}

// prune lets those go that are traced or too old.
func (u *unsure) prune() {
	stays := make([]*Conn, 0, maxUnsure)
	for _, c := range u.list {
		if c.traced || c.left {
			c.unsure = false
			continue
		}
		stays = append(stays, c)
	}
	if n := len(stays) - maxUnsure/2; n > 0 {
		for _, c := range stays[:n] {
			c.unsure = false
		}
		stays = slices.Delete(stays, 0, n)
	}
	u.list, u.by = stays, nil
	for _, c := range stays {
		u.index(c, c.offers())
	}
}

// tell looks again at those who resumed a session of c, of which all is known
// now, and at those who resumed theirs.
func (l *Live) tell(c *Conn) {
	for todo := []*Conn{c}; len(todo) > 0; todo = todo[1:] {
		for _, k := range todo[0].sum.Tickets {
			for _, x := range l.unsure.by[offer{k.Mechanism, k.Digest}] {
				if x.traced || x.left {
					continue
				}
				if l.lookup(x, x.at); x.traced {
					todo = append(todo, x)
				}
			}
		}
	}
}
