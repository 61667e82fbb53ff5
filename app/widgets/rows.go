package widgets

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// Column describes a column of Rows.
type Column struct {
	Title   string
	Width   float32 // least width, in Fyne's units at text size 12.5
	Stretch float32 // share of the room left over
	Right   bool    // aligned to the right, for numbers
	Mono    bool
}

// Cell is the content of a column in a row.
type Cell struct {
	Text  string
	Icon  fyne.Resource       // before the text; use theme.Tinted
	Color fyne.ThemeColorName // empty: the foreground
	Bold  bool
}

// Row is a line. Its ID is what callbacks hand back: unique in the list.
type Row struct {
	ID       string
	Cells    []Cell
	Severity Severity // a mark at the left edge
	Muted    bool     // drawn weak
	Heading  bool     // a group's title: the first cell over the whole width, not selectable
}

// Rows is a dense list with columns, for ten rows or a hundred thousand. Keys:
// Up, Down, Page Up, Page Down, Home, End, Enter; where it is Reorderable also
// Alt+Up and Alt+Down, and Delete, D (duplicate) and Space (toggle) where those
// callbacks are set.
type Rows struct {
	widget.BaseWidget

	// Reorderable shows a handle by which rows are dragged. Set it before the
	// widget is shown.
	Reorderable bool

	OnSelect    func(id string)
	OnActivate  func(id string)                   // Enter, double click
	OnMenu      func(id string, at fyne.Position) // secondary click; id is empty below the rows
	OnMove      func(id string, to int)           // to: the row's new index, from 0
	OnDelete    func(id string)
	OnDuplicate func(id string)
	OnToggle    func(id string)

	columns  []Column
	count    int
	row      func(int) Row
	find     func(string) int
	selected string
	empty    *widget.RichText
	header   *layer
	list     *rowList
	hovered  int
	dragged  int // the row that is being dragged, -1 for none
	target   int // where it would land
	clicked  time.Time
	last     string // the row that was clicked last
}

// NewRows makes an empty list.
func NewRows(columns ...Column) *Rows {
	r := &Rows{columns: columns, hovered: -1, dragged: -1, target: -1, header: newLayer(), empty: weak("")}
	r.find = func(string) int { return -1 }
	r.list = newRowList(r)
	r.ExtendBaseWidget(r)
	return r
}

// SetRows shows rows; the selection is kept where its ID is still there.
func (r *Rows) SetRows(rows []Row) {
	at := make(map[string]int, len(rows))
	for i := range rows {
		if !rows[i].Heading {
			at[rows[i].ID] = i
		}
	}
	r.SetSource(len(rows), func(i int) Row { return rows[i] }, func(id string) int {
		if i, ok := at[id]; ok {
			return i
		}
		return -1
	})
}

// SetSource shows n rows that are made when they come into view. index finds
// the row of an ID, -1 if there is none.
func (r *Rows) SetSource(n int, row func(i int) Row, index func(id string) int) {
	r.count, r.row, r.find = n, row, index
	if r.selected != "" && r.find(r.selected) < 0 {
		r.selected = ""
	}
	r.empty.Hidden = n > 0
	r.Refresh()
}

// SetEmpty gives the text that is shown where there are no rows.
func (r *Rows) SetEmpty(text string) {
	r.empty.Segments[0].(*widget.TextSegment).Text = text
	r.empty.Refresh()
}

// Select selects and scrolls to a row, the empty ID clears. Calls nothing.
func (r *Rows) Select(id string) {
	i := r.find(id)
	if i < 0 {
		id = ""
	}
	r.selected = id
	if i >= 0 {
		r.list.ScrollTo(i)
	}
	r.list.Refresh()
}

// Selected is the selected row's ID, empty for none.
func (r *Rows) Selected() string { return r.selected }

// Refresh draws anew, in the theme's present colours.
func (r *Rows) Refresh() {
	r.drawHeader()
	r.list.Refresh()
}

// choose selects on the user's behalf.
func (r *Rows) choose(i int) {
	if i < 0 || i >= r.count {
		return
	}
	row := r.row(i)
	if row.Heading || row.ID == r.selected {
		return
	}
	r.Select(row.ID)
	if r.OnSelect != nil {
		r.OnSelect(row.ID)
	}
}

func (r *Rows) tapped(i int) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(r.list); c != nil {
		c.Focus(r.list)
	}
	r.choose(i)
	again := r.selected != "" && r.last == r.selected && time.Since(r.clicked) < 400*time.Millisecond
	r.last, r.clicked = r.selected, time.Now()
	if again && r.OnActivate != nil {
		r.OnActivate(r.selected)
	}
}

func (r *Rows) hover(i int) {
	before := r.hovered
	r.hovered = i
	for _, n := range []int{before, i} {
		if n >= 0 && n < r.count {
			r.list.RefreshItem(n)
		}
	}
}

func (r *Rows) drag(i, to int) {
	to = min(max(to, 0), r.count-1)
	if r.dragged == i && r.target == to {
		return
	}
	r.dragged, r.target = i, to
	r.list.Refresh()
}

func (r *Rows) drop() {
	i, to := r.dragged, r.target
	r.dragged, r.target = -1, -1
	r.list.Refresh()
	if i >= 0 && i < r.count && i != to && r.OnMove != nil {
		r.OnMove(r.row(i).ID, to)
	}
}

// step selects the next row in a direction that is not a heading.
func (r *Rows) step(from, by int) {
	toward := 1
	if by < 0 {
		toward = -1
	}
	for i := min(max(from+by, 0), r.count-1); i >= 0 && i < r.count; i += toward {
		if !r.row(i).Heading {
			r.choose(i)
			return
		}
	}
}

// key does what a key means and tells whether it meant anything.
func (r *Rows) key(name fyne.KeyName) {
	at := r.find(r.selected)
	page := max(int(r.list.Size().Height/rowHeight())-1, 1)
	alt := modifiers()&fyne.KeyModifierAlt != 0
	on := func(f func(string)) {
		if f != nil && r.selected != "" {
			f(r.selected)
		}
	}
	switch name {
	case fyne.KeyUp, fyne.KeyDown:
		by := 1
		if name == fyne.KeyUp {
			by = -1
		}
		if alt && r.Reorderable {
			if to := at + by; at >= 0 && to >= 0 && to < r.count && r.OnMove != nil {
				r.OnMove(r.selected, to)
			}
			return
		}
		r.step(at, by)
	case fyne.KeyPageUp:
		r.step(at, -page)
	case fyne.KeyPageDown:
		r.step(at, page)
	case fyne.KeyHome:
		r.step(0, 0)
	case fyne.KeyEnd:
		r.step(r.count, -1)
	case fyne.KeyReturn, fyne.KeyEnter:
		on(r.OnActivate)
	case fyne.KeyDelete:
		on(r.OnDelete)
	case fyne.KeySpace:
		on(r.OnToggle)
	case fyne.KeyD:
		on(r.OnDuplicate)
	}
}

// MinSize leaves room for a few rows.
func (r *Rows) MinSize() fyne.Size { return fyne.NewSize(120, rowHeight()*2) }

// CreateRenderer is for Fyne.
func (r *Rows) CreateRenderer() fyne.WidgetRenderer { return rowsRenderer{r} }

type rowsRenderer struct{ r *Rows }

func (v rowsRenderer) Layout(s fyne.Size) {
	r, h := v.r, float32(0)
	if len(r.columns) > 0 && r.columns[0].Title != noHeader {
		h = rowHeight()
	}
	r.header.place(0, 0, s.Width, h)
	r.list.Move(fyne.NewPos(0, h))
	r.list.Resize(fyne.NewSize(s.Width, max(s.Height-h, 0)))
	r.empty.Move(fyne.NewPos(8, h+4))
	r.empty.Resize(fyne.NewSize(max(s.Width-16, 0), r.empty.MinSize().Height))
	r.drawHeader()
}
func (v rowsRenderer) MinSize() fyne.Size { return v.r.MinSize() }
func (v rowsRenderer) Refresh()           { v.r.Refresh() }
func (v rowsRenderer) Destroy()           {}
func (v rowsRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{v.r.header.clip, v.r.list, v.r.empty}
}

// noHeader as the first column's title leaves the header out.
const noHeader = "-"

// rowList is Fyne's list, which has the keyboard when Rows has it.
type rowList struct {
	widget.List

	rows *Rows
}

func newRowList(r *Rows) *rowList {
	l := &rowList{rows: r}
	l.Length = func() int { return r.count }
	l.CreateItem = func() fyne.CanvasObject { return newLine(r) }
	l.UpdateItem = func(i widget.ListItemID, o fyne.CanvasObject) {
		n := o.(*line)
		n.index, n.row = i, r.row(i)
		n.draw()
	}
	l.HideSeparators = true
	l.ExtendBaseWidget(l)
	return l
}

// TypedKey is for fyne.Focusable.
func (l *rowList) TypedKey(e *fyne.KeyEvent) { l.rows.key(e.Name) }
