package experiment_test

import (
	"context"
	"net/netip"
	"testing"

	"rechallenge/core/experiment"
	"rechallenge/core/lab"
	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/session"
	"rechallenge/core/target"
)

// TestRecheckInstalled: a client's two connections, between which the server
// changes by itself, held against the same with nothing changed and with
// everything changed before.
func TestRecheckInstalled(t *testing.T) {
	for _, test := range []struct {
		name, cache, trust, want string
	}{
		{"resumes", session.SharedCache, "ca.pem", "carried over"},
		{"resumes nothing", session.NoCache, "ca.pem", "can't be asked"},
		{"trusts anybody", session.SharedCache, protocol.TrustNone, "nothing was enforced"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := newAsking(t, lab.Behaviour{})
			s, err := a.lab.Start(lab.Behaviour{}, 0)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { s.Close() })
			a.plan.Targets = []target.Target{aimed("api", "https://localhost/", netip.MustParseAddrPort(s.Addr()))}
			a.plan.Targets[0].Trust = test.trust
			q := a.question()
			o, _ := experiment.Recheck.Option("installed")
			if err := q.Tell(o); err != nil {
				t.Fatal(err)
			}
			q.Changes = &experiment.Changes{
				Soon: func(_, condition string, n int) error { return s.ChangeAfter(condition, n) },
				Undo: func(_ context.Context, _, condition string) error { return s.Restore(condition) },
			}
			q.Installed = &experiment.Installed{Most: 4}
			q.Installed.Run = func(ctx context.Context, p plan.Plan) (list []experiment.Visited, err error) {
				for _, v := range []experiment.Visited{{Client: "ours", Version: "1", Way: "one cache"}, {Client: "ours", Version: "1", Way: "a cache each", Each: true}, {Client: "absent"}} {
					if v.Version == "" {
						list = append(list, v)
						continue
					}
					if !q.Installed.Before(v) {
						continue
					}
					p.Caches = []string{test.cache}
					log, err := a.run(ctx, experiment.Step{Title: v.Way, Plan: p, Knows: true})
					if err != nil {
						return nil, err
					}
					for _, c := range log.Pass(1).Connections {
						if c.Error != nil {
							v.Failed = string(c.Error.Reason)
						}
					}
					v.Log = log
					list = append(list, v)
				}
				return list, nil
			}
			c, err := experiment.Recheck.Ask(t.Context(), q, a.run)
			if err != nil {
				t.Fatal(err)
			}
			if len(c.Rows) != 3 {
				t.Errorf("%d rows", len(c.Rows))
			}
			for _, r := range c.Rows {
				if r.Cells[1] != "client ours 1" || r.Cells[5] != test.want || r.Run < 0 || r.Run >= len(c.Runs) {
					t.Errorf("%v", r)
				}
			}
		})
	}
}
