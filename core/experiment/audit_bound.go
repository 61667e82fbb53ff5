package experiment

import (
	"time"

	"rechallenge/core/plan"
	"rechallenge/core/trace"
)

// maxHung is after how many runs in a row in which nothing was answered in time
// an audit leaves the others out.
const maxHung = 2

// AuditLongest is how long an audit can take at most: every connection to its
// timeout, and what it may wait for things to expire.
func AuditLongest(q Question) time.Duration {
	timeout := time.Duration(q.Plan.Timeout)
	if timeout <= 0 {
		timeout = plan.DefaultTimeout
	}
	const ending = 500 * time.Millisecond // a goodbye, and what a server may still send
	longest := time.Duration(auditLimit(q)) * (timeout + ending)
	if q.Wait > 0 {
		longest += time.Duration(len(kinds)+1) * 2 * (q.Wait + 4*time.Second) // C5 and C21 of a kind, C14; with and without sessions
	}
	return longest
}

// hangs counts the runs in a row of which no connection was answered in time.
func (x *auditor) hangs(log *trace.Log) {
	for _, pass := range log.Passes {
		for _, c := range pass.Connections {
			if c.Error == nil || c.Error.Reason != trace.ReasonTimeout {
				x.hung = 0
				return
			}
		}
	}
	x.hung++
}
