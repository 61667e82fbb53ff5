package experiment

import (
	"context"
	"fmt"
	"slices"
	"time"

	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/session"
	"rechallenge/core/trace"
)

// Lifetime finds how long the server itself keeps a session, by bisection with
// a client that lets none expire of itself. It waits for real.
var Lifetime = Experiment{
	ID: "lifetime", Title: "How long does the server keep a session?",
	Sketch: sketchAxis,
	Line:   "Bisects the server's own session lifetime, to the second, within a bound. It waits for real.",
	Pair:   Alone, Cached: true, Longest: Question.Longest,
	Options: []Option{{
		Name: "bound", Label: "Bound", Kind: Duration, Empty: "1h", Help: "the longest `TIME` to look for",
		Check: within(time.Second, plan.MaxDelay), Take: func(q *Question, v Value) { q.Bound = v.age() },
	}},
	Connections: func(q Question) int {
		p, err := agingPlan(q, 0)
		return total(slices.Repeat([]Step{{Plan: p, Knows: true}}, halvings(q.bound())+beside), err)
	},
	Ask: askLifetime,
}

// forever is a client that offers a session whatever its age, at whichever
// address the name leads to. A TLS 1.3 ticket it may not offer past the
// lifetime that came with it, which is seven days at most: RFC 8446 section 4.6.1.
var forever = plan.CustomCache{ID: "forever", Key: session.Recipe{session.PartName}, TTL: plan.Duration(plan.MaxDelay)}

func (q Question) bound() time.Duration {
	if q.Bound <= 0 {
		return time.Hour
	}
	return min(max(q.Bound.Round(time.Second), time.Second), plan.MaxDelay-time.Minute)
}

// beside the halvings, the session is offered at once, shortly before and after
// the end that the server announced, and at the bound.
const beside = 4

// halvings is how many of them bring bound down to a second.
func halvings(bound time.Duration) int {
	n := 0
	for left := int(bound / time.Second); left > 1; left = (left + 1) / 2 {
		n++
	}
	return n
}

// Longest is how long a Lifetime question waits at most: no age is past the bound.
func (q Question) Longest() time.Duration {
	return time.Duration(halvings(q.bound())+beside-1) * q.bound()
}

// agingPlan makes a session and offers it at that age.
func agingPlan(q Question, age time.Duration) (plan.Plan, error) {
	p, err := q.pair()
	if err != nil {
		return p, err
	}
	p.CustomCaches, p.Caches, p.HTTPReuse = []plan.CustomCache{forever}, []string{forever.ID}, plan.ReuseOff
	p.Connections = []plan.Connection{p.Connections[0], p.Connections[0]}
	p.Connections[1].After = plan.Duration(age)
	return p, nil
}

// aging is a bisection while it goes on.
type aging struct {
	ctx       context.Context
	q         Question
	book      *notebook
	c         *Conclusion
	low, high time.Duration // kept that long; refused at that age, 0 = not known
	announced time.Duration // by the server with the session, 0 = not
	guess     time.Duration // where the end is looked for first, 0 = nowhere
	last      *trace.Connection
	keeps     bool // the runner hands sessions out, so that the waits are made here
}

// The words for a session that was offered at some age.
const (
	wordResumed = "resumed"
	wordUnknown = "unknown"
)

// probe makes a session and offers it at that age.
func (a *aging) probe(d time.Duration) (word string, err error) {
	p, err := agingPlan(a.q, d)
	if err != nil {
		return "", err
	}
	title := "after " + plan.Duration(d).String()
	var made, x *trace.Connection
	var log *trace.Log
	var n int
	if d > 0 && a.keeps {
		made, log, n, err = a.apart(p, title, d)
	} else {
		s := Step{Title: title, Plan: p, Knows: true, Keep: func(map[string][]session.Session) { a.keeps = true }}
		log, n, err = a.book.do(a.ctx, s)
		if err == nil {
			made = attempt(log, 1, 1)
		}
	}
	if err != nil {
		return "", err
	}
	x = second(log, 1)
	a.last = x
	word, says := wordUnknown, whyAt(log, x)
	switch {
	case x == nil || x.Handshake == "" || x.Handshake == protocol.Failed:
	case x.Handshake == protocol.Resumed:
		word = wordResumed
	case x.Resumption == nil:
	case made != nil && made.RemoteAddr != x.RemoteAddr:
		says = fmt.Sprintf("the session is of %s, and %s refused it", made.RemoteAddr, x.RemoteAddr)
	default:
		word = wordRefused
	}
	if made != nil {
		for _, s := range made.NewSessions {
			a.announced = max(a.announced, s.Lifetime)
		}
	}
	a.c.Rows = append(a.c.Rows, row([]string{plan.Duration(d).String(), word, says}, map[string]Mark{wordResumed: Good, wordUnknown: Unknown}[word], n, 1, x))
	switch word {
	case wordResumed:
		a.low = max(a.low, d)
	case wordRefused:
		a.high = d
	}
	return word, nil
}

// apart makes the two connections in runs of their own and waits in between: a
// run would wait in its control pass too.
func (a *aging) apart(p plan.Plan, title string, d time.Duration) (made *trace.Connection, log *trace.Log, n int, err error) {
	p.Connections[1].After = 0
	var sessions map[string][]session.Session
	first := Step{Title: "a session to offer " + title, Plan: half(p, 0), Knows: true, Keep: func(m map[string][]session.Session) { sessions = m }}
	if log, _, err = a.book.do(a.ctx, first); err != nil {
		return nil, nil, 0, err
	}
	made = attempt(log, 1, 1)
	begun := a.q.clock().Now()
	for _, s := range sessions[forever.ID] {
		if !s.Created.IsZero() && s.Created.Before(begun) {
			begun = s.Created
		}
	}
	if err := a.q.until(a.ctx, title, begun.Round(0).Add(d)); err != nil {
		return nil, nil, 0, err
	}
	log, n, err = a.book.do(a.ctx, Step{Title: title, Plan: half(p, 1), Knows: true, Sessions: sessions})
	return made, log, n, err
}

func askLifetime(ctx context.Context, q Question, run Runner) (*Conclusion, error) {
	a := &aging{ctx: ctx, q: q, book: &notebook{run: run}, c: &Conclusion{Experiment: "lifetime", Columns: []string{"age", "session", "why"}}}
	err := a.measure()
	a.c.Runs = a.book.runs
	a.c.Detail = a.words()
	if err != nil {
		return a.book.end(ctx, a.c, "Stopped: "+a.sofar(), err)
	}
	return a.c, nil
}

// measure bisects and gives the conclusion its title.
func (a *aging) measure() error {
	c := a.c
	word, err := a.probe(0)
	switch {
	case err != nil:
		return err
	case word == wordRefused:
		c.Title = "The server takes no session back, so it has no lifetime to measure"
		return nil
	case word == wordUnknown && a.last != nil && a.last.Handshake == protocol.Full:
		c.Title = "The server gives no session that could be offered, so there is no lifetime to measure"
		return nil
	case word == wordUnknown:
		c.Title, c.Mark = "Nothing was measured: the connections do not get far enough", Unknown
		return nil
	}
	bound, capped := a.q.bound(), false
	if a.announced > 2*time.Second && a.announced <= bound && a.last.Resumption != nil {
		if capped = a.last.Resumption.Mechanism == protocol.PSK; capped {
			bound = a.announced - time.Second
		} else {
			a.guess = a.announced.Round(time.Second)
		}
	}
	for {
		next := a.next(bound)
		word, err := a.probe(next)
		switch {
		case err != nil:
			return err
		case word == wordUnknown:
			c.Title, c.Mark = fmt.Sprintf("Not measured to the end: %s; at the age of %s it can't be told", a.sofar(), plan.Duration(next)), Unknown
			return nil
		case a.low == bound && capped:
			c.Title = fmt.Sprintf("The server keeps its sessions for the %s that it announces; later none may be offered in TLS 1.3", plan.Duration(a.announced))
			return nil
		case a.low == bound:
			c.Title = fmt.Sprintf("The server keeps sessions for longer than %s", plan.Duration(bound))
			return nil
		case a.high != 0 && a.high-a.low <= time.Second:
			c.Title = fmt.Sprintf("The server keeps a session for %s to %s", plan.Duration(a.low), plan.Duration(a.high))
			return nil
		}
	}
}

// next is the age to look at: shortly before and after the end that was
// announced, where one was, since most servers keep their word; then the bound,
// then the middle of what is left.
func (a *aging) next(bound time.Duration) time.Duration {
	switch before, after := a.guess-time.Second, min(a.guess+time.Second, bound); {
	case a.high != 0:
		return (a.low + (a.high-a.low)/2).Round(time.Second)
	case a.guess != 0 && a.low < before:
		return before
	case a.guess != 0 && a.low < after:
		return after
	}
	return bound
}

// sofar is what is known of the lifetime.
func (a *aging) sofar() string {
	low, high := plan.Duration(a.low), plan.Duration(a.high)
	switch {
	case len(a.c.Rows) == 0:
		return "nothing is known yet"
	case a.high == 0:
		return fmt.Sprintf("the server keeps a session for at least %s", low)
	}
	return fmt.Sprintf("the server keeps a session for at least %s and less than %s", low, high)
}

// words are what the server announced and what the client's own rule is.
func (a *aging) words() string {
	text := "The server announces no lifetime."
	if a.announced > 0 {
		text = fmt.Sprintf("The server announces %s.", plan.Duration(a.announced))
	}
	if a.announced > 0 && a.low > a.announced {
		text += " It keeps sessions for longer than that."
	}
	if policy, err := a.q.Plan.Policy(cacheOf(a.q.Plan)[0]); err == nil {
		text += " " + rule(policy)
	}
	return text + " Whichever ends first decides when a second identity is asked again."
}
