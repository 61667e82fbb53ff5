package report

import (
	"errors"
	"io"

	"rechallenge/core/experiment"
	"rechallenge/core/timeline"
)

// errNoFigure is why an answer is no picture.
var errNoFigure = errors.New("there is no picture of this answer: write it as .html, .json or .md")

// sketch draws a figure's shapes.
func sketch(f *experiment.Figure) func(timeline.Sketch) {
	return func(s timeline.Sketch) {
		for _, x := range f.Shapes {
			switch x.Kind {
			case experiment.ShapeBox:
				s.Box(string(x.Mark), x.X, x.Y, x.W, x.H, clean(x.Text))
			case experiment.ShapeLine:
				s.Line(x.X, x.Y, x.W, x.H)
			case experiment.ShapeText:
				s.Text(x.X, x.Y, clean(x.Text), x.Weak, x.Bold)
			case experiment.ShapeSign:
				s.Sign(string(x.Mark), x.X, x.Y, x.W)
			case experiment.ShapeArrow:
				s.Arrow(x.X, x.Y, x.H)
			}
		}
	}
}

// headed is an answer's figure below its question and its title.
func headed(a *Answer) *experiment.Figure {
	f := a.Experiment.Figure(a.Conclusion)
	if f == nil {
		return nil
	}
	const head = 52
	whole := &experiment.Figure{Width: f.Width + 24, Height: f.Height + head + 12}
	whole.Shapes = append(whole.Shapes,
		experiment.Shape{Kind: experiment.ShapeText, X: 12, Y: 20, Text: a.Experiment.Title, Weak: true, Row: -1},
		experiment.Shape{Kind: experiment.ShapeText, X: 12, Y: 40, Text: a.Title, Bold: true, Row: -1})
	for _, s := range f.Shapes {
		s.X, s.Y = s.X+12, s.Y+head
		whole.Shapes = append(whole.Shapes, s)
	}
	return whole
}

func writeAnswerSVG(w io.Writer, a *Answer) error {
	f := headed(a)
	if f == nil {
		return errNoFigure
	}
	return timeline.SketchSVG(w, f.Width, f.Height, a.Title, timeline.SVGOptions{}, sketch(f))
}

func writeAnswerPNG(w io.Writer, a *Answer) error {
	f := headed(a)
	if f == nil {
		return errNoFigure
	}
	return timeline.SketchPNG(w, f.Width, f.Height, timeline.PNGOptions{}, sketch(f))
}
