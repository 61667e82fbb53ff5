package report

import (
	"fmt"
	"strings"

	"rechallenge/core/diagnose"
	"rechallenge/core/plan"
	"rechallenge/core/trace"
)

// wanted is an expectation's properties in words.
func wanted(e plan.Expectation) string {
	var list []string
	add := func(name, value string) {
		if value != "" {
			list = append(list, name+" "+value)
		}
	}
	if e.Challenged != nil {
		add("challenged", fmt.Sprint(*e.Challenged))
	}
	add("handshake", string(e.Handshake))
	add("mechanism", string(e.Mechanism))
	if e.IdentityAuthenticated != nil {
		add("identity_authenticated", plan.Who(*e.IdentityAuthenticated))
	}
	if e.IdentitySeenByServer != nil {
		add("identity_seen_by_server", plan.Who(*e.IdentitySeenByServer))
	}
	if e.Status != 0 {
		add("status", fmt.Sprint(e.Status))
	}
	add("finding", e.Finding)
	add("no finding", e.NoFinding)
	return strings.Join(list, ", ")
}

// evidence names the events that say what came instead.
func evidence(log *trace.Log, e diagnose.Expectation) string {
	var list []string
	for _, x := range e.Evidence {
		list = append(list, fmt.Sprintf("%s, event %d: %s", log.Words(x.At), x.Event, x.Says))
	}
	return or(strings.Join(list, "; "), absent)
}
