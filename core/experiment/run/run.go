// Package run carries the steps of experiments out on the engine. The
// experiments themselves are values in core/experiment, which knows no engine.
package run

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"rechallenge/core/engine"
	"rechallenge/core/experiment"
	"rechallenge/core/identity"
	"rechallenge/core/plan"
	"rechallenge/core/session"
	"rechallenge/core/trace"
)

// Step runs a step, which is most of an experiment.Runner. Without a clock in
// the options it is the system's, moved where the step wants it. An error is
// engine.Start's or, with what was recorded until then, the context's.
func Step(ctx context.Context, s experiment.Step, res engine.Resources, opt engine.Options) (*trace.Log, error) {
	opt.Sessions, opt.Knows, opt.Provoke, opt.Split = s.Sessions, s.Knows, s.Provoke, s.Split
	if opt.Clock == nil && s.Moved {
		opt.Clock = &session.Moved{}
	}
	p, err := pinned(s, res, opt)
	if err != nil {
		return nil, err
	}
	if s.Forge != "" {
		if res, err = forging(ctx, s, res); err != nil {
			return nil, err
		}
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

// forging are the resources with an identity that has the names of another one
// and was issued by nobody.
func forging(ctx context.Context, s experiment.Step, res engine.Resources) (engine.Resources, error) {
	other := res.Identities[s.Forge]
	if other == nil {
		return res, fmt.Errorf("forge the identity %q: it is not loaded", s.Forge)
	}
	made, err := identity.Forge(ctx, experiment.Forged, other.Public)
	if err != nil {
		return res, err
	}
	res.Identities = maps.Clone(res.Identities)
	res.Identities[experiment.Forged] = made
	return res, nil
}

// pinned is the step's plan, with the stack that would make the muted
// connections as well: the other half of the pair has to use the sessions.
func pinned(s experiment.Step, res engine.Resources, opt engine.Options) (plan.Plan, error) {
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
