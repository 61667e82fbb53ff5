package experiment

import (
	"context"
	"fmt"

	"rechallenge/core/plan"
)

// Matrix tries every ordered pair of the plan's identities and nobody, on each target.
var Matrix = Experiment{
	ID: "matrix", Title: "Who becomes whom?",
	Line: "Every ordered pair of the identities and nobody, on each target: is the second asked, and as whom is it served?",
	Connections: func(q Question) int {
		n := len(q.Plan.Identities) + 1
		return 4 * n * (n - 1) * max(len(q.Plan.Targets), 1)
	},
	Ask: askMatrix,
}

func askMatrix(ctx context.Context, q Question, run Runner) (*Conclusion, error) {
	ids := []string{}
	for _, id := range q.Plan.Identities {
		ids = append(ids, id.ID)
	}
	ids = append(ids, plan.None)
	if len(ids) < 2 || len(q.Plan.Targets) == 0 {
		return nil, fmt.Errorf("the matrix needs an identity and a target: %w", ErrPair)
	}
	book := &notebook{run: run}
	c := &Conclusion{Experiment: "matrix", Columns: []string{"target", "first", "second", "second connection", "as", "fresh"}}
	became := 0
	for _, t := range q.Plan.Targets {
		for _, a := range ids {
			for _, b := range ids {
				if a == b {
					continue
				}
				p := q.Plan
				p.Connections = []plan.Connection{{Target: t.ID, Identity: a}, {Target: t.ID, Identity: b}}
				p.Caches, p.Repeat, p.Concurrency, p.Expect = []string{"shared", "none"}, 1, 1, nil
				log, n, err := book.do(ctx, Step{Title: fmt.Sprintf("%s: %s, then %s", t.ID, a, b), Plan: p})
				if err != nil {
					return nil, err
				}
				x, control := second(log, 1), second(log, 2)
				word, mark := asked(x)
				if word == "not asked" && as(x) == as(control) {
					mark = Plain // not asked, and no different for it
				}
				if mark == Bad {
					became++
				}
				fresh, _ := asked(control)
				c.Rows = append(c.Rows, Row{Cells: []string{t.ID, a, b, word, as(x), fresh + ", " + as(control)}, Mark: mark, Run: n, Pass: 1})
			}
		}
	}
	c.Runs = book.runs
	c.Title = fmt.Sprintf("%d of %d pairs end as somebody else", became, len(c.Rows))
	if became == 0 {
		c.Title = "Everybody stays who they are"
	}
	return c, nil
}
