package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	stock "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/theme"
)

// Tabs is a line of titles of which one is chosen, over as many lines as it
// takes for all of them to be read. It is one stop of the keyboard; Left and
// Right choose.
type Tabs struct {
	widget.BaseWidget

	// OnSelect is called when another title is chosen, by whomever.
	OnSelect func(i int)

	titles  []string
	at      int
	hovered int
	line    bool // all of them stand in one line
	lines   int  // at the width there is
	cells   *layer
	boxes   []fyne.Position // where each title is
	wide    []float32
	ring    ring
}

var (
	_ fyne.Focusable     = (*Tabs)(nil)
	_ fyne.Tappable      = (*Tabs)(nil)
	_ desktop.Hoverable  = (*Tabs)(nil)
	_ desktop.Cursorable = (*Tabs)(nil)
)

// NewTabs makes tabs of which the first is chosen.
func NewTabs(titles ...string) *Tabs {
	t := &Tabs{titles: titles, hovered: -1, lines: 1, cells: newLayer()}
	t.ExtendBaseWidget(t)
	return t
}

// InLine makes the tabs stand in one line that is as wide as all of them.
func (t *Tabs) InLine() *Tabs {
	t.line = true
	return t
}

// Selected is the chosen tab.
func (t *Tabs) Selected() int { return t.at }

// Select chooses a tab.
func (t *Tabs) Select(i int) {
	if i < 0 || i >= len(t.titles) || i == t.at {
		return
	}
	t.at = i
	t.draw()
	if t.OnSelect != nil {
		t.OnSelect(i)
	}
}

// SetTitle changes a title.
func (t *Tabs) SetTitle(i int, text string) {
	if t.titles[i] != text {
		t.titles[i] = text
		t.Resize(t.Size())
		t.Refresh()
	}
}

// Title is a tab's title.
func (t *Tabs) Title(i int) string { return t.titles[i] }

const tabGap = 8 // on each side of a title

var tabStyle = fyne.TextStyle{Bold: true}

func tabHeight() float32 {
	return fyne.MeasureText("Mg", theme.Size(stock.SizeNameText), tabStyle).Height + 10
}

// arrange puts the titles in lines of a width and returns how many that takes.
func (t *Tabs) arrange(width float32) int {
	size := theme.Size(stock.SizeNameText)
	t.boxes, t.wide = t.boxes[:0], t.wide[:0]
	var x float32
	lines := 1
	for _, title := range t.titles {
		w := fyne.MeasureText(title, size, tabStyle).Width + 2*tabGap
		if x > 0 && x+w > width && !t.line {
			x, lines = 0, lines+1
		}
		t.boxes, t.wide = append(t.boxes, fyne.NewPos(x, float32(lines-1)*tabHeight())), append(t.wide, w)
		x += w
	}
	return lines
}

// MinSize is as high as the titles are at the width there is.
func (t *Tabs) MinSize() fyne.Size {
	size := theme.Size(stock.SizeNameText)
	var widest, all float32
	for _, title := range t.titles {
		w := fyne.MeasureText(title, size, tabStyle).Width + 2*tabGap
		widest, all = max(widest, w), all+w
	}
	if t.line {
		return fyne.NewSize(all, tabHeight())
	}
	return fyne.NewSize(widest, float32(t.lines)*tabHeight())
}

// Resize puts the titles in lines.
func (t *Tabs) Resize(s fyne.Size) {
	t.BaseWidget.Resize(s)
	if s.Width > 0 {
		t.lines = t.arrange(s.Width)
	}
	t.cells.place(0, 0, s.Width, s.Height)
	t.draw()
}

// Refresh draws anew, in the theme's present colours.
func (t *Tabs) Refresh() {
	t.ring.tint()
	t.arrange(t.Size().Width)
	t.draw()
}

func (t *Tabs) draw() {
	l, size := t.cells, theme.Size(stock.SizeNameText)
	l.begin()
	for i, title := range t.titles {
		if i >= len(t.boxes) {
			break
		}
		at, w, ink := t.boxes[i], t.wide[i], theme.Color(stock.ColorNameForeground)
		if i == t.hovered {
			l.rect(at.X, at.Y, w, tabHeight(), theme.Color(stock.ColorNameHover), 3)
		}
		if i == t.at {
			ink = theme.Color(stock.ColorNamePrimary)
			l.rect(at.X+2, at.Y+tabHeight()-2, w-4, 2, ink, 1)
		}
		l.text(at.X+tabGap, at.Y+4, title, ink, size, tabStyle)
	}
	canvas.Refresh(l)
}

// at tells the tab at a position, -1 for none.
func (t *Tabs) tabAt(p fyne.Position) int {
	for i, at := range t.boxes {
		if p.X >= at.X && p.X < at.X+t.wide[i] && p.Y >= at.Y && p.Y < at.Y+tabHeight() {
			return i
		}
	}
	return -1
}

// Tapped chooses.
func (t *Tabs) Tapped(e *fyne.PointEvent) { t.Select(t.tabAt(e.Position)) }

func (t *Tabs) MouseIn(e *desktop.MouseEvent) { t.MouseMoved(e) }

func (t *Tabs) MouseMoved(e *desktop.MouseEvent) {
	if i := t.tabAt(e.Position); i != t.hovered {
		t.hovered = i
		t.draw()
	}
}

func (t *Tabs) MouseOut() {
	t.hovered = -1
	t.draw()
}

// Cursor is a hand over a title.
func (t *Tabs) Cursor() desktop.Cursor {
	if t.hovered >= 0 {
		return desktop.PointerCursor
	}
	return desktop.DefaultCursor
}

func (t *Tabs) FocusGained()   { t.ring.set(true) }
func (t *Tabs) FocusLost()     { t.ring.set(false) }
func (t *Tabs) TypedRune(rune) {}

// TypedKey chooses the next or the one before.
func (t *Tabs) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyLeft, fyne.KeyUp:
		t.Select(max(t.at-1, 0))
	case fyne.KeyRight, fyne.KeyDown:
		t.Select(t.at + 1)
	case fyne.KeyHome:
		t.Select(0)
	case fyne.KeyEnd:
		t.Select(len(t.titles) - 1)
	default:
		HandOn(t, e)
	}
}

// CreateRenderer is for Fyne.
func (t *Tabs) CreateRenderer() fyne.WidgetRenderer {
	return t.ring.around(widget.NewSimpleRenderer(t.cells.clip))
}

// Below is a layout: tabs above what they lead to, as high as they need to be
// at the width there is.
type Below struct{}

// MinSize is that of both.
func (Below) MinSize(o []fyne.CanvasObject) fyne.Size {
	a, b := o[0].MinSize(), o[1].MinSize()
	return fyne.NewSize(max(a.Width, b.Width), a.Height+b.Height)
}

// Layout places both.
func (Below) Layout(o []fyne.CanvasObject, s fyne.Size) {
	o[0].Resize(fyne.NewSize(s.Width, o[0].MinSize().Height))
	h := o[0].MinSize().Height // it has its lines now
	o[0].Resize(fyne.NewSize(s.Width, h))
	o[1].Move(fyne.NewPos(0, h))
	o[1].Resize(fyne.NewSize(s.Width, max(s.Height-h, 0)))
}
