package state_test

import (
	"strings"
	"testing"

	"rechallenge/app/desk"
	"rechallenge/app/state"
	"rechallenge/core/plan"
	"rechallenge/core/stack"
	"rechallenge/core/stack/gotls"
)

// TestStale: a verdict says that the plan was changed since, and no more once
// the changes are taken back or run.
func TestStale(t *testing.T) {
	d := desk.New(desk.Options{Stacks: []stack.Stack{gotls.New()}})
	defer d.Close()
	l, err := d.StartLab(t.Context(), desk.LabOptions{})
	if err != nil {
		t.Fatal(err)
	}
	s := state.New()
	s.SetPlan(l.Case.Plan, "", nil)
	run := func() {
		s.Begin()
		r := d.Start(l.Case, nil)
		if err := r.Wait(); err != nil {
			t.Fatal(err)
		}
		s.Show(state.Live(r.Log()))
	}
	run()
	want := func(n int, note string) {
		t.Helper()
		if got := s.StaleNote(); s.Stale() != n || (note == "") != (got == "") || !strings.Contains(got, note) {
			t.Errorf("stale %d, %q; want %d, %q", s.Stale(), got, n, note)
		}
	}
	want(0, "")
	s.Edit(func(p *plan.Plan) { p.Repeat = 2 })
	want(1, "before its last change")
	s.DuplicateConnection(0)
	want(2, "before its last 2 changes")
	if !strings.Contains(s.Status(), "before it was changed") {
		t.Error("the line at the window's foot does not say it:", s.Status())
	}
	s.Undo()
	s.Undo()
	want(0, "")
	s.Redo()
	want(1, "before its last change")
	run()
	want(0, "")
}
