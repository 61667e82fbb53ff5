package state

import (
	"slices"

	"rechallenge/core/cure"
	"rechallenge/core/report"
)

// Pairing is what a cure can be tried on: two connections of the plan, by their
// places in it; 0 = they are other programs'.
type Pairing struct {
	First, Second int
	Cures         []*cure.Cure
}

// Cures are the programs that cure what was found, and what to try them on; false
// where nothing was found that a client's program cures.
func (s *State) Cures() (p Pairing, ok bool) {
	r := s.Report()
	if r == nil {
		return p, false
	}
	found := report.Cures(r)
	if len(found) == 0 {
		return p, false
	}
	p.Cures = slices.Clone(found)
	for i := range cure.Cures { // the others follow: whoever tests one client may write another
		if c := &cure.Cures[i]; !slices.Contains(p.Cures, c) {
			p.Cures = append(p.Cures, c)
		}
	}
	if r.Log.Captured() {
		return p, true
	}
	for _, f := range r.Result.Findings {
		if !report.Bites(f.Rule) || len(f.Connections) < 2 {
			continue
		}
		a, b := r.Log.Connection(f.Connections[0]), r.Log.Connection(f.Connections[len(f.Connections)-1])
		if a != nil && b != nil && a.PlanConnection > 0 && b.PlanConnection > 0 {
			p.First, p.Second = a.PlanConnection, b.PlanConnection
			break
		}
	}
	return p, true
}
