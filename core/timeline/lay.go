package timeline

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"time"

	"rechallenge/core/protocol"
	"rechallenge/core/trace"
	"rechallenge/core/wire"
)

// longWait is the stretch without activity from which on it is folded.
const longWait = 250 * time.Millisecond

// Lay lays a log out. bad tells which connections an error finding points at;
// nil = none.
func Lay(log *trace.Log, bad func(trace.Ref) bool) *Layout {
	if bad == nil {
		bad = func(trace.Ref) bool { return false }
	}
	l := &Layout{}
	var busy []Cut
	for _, p := range log.Passes {
		g := Group{Pass: p.Index, Title: p.Cache, Start: p.Start, End: p.End}
		if p.Control {
			g.Title += " (control)"
		}
		for _, c := range p.Connections {
			lane := lane(log, p, c)
			lane.Bad = bad(c.Ref())
			g.Lanes = append(g.Lanes, lane)
			for _, s := range lane.Spans {
				if s.Phase != trace.PhaseWait {
					busy = append(busy, Cut{s.Start, s.End})
				}
			}
			if r := c.Resumption; r != nil && r.Accepted && r.FromConnection > 0 {
				l.Links = append(l.Links, link(p, c))
			}
		}
		l.Groups = append(l.Groups, g)
	}
	l.Axis = axis(busy, log.End)
	return l
}

// Missing reports whether a connection was not asked though a fresh one is.
func Missing(log *trace.Log, c *trace.Connection) bool {
	if c.Challenged() || c.ChallengeHidden || c.Proof.ServerHello == 0 {
		return false
	}
	fresh := log.Fresh(c)
	return fresh != nil && fresh.Challenged()
}

func lane(log *trace.Log, p *trace.Pass, c *trace.Connection) Lane {
	name := who(c)
	l := Lane{Ref: c.Ref(), Label: fmt.Sprintf("#%d %s", c.Index, name), Detail: detail(c), Outcome: outcome(c)}
	l.Start, l.End = c.Start, cmp.Or(c.End, log.End)
	flights, hello := flights(p, c), cmp.Or(c.Hello, c.Start)
	for _, s := range c.Spans {
		end := cmp.Or(s.End, log.End)
		if s.Phase != trace.PhaseTLS {
			l.Spans = append(l.Spans, Span{Phase: s.Phase, Start: s.Start, End: end, Label: string(s.Phase)})
			continue
		}
		l.Spans = append(l.Spans, byFlight(s.Start, end, flights)...)
	}
	for _, ch := range c.Challenges {
		kind, words := MarkChallenge, "challenge"
		switch ch.When {
		case protocol.Renegotiation:
			kind, words = MarkRenegotiation, "challenge in renegotiation"
		case protocol.PostHandshake:
			kind, words = MarkPostHandshake, "challenge after the handshake"
		}
		l.Marks = append(l.Marks, Mark{Kind: kind, At: ch.At, Label: words + ", answered with " + trace.Who(ch.AnsweredWith), Event: ch.Event})
	}
	if Missing(log, c) {
		// A CertificateRequest would have come between ServerHello and the end
		// of the handshake.
		l.Marks = append(l.Marks, Mark{Kind: MarkExpected, At: hello + (handshakeEnd(c, hello)-hello)*2/3, Label: "no challenge, though a fresh connection is asked", Event: c.Proof.ServerHello})
	}
	if r := c.Resumption; r != nil && r.Accepted {
		from := "an earlier run"
		if c.Stack == trace.StackCaptured {
			from = "a connection that can't be told"
		}
		if r.FromConnection > 0 {
			from = fmt.Sprintf("connection %d", r.FromConnection)
		}
		l.Marks = append(l.Marks, Mark{Kind: MarkResumption, At: hello, Label: fmt.Sprintf("resumed the session of %s (%s)", from, r.Mechanism), Event: c.Proof.ServerHello})
	}
	for _, s := range c.NewSessions {
		l.Marks = append(l.Marks, Mark{Kind: MarkSession, At: s.At, Label: "session given (" + string(s.Mechanism) + ")", Event: s.Event})
	}
	if c.Error != nil {
		l.Marks = append(l.Marks, Mark{Kind: MarkError, At: l.End, Label: c.Error.Message, Event: c.Proof.Done})
	}
	slices.SortStableFunc(l.Marks, func(a, b Mark) int { return cmp.Compare(a.At, b.At) })
	return l
}

// who names whom a connection was meant to be; where nobody said that, who
// proved himself in it, or after an arrow whom the session it resumed carries.
func who(c *trace.Connection) string {
	meant := c.Meant()
	switch {
	case c.MeantKnown():
		return trace.Who(&meant)
	case !c.AuthenticatedKnown:
		return "?"
	case c.IdentityAuthenticated != nil && c.Handshake == protocol.Resumed && !c.Challenged():
		return "↩" + *c.IdentityAuthenticated
	}
	return trace.Who(c.IdentityAuthenticated)
}

// detail is the URL's path, the part by which the connections of a plan usually differ.
func detail(c *trace.Connection) string {
	if u, err := url.Parse(c.URL); err == nil && u.Path != "" {
		return u.Path
	}
	return c.Target
}

// outcome is what came of a connection, in a few words.
func outcome(c *trace.Connection) string {
	switch {
	case c.Error != nil && c.Error.Alert != "":
		return c.Error.Alert
	case c.Error != nil:
		return string(c.Error.Reason)
	case c.End == 0:
		return ""
	case c.Handshake == protocol.Incomplete:
		return string(protocol.Incomplete)
	}
	text := ""
	if c.HTTP != nil {
		text = fmt.Sprintf("%d", c.HTTP.Status)
	}
	if c.Service != nil && c.Service.Refused {
		text = "refused"
	}
	if c.IdentitySeenByServer != nil {
		text += " " + trace.Who(c.IdentitySeenByServer)
	}
	return text
}

// handshakeEnd is when the TLS span ended, or from where it has not.
func handshakeEnd(c *trace.Connection, from time.Duration) time.Duration {
	for _, s := range c.Spans {
		if s.Phase == trace.PhaseTLS && s.End > from {
			return s.End
		}
	}
	return from
}

// moment is when a flight began.
type moment struct {
	at     time.Duration
	flight int
	from   wire.Side
}

// flights lists when each flight of the handshake began.
func flights(p *trace.Pass, c *trace.Connection) (list []moment) {
	last := 0
	for _, m := range p.MessagesOf(c) {
		if m.Flight != last {
			last = m.Flight
			list = append(list, moment{m.At, m.Flight, m.From})
		}
	}
	return list
}

// byFlight cuts the TLS span where each flight begins.
func byFlight(start, end time.Duration, flights []moment) []Span {
	spans := []Span{{Phase: trace.PhaseTLS, Start: start, End: end, Label: "TLS"}}
	for _, f := range flights {
		last := &spans[len(spans)-1]
		if f.at <= last.Start || f.at >= end {
			if f.at < end && len(spans) == 1 {
				last.Label = fmt.Sprintf("TLS flight %d from the %s", f.flight, f.from)
			}
			continue
		}
		last.End = f.at
		spans = append(spans, Span{Phase: trace.PhaseTLS, Other: len(spans)%2 == 1, Start: f.at, End: end, Label: fmt.Sprintf("TLS flight %d from the %s", f.flight, f.from)})
	}
	return spans
}

// link goes from the maker's last moment to the ServerHello that took its session up.
func link(p *trace.Pass, c *trace.Connection) Link {
	k := Link{From: trace.Ref{Pass: c.Pass, Connection: c.Resumption.FromConnection}, To: c.Ref(), ToAt: cmp.Or(c.Hello, c.Start)}
	if from := p.Connection(k.From.Connection); from != nil {
		k.FromAt = from.End
		for _, s := range from.NewSessions {
			k.FromAt = s.At
		}
	}
	k.Bad = c.MeantKnown() && (c.Resumption.Known && (c.Resumption.EstablishedBy == nil) != (c.Meant() == "") ||
		c.Resumption.EstablishedBy != nil && *c.Resumption.EstablishedBy != c.Meant())
	return k
}

// axis folds every stretch longer than longWait in which nothing happens.
func axis(busy []Cut, end time.Duration) Axis {
	slices.SortFunc(busy, func(a, b Cut) int { return cmp.Compare(a.Start, b.Start) })
	a := Axis{End: end}
	reached := time.Duration(0)
	for _, b := range busy {
		if b.Start-reached > longWait {
			a.Cuts = append(a.Cuts, Cut{reached, b.Start})
		}
		reached = max(reached, b.End)
	}
	if end-reached > longWait {
		a.Cuts = append(a.Cuts, Cut{reached, end})
	}
	active := end
	for _, c := range a.Cuts {
		active -= c.End - c.Start
	}
	a.Fold = max(active/20, time.Millisecond)
	return a
}

// Position is where a moment lies on the folded axis.
func (a Axis) Position(t time.Duration) time.Duration {
	position := t
	for _, c := range a.Cuts {
		switch {
		case t >= c.End:
			position -= c.End - c.Start - a.Fold
		case t > c.Start:
			inside := float64(t-c.Start) / float64(c.End-c.Start)
			return position - (t - c.Start) + time.Duration(inside*float64(a.Fold))
		}
	}
	return position
}

// Length is the whole folded axis.
func (a Axis) Length() time.Duration { return a.Position(a.End) }
