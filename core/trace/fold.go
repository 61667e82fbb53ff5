package trace

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/session"
	"rechallenge/core/wire"
)

// Folder turns events into a Log as they come. The zero value is ready.
type Folder struct {
	log    Log
	events []Event      // all of them
	taken  int          // snapshots so far
	stale  []connection // whose answers don't go with their messages yet
	same   same
	ended  func(Ref) // is told of connections that are over; nil = nobody is

	thinner *thinner // nil = every connection keeps its events
	words   words
}

// connection names one of a run.
type connection struct{ pass, index int }

// Connections folds a whole trace.
func Connections(events []Event) *Log {
	f := Folder{events: make([]Event, 0, len(events))}
	for _, e := range events {
		f.Add(e)
	}
	return f.Log()
}

// Log returns what is known so far; it is the Folder's own and changes with
// Add. Snapshot returns one that does not.
func (f *Folder) Log() *Log {
	for len(f.stale) > 0 {
		pass := f.log.Pass(f.stale[0].pass)
		f.derive(f.own(pass, pass.Position(f.stale[0].index)))
	}
	return &f.log
}

// Add takes the next event, in order of Seq.
func (f *Folder) Add(e Event) {
	f.append(e)
	if p, ok := e.Payload.(RunDone); ok {
		f.log.Done = &p // of no time of its own: reports keep none of it
		return
	}
	f.log.End = max(f.log.End, e.At)
	switch p := e.Payload.(type) {
	case RunStarted:
		f.log.Run = p
		return
	case PassStarted:
		f.log.Passes = append(f.log.Passes, &Pass{Index: e.Pass, PassStarted: p, Start: e.At})
	}
	if p, ok := e.Payload.(Seen); ok {
		f.seen(p)
	}
	pass := f.log.Pass(e.Pass)
	if pass == nil {
		return
	}
	f.assign(pass)
	pass.End = max(pass.End, e.At)
	switch p := e.Payload.(type) {
	case PassDone:
		pass.Done = true
		f.over(pass, p)
	case Kept:
		pass.Entries = p.Entries
	case Cache:
		f.entries(pass, e, p)
	}
	if e.Connection == 0 {
		return
	}
	if p, ok := e.Payload.(ConnectionStarted); ok {
		pass.Connections = append(pass.Connections, &Connection{
			Pass: e.Pass, Index: e.Connection, ConnectionStarted: p, Start: e.At, AuthenticatedKnown: true, taken: f.taken, Wire: &wire.Summary{},
			Messages: make([]int, 0, 16), Spans: make([]Span, 0, 4),
		})
		if p.MeantBy == "" && p.Identity != "" {
			pass.Connections[len(pass.Connections)-1].MeantBy = MeantByPlan
		}
	}
	if p, ok := e.Payload.(LeftOut); ok {
		pass.Connections = append(pass.Connections, p.Connection)
		pass.End, f.log.End = max(pass.End, p.End), max(f.log.End, p.End)
		return
	}
	if i := pass.Position(e.Connection); i >= 0 && !pass.Connections[i].LeftOut {
		f.connection(pass, f.own(pass, i), e)
	}
}

// append keeps an event. The passes' events are parts of the same array: when
// it grows they move along, so that the old one goes.
func (f *Folder) append(e Event) {
	if len(f.events) < cap(f.events) {
		f.events = append(f.events, e)
		return
	}
	f.events = append(slices.Grow(f.events, max(64, len(f.events)/2)), e)
	for _, p := range f.log.Passes {
		if !p.apart && len(p.Events) > 0 {
			end := p.first + len(p.Events)
			p.Events = f.events[p.first:end:end]
		}
	}
}

// assign gives the last event to a pass. One whose events don't follow each
// other, as when the user empties its cache while another one runs, gets an
// array of its own.
func (f *Folder) assign(p *Pass) {
	last := len(f.events) - 1
	if len(p.Events) == 0 {
		p.first = last
	}
	if !p.apart && p.first+len(p.Events) == last {
		p.Events = f.events[p.first : last+1 : last+1]
		return
	}
	p.apart = true
	p.Events = append(p.Events, f.events[last])
}

// Pass returns pass n, from 1, or nil.
func (l *Log) Pass(n int) *Pass {
	if n < 1 || n > len(l.Passes) {
		return nil
	}
	return l.Passes[n-1]
}

// Connection returns connection n, from 1, or nil.
func (p *Pass) Connection(n int) *Connection {
	if i := p.Position(n); i >= 0 {
		return p.Connections[i]
	}
	return nil
}

// Event is the pass's event of that Seq, nil when it has none.
func (p *Pass) Event(seq int) *Event {
	at, ok := slices.BinarySearchFunc(p.Events, seq, func(e Event, seq int) int { return cmp.Compare(e.Seq, seq) })
	if !ok {
		return nil
	}
	return &p.Events[at]
}

// MessagesOf are the messages of a connection, in order of Seq.
func (p *Pass) MessagesOf(c *Connection) iter.Seq2[int, *wire.Message] {
	return func(yield func(int, *wire.Message) bool) {
		for _, seq := range c.Messages {
			e := p.Event(seq)
			if e == nil {
				continue
			}
			if m, ok := e.Payload.(Message); ok && !yield(seq, &m.Message) {
				return
			}
		}
	}
}

// Position is where connection n stands in Connections, -1 when it does not.
func (p *Pass) Position(n int) int {
	// Connections start in order of index but for concurrency, where
	// neighbours may swap.
	for i := min(n, len(p.Connections)) - 1; i >= 0; i-- {
		if p.Connections[i].Index == n {
			return i
		}
	}
	for i := max(n, 0); i < len(p.Connections); i++ {
		if p.Connections[i].Index == n {
			return i
		}
	}
	return -1
}

// connection folds one event of a connection.
func (f *Folder) connection(pass *Pass, c *Connection, e Event) {
	switch p := e.Payload.(type) {
	case Wait:
		c.Waiting = &p
		c.open(PhaseWait, e.At)
	case WaitDone:
		c.Waiting = nil
		c.close(PhaseWait, e.At)
		c.VirtualTime = c.VirtualTime || p.How == WaitMoved
	case Reused:
		f.reused(pass, c, p)
	case Resolve:
		c.open(PhaseResolve, e.At)
	case Resolved:
		c.close(PhaseResolve, e.At)
		c.Addresses = p.Addresses
	case Dial:
		c.open(PhaseDial, e.At)
	case Dialed:
		c.close(PhaseDial, e.At)
		c.LocalAddr, c.RemoteAddr = p.Local, p.Remote
	case Proxy:
		c.open(PhaseProxy, e.At)
	case Proxied:
		c.close(PhaseProxy, e.At)
	case StartTLS:
		c.open(PhaseStartTLS, e.At)
		c.StartTLS = p.Protocol
	case StartTLSDone:
		c.close(PhaseStartTLS, e.At)
		c.Beyond, c.Proof.StartTLS = p.Beyond, e.Seq
	case Service:
		c.open(PhaseService, e.At)
		c.Service = &ServiceAnswer{Protocol: p.Protocol}
	case ServiceDone:
		c.close(PhaseService, e.At)
		if c.Service != nil {
			c.Service = &ServiceAnswer{Protocol: c.Service.Protocol, Accepted: p.Accepted, Refused: p.Refused, Words: p.Words, Unasked: p.Unasked}
		}
		c.Proof.Response, c.Proof.Whoami = e.Seq, e.Seq
		f.name(c, p.Whoami)
	case Cache:
		f.cache(pass, c, e, p)
		if c.Handshake != "" { // of a capture: where its session comes from showed later
			f.derive(c)
		}
	case TLS:
		c.open(PhaseTLS, e.At)
		c.ServerName, c.SessionKey = p.ServerName, p.SessionKey
		if p.Trust == protocol.TrustNone {
			c.ServerTrust = TrustDisabled
		}
		c.trustUnknown = p.Trust == TrustUnknown
	case Message:
		c.Messages = append(c.Messages, e.Seq)
		f.message(c, e.Seq, &p.Message)
	case KeyGone:
		c.KeyGone = e.Seq
	case Asked:
		c.Asked++
	case Meant:
		c.Identity, c.MeantBy = p.Identity, p.By
	case TLSDone:
		c.close(PhaseTLS, e.At)
		c.Library, c.Proof.TLSDone = &p, e.Seq
		if c.ServerCertificates == nil {
			c.ServerCertificates = p.Certificates
		}
		f.derive(c)
	case Request:
		c.open(PhaseHTTP, e.At)
	case Response:
		c.HTTP = &HTTP{Status: p.Status, Proto: p.Proto, Header: p.Header}
		c.Proof.Response = e.Seq
	case ResponseDone:
		c.close(PhaseHTTP, e.At)
		if c.HTTP != nil {
			c.HTTP.Length = p.Length
		}
		c.Proof.Whoami = e.Seq
		f.name(c, p.Whoami)
	case ConnectionDone:
		c.Error, c.Proof.Done, c.End = p.Error, e.Seq, e.At
		c.Incomplete = p.Incomplete
		for i := range c.Spans {
			if c.Spans[i].End == 0 {
				c.Spans[i].End = e.At
			}
		}
		c.Timing.Total = c.End - c.Start - c.Timing.Of(PhaseWait)
		f.derive(c)
		if f.ended != nil {
			f.ended(c.Ref())
		}
	}
}

// open begins a span.
func (c *Connection) open(phase Phase, at time.Duration) {
	c.Spans = append(c.Spans, Span{Phase: phase, Start: at})
}

// close ends the open span of that phase and notes how long it took.
func (c *Connection) close(phase Phase, at time.Duration) {
	for i := len(c.Spans) - 1; i >= 0; i-- {
		if s := &c.Spans[i]; s.Phase == phase && s.End == 0 {
			s.End = at
			c.Timing.Set(phase, at-s.Start)
			return
		}
	}
}

// reused copies what an earlier connection's TLS state carries.
func (f *Folder) reused(pass *Pass, c *Connection, p Reused) {
	c.ReusedConnection, c.Coalesced, c.Handshake = &p.From, p.Coalesced, protocol.NoHandshake
	from := pass.Connection(p.From)
	if from == nil {
		c.AuthenticatedKnown = false
		return
	}
	c.TLSVersion, c.CipherSuite, c.ALPN, c.ServerName = from.TLSVersion, from.CipherSuite, from.ALPN, from.ServerName
	c.RemoteAddr, c.LocalAddr = from.RemoteAddr, from.LocalAddr
	c.inherited, c.inheritedKnown = from.IdentityAuthenticated, from.AuthenticatedKnown
	c.IdentityAuthenticated, c.AuthenticatedKnown = c.inherited, c.inheritedKnown
	w := *from.Wire
	w.Challenges, w.Tickets, w.Alerts = nil, nil, nil
	w.Hidden = [2]int{}
	c.Wire = &w
	c.ServerCertificates, c.ServerTrust = from.ServerCertificates, from.ServerTrust
}

// cache notes what the look-up found.
func (f *Folder) cache(pass *Pass, c *Connection, e Event, p Cache) {
	switch p.Op {
	case session.OpHit, session.OpMiss:
		c.SessionKey, c.Proof.CacheLookup = p.Key, e.Seq
		if p.Op == session.OpHit && p.Info != nil {
			hit, info := p.Event, *p.Info
			info.Origin = f.carries(e)
			hit.Info = &info
			c.hit = &hit
		}
	}
}

// message folds a message from the wire.
func (f *Folder) message(c *Connection, seq int, m *wire.Message) {
	challenges, tickets := len(c.Wire.Challenges), len(c.Wire.Tickets)
	c.Wire.Add(m)
	if m.Content == wire.Handshake {
		switch m.Type {
		case 1:
			c.Proof.ClientHello = seq
			if c.HelloLength == 0 && m.From == wire.Client {
				c.HelloLength = m.Length
			}
		case 2:
			c.Proof.ServerHello, c.Hello = seq, m.At
		case 8:
			if c.Wire.Early.Accepted {
				c.Proof.Early = seq
			}
		case 20:
			if m.From == wire.Client {
				c.Proof.ClientFinished = seq
			}
		}
	}
	for i := challenges; i < len(c.Wire.Challenges); i++ {
		c.Challenges = append(c.Challenges, Challenge{Event: seq})
	}
	for _, t := range c.Wire.Tickets[tickets:] {
		c.NewSessions = append(c.NewSessions, NewSession{
			Mechanism: t.Mechanism, Lifetime: t.Lifetime, Length: t.Length, Digest: t.Digest, Event: seq, At: m.At,
		})
	}
	switch {
	case m.Content == wire.ApplicationData && m.Problem == "":
	case c.Handshake != "":
		f.derive(c)
	case !slices.Contains(f.stale, c.id()):
		// Until the handshake is over only somebody who looks needs the answers.
		f.stale = append(f.stale, c.id())
	}
}

func (c *Connection) id() connection { return connection{c.Pass, c.Index} }

// Challenged reports whether the server asked for a certificate at any moment.
func (c *Connection) Challenged() bool { return len(c.Challenges) > 0 }

// MeantKnown reports whether anybody said whom the connection is meant to be:
// of other programs' connections mostly nobody did.
func (c *Connection) MeantKnown() bool { return c.Identity != "" }

// Meant is the id of the identity that is meant, "" for none; only where
// MeantKnown it means something.
func (c *Connection) Meant() string {
	if c.Identity == plan.NoIdentity {
		return ""
	}
	return c.Identity
}
