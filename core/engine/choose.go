package engine

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"rechallenge/core/plan"
	"rechallenge/core/stack"
	"rechallenge/core/trace"
)

// choose gives each job its stack: the one the plan names, or under plan.StackAuto the
// one that can see most, since a stack that never offers post_handshake_auth
// proves nothing by not being asked. Stacks can't use each other's sessions, so
// one that can make all of the plan's connections goes before a better one
// that can make only some.
func choose(name string, stacks []stack.Stack, jobs []job) error {
	var order []stack.Stack
	for _, s := range stacks {
		if name == "" || name == plan.StackAuto || s.Name() == name {
			order = append(order, s)
		}
	}
	if len(order) == 0 {
		return fmt.Errorf("stack %q (at hand: %s): %w", name, names(stacks), ErrNoStack)
	}
	slices.SortStableFunc(order, func(a, b stack.Stack) int { return sight(b) - sight(a) })
	all := slices.IndexFunc(order, func(s stack.Stack) bool {
		return !slices.ContainsFunc(jobs, func(j job) bool { return unfit(s, &j) != nil })
	})
	for i := range jobs {
		j := &jobs[i]
		if all >= 0 {
			j.stack = order[all]
			j.other = second(order, j)
			continue
		}
		var why []error
		for _, s := range order {
			err := unfit(s, j)
			if err == nil {
				j.stack = s
				break
			}
			why = append(why, fmt.Errorf("%s: %w", s.Name(), err))
		}
		if j.stack == nil {
			return fmt.Errorf("connection %d: no TLS stack at hand can make it: %w", j.PlanConnection, errors.Join(why...))
		}
	}
	return nil
}

// Chosen is the name of the stack that Start gives all of a plan's connections,
// "" where they take more than one. Errors are Start's.
func Chosen(p plan.Plan, res Resources, stacks []stack.Stack) (string, error) {
	jobs, err := prepare(&p, res, stacks)
	if err != nil {
		return "", err
	}
	for i := range jobs {
		if jobs[i].stack != jobs[0].stack {
			return "", nil
		}
	}
	return jobs[0].stack.Name(), nil
}

// second is the best other stack that can make the job's connection, or nil.
func second(order []stack.Stack, j *job) stack.Stack {
	for _, s := range order {
		if s != j.stack && unfit(s, j) == nil {
			return s
		}
	}
	return nil
}

// secondLook makes a connection again with another stack where the first one
// gave up by itself: what it does not like about a server (a short key, an old
// algorithm) need not keep the question from being answered.
func (a *attempt) secondLook(f *trace.Failure) *attempt {
	if f == nil || f.Phase != trace.PhaseTLS || (f.Reason != trace.ReasonInternal && f.Reason != trace.ReasonTLSMalformed) || a.job.other == nil {
		return nil
	}
	next := a.again(fmt.Sprintf("second look with the stack %s: %s gave up by itself", a.job.other.Name(), a.job.stack.Name()))
	j := *a.job
	j.stack, j.other = a.job.other, nil
	next.job = &j
	return next
}

// sight is how much a stack can see.
func sight(s stack.Stack) int {
	c := s.Capabilities()
	n := len(c.Mechanisms)
	if c.PostHandshakeAuth {
		n += 10
	}
	return n
}

// unfit says why a stack can't make a job's connection; nil = it can.
func unfit(s stack.Stack, j *job) error {
	c := s.Capabilities()
	switch {
	case j.parsed.QUIC && !c.QUIC:
		return fmt.Errorf("it has no QUIC, which target %q wants", j.target.ID)
	case !j.parsed.QUIC && c.QUIC:
		return fmt.Errorf("it speaks QUIC alone, and target %q wants TCP", j.target.ID)
	}
	if (j.max != 0 && c.MinVersion > j.max) || (j.min != 0 && c.MaxVersion < j.min) {
		return fmt.Errorf("it has none of the TLS versions of target %q", j.target.ID)
	}
	if len(j.groups)+len(j.ciphers)+len(j.schemes) > 0 {
		if o, ok := s.(stack.Offerer); ok {
			if err := o.CanOffer(j.groups, j.ciphers, j.schemes); err != nil {
				return err
			}
		}
	}
	if chooser, ok := s.(stack.Chooser); ok && j.Identity != plan.NoIdentity {
		return chooser.CanUse(j.identity)
	}
	return nil
}

func names(stacks []stack.Stack) string {
	var list []string
	for _, s := range stacks {
		list = append(list, s.Name())
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}
