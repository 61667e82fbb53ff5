package state_test

import (
	"strings"
	"testing"

	"rechallenge/app/desk"
	"rechallenge/app/state"
	"rechallenge/core/protocol"
	"rechallenge/core/stack"
	"rechallenge/core/stack/gotls"
	"rechallenge/core/target"
	"rechallenge/core/trace"
)

// TestUntrusted: a server whose CA is unknown shows what could be trusted.
func TestUntrusted(t *testing.T) {
	d := desk.New(desk.Options{Stacks: []stack.Stack{gotls.New()}})
	defer d.Close()
	l, err := d.StartLab(t.Context(), desk.LabOptions{})
	if err != nil {
		t.Fatal(err)
	}
	show := func(trust string) *state.Untrusted {
		c := l.Case
		c.Plan.Targets = append([]target.Target{}, c.Plan.Targets...)
		for i := range c.Plan.Targets {
			c.Plan.Targets[i].Trust = trust
		}
		r := d.Start(c, func(trace.Event) {})
		if err := r.Wait(); err != nil {
			t.Fatal(err)
		}
		s := state.New()
		s.Open(state.Look(r.Report()), "")
		return s.Untrusted()
	}
	if u := show(l.Case.Plan.Targets[0].Trust); u != nil {
		t.Errorf("a trusted server: %+v", u)
	}
	u := show(protocol.TrustSystem)
	if u == nil || u.Host != "localhost" || len(u.Chain) == 0 || len(u.Top()) == 0 {
		t.Fatalf("%+v", u)
	}
	pairs := u.Pairs()
	if !strings.Contains(pairs[len(pairs)-len(pairs)/len(u.Chain)].Key, "would be trusted") {
		t.Errorf("%+v", pairs)
	}
}
