package experiment_test

import (
	"context"
	"crypto/x509"
	"errors"
	"net/netip"
	"slices"
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
				Version: 1, Targets: []target.Target{farm}, Connections: []plan.Connection{{Target: "api", Identity: plan.NoIdentity}},
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

// TestFarmByName: without connect_to a name's addresses are the nodes, of both
// families by halves, and what is told of them is told apart.
func TestFarmByName(t *testing.T) {
	four := []string{"127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4"}
	six := []string{"::1", "::2", "::3", "::4"}
	for _, test := range []struct {
		name      string
		addresses []string
		rows      int
		says      []string
	}{
		{"one", four[:1], 1, []string{"localhost has one address, 127.0.0.1"}},
		{"none", nil, 0, []string{"could not be resolved"}},
		{"two", four[:2], 2, []string{"localhost has 2 addresses. "}},
		{"both", append(four, six...), 30, []string{"has 8 addresses, of which 6 were asked", "Among IPv4 addresses 6 of 6 pairs; among IPv6 addresses 0 of 6 pairs; between the two 0 of 18 pairs"}},
		{"mostly IPv6", append(six, four[0]), 20, []string{"has 5 addresses. "}},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := newAsking(t, lab.Behaviour{})
			a.plan.Targets[0].ConnectTo = nil
			to := a.start(t, lab.Behaviour{Auth: lab.AuthNone})
			a.before = func(s *experiment.Step) error { // every address is the one server that there is
				s.Plan.Targets = slices.Clone(s.Plan.Targets)
				for i := range s.Plan.Targets {
					s.Plan.Targets[i].ConnectTo = target.Addresses{to}
				}
				return nil
			}
			apart := false
			a.after = func(s experiment.Step, log *trace.Log) {
				apart = strings.Contains(s.Title, "[")
				for _, c := range log.Pass(1).Connections {
					c.Addresses = test.addresses
					if apart && c.Resumption != nil {
						c.Resumption.Accepted = false
					}
				}
			}
			c := a.ask(t, experiment.Farm, a.question())
			for _, say := range test.says {
				if !strings.Contains(c.Title+" "+c.Detail, say) {
					t.Errorf("%s: %s", c.Title, c.Detail)
				}
			}
			if len(c.Rows) != test.rows {
				t.Errorf("%d rows", len(c.Rows))
			}
		})
	}
	for name, change := range map[string]func(*target.Target){
		"an address": func(t *target.Target) { t.URL = "https://127.0.0.1/" },
		"a proxy":    func(t *target.Target) { t.Proxy = "http://127.0.0.1:3128" },
		"one node":   func(t *target.Target) { t.ConnectTo = target.Addresses{netip.MustParseAddrPort("127.0.0.1:1")} },
	} {
		x := target.Target{ID: "api", URL: "https://a.test/"}
		change(&x)
		q := experiment.Question{Plan: plan.Plan{Targets: []target.Target{x}, Connections: []plan.Connection{{Target: "api"}}}, First: 1}
		if _, err := experiment.Farm.Ask(t.Context(), q, nil); !errors.Is(err, experiment.ErrNodes) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
