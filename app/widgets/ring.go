package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	stock "fyne.io/fyne/v2/theme"

	"rechallenge/app/theme"
)

// ring is drawn around what has the keyboard, the same around everything.
type ring struct {
	rect canvas.Rectangle
	on   bool
}

// ringWidth is how thick a ring is, in Fyne's units.
const ringWidth = 2

// set shows the ring, or takes it away.
func (r *ring) set(on bool) {
	r.on = on
	r.tint()
	canvas.Refresh(&r.rect)
}

func (r *ring) tint() {
	r.rect.FillColor, r.rect.CornerRadius = color.Transparent, theme.Size(stock.SizeNameInputRadius)
	r.rect.StrokeColor, r.rect.StrokeWidth = nil, 0
	if r.on {
		r.rect.StrokeColor, r.rect.StrokeWidth = theme.Color(stock.ColorNamePrimary), ringWidth
	}
}

// around adds the ring to what a renderer draws.
func (r *ring) around(inner fyne.WidgetRenderer) fyne.WidgetRenderer {
	r.tint()
	return &ringRenderer{inner, r}
}

type ringRenderer struct {
	fyne.WidgetRenderer
	r *ring
}

func (v *ringRenderer) Layout(s fyne.Size) {
	v.WidgetRenderer.Layout(s)
	v.r.rect.Move(fyne.NewPos(0, 0))
	v.r.rect.Resize(s)
}

func (v *ringRenderer) Refresh() {
	v.r.tint()
	v.WidgetRenderer.Refresh()
}

func (v *ringRenderer) Objects() []fyne.CanvasObject {
	return append(v.WidgetRenderer.Objects()[:len(v.WidgetRenderer.Objects()):len(v.WidgetRenderer.Objects())], &v.r.rect)
}
