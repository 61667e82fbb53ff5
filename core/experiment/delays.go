package experiment

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/session"
	"rechallenge/core/trace"
)

// Delays is QA1727's own test: the second connection 9 and 11 minutes after the
// first. The clock is moved, unless the question wants it for real.
var Delays = Experiment{
	ID: "delays", Title: "The 9/11-minute test",
	Line: "The second connection before and after the end of the client's session lifetime: not asked before, asked after.",
	Pair: Both, Cached: true, Keeps: true,
	Options: []Option{
		{
			Name: "delay", Label: "Delays", Kind: Times, Empty: "9m, 11m", Help: "a `TIME` before the second connection; repeat for more",
			Check: within(0, plan.MaxDelay), Take: func(q *Question, v Value) { q.Delays = v.Durations },
		},
		{
			Name: "real", Label: "Really wait, instead of moving the client's clock", Kind: Switch, Help: "wait, instead of moving the client's clock",
			Take: func(q *Question, v Value) { q.Real = v.On },
		},
	},
	Connections: func(q Question) int {
		if q.Real {
			return delaysLeft(q)
		}
		return total(delaySteps(q))
	},
	Sketch: sketchAxis,
	Example: func() *Conclusion {
		return sampled([]string{"delay", "second connection"},
			said(Bad, "9m", wordNotAsked), said(Good, "11m", wordAsked))
	},
	Ask: func(ctx context.Context, q Question, run Runner) (*Conclusion, error) {
		if q.Real {
			return waitDelays(ctx, q, run)
		}
		return askDelays(ctx, q, run)
	},
}

// maxDelays bounds how many delays one question has.
const maxDelays = 64

// delays are those of the question, in order, each once.
func (q Question) delays() ([]time.Duration, error) {
	list := slices.Clone(q.Delays)
	if len(list) == 0 {
		list = []time.Duration{9 * time.Minute, 11 * time.Minute}
	}
	slices.Sort(list)
	list = slices.Compact(list)
	if len(list) > maxDelays {
		return nil, fmt.Errorf("%d delays: at most %d are possible", len(list), maxDelays)
	}
	if list[0] < 0 || list[len(list)-1] > plan.MaxDelay {
		return nil, fmt.Errorf("a delay must be 0 to %s", plan.MaxDelay)
	}
	return list, nil
}

// delayed is the pair under the plan's first cache.
func delayed(q Question) (plan.Plan, []time.Duration, error) {
	p, err := q.pair()
	if err != nil {
		return p, nil, err
	}
	p.Caches = cacheOf(q.Plan)
	list, err := q.delays()
	return p, list, err
}

func delaySteps(q Question) ([]Step, error) {
	base, list, err := delayed(q)
	if err != nil {
		return nil, err
	}
	var steps []Step
	for _, d := range list {
		p := base
		p.Connections = slices.Clone(base.Connections)
		p.Connections[1].After = plan.Duration(d)
		steps = append(steps, Step{Title: "after " + plan.Duration(d).String(), Plan: p, Moved: true})
	}
	return steps, nil
}

func askDelays(ctx context.Context, q Question, run Runner) (*Conclusion, error) {
	steps, err := delaySteps(q)
	if err != nil {
		return nil, err
	}
	book := &notebook{run: run}
	c := newDelays()
	var got []delay
	for _, s := range steps {
		log, n, err := book.do(ctx, s)
		if err != nil {
			return book.end(ctx, c, stoppedTitle, err)
		}
		d := newDelay(log, s.Plan.Connections[1].After)
		got = append(got, d)
		c.Rows = append(c.Rows, d.row(n, second(log, 1)))
	}
	c.Runs = book.runs
	c.conclude(q, got)
	c.Detail += " The client's clock was moved instead of waiting; a server whose clock did not move with it forgets nothing meanwhile."
	return c, nil
}

// delay is what came of one delay.
type delay struct {
	After plan.Duration `json:"after"` // what really passed
	Word  string        `json:"answer"`
	As    string        `json:"as"`
	Why   string        `json:"why"`
	Fresh string        `json:"fresh"` // the answer to a fresh connection
	Ended string        `json:"ended"` // who let the session end: "client", "server", "" = nobody is seen to
}

func newDelay(log *trace.Log, after plan.Duration) delay {
	o := paired(log, 1)
	x := o.Connection
	d := delay{After: after, As: as(x), Word: o.word, Why: o.why}
	d.Fresh, _ = asked(log, control(log))
	switch {
	case expired(log, x):
		d.Ended = "client"
	case x != nil && x.Handshake == protocol.Full && x.Resumption != nil && !x.Resumption.Accepted:
		d.Ended = "server"
	}
	return d
}

func (d delay) row(run int, x *trace.Connection) Row {
	return row([]string{d.After.String(), d.Word, d.As, d.Why}, markOf(d.Word), run, 1, x)
}

// markOf is the mark that asked gives with a word.
func markOf(word string) Mark {
	switch word {
	case wordAsked:
		return Good
	case wordNotAsked:
		return Bad
	}
	return Unknown
}

func newDelays() *Conclusion {
	return &Conclusion{Experiment: "delays", Columns: []string{"delay", "second connection", "as", "why"}}
}

// conclude compares the shortest with the longest delay of which something is known.
func (c *Conclusion) conclude(q Question, got []delay) {
	all := slices.SortedStableFunc(slices.Values(got), func(a, b delay) int { return cmp.Compare(a.After, b.After) })
	got = slices.DeleteFunc(slices.Clone(all), func(d delay) bool { return markOf(d.Word) == Unknown })
	if len(got) == 0 {
		c.Title, c.Mark = "The delays tell nothing: the connections do not get far enough", Unknown
		c.Detail = all[0].Why
		return
	}
	first, last := got[0], got[len(got)-1]
	never := func(d delay) bool { return d.Fresh == wordNotAsked }
	switch {
	case last.Word == wordNotAsked && slices.ContainsFunc(got, never):
		c.Title, c.Mark = "This server does not ask even a fresh connection, so the delays tell nothing", Unknown
		return
	case first.Word == wordAsked && last.Word == wordNotAsked:
		c.Title, c.Mark = fmt.Sprintf("Asked after %s and not after %s: the answer does not depend on the delay alone", first.After, last.After), Bad
	case first.Word == wordAsked && all[0].After < first.After:
		c.Title, c.Mark = fmt.Sprintf("Asked after %s; after %s it can't be told", first.After, all[0].After), Unknown
	case first.Word == wordAsked:
		c.Title, c.Mark = fmt.Sprintf("Asked already after %s: no cached session is in the way then", first.After), Good
	case last.Word == wordNotAsked && all[len(all)-1].After > last.After:
		c.Title, c.Mark = fmt.Sprintf("Not asked after %s; after %s it can't be told", last.After, all[len(all)-1].After), Bad
	case last.Word == wordNotAsked:
		c.Title, c.Mark = fmt.Sprintf("Still not asked after %s: the session lives longer, or something else is in the way", last.After), Bad
	default:
		c.Title, c.Mark = fmt.Sprintf("Not asked after %s, asked after %s: a cached session is the cause", first.After, last.After), Bad
	}
	if i := slices.IndexFunc(got, func(d delay) bool { return d.Ended != "" }); i >= 0 {
		c.Detail = map[string]string{
			"client": fmt.Sprintf("After %s the client no longer offers the session: its own rule ends it.", got[i].After),
			"server": fmt.Sprintf("After %s the client still offers the session, and the server refuses it: it is the server that ends it.", got[i].After),
		}[got[i].Ended]
	}
	if policy, err := q.Plan.Policy(cacheOf(q.Plan)[0]); err == nil {
		c.Detail += " " + rule(policy)
	}
}

// rule says how long a client under a policy keeps a session.
func rule(p session.Policy) string {
	life := "as long as the server says"
	switch {
	case p.TTL > 0:
		life = "for " + plan.Duration(p.TTL).String()
	case p.MaxTTL > 0:
		life = "as long as the server says, at most " + plan.Duration(p.MaxTTL).String()
	}
	return fmt.Sprintf("The client's rule (%s): a session is kept %s.", p.ID, life)
}

// cacheOf is the plan's first caching policy.
func cacheOf(p plan.Plan) []string {
	for _, id := range p.Caches {
		if id != session.NoCache {
			return []string{id}
		}
	}
	return []string{session.SharedCache}
}
