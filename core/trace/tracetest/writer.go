package tracetest

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/session"
	"rechallenge/core/trace"
	"rechallenge/core/wire"
)

// writer writes events.
type writer struct {
	events           []trace.Event
	pass, connection int
	version, suite   uint16 // of the connection, for its messages
	protected        bool   // they are encrypted by now
}

func (w *writer) add(p trace.Payload) {
	at := time.Duration(len(w.events)) * time.Millisecond
	if m, ok := p.(trace.Message); ok {
		m.At = at
		p = m
	}
	w.events = append(w.events, trace.Event{Seq: len(w.events) + 1, At: at, Pass: w.pass, Connection: w.connection, Payload: p})
}

// tell writes connection n of a pass, to which the server gives the sessions issued.
func (w *writer) tell(p *Pass, n int, issued []*Session) {
	l := p.Connections[n-1]
	w.connection = n
	name, address := cmp.Or(l.Name, "a.test"), cmp.Or(l.At, "127.0.0.1:8443")
	started := trace.ConnectionStarted{
		PlanConnection: cmp.Or(l.Plan, n), Iteration: 1, Attempt: 1, Stack: cmp.Or(l.Stack, protocol.StackGo),
		Target: cmp.Or(l.Target, name), URL: "https://" + name + "/", Identity: cmp.Or(l.As, plan.NoIdentity),
	}
	captured := p.Cache == trace.CapturePass || p.Cache == trace.WatchPass
	if captured {
		started.Stack, started.Identity = trace.StackCaptured, l.As
		if l.As != "" {
			started.MeantBy = trace.MeantByFlag
		}
	}
	w.add(started)
	failure := l.failure()
	key := "{" + address + "}" + name
	switch {
	case l.Reused > 0:
		w.add(trace.Reused{From: l.Reused, Coalesced: l.Coalesced})
	case failure != nil && failure.Phase == trace.PhaseDial:
		w.add(trace.Dial{Address: address})
		w.add(trace.ConnectionDone{Error: failure})
		return
	default:
		w.add(trace.Dialed{Remote: address})
		if l.Beyond > 0 || failure != nil && failure.Phase == trace.PhaseStartTLS {
			w.add(trace.StartTLS{Protocol: "smtp"})
			if failure != nil && failure.Phase == trace.PhaseStartTLS {
				w.add(trace.StartTLSDone{Error: failure.Message})
				w.add(trace.ConnectionDone{Error: failure})
				return
			}
			w.add(trace.StartTLSDone{Beyond: l.Beyond})
		}
		w.lookup(&l, key)
		if l.Gone {
			w.add(trace.KeyGone{Home: "pkcs11:token=demo;object=" + l.As, Reason: trace.ReasonTokenGone, Message: "the token is not there"})
		}
		trust := protocol.TrustSystem
		switch {
		case captured:
			trust = trace.TrustUnknown
		case l.Trust == string(trace.TrustDisabled):
			trust = protocol.TrustNone
		}
		w.add(trace.TLS{ServerName: name, Trust: trust, SessionKey: key})
		w.handshake(&l, name, issued)
		if !w.over(&l, failure) {
			w.add(trace.ConnectionDone{Error: failure})
			return
		}
		w.sessions(issued, key)
	}
	w.later(&l)
	if l.Status != 0 {
		w.add(trace.Request{Method: "GET", Target: "/", Host: name, Proto: "HTTP/1.1"})
		response := trace.Response{Status: l.Status, Proto: "HTTP/1.1"}
		if l.Location != "" {
			response.Header = [][2]string{{"Location", l.Location}}
		}
		w.add(response)
	}
	if l.Status != 0 || l.Seen != nil {
		w.add(trace.ResponseDone{Whoami: l.Seen})
	}
	if l.Alert != "" {
		w.alert(l.Alert)
	}
	w.add(trace.ConnectionDone{Error: failure})
}

// failure is why the line's connection fails, nil = it does not.
func (l *Line) failure() *trace.Failure {
	if l.Fails == "" {
		return nil
	}
	f := &trace.Failure{Phase: trace.PhaseTLS, Reason: l.Fails, Alert: l.Alert, Message: "remote error: " + l.Alert}
	switch l.Fails {
	case trace.ReasonRefused, trace.ReasonTimeout, trace.ReasonCancelled:
		f.Phase, f.Message = trace.PhaseDial, string(l.Fails)
	case trace.ReasonStartTLSRefused:
		f.Phase, f.Message = trace.PhaseStartTLS, "the server refused"
	case trace.ReasonClosed:
		f.Phase, f.Message = trace.PhaseHTTP, "the server closed the connection"
	}
	return f
}

// session is what the line offers, nil = nothing.
func (l *Line) session() *Session {
	if l.Resumed != nil {
		return l.Resumed
	}
	return l.Refused
}

func (s *Session) serial() int                   { return cmp.Or(s.Serial, s.From) }
func (s *Session) mechanism() protocol.Mechanism { return cmp.Or(s.By, protocol.PSK) }

// info is the session in its cache.
func (s *Session) info(key string, version uint16) *session.Info {
	i := &session.Info{Serial: s.serial(), Key: key, Mechanism: s.mechanism(), Version: version, MadeBy: s.From}
	i.AuthKnown, i.Evaluated = s.Of != "?", s.Evaluated
	if i.AuthKnown {
		i.EstablishedBy = s.Of
	}
	if i.Mechanism == protocol.SessionID {
		i.SessionID = hexOf(sessionID(i.Serial))
	} else {
		i.TicketDigest = protocol.Digest(ticket(i.Serial))
	}
	return i
}

// lookup asks the cache.
func (w *writer) lookup(l *Line, key string) {
	op := session.Event{Op: session.OpMiss, Key: key}
	if s := l.session(); s != nil {
		op = session.Event{Op: session.OpHit, Key: key, Info: s.info(key, l.version()), AgeMS: 1000}
	}
	w.add(trace.Cache{Event: op})
}

// issued are the sessions that others of the pass offer later, by the
// connection that they are from.
func (p *Pass) issued() map[int][]*Session {
	from, known := map[int][]*Session{}, map[[2]int]bool{}
	for i := range p.Connections {
		s := p.Connections[i].session()
		if s == nil || known[[2]int{s.From, s.serial()}] {
			continue
		}
		known[[2]int{s.From, s.serial()}] = true
		from[s.From] = append(from[s.From], s)
	}
	return from
}

// sessions come and are kept; an ID came in the ServerHello.
func (w *writer) sessions(issued []*Session, key string) {
	for _, s := range issued {
		if s.mechanism() != protocol.SessionID {
			w.ticket(s.serial())
		}
		i := s.info(key, w.version)
		i.Origin = session.Origin{}
		w.add(trace.Cache{Event: session.Event{Op: session.OpStore, Key: key, Info: i, By: w.connection}})
	}
}

// over is what the library says of the handshake's end; false = the connection
// ends with it.
func (w *writer) over(l *Line, failure *trace.Failure) bool {
	for range l.callbacks() {
		w.add(trace.Asked{})
	}
	done := trace.TLSDone{
		Version: w.version, CipherSuite: w.suite, Resumed: l.Resumed != nil, NotOffered: l.NotOffer, NotKept: l.NotKept,
		TrustEvaluated: l.Resumed == nil && l.Trust != string(trace.TrustDisabled) || l.Trust == string(trace.TrustEvaluated),
	}
	if l.Cert != "" {
		done.Certificates = [][]byte{leaf(l.Cert)}
	}
	if x := l.Library; x != nil {
		done.Version, done.CipherSuite = cmp.Or(x.Version, done.Version), cmp.Or(x.Suite, done.CipherSuite)
		if x.Resumed != nil {
			done.Resumed = *x.Resumed
		}
		if x.Fails {
			done.Error = &trace.Failure{Phase: trace.PhaseTLS, Reason: trace.ReasonInternal, Message: "the library gave up"}
		}
	}
	if failure != nil && failure.Phase == trace.PhaseTLS && l.Status == 0 && !l.askedLater() {
		if l.Alert != "" {
			w.alert(l.Alert)
		}
		// In TLS 1.3 the client's handshake is over when the server judges what it sent.
		if w.version != protocol.TLS13 || len(l.Asked) == 0 && l.Resumed == nil {
			done.Error = failure
		}
		w.add(done)
		return false
	}
	w.add(done)
	return true
}

func (l *Line) askedLater() bool {
	return slices.ContainsFunc(l.Asked, func(m protocol.Moment) bool { return m != protocol.Initial })
}

func (l *Line) callbacks() int {
	if l.Callbacks != nil {
		return *l.Callbacks
	}
	return len(l.Asked)
}

func (l *Line) version() uint16 {
	v, _ := protocol.VersionNumber(cmp.Or(l.TLS, "1.3"))
	return v
}

func (w *writer) alert(name string) {
	w.add(trace.Message{Message: wire.Message{From: wire.Server, Content: wire.AlertRecord, Version: w.version, Alert: &wire.Alert{Level: protocol.LevelFatal, Name: strings.ReplaceAll(name, " ", "_")}}})
}
