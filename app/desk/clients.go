package desk

import (
	"context"
	"errors"
	"fmt"
	"os"

	"rechallenge/app/files"
	"rechallenge/core/client"
	"rechallenge/core/experiment"
	"rechallenge/core/plan"
	"rechallenge/core/protocol"
)

// installed lets a question have the real clients of this machine.
func (d *Desk) installed(c Case, said func(step string)) *experiment.Installed {
	x := &experiment.Installed{}
	for _, k := range client.Clients {
		x.Most += 2 * len(k.Uses)
	}
	x.Run = func(ctx context.Context, p plan.Plan) ([]experiment.Visited, error) {
		pair, err := d.visits(ctx, c, p)
		if err != nil {
			return nil, Refused{err}
		}
		said("looking for the clients of this machine")
		var list []experiment.Visited
		for _, k := range client.Find(ctx) {
			if k.Command == "" {
				list = append(list, experiment.Visited{Client: k.Title})
				continue
			}
			for _, u := range k.Uses {
				v := before(k, u)
				if x.Before != nil && !x.Before(v) {
					continue
				}
				said(k.Title + ": " + u.Way)
				visited(ctx, k, u, pair, &v)
				if ctx.Err() != nil {
					return list, ctx.Err()
				}
				list = append(list, v)
			}
		}
		return list, ctx.Err()
	}
	return x
}

// before is a client's way before it is taken.
func before(k client.Installed, u client.Use) experiment.Visited {
	v := experiment.Visited{Client: k.Title, Version: k.Said, Way: u.Way, Each: u.Each, Alive: u.Alive}
	if u.Profile != nil {
		v.Profile = u.Profile(k.Said)
	}
	return v
}

// visited makes a client go one of its ways, and notes what it did.
func visited(ctx context.Context, k client.Installed, u client.Use, pair client.Pair, v *experiment.Visited) {
	log, err := k.Run(ctx, u, pair)
	if v.Log = log; err != nil {
		v.Failed = err.Error()
	}
}

// ErrAbsent is wrapped where a client is not on this machine, or can't be driven.
var ErrAbsent = errors.New("it is not on this machine, or can't be driven from here")

// TryClient makes one client of this machine visit two connections of the plan, by
// their places in it, in each of its ways. The id is its cure's.
func (d *Desk) TryClient(ctx context.Context, c Case, id string, first, second int) (list []experiment.Visited, err error) {
	p := c.Plan
	if first < 1 || second < 1 || first > len(p.Connections) || second > len(p.Connections) {
		return nil, fmt.Errorf("the plan has no connections %d and %d", first, second)
	}
	p.Connections = []plan.Connection{p.Connections[first-1], p.Connections[second-1]}
	pair, err := d.visits(ctx, c, p)
	if err != nil {
		return nil, Refused{err}
	}
	for _, k := range client.Clients {
		if k.ID != id {
			continue
		}
		found := k.Find(ctx)
		if found.Command == "" {
			break
		}
		for _, u := range k.Uses {
			v := before(found, u)
			visited(ctx, found, u, pair, &v)
			if ctx.Err() != nil {
				return list, ctx.Err()
			}
			list = append(list, v)
		}
		return list, nil
	}
	return nil, ErrAbsent
}

// Sweep removes the keys that clients which still run were given, when the program
// ends without waiting for them.
func Sweep() { client.Sweep() }

// visits are the pair of a plan as clients are told it.
func (d *Desk) visits(ctx context.Context, c Case, p plan.Plan) (pair client.Pair, err error) {
	res, err := d.resources(ctx, c)
	if err != nil {
		return pair, err
	}
	pair = client.Pair{Vars: os.Environ(), Tool: d.opt.Tool}
	for i, v := range []*client.Visit{&pair.First, &pair.Second} {
		at := p.Connections[i]
		t := p.Target(at.Target)
		if t == nil {
			return pair, fmt.Errorf("there is no target %q", at.Target)
		}
		v.Target = *t
		if at.Identity != plan.NoIdentity {
			if v.Identity = res.Identities[at.Identity]; v.Identity == nil {
				return pair, fmt.Errorf("identity %s is not loaded", at.Identity)
			}
		}
	}
	if err := pair.Check(); err != nil {
		return pair, err
	}
	switch trust := pair.First.Target.Trust; trust {
	case "", protocol.TrustSystem, protocol.TrustNone:
	default:
		if pair.Roots = c.Roots[trust]; pair.Roots != nil {
			break
		}
		loader := files.Loader{Dir: c.Dir}
		err := d.read(ctx, func() (err error) {
			pair.Roots, err = files.Read(loader.Path(trust), maxRoots)
			return err
		})
		if err != nil {
			return pair, errors.Join(fmt.Errorf("trust of target %s", pair.First.Target.ID), err)
		}
	}
	return pair, nil
}

// maxRoots is how much of a trust file is read, in bytes.
const maxRoots = 8 << 20
