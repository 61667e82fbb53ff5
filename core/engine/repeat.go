package engine

import (
	"sync"
	"time"

	"rechallenge/core/trace"
)

// repeated hands out the jobs of a pass (from 0), the plan's list as often as the
// plan says, or until the pass's part of the run's time is over. A list that was
// begun is gone through to its end, but for a wait that would last longer.
func (r *Run) repeated(pass int) func() *job {
	var mu sync.Mutex
	i := 0
	end := r.begun.Add(r.opt.For / time.Duration(len(r.passes)) * time.Duration(pass+1))
	return func() *job {
		mu.Lock()
		defer mu.Unlock()
		list := len(r.jobs)
		first := i%list == 0
		switch left := time.Until(end); {
		case r.opt.For <= 0 && i >= list*max(r.plan.Repeat, 1):
			return nil
		case r.opt.For > 0 && i > 0 && first && left <= 0:
			return nil
		case r.opt.For > 0 && i >= list && !r.opt.Clock.Virtual() && time.Duration(r.jobs[i%list].After) > left+time.Second:
			return nil
		}
		j := r.jobs[i%list]
		j.Iteration = i/list + 1
		i++
		j.Index = i
		return &j
	}
}

// these hands out some jobs, each once.
func these(jobs []job) func() *job {
	var mu sync.Mutex
	return func() *job {
		mu.Lock()
		defer mu.Unlock()
		if len(jobs) == 0 {
			return nil
		}
		j := &jobs[0]
		jobs = jobs[1:]
		return j
	}
}

// left lets go of what is kept of connections whose events a long run lets go of.
func (r *Run) left(list []trace.Ref, randoms [][]byte) {
	if r.opt.Bytes {
		return
	}
	r.opt.KeyLog.Forget(randoms)
	gone := make(map[trace.Ref]bool, len(list))
	for _, at := range list {
		gone[at] = true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	kept := make([]tapped, 0, len(r.captures))
	for _, c := range r.captures {
		if !gone[c.Ref] {
			kept = append(kept, c)
		}
	}
	r.captures = kept // others may hold the array from before
}
