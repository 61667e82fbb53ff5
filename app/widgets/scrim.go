package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	stock "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/theme"
)

// scrim dims a window and holds a panel over its upper part; a click beside
// the panel dismisses it.
type scrim struct {
	widget.BaseWidget

	panel   fyne.CanvasObject
	dismiss func()
	shade   *canvas.Rectangle
	back    *canvas.Rectangle
}

func newScrim(panel fyne.CanvasObject, dismiss func()) *scrim {
	s := &scrim{panel: panel, dismiss: dismiss, shade: canvas.NewRectangle(nil), back: canvas.NewRectangle(nil)}
	s.ExtendBaseWidget(s)
	return s
}

// Tapped is a click beside the panel.
func (s *scrim) Tapped(*fyne.PointEvent) { s.dismiss() }

func (s *scrim) CreateRenderer() fyne.WidgetRenderer {
	r := scrimRenderer{s}
	r.tint()
	return r
}

type scrimRenderer struct{ s *scrim }

func (r scrimRenderer) tint() {
	s := r.s
	s.shade.FillColor = theme.Color(stock.ColorNameShadow)
	s.back.FillColor = theme.Color(stock.ColorNameOverlayBackground)
	s.back.StrokeColor, s.back.StrokeWidth = theme.Color(stock.ColorNameInputBorder), 1
	s.back.CornerRadius = 6
}

func (r scrimRenderer) Layout(size fyne.Size) {
	s, edge := r.s, float32(6)
	need := s.panel.MinSize().AddWidthHeight(2*edge, 2*edge)
	w, h := min(max(need.Width, 560), size.Width-16), min(need.Height, size.Height-16)
	x, y := (size.Width-w)/2, max(min(size.Height*.12, size.Height-h-8), 0)
	s.shade.Resize(size)
	s.back.Move(fyne.NewPos(x, y))
	s.back.Resize(fyne.NewSize(w, h))
	s.panel.Move(fyne.NewPos(x+edge, y+edge))
	s.panel.Resize(fyne.NewSize(w-2*edge, h-2*edge))
}

func (r scrimRenderer) MinSize() fyne.Size { return r.s.panel.MinSize() }
func (r scrimRenderer) Refresh() {
	r.tint()
	r.Layout(r.s.Size())
	canvas.Refresh(r.s)
}
func (r scrimRenderer) Destroy() {}
func (r scrimRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.s.shade, r.s.back, r.s.panel}
}
