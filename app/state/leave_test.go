package state_test

import (
	"strings"
	"testing"
	"time"

	"rechallenge/app/state"
	"rechallenge/core/identity"
	"rechallenge/core/plan"
	"rechallenge/core/target"
)

// TestPlanTakesItsOwn: what was loaded for one plan is not there for the next.
func TestPlanTakesItsOwn(t *testing.T) {
	s := state.New()
	s.Identities = map[string]*identity.Identity{"alice": {}}
	s.Roots = map[string][]byte{"lab-ca/": []byte("PEM")}
	s.SetPlan(plan.Plan{Version: plan.Version}, "/x/plan.yaml", nil)
	if len(s.Roots) != 0 || len(s.Identities) != 0 {
		t.Errorf("the next plan has roots %v and identities %v of the one before", s.Roots, s.Identities)
	}
}

// TestChanges counts what is away from the disk, both ways.
func TestChanges(t *testing.T) {
	s := state.New()
	is := func(what string, want int) {
		t.Helper()
		if got := s.Changes(); got != want {
			t.Errorf("%s: %d changes, want %d", what, got, want)
		}
	}
	edit := func(url string) {
		s.Edit(func(p *plan.Plan) { p.Targets = append(p.Targets, target.Target{ID: url, URL: url}) })
	}
	is("new", 0)
	edit("a")
	edit("b")
	is("two edits", 2)
	s.Saved("/x/plan.yaml")
	is("saved", 0)
	s.Undo()
	is("one step back", 1)
	s.Redo()
	is("forth again", 0)
	edit("c")
	is("one edit", 1)

	s.Restore(plan.Plan{Version: plan.Version}, "/x/plan.yaml", nil, 5)
	is("taken up", 5)
	if s.Path != "/x/plan.yaml" || !s.Dirty {
		t.Errorf("taken up as %q, dirty %v", s.Path, s.Dirty)
	}
	edit("d")
	is("and edited", 6)
}

// TestRunUnsaved: a run that was made here counts until a report was written of it.
func TestRunUnsaved(t *testing.T) {
	s := state.New()
	if s.RunUnsaved() {
		t.Error("nothing has run")
	}
	s.Begin()
	if !s.RunUnsaved() {
		t.Error("a run goes on")
	}
	s.Show(&state.View{Over: true})
	if !s.RunUnsaved() {
		t.Error("a run is over")
	}
	s.Written()
	if s.RunUnsaved() {
		t.Error("a report was written")
	}
	s.Begin()
	if !s.RunUnsaved() {
		t.Error("another run goes on")
	}
	s.Open(&state.View{Over: true}, "/x/report.json")
	if s.RunUnsaved() {
		t.Error("a report was opened")
	}
}

func TestLeftBehind(t *testing.T) {
	now := time.Date(2026, 3, 4, 18, 0, 0, 0, time.Local)
	for _, c := range []struct {
		path    string
		changes int
		at      time.Time
		want    []string
	}{
		{"/work/plan.yaml", 3, now.Add(-time.Hour), []string{"plan.yaml", "3 changes", "today at 17:00", "/work/plan.yaml"}},
		{"", 1, now.AddDate(0, 0, -2), []string{"new plan", "1 change,", "2026-03-02 18:00"}},
	} {
		got := state.LeftBehind(c.path, c.changes, c.at, now)
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%q lacks %q", got, want)
			}
		}
	}
}
