package desk

import (
	"context"
	"errors"

	"rechallenge/core/experiment"
	"rechallenge/core/experiment/run"
	"rechallenge/core/report"
	"rechallenge/core/trace"
)

// Ask asks a question about a case, in as many runs as it takes; said, where it
// is not nil, is told which one goes on. When it is stopped, what was found until
// then may come with the context's error. Other errors are the experiment's, or
// Refused.
func (d *Desk) Ask(ctx context.Context, c Case, e experiment.Experiment, q experiment.Question, said func(step string)) (*report.Answer, error) {
	ctx, stop := d.both(ctx)
	defer stop()
	if err := d.Load(ctx, &c); err != nil {
		return nil, err
	}
	q.Plan = c.Plan
	if said != nil {
		q.Installed = d.installed(c, said)
	}
	d.Prepare(c, &q)
	if err := d.issuer(ctx, &c, &q); err != nil {
		return nil, err
	}
	if q.Clock == nil {
		q.Clock = c.Clock
	}
	conclusion, err := e.Ask(ctx, q, func(ctx context.Context, s experiment.Step) (*trace.Log, error) {
		if said != nil {
			said(s.Title)
		}
		opt := d.options()
		opt.Clock = c.Clock
		log, err := run.Step(ctx, s, *c.loaded, opt)
		if log == nil && err != nil && ctx.Err() == nil {
			err = Refused{d.advised(err)}
		}
		return log, err
	})
	for _, mend := range []error{experiment.ErrPair, experiment.ErrOptions, experiment.ErrNodes, experiment.ErrState} {
		if errors.Is(err, mend) {
			err = Refused{err}
		}
	}
	if conclusion == nil {
		return nil, err
	}
	return &report.Answer{Tool: d.opt.Tool, Experiment: e, First: q.First, Second: q.Second, Limit: e.Connections(q), Conclusion: conclusion}, err
}

// both is a context that ends with ctx and with the desk.
func (d *Desk) both(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	undo := context.AfterFunc(d.ctx, cancel)
	return ctx, func() { undo(); cancel() }
}
