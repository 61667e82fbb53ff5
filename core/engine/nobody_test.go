package engine_test

import (
	"testing"

	"rechallenge/core/diagnose"
	"rechallenge/core/lab"
	"rechallenge/core/target"
	"rechallenge/core/trace"
)

// TestNobody: where words fit no loaded identity, a pass of its own learns the
// server's word for nobody; never by a method that may change something.
func TestNobody(t *testing.T) {
	for name, c := range map[string]struct {
		whoami string
		method string
		passes int // in all
	}{
		"words that fit nobody":     {`path=("[^"]*")`, "", 3},
		"not by POST":               {`path=("[^"]*")`, "POST", 2},
		"words that fit":            {`dn="([^"]*)"`, "", 2},
		"no words":                  {`nothing of that kind`, "", 2},
		"an expression of no group": {`dn=`, "HEAD", 2},
	} {
		t.Run(name, func(t *testing.T) {
			x := newBench(t, lab.Behaviour{Auth: lab.AuthOptional})
			for i := range x.plan.Targets {
				x.plan.Targets[i].Whoami = target.Whoami{Body: c.whoami}
				x.plan.Targets[i].Method = c.method
			}
			log := x.run(t)
			if len(log.Passes) != c.passes {
				t.Fatalf("%d passes, want %d", len(log.Passes), c.passes)
			}
			if c.passes < 3 {
				return
			}
			p := log.Passes[2]
			if p.Cache != trace.NobodyPass || !p.Control || len(p.Connections) != 2 || !p.Done {
				t.Fatalf("pass %q, control %v, %d connections", p.Cache, p.Control, len(p.Connections))
			}
			for _, p := range log.Passes {
				for _, c := range p.Connections {
					if c.IdentitySeenByServer == nil || *c.IdentitySeenByServer != "" {
						t.Errorf("pass %s, connection %d: not seen as nobody", p.Cache, c.Index)
					}
				}
			}
			found := false
			for _, f := range diagnose.Diagnose(log).Findings {
				found = found || f.Rule == "server-saw-nobody" && f.Pass == "none"
				if f.Pass == trace.NobodyPass {
					t.Errorf("%s is found in what was made to learn", f.Rule)
				}
			}
			if !found {
				t.Error("alice proved herself, was seen as nobody, and that is not found")
			}
		})
	}
}
