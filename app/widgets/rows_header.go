package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	stock "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/theme"
)

// rowsHeader is the line of the columns' titles. A click on one sorts, a drag
// at its right edge makes it wider or narrower, a double click there fits it to
// its content, a secondary click chooses columns.
type rowsHeader struct {
	widget.BaseWidget

	rows  *Rows
	cells *layer
	grip  int // the column whose edge is being dragged or is under the pointer, -1 for none
	held  bool
}

var (
	_ fyne.Tappable          = (*rowsHeader)(nil)
	_ fyne.SecondaryTappable = (*rowsHeader)(nil)
	_ fyne.DoubleTappable    = (*rowsHeader)(nil)
	_ fyne.Draggable         = (*rowsHeader)(nil)
	_ desktop.Hoverable      = (*rowsHeader)(nil)
	_ desktop.Cursorable     = (*rowsHeader)(nil)
)

func newRowsHeader(r *Rows) *rowsHeader {
	h := &rowsHeader{rows: r, cells: newLayer(), grip: -1}
	h.ExtendBaseWidget(h)
	return h
}

func (h *rowsHeader) MinSize() fyne.Size { return fyne.NewSize(60, rowHeight()) }

func (h *rowsHeader) Resize(s fyne.Size) {
	h.BaseWidget.Resize(s)
	h.cells.place(0, 0, s.Width, s.Height)
}

func (h *rowsHeader) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(h.cells.clip)
}

// draw draws the columns' titles.
func (h *rowsHeader) draw() {
	r, l, s := h.rows, h.cells, h.Size()
	l.begin()
	if !r.headed() || s.Height <= 0 {
		return
	}
	high := rowHeight()
	l.rect(0, 0, s.Width, high, theme.Color(theme.ColorGroup), 0)
	l.rect(0, high-1, s.Width, 1, theme.Color(stock.ColorNameSeparator), 0)
	size := theme.Size(stock.SizeNameCaptionText)
	tall := fyne.MeasureText("Mg", size, fyne.TextStyle{}).Height
	x, w := r.places(s.Width)
	for i, c := range r.columns.all {
		if w[i] <= 0 {
			continue
		}
		room, ink := w[i]-6, theme.Color(theme.ColorMuted)
		if i == r.columns.sorted {
			room, ink = room-10, theme.Color(stock.ColorNameForeground)
		}
		text := ellipsis(c.Title, room, size, fyne.TextStyle{})
		wide := fyne.MeasureText(text, size, fyne.TextStyle{}).Width
		at := x[i]
		if c.Right {
			at += w[i] - 12 - wide
		}
		l.text(at, (high-tall)/2, text, ink, size, fyne.TextStyle{})
		if i == r.columns.sorted {
			points := sortedUp
			if r.columns.down {
				points = sortedDown
			}
			from := at + wide + 4
			if c.Right {
				from = at - 11
			}
			l.shape(points, from, (high-6)/2, 7, 6, ink, nil, 0)
		}
		if i == h.grip {
			l.rect(x[i]+w[i]-5, 3, 2, high-6, theme.Color(stock.ColorNamePrimary), 1)
		}
	}
	canvas.Refresh(l)
}

// The signs of the order.
var (
	sortedUp   = []fyne.Position{{X: 0, Y: 1}, {X: .5, Y: 0}, {X: 1, Y: 1}}
	sortedDown = []fyne.Position{{X: 0, Y: 0}, {X: 1, Y: 0}, {X: .5, Y: 1}}
)

// edgeReach is how far from a column's right edge one takes hold of it.
const edgeReach = 5

// edgeAt is the column whose right edge is at x, -1 for none.
func (h *rowsHeader) edgeAt(at float32) int {
	x, w := h.rows.places(h.Size().Width)
	for i := range w {
		if edge := x[i] + w[i] - 4; w[i] > 0 && at > edge-edgeReach && at < edge+edgeReach {
			return i
		}
	}
	return -1
}

// columnAt is the column at x, -1 for none.
func (h *rowsHeader) columnAt(at float32) int {
	x, w := h.rows.places(h.Size().Width)
	for i := range w {
		if w[i] > 0 && at >= x[i] && at < x[i]+w[i] {
			return i
		}
	}
	return -1
}

// Tapped sorts by the column.
func (h *rowsHeader) Tapped(e *fyne.PointEvent) {
	if i := h.columnAt(e.Position.X); i >= 0 && h.edgeAt(e.Position.X) < 0 && h.rows.OnSort != nil {
		h.rows.turn(i)
	}
}

// DoubleTapped fits a column to its content; elsewhere it is two clicks.
func (h *rowsHeader) DoubleTapped(e *fyne.PointEvent) {
	if i := h.edgeAt(e.Position.X); i >= 0 {
		h.rows.columns.given[i] = 0
		h.rows.rearranged()
		return
	}
	h.Tapped(e)
	h.Tapped(e)
}

// TappedSecondary offers the columns.
func (h *rowsHeader) TappedSecondary(e *fyne.PointEvent) {
	if h.rows.OnColumns == nil {
		return
	}
	titles, shown := h.rows.Columns()
	var items []*fyne.MenuItem
	for i, title := range titles {
		item := fyne.NewMenuItem(title, func() { h.rows.ShowColumn(i, !shown[i]) })
		item.Checked = shown[i]
		items = append(items, item)
	}
	items = append(items, fyne.NewMenuItemSeparator(), fyne.NewMenuItem("Fit to the content", h.rows.FitColumns))
	if c := canvasOf(h); c != nil {
		widget.ShowPopUpMenuAtPosition(fyne.NewMenu("", items...), c, e.AbsolutePosition)
	}
}

// Dragged makes the column wider or narrower.
func (h *rowsHeader) Dragged(e *fyne.DragEvent) {
	if !h.held {
		// The pointer has shown the edge; a finger has not.
		if grip := h.edgeAt(e.Position.X - e.Dragged.DX); grip >= 0 {
			h.grip = grip
		}
		h.held = true
	}
	if h.grip < 0 {
		return
	}
	s, scale := &h.rows.columns, theme.Size(stock.SizeNameText)/12.5
	_, w := h.rows.places(h.Size().Width)
	s.given[h.grip] = max(w[h.grip]+e.Dragged.DX, leastColumn*scale) / scale
	h.rows.Refresh()
}

// DragEnd keeps the width.
func (h *rowsHeader) DragEnd() {
	if h.held && h.grip >= 0 {
		h.rows.rearranged()
	}
	h.held, h.grip = false, -1
	h.draw()
}

func (h *rowsHeader) MouseIn(e *desktop.MouseEvent) { h.MouseMoved(e) }

// MouseMoved shows the edge that can be dragged, and a title that is cut in whole.
func (h *rowsHeader) MouseMoved(e *desktop.MouseEvent) {
	if h.held {
		return
	}
	grip := -1
	if h.rows.OnColumns != nil {
		grip = h.edgeAt(e.Position.X)
	}
	if grip != h.grip {
		h.grip = grip
		h.draw()
	}
	text := ""
	if i := h.columnAt(e.Position.X); i >= 0 {
		_, w := h.rows.places(h.Size().Width)
		text = ifCut(h.rows.columns.all[i].Title, w[i]-6, theme.Size(stock.SizeNameCaptionText), fyne.TextStyle{})
	}
	tell(h, text)
}

func (h *rowsHeader) MouseOut() {
	if !h.held && h.grip >= 0 {
		h.grip = -1
		h.draw()
	}
	tell(h, "")
}

// Cursor is the one for resizing where an edge can be dragged.
func (h *rowsHeader) Cursor() desktop.Cursor {
	if h.grip >= 0 {
		return desktop.HResizeCursor
	}
	return desktop.DefaultCursor
}
