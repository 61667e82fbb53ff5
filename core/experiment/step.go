package experiment

import (
	"context"
	"slices"

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
	p, err := s.pinned(res, opt)
	if err != nil {
		return nil, err
	}
	r, err := engine.Start(ctx, p, res, opt)
	if err != nil {
		return nil, err
	}
	<-r.Done()
	log := r.Log()
	if s.Keep != nil {
		s.Keep(r.Sessions())
	}
	return log, ctx.Err()
}

// pinned is the step's plan, with the stack that would make the muted
// connections as well: the other half of the pair has to use the sessions.
func (s Step) pinned(res engine.Resources, opt engine.Options) (plan.Plan, error) {
	whole := s.Plan
	whole.Connections = slices.Clone(whole.Connections)
	muted := false
	for i := range whole.Connections {
		muted = muted || whole.Connections[i].Muted
		whole.Connections[i].Muted = false
	}
	if !muted {
		return s.Plan, nil
	}
	name, err := engine.Chosen(whole, res, opt.Stacks)
	if err != nil || name == "" {
		return s.Plan, err
	}
	p := s.Plan
	p.Stack = name
	return p, nil
}
