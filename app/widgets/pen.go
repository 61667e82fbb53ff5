package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	stock "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/theme"
)

// layer is a clipped area that is drawn anew from a pool of canvas objects:
// begin, draw in order from back to front, end.
type layer struct {
	widget.BaseWidget

	objects []fyne.CanvasObject
	rects   pool[canvas.Rectangle]
	texts   pool[canvas.Text]
	lines   pool[canvas.Line]
	shapes  pool[canvas.ArbitraryPolygon]
	circles pool[canvas.Circle]
	curves  pool[canvas.BezierCurve]
	clip    *container.Clip
}

// pool hands out the objects of earlier drawings again.
type pool[T any] struct {
	all  []*T
	used int
}

func (p *pool[T]) next() *T {
	if p.used == len(p.all) {
		p.all = append(p.all, new(T))
	}
	p.used++
	return p.all[p.used-1]
}

// icons hands out the images of earlier drawings again, each with the resource
// it had: to give an image another one costs the reading of its SVG.
type icons struct {
	of    map[fyne.Resource]*pool[canvas.Image]
	theme color.Color // in which they were read
}

func (p *icons) begin() {
	if now := theme.Color(stock.ColorNameForeground); p.of == nil || now != p.theme {
		p.of, p.theme = map[fyne.Resource]*pool[canvas.Image]{}, now
	}
	for _, i := range p.of {
		i.used = 0
	}
}

func (p *icons) at(res fyne.Resource, x, y, d float32) *canvas.Image {
	if p.of[res] == nil {
		p.of[res] = &pool[canvas.Image]{}
	}
	i := p.of[res].next()
	if i.Resource == nil {
		i.Resource, i.FillMode = res, canvas.ImageFillContain
		i.Refresh()
	}
	i.Move(fyne.NewPos(x, y))
	i.Resize(fyne.NewSize(d, d))
	return i
}

func newLayer() *layer {
	l := &layer{}
	l.ExtendBaseWidget(l)
	l.clip = container.NewClip(l)
	return l
}

func (l *layer) begin() {
	l.objects = l.objects[:0]
	l.rects.used, l.texts.used, l.lines.used, l.shapes.used, l.circles.used, l.curves.used = 0, 0, 0, 0, 0, 0
}

func (l *layer) rect(x, y, w, h float32, fill color.Color, radius float32) *canvas.Rectangle {
	r := l.rects.next()
	r.FillColor, r.CornerRadius, r.StrokeColor, r.StrokeWidth = fill, radius, nil, 0
	r.Move(fyne.NewPos(x, y))
	r.Resize(fyne.NewSize(w, h))
	l.objects = append(l.objects, r)
	return r
}

func (l *layer) text(x, y float32, s string, c color.Color, size float32, style fyne.TextStyle) *canvas.Text {
	t := l.texts.next()
	t.Text, t.Color, t.TextSize, t.TextStyle, t.Alignment = s, c, size, style, fyne.TextAlignLeading
	t.Move(fyne.NewPos(x, y))
	l.objects = append(l.objects, t)
	return t
}

func (l *layer) line(x0, y0, x1, y1 float32, c color.Color, width float32) {
	n := l.lines.next()
	n.StrokeColor, n.StrokeWidth = c, width
	n.Position1, n.Position2 = fyne.NewPos(x0, y0), fyne.NewPos(x1, y1)
	l.objects = append(l.objects, n)
}

// shape is a polygon through points between 0 and 1 of its box; a stroke of
// width 0 draws none.
func (l *layer) shape(points []fyne.Position, x, y, w, h float32, fill, stroke color.Color, width float32) {
	p := l.shapes.next()
	p.Points, p.NormalizedPoints = points, true
	p.FillColor, p.StrokeColor, p.StrokeWidth = fill, stroke, width
	p.Move(fyne.NewPos(x, y))
	p.Resize(fyne.NewSize(w, h))
	l.objects = append(l.objects, p)
}

func (l *layer) circle(x, y, d float32, fill, stroke color.Color, width float32) {
	c := l.circles.next()
	c.FillColor, c.StrokeColor, c.StrokeWidth = fill, stroke, width
	c.Move(fyne.NewPos(x, y))
	c.Resize(fyne.NewSize(d, d))
	l.objects = append(l.objects, c)
}

// curve is an S from one point to another that leaves and enters upright.
func (l *layer) curve(x0, y0, x1, y1 float32, c color.Color, width float32) {
	left, top := min(x0, x1), min(y0, y1)
	b := l.curves.next()
	b.StartPoint, b.EndPoint = fyne.NewPos(x0-left, y0-top), fyne.NewPos(x1-left, y1-top)
	mid := (y0+y1)/2 - top
	b.ControlPoints = append(b.ControlPoints[:0], fyne.NewPos(x0-left, mid), fyne.NewPos(x1-left, mid))
	b.StrokeColor, b.StrokeWidth = c, width
	b.Move(fyne.NewPos(left, top))
	b.Resize(fyne.NewSize(max(x0, x1)-left+1, max(y0, y1)-top+1))
	l.objects = append(l.objects, b)
}

// place puts the layer's clip somewhere in its parent.
func (l *layer) place(x, y, w, h float32) {
	l.clip.Move(fyne.NewPos(x, y))
	size := fyne.NewSize(max(w, 0), max(h, 0))
	l.clip.Resize(size)
	l.Resize(size) // the clip does so too, but only once it has been seen
}

func (l *layer) CreateRenderer() fyne.WidgetRenderer { return layerRenderer{l} }

type layerRenderer struct{ l *layer }

func (r layerRenderer) Layout(fyne.Size)             {}
func (r layerRenderer) MinSize() fyne.Size           { return fyne.Size{} }
func (r layerRenderer) Refresh()                     { canvas.Refresh(r.l) }
func (r layerRenderer) Objects() []fyne.CanvasObject { return r.l.objects }
func (r layerRenderer) Destroy()                     {}
