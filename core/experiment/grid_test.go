package experiment_test

import (
	"fmt"
	"testing"

	"rechallenge/core/experiment"
)

// TestGrids: rows of two things against each other, once for each target.
func TestGrids(t *testing.T) {
	row := func(cells ...string) experiment.Row { return experiment.Row{Cells: cells} }
	c := &experiment.Conclusion{
		Columns: []string{"target", "first", "second", "second connection", "as", "fresh"},
		Rows: []experiment.Row{
			row("a", "alice", "bob", "not asked", "alice", ""), row("a", "alice", "none", "asked", "nobody", ""),
			row("a", "bob", "alice", "asked", "alice", ""), row("b", "alice", "bob", "asked", "bob", ""),
		},
	}
	grids := experiment.Matrix.Grids(c)
	if len(grids) != 2 {
		t.Fatalf("%+v", grids)
	}
	want := "{a first second [alice bob] [alice bob none] [[-1 0 1] [2 -1 -1]] [[ not asked, alice asked, nobody] [asked, alice  ]]}"
	if got := fmt.Sprint(grids[0]); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if g := experiment.Levels.Grids(c); g != nil {
		t.Errorf("no axes, and %+v", g)
	}
	if g := experiment.Farm.Grids(&experiment.Conclusion{Columns: []string{"session made at", "offered at", "taken", "why"}, Rows: []experiment.Row{row("n1", "n2", "yes", "x")}}); len(g) != 1 || g[0].Texts[0][0] != "yes" {
		t.Errorf("%+v", g)
	}
}
