package experiment_test

import (
	"testing"

	"rechallenge/core/experiment"
	"rechallenge/core/lab"
	"rechallenge/core/plan"
)

func TestMatrix(t *testing.T) {
	for _, test := range []struct {
		name      string
		behaviour lab.Behaviour
		reuse     plan.Reuse
		cache     string
		lost      string // title of a run, or "all"
		title     string
		mark      experiment.Mark
		pair      [2]string // a pair, and what is said of it
		word, as  string
		of        experiment.Mark
	}{
		{name: "resumes", title: "4 of 6 pairs", mark: experiment.Bad, pair: [2]string{"alice", "bob"}, word: "not asked", as: "alice", of: experiment.Bad},
		{name: "nobody first", title: "4 of 6 pairs", mark: experiment.Bad, pair: [2]string{"none", "bob"}, word: "asked", as: "bob", of: experiment.Good},
		{name: "optional", behaviour: lab.Behaviour{Auth: lab.AuthOptional}, title: "6 of 6 pairs", mark: experiment.Bad, pair: [2]string{"none", "bob"}, word: "not asked", as: "nobody", of: experiment.Bad},
		{name: "asks nobody", behaviour: lab.Behaviour{Auth: lab.AuthNone}, title: "Everybody stays", mark: experiment.Good, pair: [2]string{"alice", "bob"}, word: "not asked", as: "nobody", of: experiment.Plain},
		{name: "kept apart", cache: "per-identity", title: "Everybody stays", mark: experiment.Good, pair: [2]string{"alice", "bob"}, word: "asked", as: "bob", of: experiment.Good},
		{name: "connections that the plan keeps open", behaviour: lab.Behaviour{NoTickets: true}, reuse: "keep-alive", title: "Everybody stays", mark: experiment.Good, pair: [2]string{"alice", "bob"}, word: "asked", as: "bob", of: experiment.Good},
		{name: "one lost", behaviour: lab.Behaviour{NoTickets: true}, lost: "api: alice, then bob", title: "of 1 of 6 pairs nothing can be told", mark: experiment.Unknown, pair: [2]string{"alice", "bob"}, word: "no answer", as: "", of: experiment.Unknown},
		{name: "all lost", lost: "all", title: "Nothing can be told", mark: experiment.Unknown, pair: [2]string{"alice", "bob"}, word: "no answer", as: "", of: experiment.Unknown},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := newAsking(t, test.behaviour)
			a.plan.HTTPReuse = test.reuse
			if test.cache != "" {
				a.plan.Caches = []string{test.cache}
			}
			a.before = func(s *experiment.Step) error {
				if s.Title == test.lost || test.lost == "all" {
					lose(t, s)
				}
				return nil
			}
			c := a.ask(t, experiment.Matrix, a.question())
			want(t, c, test.title, test.mark)
			for _, r := range c.Rows {
				if r.Cells[1] == test.pair[0] && r.Cells[2] == test.pair[1] && (r.Cells[3] != test.word || r.Cells[4] != test.as || r.Mark != test.of) {
					t.Errorf("%q (%q), want %s as %s (%q)", r.Cells, r.Mark, test.word, test.as, test.of)
				}
			}
		})
	}
}
