package experiment

import (
	"context"

	"rechallenge/core/engine"
	"rechallenge/core/plan"
	"rechallenge/core/session"
	"rechallenge/core/trace"
)

// Step is one run that an experiment wants.
type Step struct {
	Title string // "with the connection pool switched off"
	Plan  plan.Plan
	Moved bool // move the client's clock instead of waiting

	// Sessions are what the caches begin with, by cache id, and Keep, where it is
	// set, is to be given what they hold in the end.
	Sessions map[string][]session.Session
	Keep     func(map[string][]session.Session)
}

// Run runs the step on the engine, which is most of a Runner. Without a clock
// in the options it is the system's, moved where the step wants it. An error is
// engine.Start's or, with what was recorded until then, the context's.
func (s Step) Run(ctx context.Context, res engine.Resources, opt engine.Options) (*trace.Log, error) {
	opt.Sessions = s.Sessions
	if opt.Clock == nil && s.Moved {
		opt.Clock = &session.Moved{}
	}
	r, err := engine.Start(ctx, s.Plan, res, opt)
	if err != nil {
		return nil, err
	}
	log := trace.Connections(r.Wait())
	if s.Keep != nil {
		kept := map[string][]session.Session{}
		for _, p := range log.Passes {
			if cache := r.Cache(p.Index); cache != nil {
				kept[p.Cache] = append(kept[p.Cache], cache.Sessions()...)
			}
		}
		s.Keep(kept)
	}
	return log, ctx.Err()
}
