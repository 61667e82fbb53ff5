package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"rechallenge/app/widgets"
	"rechallenge/core/experiment"
)

// figure is the picture of a conclusion; a box of it opens its row's run by
// open. nil where there is none.
func figure(e experiment.Experiment, c *experiment.Conclusion, open func(row int)) fyne.CanvasObject {
	f := e.Figure(c)
	if f == nil {
		return nil
	}
	kinds := map[experiment.ShapeKind]widgets.FigureKind{
		experiment.ShapeBox: widgets.FigureBox, experiment.ShapeLine: widgets.FigureLine, experiment.ShapeText: widgets.FigureText,
		experiment.ShapeSign: widgets.FigureSign, experiment.ShapeArrow: widgets.FigureArrow,
	}
	var shapes []widgets.FigureShape
	for _, s := range f.Shapes {
		shapes = append(shapes, widgets.FigureShape{
			Kind: kinds[s.Kind], X: float32(s.X), Y: float32(s.Y), W: float32(s.W), H: float32(s.H),
			Text: s.Text, Tone: mark(s.Mark), Weak: s.Weak, Bold: s.Bold, ID: s.Row,
		})
	}
	drawn := widgets.NewFigure(float32(f.Width), float32(f.Height), shapes)
	drawn.OnOpen = open
	scroll := container.NewScroll(container.NewHBox(drawn))
	// As high as the picture, up to a share: the table below has its room too.
	scroll.SetMinSize(fyne.NewSize(0, min(drawn.MinSize().Height+10, 320)))
	return scroll
}
