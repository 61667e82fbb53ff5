package experiment_test

import (
	"strings"
	"testing"

	"rechallenge/core/experiment"
)

// TestFigures: the examples of all questions become pictures in which every row
// can be pointed at, nothing lies outside, and no box lies on another.
func TestFigures(t *testing.T) {
	for _, e := range experiment.Experiments {
		if e.Example == nil {
			if e.Sketch != nil {
				t.Errorf("%s: draws, and has no example", e.ID)
			}
			continue
		}
		c := e.Example()
		f := e.Figure(c)
		if f == nil {
			t.Errorf("%s: no picture", e.ID)
			continue
		}
		rows := map[int]bool{}
		var boxes []experiment.Shape
		for _, s := range f.Shapes {
			if s.X < 0 || s.Y < 0 || s.X > f.Width || s.Y > f.Height || s.Kind == experiment.ShapeBox && (s.X+s.W > f.Width || s.Y+s.H > f.Height) {
				t.Errorf("%s: outside %v x %v: %+v", e.ID, f.Width, f.Height, s)
			}
			if s.Kind == experiment.ShapeBox && s.Row >= 0 {
				rows[s.Row] = true
				for _, b := range boxes {
					if s.X < b.X+b.W && b.X < s.X+s.W && s.Y < b.Y+b.H && b.Y < s.Y+s.H {
						t.Errorf("%s: %+v lies on %+v", e.ID, s, b)
					}
				}
				boxes = append(boxes, s)
			}
		}
		for n, r := range c.Rows {
			if !rows[n] && !strings.Contains(strings.Join(r.Cells, " "), string(experiment.NotApplicable)) {
				t.Errorf("%s: row %d is not in the picture", e.ID, n)
			}
		}
	}
	if f := experiment.Levels.Figure(&experiment.Conclusion{}); f != nil {
		t.Errorf("a picture of nothing: %+v", f)
	}
}

// The ladder points at the level with which the answer changes, the axis at
// where the limit lies.
func TestFigureSays(t *testing.T) {
	for _, x := range []struct {
		e    experiment.Experiment
		says string
	}{
		{experiment.Levels, "swallowed it"}, {experiment.Delays, "between 9m and 11m"}, {experiment.Lifetime, "between 4m and 5m"}, {experiment.Audit, "1 not applicable"},
	} {
		text := ""
		for _, s := range x.e.Figure(x.e.Example()).Shapes {
			if s.Kind == experiment.ShapeText {
				text += s.Text + "\n"
			}
		}
		if !strings.Contains(text, x.says) {
			t.Errorf("%s does not say %q:\n%s", x.e.ID, x.says, text)
		}
	}
}
