package trace

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"rechallenge/core/protocol"
	"rechallenge/core/wire"
)

// Detailed is how many connections keep their events in a long run, while it
// goes on and in its report. Of the others there are the answers.
const Detailed = 2000

// thinner decides which connections of a run keep their events while it goes on:
// the first ones of every shape, so that what is rare and what findings point to
// is there, then an even sample. It decides some time after a connection has
// ended, so that one which is kept can take along the one that made its session.
type thinner struct {
	limit  int   // of connections that keep their events
	recent []Ref // ended, not decided; oldest first
	seen   map[shape]int
	first  map[Ref]bool // kept for their shape
	even   []Ref        // kept as every stride-th
	stride int
	count  int // of those that were to be kept as every stride-th or not
}

// window is how many connections are decided upon at a time; as many more stay
// undecided.
const window = 512

// Of each shape so many are kept, fewer when there are many shapes: a rule's
// findings stand one by one for the first hundred.
const (
	eachShape = 110
	rareShape = 12
)

// shape is what a connection came to. Two of one shape have the same to tell.
type shape struct {
	pass, step             int
	handshake              protocol.Handshake
	mechanism              protocol.Mechanism
	accepted, challenged   bool
	hidden, known          bool
	incomplete             bool
	trust                  ServerTrust
	carries, seen, madeBy  string
	when                   protocol.Moment
	status, asked, renewed int
	reason                 Reason
	alert                  string
	attempt                int
	stack                  string
}

func shapeOf(c *Connection) shape {
	s := shape{
		pass: c.Pass, step: c.PlanConnection, handshake: c.Handshake, challenged: c.Challenged(), hidden: c.ChallengeHidden, known: c.AuthenticatedKnown,
		incomplete: c.Incomplete != "", trust: c.ServerTrust, asked: min(c.Asked, 3), renewed: min(len(c.Wire.Renegotiations), 3), attempt: min(c.Attempt, 4), stack: c.Stack,
	}
	if c.Stack == StackCaptured {
		s.step = 0 // nobody planned it
	}
	if r := c.Resumption; r != nil {
		s.mechanism, s.accepted = r.Mechanism, r.Accepted
		if r.EstablishedBy != nil {
			s.madeBy = *r.EstablishedBy
		}
	}
	if n := len(c.Challenges); n > 0 {
		s.when = c.Challenges[n-1].When
	}
	if c.IdentityAuthenticated != nil {
		s.carries = *c.IdentityAuthenticated
	}
	switch {
	case c.SeenAs != nil:
		s.seen = *c.SeenAs
	case c.IdentitySeenByServer != nil && len(*c.IdentitySeenByServer) < 100:
		s.seen = "=" + *c.IdentitySeenByServer
	}
	if c.HTTP != nil {
		s.status = c.HTTP.Status
	}
	if c.Error != nil {
		s.reason, s.alert = c.Error.Reason, c.Error.Alert
	}
	return s
}

// maxShapes bounds what is remembered of shapes: what comes in ever new ones is
// not rare.
const maxShapes = 4096

// Thin makes the Folder keep the events of about that many connections while
// the trace goes on, as a Recorder does: of the others there are the answers.
func (f *Folder) Thin(limit int) {
	f.thinner = newThinner(limit)
	f.ended = func(at Ref) { f.thinner.recent = append(f.thinner.recent, at) }
}

// Thinned takes the events of connections away that are over, where there are
// many, and says of which. It is to be called now and then.
func (f *Folder) Thinned() []Ref {
	if f.thinner == nil {
		return nil
	}
	out := f.thinner.decide(f.Log())
	f.thin(out)
	return out
}

// Events are those that are kept, in order of Seq; the slice is the caller's.
func (f *Folder) Events() []Event { return slices.Clone(f.events) }

func newThinner(limit int) *thinner {
	return &thinner{limit: limit, seen: map[shape]int{}, first: map[Ref]bool{}, stride: 1}
}

// decide says which of the connections that have ended lose their events; none
// before enough have come together.
func (t *thinner) decide(log *Log) (out []Ref) {
	if len(t.recent) < t.limit && len(t.first)+len(t.even) == 0 || len(t.recent) < 2*window {
		return nil
	}
	due := t.recent[:len(t.recent)-window]
	t.recent = slices.Clone(t.recent[len(t.recent)-window:])
	makers := map[Ref]bool{}
	for _, r := range due {
		c := log.Connection(r)
		if c == nil || !t.rare(shapeOf(c)) {
			continue
		}
		t.first[r] = true
		if c.Resumption != nil && c.Resumption.FromConnection > 0 {
			makers[Ref{r.Pass, c.Resumption.FromConnection}] = true
		}
	}
	for _, r := range due {
		switch {
		case t.first[r]:
		case makers[r] && len(t.first) < t.limit:
			t.first[r] = true
		default:
			if t.count%t.stride == 0 {
				t.even = append(t.even, r)
			} else {
				out = append(out, r)
			}
			t.count++
		}
	}
	for len(t.even) > max(t.limit-len(t.first), t.limit/8) {
		var stay []Ref
		for i, r := range t.even {
			if i%2 == 0 {
				stay = append(stay, r)
			} else {
				out = append(out, r)
			}
		}
		t.even, t.stride = stay, 2*t.stride
	}
	return out
}

// rare reports whether there are few of a shape so far.
func (t *thinner) rare(s shape) bool {
	n := t.seen[s]
	if n > 0 || len(t.seen) < maxShapes {
		t.seen[s] = n + 1
	}
	switch room := t.limit - len(t.first); {
	case room > t.limit/3:
		return n < eachShape
	case room > t.limit/8:
		return n < rareShape
	case room > 0:
		return n == 0 && len(t.seen) < maxShapes
	}
	return false
}

// thin takes the events of connections away that have ended; one event stands
// for them, with what was folded. It returns the client randoms of their
// handshakes.
func (f *Folder) thin(list []Ref) (randoms [][]byte) {
	if len(list) == 0 {
		return nil
	}
	leaves := make(map[Ref]bool, len(list))
	for _, r := range list {
		leaves[r] = true
	}
	for _, r := range list {
		p := f.log.Pass(r.Pass)
		if p == nil || p.Position(r.Connection) < 0 {
			continue
		}
		c := f.own(p, p.Position(r.Connection))
		for _, m := range p.MessagesOf(c) {
			if m.Type == 1 && m.Content == wire.Handshake && len(m.Raw) >= 38 {
				randoms = append(randoms, m.Raw[6:38]) // RFC 8446 section 4.1.2, after the message's head and the version
			}
		}
		f.slim(c)
	}
	started := map[Ref]bool{}
	left := func(events []Event, into []Event, pass int) []Event {
		for _, e := range events {
			r := Ref{e.Pass, e.Connection}
			if pass > 0 {
				r.Pass = pass
			}
			switch {
			case e.Connection == 0 || !leaves[r]:
				into = append(into, e)
			case !started[r]:
				started[r] = true
				if c := f.log.Connection(r); c != nil {
					into = append(into, Event{Seq: e.Seq, At: c.Start, Pass: r.Pass, Connection: r.Connection, Payload: LeftOut{c}})
				}
			}
		}
		return into
	}
	events := left(f.events, make([]Event, 0, len(f.events)+usualQueue*8), 0)
	for _, p := range f.log.Passes {
		if p.apart {
			clear(started)
			p.Events = left(p.Events, make([]Event, 0, len(p.Events)), p.Index)
			continue
		}
		at := slices.IndexFunc(events, func(e Event) bool { return e.Pass == p.Index })
		if at < 0 {
			continue
		}
		end := at
		for end < len(events) && events[end].Pass == p.Index {
			end++
		}
		p.first, p.Events = at, events[at:end:end]
	}
	f.events = events
	return randoms
}

// slim lets go of what only the messages have, and keeps what repeats once.
func (f *Folder) slim(c *Connection) {
	c.LeftOut, c.Messages, c.hit = true, nil, nil
	c.ServerCertificates = f.same.list(c.ServerCertificates)
	if c.HTTP != nil {
		c.HTTP = f.same.head(*c.HTTP)
	}
	if l := c.Library; l != nil && l.Error == nil {
		c.Library = f.same.library(*l)
	}
	c.Spans = append(make([]Span, 0, len(c.Spans)), c.Spans...)
	if r := c.Resumption; r != nil && r.EstablishedBy != nil { // it points into all that was known of the session
		own := *r
		own.EstablishedBy = f.same.text(*r.EstablishedBy)
		c.Resumption = &own
	}
	for i := range c.NewSessions {
		if by := c.NewSessions[i].EstablishedBy; by != nil {
			c.NewSessions[i].EstablishedBy = f.same.text(*by)
		}
	}
	for i := range c.Challenges {
		ch := &c.Challenges[i]
		ch.AcceptableCAs, ch.Certificates = f.same.list(ch.AcceptableCAs), f.same.list(ch.Certificates)
		ch.SignatureSchemes = f.same.schemes(ch.SignatureSchemes)
		ch.CANames = f.same.names(ch.CANames)
	}
	for _, s := range []**string{&c.IdentitySeenByServer, &c.SeenAs, &c.IdentityAuthenticated} {
		if *s != nil {
			*s = f.same.text(**s)
		}
	}
	if w := c.Wire; c.Stack == StackCaptured || len(w.Renegotiations) == 0 && len(w.Unreadable) == 0 {
		c.Wire = f.same.summary(wire.Summary{
			Version: w.Version, CipherSuite: w.CipherSuite, ServerName: w.ServerName, ALPN: w.ALPN, HelloRetry: w.HelloRetry, Resumed: w.Resumed,
			ClientFinished: w.ClientFinished, ServerFinished: w.ServerFinished, PostHandshakeAuth: w.PostHandshakeAuth, Hidden: w.Hidden,
			Draft: w.Draft, Hello: w.Hello, HelloV2: w.HelloV2, Lost: w.Lost, LostHandshake: w.LostHandshake, Spoke: w.Spoke,
		})
	}
}

// same keeps what many connections share once.
type same struct {
	lists     map[string][][]byte
	numbers   map[string][]uint16
	texts     map[string]*string
	words     map[string][]string
	heads     map[string]*HTTP
	libraries map[string]*TLSDone
	summaries []*wire.Summary
}

// maxSame bounds each of its maps: what never repeats isn't worth remembering.
const maxSame = 1024

func shared[T any](known *map[string]T, key string, v T) T {
	if old, ok := (*known)[key]; ok {
		return old
	}
	if *known == nil || len(*known) >= maxSame {
		*known = map[string]T{}
	}
	(*known)[key] = v
	return v
}

func (s *same) list(l [][]byte) [][]byte {
	if len(l) == 0 {
		return l
	}
	h := sha256.New()
	for _, b := range l {
		h.Write([]byte{byte(len(b) >> 8), byte(len(b))})
		h.Write(b)
	}
	return shared(&s.lists, string(h.Sum(nil)), l)
}

func (s *same) schemes(l []uint16) []uint16 {
	var key strings.Builder
	for _, n := range l {
		key.WriteByte(byte(n >> 8))
		key.WriteByte(byte(n))
	}
	return shared(&s.numbers, key.String(), l)
}

func (s *same) text(t string) *string {
	if len(t) > 1<<10 {
		return &t
	}
	return shared(&s.texts, t, &t)
}

func (s *same) names(l []string) []string { return shared(&s.words, strings.Join(l, "\x00"), l) }

func (s *same) head(h HTTP) *HTTP {
	h.Header = nil
	return shared(&s.heads, fmt.Sprint(h.Status, h.Proto, h.Length), &h)
}

func (s *same) library(l TLSDone) *TLSDone {
	l.Certificates = s.list(l.Certificates)
	first := ""
	if len(l.Certificates) > 0 {
		sum := sha256.Sum256(l.Certificates[0])
		first = string(sum[:])
	}
	return shared(&s.libraries, fmt.Sprint(l.Version, l.CipherSuite, l.ALPN, l.Resumed, l.TrustEvaluated, len(l.Certificates), first, l.NotOffered, l.NotKept), &l)
}

func (s *same) summary(w wire.Summary) *wire.Summary {
	for _, old := range s.summaries {
		if old.Version == w.Version && old.CipherSuite == w.CipherSuite && old.ServerName == w.ServerName && old.ALPN == w.ALPN && old.HelloRetry == w.HelloRetry &&
			old.Resumed == w.Resumed && old.ClientFinished == w.ClientFinished && old.ServerFinished == w.ServerFinished &&
			old.PostHandshakeAuth == w.PostHandshakeAuth && old.Hidden == w.Hidden &&
			old.Draft == w.Draft && old.Hello == w.Hello && old.HelloV2 == w.HelloV2 && old.Lost == w.Lost && old.LostHandshake == w.LostHandshake && old.Spoke == w.Spoke {
			return old
		}
	}
	if len(s.summaries) < 64 {
		s.summaries = append(s.summaries, &w)
	}
	return &w
}
