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
// a client that lets none expire of itself. It keeps several sessions at once, and waits for real.
var Lifetime = Experiment{
	ID: "lifetime", Title: "How long does the server keep a session?",
	Line: "Bisects the server's own session lifetime, to the second, within a bound. It keeps several sessions at once, and waits for real.",
	Pair: Alone, Cached: true, Longest: Question.Longest,
	Options: []Option{{
		Name: "bound", Label: "Bound", Kind: Duration, Empty: "1h", Help: "the longest `TIME` to look for",
		Check: within(time.Second, plan.MaxDelay), Take: func(q *Question, v Value) { q.Bound = v.age() },
	}},
	Connections: func(q Question) int {
		p, err := agingPlan(q, 0)
		k, rounds := flight(q.bound())
		return total(slices.Repeat([]Step{{Plan: p, Knows: true}}, 1+beside+k*rounds), err)
	},
	Sketch: sketchAxis,
	Example: func() *Conclusion {
		return sampled([]string{"age", "session"},
			said(Good, "0s", wordResumed), said(Good, "4m", wordResumed), said(Plain, "5m", wordRefused), said(Plain, "10m", wordRefused))
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

// beside the rounds, the session is offered at once, and around the end that
// the server announced.
const beside = 4

// maxFlight is how many sessions are kept at once, each to be offered at another
// age.
const maxFlight = 60

// flight is how many sessions a round keeps, and how many rounds bring bound
// down to a second: two where so many can be kept.
func flight(bound time.Duration) (k, rounds int) {
	n := int(bound / time.Second)
	for k = 1; k*(k+1) < n && k < maxFlight; k++ {
	}
	rounds = 1
	for left := (n + k - 1) / k; left > 1; left = (left + k) / (k + 1) {
		rounds++
	}
	return k, rounds
}

// spread are k ages above low, the last one end, or before it where end is known
// to be too old.
func spread(low, end time.Duration, k int, known bool) (ages []time.Duration) {
	n, parts := int((end-low)/time.Second), k
	if known {
		parts = k + 1
	}
	for i := 1; i <= k; i++ {
		age := low + time.Duration(n*i/parts)*time.Second
		if age > low && (age < end || !known) && (len(ages) == 0 || age > ages[len(ages)-1]) {
			ages = append(ages, age)
		}
	}
	return ages
}

// Longest is how long a Lifetime question waits at most: a round ends at the
// bound, and one more looks where the server announced the end.
func (q Question) Longest() time.Duration {
	_, rounds := flight(q.bound())
	return time.Duration(rounds+1) * q.bound()
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

// aging is a search while it goes on.
type aging struct {
	ctx       context.Context
	q         Question
	book      *notebook
	c         *Conclusion
	low, high time.Duration // kept that long; refused at that age, 0 = not known
	announced time.Duration // by the server with the session, 0 = not
	guess     time.Duration // where the end is looked for first, 0 = nowhere
	last      *trace.Connection
}

// The words for a session that was offered at some age.
const (
	wordResumed = "resumed"
	wordUnknown = "unknown"
)

// held is a session that was made to be offered at some age.
type held struct {
	age      time.Duration
	title    string
	plan     plan.Plan
	made     *trace.Connection
	sessions map[string][]session.Session
	begun    time.Time
}

// hold makes a session in a run of its own: a run with both connections would
// wait in its control pass too, and keep nothing else waiting.
func (a *aging) hold(age time.Duration) (*held, error) {
	h := &held{age: age, title: "after " + plan.Duration(age).String()}
	p, err := agingPlan(a.q, 0)
	if err != nil {
		return nil, err
	}
	h.plan = half(p, 1)
	log, _, err := a.book.do(a.ctx, Step{Title: "a session to offer " + h.title, Plan: half(p, 0), Knows: true, Keep: func(m map[string][]session.Session) { h.sessions = m }})
	if err != nil {
		return nil, err
	}
	h.made, h.begun = attempt(log, 1, 1), a.q.clock().Now()
	for _, s := range h.sessions[forever.ID] {
		if !s.Created.IsZero() && s.Created.Before(h.begun) {
			h.begun = s.Created
		}
	}
	return h, nil
}

// offer waits until a session has its age, and offers it.
func (a *aging) offer(h *held) (word string, err error) {
	if err := a.q.until(a.ctx, h.title, h.begun.Round(0).Add(h.age)); err != nil {
		return "", err
	}
	log, n, err := a.book.do(a.ctx, Step{Title: h.title, Plan: h.plan, Knows: true, Sessions: h.sessions})
	if err != nil {
		return "", err
	}
	return a.note(log, n, h.made, h.age), nil
}

// atOnce makes a session and offers it.
func (a *aging) atOnce() (word string, err error) {
	p, err := agingPlan(a.q, 0)
	if err != nil {
		return "", err
	}
	log, n, err := a.book.do(a.ctx, Step{Title: "after 0s", Plan: p, Knows: true})
	if err != nil {
		return "", err
	}
	return a.note(log, n, attempt(log, 1, 1), 0), nil
}

// note takes down what became of a session that was offered.
func (a *aging) note(log *trace.Log, n int, made *trace.Connection, age time.Duration) (word string) {
	x := second(log, 1)
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
	a.c.Rows = append(a.c.Rows, row([]string{plan.Duration(age).String(), word, says}, map[string]Mark{wordResumed: Good, wordUnknown: Unknown}[word], n, 1, x))
	switch word {
	case wordResumed:
		a.low = max(a.low, age)
	case wordRefused:
		a.high = age
	}
	return word
}

// round keeps a session for each of the ages and offers them as they come of it,
// up to the first that is refused; where it can't be told, that age is given.
func (a *aging) round(ages []time.Duration) (lost time.Duration, err error) {
	var list []*held
	for _, age := range ages {
		h, err := a.hold(age)
		if err != nil {
			return 0, err
		}
		list = append(list, h)
	}
	for _, h := range list {
		switch word, err := a.offer(h); {
		case err != nil:
			return 0, err
		case word == wordUnknown:
			return h.age, nil
		case word == wordRefused:
			return 0, nil
		}
	}
	return 0, nil
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
	word, err := a.atOnce()
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
	for ages := a.first(bound, capped); ; {
		lost, err := a.round(ages)
		switch {
		case err != nil:
			return err
		case lost != 0:
			c.Title, c.Mark = fmt.Sprintf("Not measured to the end: %s; at the age of %s it can't be told", a.sofar(), plan.Duration(lost)), Unknown
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
		case a.high == 0:
			ages = a.upTo(bound, false)
		default:
			ages = a.upTo(a.high, true)
		}
	}
}

// first are the ages of the first round: around the end that was announced,
// where one was, since most servers keep their word.
func (a *aging) first(bound time.Duration, capped bool) []time.Duration {
	switch {
	case capped:
		return []time.Duration{bound}
	case a.guess != 0:
		return slices.Compact([]time.Duration{a.guess - time.Second, a.guess, min(a.guess+time.Second, bound)})
	}
	return a.upTo(bound, false)
}

func (a *aging) upTo(end time.Duration, known bool) []time.Duration {
	k, _ := flight(a.q.bound())
	return spread(a.low, end, k, known)
}

// sofar is what is known of the lifetime.
func (a *aging) sofar() string {
	low, high := plan.Duration(a.low), plan.Duration(a.high)
	switch {
	case len(a.c.Rows) == 0:
		return "nothing is known yet"
	case a.high == 0 && a.low == 0:
		return "nothing is known but that the server takes a session back at once"
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
