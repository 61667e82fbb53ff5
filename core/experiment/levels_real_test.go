package experiment_test

import (
	"errors"
	"testing"

	"rechallenge/core/experiment"
	"rechallenge/core/lab"
	"rechallenge/core/plan"
	"rechallenge/core/servers"
	"rechallenge/core/session"
	"rechallenge/core/stack/openssl"
	"rechallenge/core/target"
)

// TestLevelsRealServers: what swallows the challenge at real servers, and what
// cures it there, by what is known of their modes.
func TestLevelsRealServers(t *testing.T) {
	if _, err := openssl.New(); err != nil {
		t.Skip(err)
	}
	for _, m := range servers.Modes {
		if m.Auth != servers.Required || m.Asks != "initial" {
			continue
		}
		t.Run(m.ID(), func(t *testing.T) {
			t.Parallel()
			a := newAsking(t, lab.Behaviour{})
			f := servers.Files{CA: a.lab.CAPEM()}
			var err error
			if f.Cert, f.Key, err = a.lab.ServerPEM("localhost"); err != nil {
				t.Fatal(err)
			}
			s, err := servers.Start(t.Context(), m, f)
			if errors.Is(err, servers.ErrMissing) {
				t.Skip(err)
			}
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(s.Stop)
			a.plan.Targets = []target.Target{host(s, "api", "localhost")}
			a.plan.CustomCaches = []plan.CustomCache{{ID: "by-name", Key: session.Recipe{session.PartName}}}
			a.plan.Caches = []string{"by-name"}
			c := a.ask(t, experiment.Levels, a.question())
			if m.Resumes == "" {
				want(t, c, "nothing swallows", experiment.Good)
				return
			}
			want(t, c, "The TLS session swallowed", experiment.Bad)
			if m.Trait != "" {
				return
			}
			cured := a.ask(t, experiment.Cures, a.question())
			want(t, cured, "Cured by: a cache of its own for each identity, no cache", experiment.Good)
			if version, word := "TLS "+m.Version+" only", cellOf(cured, 1, "TLS "+m.Version+" only"); word != "not asked" {
				t.Errorf("%s, which it speaks anyway: %s", version, word)
			}
		})
	}
}
