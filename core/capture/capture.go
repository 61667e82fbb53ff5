// Package capture makes a trace of connections that somebody else made and
// recorded: bytes from package pcap in, events out, so that the one fold of
// events, the diagnosis, the timeline and the reports work on them as on a run
// of our own. It opens nothing and invents nothing: what a capture can't tell
// (whom a connection was meant for, whether server trust was evaluated, and
// without a key log whatever TLS 1.3 encrypts) stays unknown.
package capture

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/session"
	"rechallenge/core/target"
	"rechallenge/core/trace"
	"rechallenge/core/wire"
	"rechallenge/core/wire/pcap"
)

// Options are what a trace is told besides the file.
type Options struct {
	Tool trace.Tool
	// KeyLog holds secrets besides those in the file; nil = none. What the
	// decoder learns is added to it.
	KeyLog *wire.KeyLog
}

// Trace gives the events of a capture, in order of time: one pass, one
// connection for each TLS connection in the file.
func Trace(f *pcap.File, opt Options) []trace.Event {
	keys := opt.KeyLog
	if keys == nil {
		keys = &wire.KeyLog{}
	}
	keys.Write(f.KeyLog)
	t := tracer{people: people{ids: map[string]string{}}, issued: map[string]issue{}}
	for i := range f.Conns {
		t.conns = append(t.conns, decode(i+1, &f.Conns[i], keys))
	}
	for _, c := range t.conns {
		t.people.meet(c)
	}
	started := t.started(f, opt.Tool)
	t.add(0, 0, 0, started)
	t.add(0, 1, 0, trace.PassStarted{Cache: trace.CapturePass, Policy: session.Policy{ID: trace.CapturePass, Title: "As captured: whatever the client keeps"}})
	var all []timed
	for _, c := range t.conns {
		all = append(all, c.events()...)
	}
	slices.SortStableFunc(all, func(a, b timed) int { return cmp.Compare(a.at, b.at) })
	for _, e := range all {
		switch p := e.payload.(type) {
		case trace.ConnectionStarted:
			p.Identity = t.identity(e.conn)
			started.Plan.Connections[e.conn.index-1].Identity = p.Identity
			e.payload = p
		case trace.TLS:
			t.lookup(e.conn)
		}
		t.add(e.at, 1, e.conn.index, e.payload)
		t.keep(e.conn)
	}
	t.add(t.end, 1, 0, trace.PassDone{})
	t.add(t.end, 0, 0, trace.RunDone{})
	return t.events
}

// tracer puts the events together and folds them as it goes, to know what an
// earlier connection's session carries.
type tracer struct {
	conns  []*conn
	people people
	events []trace.Event
	folder trace.Folder
	issued map[string]issue // by what a client offers to resume
	end    time.Duration
}

// issue is a session that a connection got.
type issue struct {
	conn *conn
	at   time.Duration
}

// timed is an event that is not yet in its place.
type timed struct {
	at      time.Duration
	conn    *conn
	payload trace.Payload
}

func (t *tracer) add(at time.Duration, pass, connection int, p trace.Payload) {
	e := trace.Event{Seq: len(t.events) + 1, At: at, Pass: pass, Connection: connection, Payload: p}
	t.events = append(t.events, e)
	t.folder.Add(e)
	t.end = max(t.end, at)
}

// started is the run's first event. Its plan says what was seen, not what
// anybody asked for.
func (t *tracer) started(f *pcap.File, tool trace.Tool) trace.RunStarted {
	e := trace.RunStarted{Tool: tool, Started: f.Start, Identities: t.people.list}
	e.Plan = plan.Plan{Version: plan.Version, Caches: []string{trace.CapturePass}}
	for _, id := range t.people.list {
		e.Plan.Identities = append(e.Plan.Identities, plan.Identity{ID: id.ID})
	}
	known := map[string]bool{}
	for _, c := range t.conns {
		name := c.target()
		if !known[name] {
			known[name] = true
			e.Plan.Targets = append(e.Plan.Targets, target.Target{
				ID: name, URL: c.url(), ConnectTo: target.Addresses{c.Server}, ServerName: c.sum.ServerName, Protocol: "tls",
			})
		}
		e.Plan.Connections = append(e.Plan.Connections, plan.Connection{Target: name, Identity: plan.None})
	}
	return e
}

// identity is the one the connection is told under: whoever proved a
// certificate in it, else whom the session it resumed carries. For whom a
// resumed connection was meant no capture can tell.
func (t *tracer) identity(c *conn) string {
	if id := c.identity(&t.people); id != plan.None || !c.sum.Resumed {
		return id
	}
	if _, maker, _ := t.maker(c); maker != nil && maker.IdentityAuthenticated != nil {
		return *maker.IdentityAuthenticated
	}
	return plan.None
}

// maker finds the connection that got the session which c offers, or resumed.
func (t *tracer) maker(c *conn) (o wire.Offer, maker *trace.Connection, at time.Duration) {
	offers := c.sum.Offered
	if c.sum.Resumed {
		offers = []wire.Offer{c.sum.Accepted}
	}
	for _, o := range offers {
		if from, ok := t.issued[offerKey(o.Mechanism, o.SessionID, o.Digest)]; ok && from.conn != c {
			return o, t.folder.Log().Pass(1).Connection(from.conn.index), from.at
		}
	}
	return o, nil, 0
}

// lookup stands in for the client's own look-up in its session cache: it
// records, just before the ClientHello that offers it, which
// connection the session comes from, where the capture shows that.
func (t *tracer) lookup(c *conn) {
	if o, maker, at := t.maker(c); maker != nil {
		info := session.Info{
			Serial: 1, Mechanism: o.Mechanism,
			Version: maker.TLSVersion, CipherSuite: maker.CipherSuite, SessionID: o.SessionID, MadeBy: maker.Index,
			Origin: session.Origin{AuthKnown: maker.AuthenticatedKnown}, ServerName: maker.ServerName, Target: maker.Target,
		}
		if o.SessionID == "" {
			info.TicketLength, info.TicketDigest = o.Length, o.Digest
		}
		if maker.IdentityAuthenticated != nil {
			info.EstablishedBy = *maker.IdentityAuthenticated
		}
		t.add(c.hello(), 1, c.index, trace.Cache{Event: session.Event{
			Op: session.OpHit, Info: &info, AgeMS: trace.Milliseconds(c.hello() - at), Reason: "seen in the capture", By: c.index,
		}})
	}
}

// keep notes the sessions that a connection has got by now.
func (t *tracer) keep(c *conn) {
	folded := t.folder.Log().Pass(1).Connection(c.index)
	if folded == nil {
		return
	}
	for _, k := range folded.Wire.Tickets[min(c.kept, len(folded.Wire.Tickets)):] {
		t.issued[offerKey(k.Mechanism, k.Digest, k.Digest)] = issue{c, k.At}
	}
	c.kept = len(folded.Wire.Tickets)
}

// offerKey is under what a session is found again: the ID itself, or the
// digest of a ticket or PSK identity.
func offerKey(mechanism protocol.Mechanism, id, digest string) string {
	if mechanism == protocol.SessionID {
		return string(mechanism) + " " + id
	}
	return string(mechanism) + " " + digest
}

// url is where the connection went, as far as can be seen.
func (c *conn) url() string {
	host := c.sum.ServerName
	if host == "" {
		return "https://" + c.Server.String() + "/"
	}
	if c.Server.Port() == 443 {
		return "https://" + host + "/"
	}
	return fmt.Sprintf("https://%s:%d/", host, c.Server.Port())
}

// target names the place: the server name that was sent, else the address.
func (c *conn) target() string {
	if c.sum.ServerName == "" {
		return c.Server.String()
	}
	return c.sum.ServerName
}
