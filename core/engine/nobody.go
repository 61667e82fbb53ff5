package engine

import (
	"net/http"

	"rechallenge/core/plan"
	"rechallenge/core/session"
	"rechallenge/core/trace"
)

// nobody makes, in a pass of its own, one connection without a certificate to
// each target that named somebody by words that fit no loaded identity: they
// may be its words for nobody ("(null)", an unreplaced placeholder, "-").
func (r *Run) nobody() {
	if r.ctx.Err() != nil || r.opt.Knows {
		return
	}
	strange := map[string]bool{}
	r.rec.View(func(log *trace.Log) {
		for _, p := range log.Passes {
			for _, c := range p.Connections {
				if word := c.IdentitySeenByServer; word != nil && *word != "" && c.SeenAs == nil {
					strange[c.Target] = true
				}
			}
		}
	})
	var jobs []job
	for _, j := range r.jobs {
		// What is asked for as nobody must change nothing: RFC 9110 section 9.2.1.
		if m := j.target.Verb(); !strange[j.target.ID] || j.target.Whoami.Send != "" || m != http.MethodGet && m != http.MethodHead {
			continue
		}
		strange[j.target.ID] = false
		j.Identity, j.identity, j.After = plan.NoIdentity, nil, 0
		jobs = append(jobs, j)
	}
	if len(jobs) == 0 {
		return
	}
	r.mu.Lock()
	r.caches = append(r.caches, nil)
	n := len(r.caches)
	r.mu.Unlock()
	r.pass(n, plan.Pass{Control: true, Policy: session.Policy{
		ID: trace.NobodyPass, Title: "Without a certificate, to learn the server's word for nobody", Disabled: true,
	}}, these(jobs))
}
