package state_test

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rechallenge/app/state"
	"rechallenge/core/diagnose"
	"rechallenge/core/plan"
	"rechallenge/core/report"
	"rechallenge/core/trace"
)

// recorded is a state that shows the recording of the demo, with its plan.
func recorded(t *testing.T) *state.State {
	t.Helper()
	data, err := os.ReadFile("../../core/report/testdata/demo.json")
	if err != nil {
		t.Fatal(err)
	}
	r, err := report.Read(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	s := state.New()
	s.SetPlan(r.Log.Run.Plan, "", nil)
	s.Open(state.Look(r), "demo.json")
	return s
}

// TestExpect: what was seen becomes the expectation, in the plan's own words.
func TestExpect(t *testing.T) {
	s := recorded(t)
	s.Selected = trace.Ref{}
	if words := s.Expect(); words != "" || len(s.Plan.Expect) != 0 {
		t.Fatalf("nothing is selected, and %q is expected", words)
	}
	s.Selected = trace.Ref{Pass: 1, Connection: 2}
	words := s.Expect()
	for _, want := range []string{"connection 2 under shared", "not asked", "resumed, by psk", "as alice", "answered 403"} {
		if !strings.Contains(words, want) {
			t.Errorf("%q does not say %q", words, want)
		}
	}
	asked, alice := false, "alice"
	want := []plan.Expectation{{Pass: "shared", Connection: 2, Challenged: &asked, Handshake: "resumed", Mechanism: "psk", IdentityAuthenticated: &alice, IdentitySeenByServer: &alice, Status: 403}}
	if diff := cmp.Diff(want, s.Plan.Expect); diff != "" {
		t.Error(diff)
	}
	if !s.Dirty || !s.CanUndo() {
		t.Error("the plan has not changed, or it can't be undone")
	}
	if s.Undo(); len(s.Plan.Expect) != 0 {
		t.Error("undo leaves the expectation")
	}
}

// TestExpectAgain takes an earlier expectation's place, not that of others.
func TestExpectAgain(t *testing.T) {
	s := recorded(t)
	wrong := true
	others := []plan.Expectation{{Pass: "shared", NoFinding: "identity-confused"}, {Pass: "shared", Connection: 1, Status: 500}, {Pass: "none", Connection: 2, Status: 500}}
	s.Plan.Expect = append(slices.Clone(others), plan.Expectation{Pass: "shared", Connection: 2, Challenged: &wrong})
	s.Selected = trace.Ref{Pass: 1, Connection: 2}
	s.Expect()
	s.Expect()
	if len(s.Plan.Expect) != 4 || *s.Plan.Expect[3].Challenged {
		t.Errorf("%+v", s.Plan.Expect)
	}
	if diff := cmp.Diff(others, s.Plan.Expect[:3]); diff != "" {
		t.Errorf("other expectations changed: %s", diff)
	}
}

// TestExpectHolds: whatever connection is clicked, the expectation is one that
// a plan may have and that the run it was made from meets.
func TestExpectHolds(t *testing.T) {
	s := recorded(t)
	log := s.Report().Log
	n := 0
	for _, p := range log.Passes {
		for _, c := range p.Connections {
			s.Selected = trace.Ref{Pass: p.Index, Connection: c.Index}
			s.Expect()
			n++
		}
	}
	log.Run.Plan.Expect = s.Plan.Expect
	got := diagnose.Diagnose(log).Expectations
	if n == 0 || len(got) != n {
		t.Fatalf("%d expectations of %d connections", len(got), n)
	}
	for _, e := range got {
		if !e.Holds {
			t.Errorf("%s, connection %d: expected %s, got %s", e.Pass, e.Connection, e.Expected, e.Got)
		}
	}
}
