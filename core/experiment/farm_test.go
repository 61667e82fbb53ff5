package experiment_test

import (
	"context"
	"crypto/x509"
	"errors"
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

func TestFarm(t *testing.T) {
	for _, test := range []struct {
		name  string
		nodes []lab.Behaviour
		want  string
		taken string // per pair
	}{
		{"shared", []lab.Behaviour{{Auth: lab.AuthNone, SharedTickets: true}, {Auth: lab.AuthNone, SharedTickets: true}, {Auth: lab.AuthNone, SharedTickets: true}}, "every node takes", "yes yes yes yes yes yes"},
		{"apart", []lab.Behaviour{{Auth: lab.AuthNone}, {Auth: lab.AuthNone}}, "no node takes", "no no"},
		{"one apart", []lab.Behaviour{{Auth: lab.AuthNone, SharedTickets: true}, {Auth: lab.AuthNone}, {Auth: lab.AuthNone, SharedTickets: true}}, "2 of 6 pairs", "no yes no no yes no"},
		{"no sessions", []lab.Behaviour{{Auth: lab.AuthNone, NoTickets: true}, {Auth: lab.AuthNone, NoTickets: true}}, "No node gave", "nothing to offer nothing to offer"},
	} {
		t.Run(test.name, func(t *testing.T) {
			l, err := lab.New()
			if err != nil {
				t.Fatal(err)
			}
			farm := target.Target{ID: "api", URL: "https://localhost/", Trust: "ca.pem"}
			for _, b := range test.nodes {
				s, err := l.Start(b, 0)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { s.Close() })
				farm.ConnectTo = append(farm.ConnectTo, netip.MustParseAddrPort(s.Addr()))
			}
			roots := x509.NewCertPool()
			roots.AppendCertsFromPEM(l.CAPEM())
			res := engine.Resources{Roots: map[string]*x509.CertPool{"ca.pem": roots}}
			q := experiment.Question{Plan: plan.Plan{
				Version: 1, Targets: []target.Target{farm}, Connections: []plan.Connection{{Target: "api", Identity: plan.None}},
			}}
			made := 0
			c, err := experiment.Farm.Ask(t.Context(), q, func(ctx context.Context, s experiment.Step) (*trace.Log, error) {
				r, err := engine.Start(ctx, s.Plan, res, engine.Options{Stacks: []stack.Stack{gotls.New()}})
				if err != nil {
					return nil, err
				}
				log := trace.Connections(r.Wait())
				for _, p := range log.Passes {
					made += len(p.Connections)
				}
				return log, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			var taken []string
			for _, r := range c.Rows {
				taken = append(taken, r.Cells[2])
			}
			if got := strings.Join(taken, " "); !strings.Contains(c.Title, test.want) || got != test.taken {
				t.Errorf("%q: %s", c.Title, got)
			}
			if limit := experiment.Farm.Connections(q); made > limit {
				t.Errorf("%d connections, at most %d were announced", made, limit)
			}
		})
	}
	if _, err := experiment.Farm.Ask(t.Context(), experiment.Question{}, nil); !errors.Is(err, experiment.ErrNodes) {
		t.Error(err)
	}
}
