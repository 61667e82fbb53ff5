package experiment

import (
	"context"
	"slices"
	"strings"

	"rechallenge/core/plan"
	"rechallenge/core/session"
	"rechallenge/core/trace"
)

// Levels finds which level swallowed the challenge: it repeats the pair with
// one level switched off after the other, from the outside in.
var Levels = Experiment{
	ID: "levels", Title: "Why was I not asked?",
	Line: "Repeats the pair with one level switched off after the other, and names the one that swallowed the challenge.",
	Pair: Both, Cached: true,
	Connections: func(q Question) int {
		list, err := levels(q)
		return total(stepsOf(list), err)
	},
	Sketch: sketchLadder,
	Example: func() *Conclusion {
		return sampled([]string{"level", "second connection"},
			said(Bad, "as planned", wordNotAsked), said(Bad, "without keeping connections alive", wordNotAsked), said(Good, "without resuming TLS sessions", wordAsked))
	},
	Ask: askLevels,
}

// level is a run with one level less than the one before.
type level struct {
	name string // of what is switched off, "" = nothing
	Step
}

func stepsOf(list []level) []Step {
	var steps []Step
	for _, l := range list {
		steps = append(steps, l.Step)
	}
	return steps
}

// levels are the runs, those left out whose level the plan does not use.
func levels(q Question) ([]level, error) {
	base, err := q.pair()
	if err != nil {
		return nil, err
	}
	cache := cacheOf(q.Plan)
	var list []level
	for _, l := range []struct {
		name, title string
		caches      []string
		reuse       plan.Reuse
		used        bool
	}{
		{"", "as planned", cache, base.HTTPReuse, true},
		{"HTTP/2 coalescing", "without HTTP/2 coalescing", cache, plan.ReuseKeepAlive, base.HTTPReuse == plan.ReuseCoalesce},
		{"kept-alive connection", "without keeping connections alive", cache, plan.ReuseOff, base.HTTPReuse == plan.ReuseCoalesce || base.HTTPReuse == plan.ReuseKeepAlive},
		{"TLS session", "without resuming TLS sessions", []string{session.NoCache}, plan.ReuseOff, true},
	} {
		if l.used {
			p := base
			p.Caches, p.HTTPReuse = l.caches, l.reuse
			list = append(list, level{l.name, Step{Title: l.title, Plan: p}})
		}
	}
	return list, nil
}

func askLevels(ctx context.Context, q Question, run Runner) (*Conclusion, error) {
	list, err := levels(q)
	if err != nil {
		return nil, err
	}
	book := &notebook{run: run}
	c := &Conclusion{Experiment: "levels", Columns: []string{"level", "second connection", "as", "why"}}
	var words []string
	for _, l := range list {
		log, n, err := book.do(ctx, l.Step)
		if err != nil {
			return book.end(ctx, c, stoppedTitle, err)
		}
		o := paired(log, 1)
		words = append(words, o.word)
		c.Rows = append(c.Rows, row([]string{l.Title, o.word, as(o.Connection), o.why}, o.mark, n, 1, o.Connection))
	}
	c.Runs = book.runs
	if note := urlCache(list[0].Plan, c.Runs[0].Log); note != "" {
		c.Rows = append(c.Rows, Row{Cells: []string{"response cache", "no connection at all", "", note}, Mark: Unknown, Run: 0, Pass: 1, Connection: 1})
	}
	c.blame(list, words)
	return c, nil
}

// blame names the level: the one whose absence made the difference. A run that
// decides nothing makes every level since the last one that did a suspect.
func (c *Conclusion) blame(list []level, words []string) {
	if p := list[0].Plan.Connections; words[0] == wordNotAsked && p[0].Identity == p[1].Identity {
		c.Title, c.Mark = "Both connections are of one identity: not to be asked again is what a session is for", Plain
		return
	}
	last := len(words) - 1
	cured := slices.Index(words, wordAsked)
	switch {
	case words[0] == wordAsked:
		c.Title, c.Mark = "The second connection is asked: nothing swallows the challenge here", Good
		return
	case words[0] != wordNotAsked:
		c.Title, c.Mark = "The cause can't be told: as planned, the connections do not get far enough", Unknown
		c.Detail = c.Rows[0].Cells[3]
		return
	case cured < 0 && words[last] == wordNotAsked:
		c.Title = "No level of the client swallowed it: this server does not ask even a fresh connection"
		return
	case cured < 0:
		c.Title, c.Mark = "The cause can't be told: without resuming TLS sessions, the connections do not get far enough", Unknown
		c.Detail = c.Rows[last].Cells[3]
		return
	}
	var suspects []string
	for i := cured; i > 0; i-- {
		suspects = append([]string{list[i].name}, suspects...)
		if words[i-1] == wordNotAsked {
			break
		}
	}
	c.Mark = Bad
	c.Title = "The " + strings.Join(suspects, " or the ") + " swallowed the challenge"
	c.Detail = "With that level switched off, the same pair is asked."
	if len(suspects) > 1 {
		c.Detail = "Which of them can't be told: a run between the two decided nothing (" + c.Rows[cured-1].Cells[3] + ")."
	}
}

// urlCache says when a URL cache would have answered the second request of a
// pair from the first answer, without any connection; "" = not, or not known.
func urlCache(p plan.Plan, log *trace.Log) string {
	first := attempt(log, 1, 1)
	a, b := p.Target(p.Connections[0].Target), p.Target(p.Connections[1].Target)
	if first == nil || first.HTTP == nil || a == nil || b == nil {
		return ""
	}
	return answers(request{a.Method, a.URL, a.Headers}, request{b.Method, b.URL, b.Headers}, *first.HTTP, log.Run.Started.Add(first.End))
}
