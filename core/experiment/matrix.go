package experiment

import (
	"context"
	"fmt"
	"strings"

	"rechallenge/core/plan"
	"rechallenge/core/session"
	"rechallenge/core/trace"
)

// Matrix tries every ordered pair of the plan's identities and nobody, on each target.
var Matrix = Experiment{
	ID: "matrix", Title: "Who becomes whom?",
	Line:   "Every ordered pair of the identities and nobody, on each target: is the second asked, and as whom is it served?",
	Cached: true, Everywhere: true,
	Axes: &Axes{Title: "target", Down: "first", Across: "second", Cell: []string{"second connection", "as"}},
	Connections: func(q Question) int {
		list, err := meetings(q)
		var steps []Step
		for _, m := range list {
			steps = append(steps, m.Step)
		}
		return total(steps, err)
	},
	Sketch: sketchGrid,
	Example: func() *Conclusion {
		return sampled([]string{"target", "first", "second", "second connection", "as"},
			said(Bad, "", "alice", "bob", wordNotAsked, "alice"), said(Good, "", "alice", "nobody", wordAsked, "nobody"), said(Good, "", "bob", "alice", wordAsked, "alice"), said(Bad, "", "bob", "nobody", wordNotAsked, "bob"))
	},
	Ask: askMatrix,
}

// meeting is one pair at one target.
type meeting struct {
	target, first, second string
	Step
}

// meetings are all of them. HTTP connections are not kept: whoever is served on
// one is another question.
func meetings(q Question) ([]meeting, error) {
	ids := []string{}
	for _, id := range q.Plan.Identities {
		ids = append(ids, id.ID)
	}
	ids = append(ids, plan.NoIdentity)
	if len(ids) < 2 || len(q.Plan.Targets) == 0 {
		return nil, fmt.Errorf("the matrix needs an identity and a target: %w", ErrPair)
	}
	var list []meeting
	for _, t := range q.Plan.Targets {
		for _, a := range ids {
			for _, b := range ids {
				if a == b {
					continue
				}
				x := q
				x.Plan.Connections = []plan.Connection{{Target: t.ID, Identity: a}, {Target: t.ID, Identity: b}}
				x.First, x.Second = 1, 2
				p, err := x.pair()
				if err != nil {
					return nil, err
				}
				p.Caches, p.HTTPReuse = []string{cacheOf(q.Plan)[0], session.NoCache}, plan.ReuseOff
				list = append(list, meeting{t.ID, a, b, Step{Title: fmt.Sprintf("%s: %s, then %s", t.ID, a, b), Plan: p}})
			}
		}
	}
	return list, nil
}

func askMatrix(ctx context.Context, q Question, run Runner) (*Conclusion, error) {
	list, err := meetings(q)
	if err != nil {
		return nil, err
	}
	book := &notebook{run: run}
	c := &Conclusion{Experiment: "matrix", Columns: []string{"target", "first", "second", "second connection", "as", "fresh"}}
	became, unknown := 0, 0
	for _, m := range list {
		log, n, err := book.do(ctx, m.Step)
		if err != nil {
			return book.end(ctx, c, fmt.Sprintf("Stopped after %d of %d pairs: %d end as somebody else", len(c.Rows), len(list), became), err)
		}
		x, fresh := second(log, 1), control(log)
		word, mark := asked(log, x)
		switch {
		case m.became(x, fresh):
			mark = Bad
			became++
		case word == wordNoAnswer || word == wordNotRun || word == wordNotAsked && as(x) == "unknown":
			mark = Unknown
			unknown++
		case word != wordAsked:
			mark = Plain // refused, or not asked and nobody else for it
		}
		without, _ := asked(log, fresh)
		c.Rows = append(c.Rows, row([]string{m.target, m.first, m.second, word, as(x), strings.TrimSuffix(without+", "+as(fresh), ", ")}, mark, n, 1, x))
	}
	c.Runs = book.runs
	switch {
	case became > 0:
		c.Title, c.Mark = fmt.Sprintf("%d of %d pairs end as somebody else", became, len(list)), Bad
	case unknown == len(list):
		c.Title, c.Mark = "Nothing can be told: the connections do not get far enough", Unknown
	case unknown > 0:
		c.Title, c.Mark = fmt.Sprintf("Nobody is seen to become another, but of %d of %d pairs nothing can be told", unknown, len(list)), Unknown
	default:
		c.Title, c.Mark = "Everybody stays who they are", Good
	}
	return c, nil
}

// became reports whether the second was served as the first, and would not have
// been over a connection of its own.
func (m meeting) became(x, fresh *trace.Connection) bool {
	name := plan.Who(m.first)
	return as(x) == name && as(fresh) != name
}
