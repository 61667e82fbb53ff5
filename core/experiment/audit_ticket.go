package experiment

import (
	"fmt"

	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/session"
	"rechallenge/core/trace"
)

// readable is C25: are the tickets that the server gave this program under a key
// that everybody knows, or in clear? Nothing is sent for it.
func (x *auditor) readable(k kind, log *trace.Log, run int, kept []session.Session) {
	v := Verdict{ID: "C25", Title: titles["C25"], Sessions: k.title, Result: NotApplicable, Reference: references["C25"], At: runRef(run, nth(log, 1, 1))}
	defer func() { x.Tests = append(x.Tests, v) }()
	if k.mechanism == protocol.SessionID {
		v.Says = "a session ID holds nothing"
		return
	}
	var known [][]byte
	for _, i := range log.Run.Identities {
		if i.ID == x.a {
			known = append(known, i.DER)
		}
	}
	looked := 0
	for _, s := range kept {
		if s.Mechanism != k.mechanism || len(s.Secret.Ticket) == 0 {
			continue
		}
		looked++
		if w := s.Weak(known...); w.Says != "" {
			v.Result, v.Says, v.Advisory = Fail, fmt.Sprintf("of a ticket of %d bytes that was given to %s: %s", len(s.Secret.Ticket), plan.Who(x.a), w.Says), w.Advisory
			return
		}
	}
	if v.Says = "the server gives no ticket that could be looked at"; looked > 0 {
		v.Result, v.Says = Pass, fmt.Sprintf("%s looked at: under no key that is tried here, and nothing of the client in clear", protocol.Plural(looked, "ticket"))
	}
}
