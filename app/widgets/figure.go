package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	stock "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/theme"
)

// FigureShape is a part of a Figure, at its place at a text of 12.
type FigureShape struct {
	Kind       FigureKind
	X, Y, W, H float32
	Text       string
	Tone       Severity // Neutral for none
	Weak, Bold bool
	ID         int // what OnOpen is told, below 0 for nothing
}

// FigureKind is what a shape is.
type FigureKind int

// The kinds: of a text, Y is the line it stands on; a line goes from X,Y by
// W,H; a sign stands around X,Y and is W wide; an arrow points down by H.
const (
	FigureBox FigureKind = iota
	FigureLine
	FigureText
	FigureSign
	FigureArrow
)

// Figure is a picture of boxes, lines, texts and signs. A box with an ID can be
// opened, by a click, or with the arrow keys and Enter.
type Figure struct {
	widget.BaseWidget

	OnOpen func(id int)

	width, height float32
	shapes        []FigureShape
	boxes         []int // the shapes that can be opened
	at            int   // of boxes, where the keyboard is
	over          int   // the shape under the pointer, -1 for none
	face          *layer
	ring          ring
}

var (
	_ fyne.Focusable     = (*Figure)(nil)
	_ fyne.Tappable      = (*Figure)(nil)
	_ desktop.Hoverable  = (*Figure)(nil)
	_ desktop.Cursorable = (*Figure)(nil)
)

// NewFigure makes a figure of a size at a text of 12.
func NewFigure(width, height float32, shapes []FigureShape) *Figure {
	f := &Figure{width: width, height: height, shapes: shapes, over: -1, face: newLayer()}
	for i, s := range shapes {
		if s.Kind == FigureBox && s.ID >= 0 {
			f.boxes = append(f.boxes, i)
		}
	}
	f.ExtendBaseWidget(f)
	return f
}

// scale is how large the figure is drawn, as the text is.
func figureScale() float32 { return theme.Size(stock.SizeNameText) / 12 }

func (f *Figure) MinSize() fyne.Size {
	return fyne.NewSize(f.width*figureScale(), f.height*figureScale())
}

func (f *Figure) Resize(s fyne.Size) {
	f.BaseWidget.Resize(s)
	f.face.place(0, 0, s.Width, s.Height)
	f.draw()
}

// Refresh draws anew, in the theme's present colours.
func (f *Figure) Refresh() {
	f.ring.tint()
	f.draw()
}

func (f *Figure) draw() {
	l, k := f.face, figureScale()
	l.begin()
	ink := theme.Color(stock.ColorNameForeground)
	for i, s := range f.shapes {
		x, y, w, h := s.X*k, s.Y*k, s.W*k, s.H*k
		switch s.Kind {
		case FigureBox:
			ground := theme.Color(theme.ColorGroup)
			if s.Tone != Neutral {
				ground = theme.Fade(theme.Color(s.Tone.Color()), .16)
			}
			box := l.rect(x, y, w, h, ground, 3)
			if i == f.over || f.ring.on && len(f.boxes) > 0 && i == f.boxes[f.at] {
				box.StrokeColor, box.StrokeWidth = theme.Color(stock.ColorNameForeground), 1
			}
		case FigureLine:
			l.line(x, y, x+w, y+h, theme.Color(theme.ColorMuted), 1)
		case FigureText:
			c, size := ink, 12*k
			if s.Weak {
				c, size = theme.Color(theme.ColorMuted), 11*k
			}
			style := fyne.TextStyle{Bold: s.Bold}
			l.text(x, y-size*1.1, s.Text, c, size, style)
		case FigureSign:
			f.sign(s.Tone, x, y, w)
		case FigureArrow:
			c := theme.Color(theme.ColorError)
			l.line(x, y, x, y+h, c, 2)
			l.line(x-5*k, y+h-6*k, x, y+h, c, 2)
			l.line(x+5*k, y+h-6*k, x, y+h, c, 2)
		}
	}
	canvas.Refresh(l)
}

// sign is a tick, a cross or a ring.
func (f *Figure) sign(tone Severity, x, y, w float32) {
	l, r, c := f.face, w/2, theme.Color(tone.Color())
	switch tone {
	case OK:
		l.line(x-r, y, x-r*.2, y+r*.9, c, 2)
		l.line(x-r*.2, y+r*.9, x+r*1.1, y-r*.9, c, 2)
	case Error:
		l.line(x-r, y-r, x+r, y+r, c, 2)
		l.line(x+r, y-r, x-r, y+r, c, 2)
	case Warning:
		l.circle(x-r, y-r, 2*r, color.Transparent, c, 2)
	}
}

// boxAt is the shape of the box at a position, -1 for none.
func (f *Figure) boxAt(p fyne.Position) int {
	k := figureScale()
	for i, s := range f.shapes {
		if s.Kind == FigureBox && p.X >= s.X*k && p.X < (s.X+s.W)*k && p.Y >= s.Y*k && p.Y < (s.Y+s.H)*k {
			return i
		}
	}
	return -1
}

func (f *Figure) open(i int) {
	if i >= 0 && f.shapes[i].ID >= 0 && f.OnOpen != nil {
		f.OnOpen(f.shapes[i].ID)
	}
}

// Tapped opens the box.
func (f *Figure) Tapped(e *fyne.PointEvent) { f.open(f.boxAt(e.Position)) }

func (f *Figure) MouseIn(e *desktop.MouseEvent) { f.MouseMoved(e) }

// MouseMoved tells all of a box.
func (f *Figure) MouseMoved(e *desktop.MouseEvent) {
	i := f.boxAt(e.Position)
	if i == f.over {
		return
	}
	f.over = i
	text := ""
	if i >= 0 {
		text = f.shapes[i].Text
	}
	tell(f, text)
	f.draw()
}

func (f *Figure) MouseOut() {
	f.over = -1
	tell(f, "")
	f.draw()
}

// Cursor is a hand over what can be opened.
func (f *Figure) Cursor() desktop.Cursor {
	if f.over >= 0 && f.shapes[f.over].ID >= 0 {
		return desktop.PointerCursor
	}
	return desktop.DefaultCursor
}

func (f *Figure) FocusGained() {
	f.ring.set(true)
	f.draw()
}

func (f *Figure) FocusLost() {
	f.ring.set(false)
	f.draw()
}
func (f *Figure) TypedRune(rune) {}

// TypedKey goes from box to box, and opens.
func (f *Figure) TypedKey(e *fyne.KeyEvent) {
	last := len(f.boxes) - 1
	switch {
	case last >= 0 && (e.Name == fyne.KeyRight || e.Name == fyne.KeyDown):
		f.at = min(f.at+1, last)
	case last >= 0 && (e.Name == fyne.KeyLeft || e.Name == fyne.KeyUp):
		f.at = max(f.at-1, 0)
	case last >= 0 && (e.Name == fyne.KeyReturn || e.Name == fyne.KeyEnter || e.Name == fyne.KeySpace):
		f.open(f.boxes[f.at])
		return
	default:
		HandOn(f, e)
		return
	}
	f.draw()
}

// CreateRenderer is for Fyne.
func (f *Figure) CreateRenderer() fyne.WidgetRenderer {
	return f.ring.around(figureRenderer{f})
}

type figureRenderer struct{ f *Figure }

func (r figureRenderer) Layout(fyne.Size)             {}
func (r figureRenderer) MinSize() fyne.Size           { return r.f.MinSize() }
func (r figureRenderer) Refresh()                     { r.f.Refresh() }
func (r figureRenderer) Destroy()                     {}
func (r figureRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.f.face.clip} }
