package state_test

import (
	"bytes"
	"strings"
	"testing"

	"rechallenge/app/state"
	"rechallenge/core/report"
	"rechallenge/core/report/reporttest"
	"rechallenge/core/trace"
)

// TestLeftOut: of a connection whose events the report of a long run lacks,
// every side says so or shows what is known.
func TestLeftOut(t *testing.T) {
	s := recorded(t)
	format, err := report.FormatOf("x.json")
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := format.Write(&file, reporttest.Long(s.Report(), 2100)); err != nil {
		t.Fatal(err)
	}
	r, err := report.Read(&file)
	if err != nil {
		t.Fatal(err)
	}
	s.Open(state.Look(r), "long.json")
	found := 0
	for _, p := range r.Log.Passes {
		for _, c := range p.Connections {
			s.Selected = trace.Ref{Pass: p.Index, Connection: c.Index}
			says := strings.HasPrefix(s.NoMessages(), "Left out")
			if says != c.LeftOut || (len(s.Messages()) == 0) != c.LeftOut {
				t.Fatalf("%v, left out %v: it has %d messages and says %q", s.Selected, c.LeftOut, len(s.Messages()), s.NoMessages())
			}
			if !c.LeftOut || found > 0 {
				continue
			}
			found++
			for name, side := range map[string][]state.Pair{"session": s.Session(), "certificates": s.Certificates(), "events": s.Events()} {
				said := false
				for _, x := range side {
					said = said || strings.HasPrefix(x.Value, "Left out")
				}
				if !said {
					t.Errorf("its %s don't say that they are left out: %+v", name, side)
				}
			}
			if len(s.Summary()) < 5 || len(s.HTTP()) == 0 {
				t.Error("its answers are gone")
			}
		}
	}
	if found == 0 {
		t.Error("nothing was left out")
	}
}

// TestHidden: where encryption hides whether the server asked, nothing says no.
func TestHidden(t *testing.T) {
	s := recorded(t)
	r := s.Report()
	c := r.Log.Passes[0].Connections[1]
	c.ChallengeHidden = true
	v := state.Look(r)
	s.Open(v, "demo.json")
	s.Selected = trace.Ref{Pass: 1, Connection: 2}
	row := v.Row(v.Position(s.Selected))
	if !row.Unknown || row.Missing {
		t.Errorf("the row says %+v", row)
	}
	for _, x := range s.Summary() {
		if x.Key == "Asked?" && !strings.HasPrefix(x.Value, "unknown") {
			t.Errorf("the summary says %q", x.Value)
		}
	}
	if cell := v.SideBySide()[1].Cells[0]; strings.Contains(cell, "not asked") {
		t.Errorf("beside the other pass it says %q", cell)
	}
	if words := s.Expect(); strings.Contains(words, "asked") || s.Plan.Expect[0].Challenged != nil {
		t.Errorf("expected is %q", words)
	}
}
