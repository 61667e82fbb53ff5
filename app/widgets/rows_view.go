package widgets

import (
	"math"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	stock "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/theme"
)

// heights of a row and of the header.
func rowHeight() float32 { return float32(math.Round(float64(theme.Size(stock.SizeNameText)) * 1.85)) }

// rowPitch is from one row to the next: the list leaves a padding between.
func rowPitch() float32 { return rowHeight() + theme.Size(stock.SizeNamePadding) }

// rowLeft is where the first column begins.
func (r *Rows) rowLeft() float32 {
	if r.Reorderable {
		return 28
	}
	return 24
}

// line is a row of Rows in its list.
type line struct {
	widget.BaseWidget

	rows  *Rows
	index int
	round int // of Rows.redrawAll in which it was last in view
	row   Row
	cells *layer
	icons icons
	moved float32 // by a drag
	over  bool    // the pointer is over a link
}

var (
	_ fyne.Tappable          = (*line)(nil)
	_ fyne.SecondaryTappable = (*line)(nil)
	_ fyne.Draggable         = (*line)(nil)
	_ desktop.Hoverable      = (*line)(nil)
	_ desktop.Cursorable     = (*line)(nil)
)

func newLine(r *Rows) *line {
	n := &line{rows: r, cells: newLayer(), index: -1}
	n.ExtendBaseWidget(n)
	return n
}

func (n *line) MinSize() fyne.Size { return fyne.NewSize(60, rowHeight()) }

func (n *line) Resize(s fyne.Size) {
	if s == n.Size() {
		return
	}
	n.BaseWidget.Resize(s)
	n.cells.place(0, 0, s.Width, s.Height)
	n.draw()
}

func (n *line) Refresh() { n.draw() }

func (n *line) CreateRenderer() fyne.WidgetRenderer { return lineRenderer{n} }

// lineRenderer holds the layer unclipped: the list clips already, and a cell's
// text is cut to its column.
type lineRenderer struct{ n *line }

func (r lineRenderer) Layout(fyne.Size)             {}
func (r lineRenderer) MinSize() fyne.Size           { return r.n.MinSize() }
func (r lineRenderer) Refresh()                     { r.n.draw() }
func (r lineRenderer) Objects() []fyne.CanvasObject { return r.n.cells.objects }
func (r lineRenderer) Destroy()                     {}

func (n *line) image(res fyne.Resource, x, y, d float32) {
	n.cells.objects = append(n.cells.objects, n.icons.at(res, x, y, d))
}

func (n *line) draw() {
	if n.index < 0 || n.Size().Width <= 0 {
		return
	}
	l, s, r := n.cells, n.Size(), n.rows
	l.begin()
	n.icons.begin()
	size := theme.Size(stock.SizeNameText)
	high := fyne.MeasureText("Mg", size, fyne.TextStyle{}).Height
	switch {
	case n.row.Heading:
		l.rect(0, 0, s.Width, s.Height, theme.Color(theme.ColorGroup), 0)
	case n.row.ID != "" && n.row.ID == r.selected:
		l.rect(0, 0, s.Width, s.Height, theme.Color(stock.ColorNameSelection), 0)
		bar := theme.Color(theme.ColorMuted)
		if r.focused || r.tap != nil {
			bar = theme.Color(stock.ColorNamePrimary)
		}
		l.rect(0, 0, 3, s.Height, bar, 0)
	case r.hovered == n.index:
		l.rect(0, 0, s.Width, s.Height, theme.Color(stock.ColorNameHover), 0)
	}
	if r.target == n.index && r.dragged >= 0 {
		y := float32(0)
		if r.target > r.dragged {
			y = s.Height - 2
		}
		l.rect(0, y, s.Width, 2, theme.Color(stock.ColorNamePrimary), 0)
	}
	l.rect(0, s.Height-1, s.Width, 1, theme.Color(theme.ColorGrid), 0)
	left := float32(5)
	if r.Reorderable && !n.row.Heading {
		n.image(handleIcon, 4, (s.Height-15)/2, 15)
		left = 10
	} else if icon := n.row.Severity.Icon(); icon != nil {
		n.image(icon, left, (s.Height-14)/2, 14)
	}
	x, w := r.places(s.Width)
	if n.row.Heading {
		if len(n.row.Cells) > 0 {
			style := fyne.TextStyle{Bold: true}
			l.text(10, (s.Height-high)/2, ellipsis(n.row.Cells[0].Text, s.Width-14, size, style), theme.Color(stock.ColorNameForeground), size, style)
		}
		canvas.Refresh(n)
		return
	}
	for i, c := range n.row.Cells {
		if i >= len(w) {
			break
		}
		if w[i] > 0 {
			n.drawCell(c, r.columns.all[i], x[i], w[i], size, high)
		}
	}
	canvas.Refresh(n)
}

func (n *line) drawCell(c Cell, column Column, x, w, size, high float32) {
	s := n.Size()
	if c.Icon != nil {
		n.image(c.Icon, x, (s.Height-13)/2, 13)
		x, w = x+18, w-18
	}
	style := cellStyle(c, column)
	text := ellipsis(c.Text, w-8, size, style)
	if text == "" {
		return
	}
	name := c.Color
	switch {
	case n.row.Muted:
		name = theme.ColorMuted
	case c.Link:
		name = stock.ColorNameHyperlink
	case name == "":
		name = stock.ColorNameForeground
	}
	color := theme.Color(name)
	if column.Right {
		x += w - 12 - fyne.MeasureText(text, size, style).Width
	}
	if !column.unlit {
		n.light(text, x, (s.Height-high)/2, size, high, style)
	}
	n.cells.text(x, (s.Height-high)/2, text, color, size, style)
	if c.Link {
		n.cells.rect(x, (s.Height+high)/2-2, fyne.MeasureText(text, size, style).Width, 1, color, 0)
	}
}

// light draws a box behind every searched word in a cell's text.
func (n *line) light(text string, x, y, size, high float32, style fyne.TextStyle) {
	if len(n.rows.words) == 0 {
		return
	}
	lower := strings.ToLower(text)
	if len(lower) != len(text) {
		return // a letter whose cases differ in length: places would be off
	}
	width := func(s string) float32 { return fyne.MeasureText(s, size, style).Width }
	for _, word := range n.rows.words {
		for at := 0; ; {
			i := strings.Index(lower[at:], word)
			if i < 0 {
				break
			}
			at += i
			box := n.cells.rect(x+width(text[:at])-1, y, width(text[at:at+len(word)])+2, high, theme.Color(theme.ColorMatch), 2)
			box.StrokeColor, box.StrokeWidth = theme.Fade(theme.Color(theme.ColorWarning), .6), 1
			at += len(word)
		}
	}
}

// linkAt is the column of the link at a position, -1 for none.
func (n *line) linkAt(p fyne.Position) int {
	x, w := n.rows.places(n.Size().Width)
	for i, c := range n.row.Cells {
		if i < len(x) && c.Link && c.Text != "" && p.X >= x[i] && p.X < x[i]+w[i] {
			return i
		}
	}
	return -1
}

// Cursor is a hand over a link.
func (n *line) Cursor() desktop.Cursor {
	if n.over {
		return desktop.PointerCursor
	}
	return desktop.DefaultCursor
}

// Tapped selects the row, or follows the link that was clicked.
func (n *line) Tapped(e *fyne.PointEvent) {
	n.rows.tapped(n.index, n.linkAt(e.Position))
}

func (n *line) TappedSecondary(e *fyne.PointEvent) {
	n.rows.choose(n.index)
	if n.rows.OnMenu != nil && !n.row.Heading {
		n.rows.OnMenu(n.row.ID, e.AbsolutePosition)
	}
}

func (n *line) MouseIn(e *desktop.MouseEvent) {
	n.MouseMoved(e)
	n.rows.hover(n.index)
}

// MouseMoved tells a text that is cut in whole.
func (n *line) MouseMoved(e *desktop.MouseEvent) {
	n.over = n.linkAt(e.Position) >= 0
	tell(n, n.cutAt(e.Position.X))
}

// MouseOut takes it back.
func (n *line) MouseOut() {
	n.rows.hover(-1)
	tell(n, "")
}

// cutAt is the text of the cell at x where it is cut, "" where it is whole.
func (n *line) cutAt(at float32) string {
	size := theme.Size(stock.SizeNameText)
	if n.row.Heading && len(n.row.Cells) > 0 {
		return ifCut(n.row.Cells[0].Text, n.Size().Width-14, size, fyne.TextStyle{Bold: true})
	}
	x, w := n.rows.places(n.Size().Width)
	for i, c := range n.row.Cells {
		if i < len(w) && at >= x[i] && at < x[i]+w[i] {
			room := w[i] - 8
			if c.Icon != nil {
				room -= 18
			}
			return ifCut(c.Text, room, size, cellStyle(c, n.rows.columns.all[i]))
		}
	}
	return ""
}

// Dragged moves the row's place, where rows can be reordered.
func (n *line) Dragged(e *fyne.DragEvent) {
	if !n.rows.Reorderable || n.row.Heading {
		return
	}
	n.moved += e.Dragged.DY
	n.rows.drag(n.index, n.index+int(math.Round(float64(n.moved/rowPitch()))))
}

func (n *line) DragEnd() {
	n.moved = 0
	n.rows.drop()
}

var handleIcon = theme.Tinted(theme.IconHandle, theme.ColorMuted)
