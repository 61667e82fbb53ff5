package plan

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"rechallenge/core/session"
	"rechallenge/core/target"
)

// Pass is one run of the plan's connections under one cache policy.
type Pass struct {
	Policy  session.Policy
	Control bool // added by Passes, not asked for by the plan
}

// Job is one connection to make. Index is its place in the pass, from 1.
type Job struct {
	Index          int
	PlanConnection int            // from 1
	Iteration      int            // from 1
	Node           netip.AddrPort // one of several connect_to addresses; zero = the target decides
	Connection
}

// Passes resolves the plan's caches. Where none of them is session.NoCache, a control
// pass under it is added at the end: it proves what a fresh connection is asked.
func (p *Plan) Passes() ([]Pass, error) {
	ids := p.Caches
	if len(ids) == 0 {
		ids = DefaultCaches()
	}
	var passes []Pass
	for _, id := range ids {
		policy, err := p.Policy(id)
		if err != nil {
			return nil, err
		}
		passes = append(passes, Pass{Policy: policy})
	}
	if !slices.Contains(ids, session.NoCache) {
		none, err := p.Policy(session.NoCache)
		if err != nil {
			return nil, err
		}
		passes = append(passes, Pass{Policy: none, Control: true})
	}
	return passes, nil
}

// Policy resolves a cache id: one of the plan's own, then one of the built-in.
func (p *Plan) Policy(id string) (session.Policy, error) {
	for _, c := range p.CustomCaches {
		if c.ID == id {
			return session.Policy{
				ID: c.ID, Title: c.ID, Recipe: c.Key, TTL: time.Duration(c.TTL),
				Capacity: c.Capacity, SingleUseTickets: c.SingleUseTickets, Scope: "this plan",
				Mechanisms: c.Mechanisms, KeepFirst: c.KeepFirst,
			}, nil
		}
	}
	if policy, ok := session.PolicyByID(id); ok {
		return policy, nil
	}
	return session.Policy{}, fmt.Errorf("unknown cache %q%s", id, nearest(id, p.cacheIDs()))
}

// Policies resolves the plan's caches without the control pass.
func (p *Plan) Policies() ([]session.Policy, error) {
	passes, err := p.Passes()
	if err != nil {
		return nil, err
	}
	var policies []session.Policy
	for _, pass := range passes {
		if !pass.Control {
			policies = append(policies, pass.Policy)
		}
	}
	return policies, nil
}

// cacheIDs lists every cache that the plan may name.
func (p *Plan) cacheIDs() []string {
	var ids []string
	for _, c := range p.CustomCaches {
		ids = append(ids, c.ID)
	}
	for _, policy := range session.Policies {
		ids = append(ids, policy.ID)
	}
	return ids
}

// Jobs lists the connections of a pass in their order: the plan's list,
// repeated; a target with several addresses is tried at each in turn.
func (p *Plan) Jobs() []Job {
	var jobs []Job
	for iteration := 1; iteration <= max(p.Repeat, 1); iteration++ {
		for i, c := range p.Connections {
			if c.Muted {
				continue
			}
			nodes := []netip.AddrPort{{}}
			if t := p.Target(c.Target); t != nil && len(t.ConnectTo) > 1 {
				nodes = t.ConnectTo
			}
			for _, node := range nodes {
				jobs = append(jobs, Job{
					Index: len(jobs) + 1, PlanConnection: i + 1, Iteration: iteration, Node: node, Connection: c,
				})
			}
		}
	}
	return jobs
}

// Target returns the target of that id, or nil.
func (p *Plan) Target(id string) *target.Target {
	for i := range p.Targets {
		if p.Targets[i].ID == id {
			return &p.Targets[i]
		}
	}
	return nil
}
