package state_test

import (
	"slices"
	"testing"

	"rechallenge/app/state"
	"rechallenge/core/plan"
	"rechallenge/core/target"
	"rechallenge/core/trace"
)

func TestWords(t *testing.T) {
	for _, c := range []struct {
		line string
		want []string
	}{
		{"curl --cert  alice.pem https://a.test/", []string{"curl", "--cert", "alice.pem", "https://a.test/"}},
		{`sh -c 'a "b" c' "" x\ y "q\"r"`, []string{"sh", "-c", `a "b" c`, "", "x y", `q"r`}},
		{"  ", nil},
	} {
		got, err := state.Words(c.line)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %q (%v), want %q", c.line, got, err, c.want)
		}
	}
	for _, line := range []string{`sh -c 'a`, `a "b`, `a \`} {
		if got, err := state.Words(line); err == nil {
			t.Errorf("%s: %q", line, got)
		}
	}
}

func TestPlanOf(t *testing.T) {
	alice := "alice"
	log := &trace.Log{Passes: []*trace.Pass{{Index: 1, PassStarted: trace.PassStarted{Cache: trace.WatchPass}, Connections: []*trace.Connection{
		{Index: 1, ConnectionStarted: trace.ConnectionStarted{Target: "a.test"}, AuthenticatedKnown: true, IdentityAuthenticated: &alice},
		{Index: 2, ConnectionStarted: trace.ConnectionStarted{Target: "a.test", Identity: "bob", MeantBy: trace.MeantByLabel}, AuthenticatedKnown: true, IdentityAuthenticated: &alice},
		{Index: 3, ConnectionStarted: trace.ConnectionStarted{Target: "a.test"}},
	}}}}
	log.Run.Plan.Targets = []target.Target{{ID: "a.test", URL: "https://a.test/"}}
	p, err := state.PlanOf(log, []plan.Identity{{ID: "alice"}, {ID: "bob"}})
	if err != nil {
		t.Fatal(err)
	}
	var who []string
	for _, c := range p.Connections {
		who = append(who, c.Identity)
	}
	if !slices.Equal(who, []string{"alice", "bob", plan.NoIdentity}) || len(p.Targets) != 1 {
		t.Errorf("connections of %q to %v", who, p.Targets)
	}
	if _, err := state.PlanOf(&trace.Log{}, nil); err == nil {
		t.Error("a plan of nothing")
	}
}
