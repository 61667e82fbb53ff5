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
	add("handshake", e.Handshake)
	add("mechanism", e.Mechanism)
	if e.IdentityAuthenticated != nil {
		add("identity_authenticated", orNobody(e.IdentityAuthenticated))
	}
	if e.IdentitySeenByServer != nil {
		add("identity_seen_by_server", orNobody(e.IdentitySeenByServer))
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
	c := connectionOf(log, e.Pass, e.Connection)
	if c == nil {
		return "none: there is no such connection"
	}
	var list []string
	for _, p := range []struct {
		what  string
		event int
	}{
		{"ServerHello", c.Evidence.ServerHello}, {"the server's words", c.Evidence.Whoami}, {"the response", c.Evidence.Response}, {"the end", c.Evidence.Done},
	} {
		if p.event > 0 {
			list = append(list, fmt.Sprintf("%s is event %d", p.what, p.event))
		}
	}
	return strings.Join(list, ", ")
}
