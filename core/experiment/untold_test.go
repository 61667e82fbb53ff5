package experiment_test

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"testing"

	"rechallenge/core/engine"
	"rechallenge/core/experiment"
	"rechallenge/core/lab"
	"rechallenge/core/plan"
	"rechallenge/core/stack"
	"rechallenge/core/stack/gotls"
	"rechallenge/core/target"
	"rechallenge/core/trace"
)

// TestFarmLost: a node that can't be reached is no node that takes the others' sessions.
func TestFarmLost(t *testing.T) {
	l, err := lab.New()
	if err != nil {
		t.Fatal(err)
	}
	farm := target.Target{ID: "api", URL: "https://localhost/", Trust: "none"}
	for range 2 {
		s, err := l.Start(lab.Behaviour{Auth: lab.AuthNone, SharedTickets: true}, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		farm.ConnectTo = append(farm.ConnectTo, netip.MustParseAddrPort(s.Addr()))
	}
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	farm.ConnectTo = append(farm.ConnectTo, netip.MustParseAddrPort(gone.Addr().String()))
	gone.Close()
	q := experiment.Question{Plan: plan.Plan{Version: 1, Targets: []target.Target{farm}, Connections: []plan.Connection{{Target: "api", Identity: plan.NoIdentity}}}}
	c, err := experiment.Farm.Ask(t.Context(), q, func(ctx context.Context, s experiment.Step) (*trace.Log, error) {
		r, err := engine.Start(ctx, s.Plan, engine.Resources{}, engine.Options{Stacks: []stack.Stack{gotls.New()}})
		if err != nil {
			return nil, err
		}
		return trace.Connections(r.Wait()), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if c.Mark != experiment.Unknown || !strings.HasPrefix(c.Title, "Of 4 of 6 pairs of nodes nothing can be told") {
		t.Errorf("%s: %q", c.Mark, c.Title)
	}
}

// TestLevelsOneIdentity: a pair of one and the same identity is not called bad.
func TestLevelsOneIdentity(t *testing.T) {
	a := newAsking(t, lab.Behaviour{})
	q := a.question()
	q.Plan.Connections[1].Identity = q.Plan.Connections[0].Identity
	c := a.ask(t, experiment.Levels, q)
	want(t, c, "Both connections are of one identity", experiment.Plain)
}
