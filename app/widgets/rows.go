package widgets

import (
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	stock "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/theme"
)

// Cell is the content of a column in a row.
type Cell struct {
	Text  string
	Icon  fyne.Resource       // before the text; use theme.Tinted
	Color fyne.ThemeColorName // empty: the foreground
	Bold  bool
	Link  bool // can be clicked: OnLink
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
// Up, Down, Page Up, Page Down, Home, End, Enter, Control+C (the row as text);
// where it is Reorderable also Alt+Up and Alt+Down, and Delete, D (duplicate)
// and Space (toggle) where those callbacks are set.
type Rows struct {
	widget.BaseWidget

	// Reorderable shows a handle by which rows are dragged. Set it before the
	// widget is shown.
	Reorderable bool
	// Follow keeps the last row in view when there are more, if it was in
	// view: for a run that grows.
	Follow bool

	OnSelect    func(id string)
	OnActivate  func(id string)                   // Enter, double click
	OnMenu      func(id string, at fyne.Position) // secondary click; id is empty below the rows
	OnMove      func(id string, to int)           // to: the row's new index, from 0
	OnDelete    func(id string)
	OnDuplicate func(id string)
	OnToggle    func(id string)
	OnLink      func(id string, column int) // a click on a cell that is a Link
	// OnKey is called for every key that means nothing to the list itself;
	// id is empty where nothing is selected.
	OnKey func(id string, key fyne.KeyName)
	// OnCopy is called with text to put on the clipboard; without it the list does so itself.
	OnCopy func(text string)

	// OnSort is called when the reader wants another order: column is one of
	// those NewRows got, -1 for the rows' own order. Without it a title is not
	// clicked.
	OnSort func(column int, down bool)
	// OnColumns is called when the reader has chosen columns or their widths.
	OnColumns func()

	columns  columnSet
	rows     []Row    // of SetRows
	hint     int      // where search found something last
	words    []string // to light, in lower case
	tap      func(id string)
	least    int // rows that MinSize leaves room for
	count    int
	row      func(int) Row
	find     func(string) int
	selected string
	empty    *widget.RichText
	header   *rowsHeader
	list     *rowList
	lines    map[int]*line // by row, those in view among them
	made     []*line
	spare    []*line // those of made that Fyne has dropped
	round    int     // counts redrawAll
	focused  bool
	ring     ring
	hovered  int
	dragged  int // the row that is being dragged, -1 for none
	target   int // where it would land
	clicked  time.Time
	last     string // the row that was clicked last
}

// NewRows makes an empty list.
func NewRows(columns ...Column) *Rows {
	r := &Rows{columns: newColumnSet(columns), hovered: -1, dragged: -1, target: -1, lines: map[int]*line{}, empty: weak(""), least: 2}
	r.find = func(string) int { return -1 }
	r.list, r.header = newRowList(r), newRowsHeader(r)
	r.ExtendBaseWidget(r)
	return r
}

// SetRows shows rows; the selection is kept where its ID is still there. The
// slice belongs to the list from then on. Its work does not grow with the rows.
func (r *Rows) SetRows(rows []Row) {
	r.rows = rows
	r.SetSource(len(rows), func(i int) Row { return r.rows[i] }, r.search)
}

// Append adds rows behind those of SetRows, for a run that grows. The last row
// stays in view if it was.
func (r *Rows) Append(rows ...Row) {
	if len(rows) == 0 {
		return
	}
	follow := r.atEnd()
	if r.row == nil {
		r.SetRows(nil)
	}
	r.rows = append(r.rows, rows...)
	r.count, r.empty.Hidden, r.columns.stale = len(r.rows), true, true
	r.redrawAll()
	if follow {
		r.reveal(r.count - 1)
	}
}

// Update replaces rows of SetRows by their ID; unknown ones are left out.
func (r *Rows) Update(rows ...Row) {
	for _, row := range rows {
		if i := r.search(row.ID); i >= 0 {
			r.rows[i] = row
			r.redraw(i)
		}
	}
}

// search finds a row of SetRows: those that are asked for lie near each other.
func (r *Rows) search(id string) int {
	match := func(i int) bool { return i >= 0 && i < len(r.rows) && r.rows[i].ID == id && !r.rows[i].Heading }
	for _, i := range []int{r.hint, r.hint + 1, r.hint - 1} {
		if match(i) {
			r.hint = i
			return i
		}
	}
	i := slices.IndexFunc(r.rows, func(row Row) bool { return row.ID == id && !row.Heading })
	if i >= 0 {
		r.hint = i
	}
	return i
}

// SetSource shows n rows that are made when they come into view. index finds
// the row of an ID, -1 if there is none.
func (r *Rows) SetSource(n int, row func(i int) Row, index func(id string) int) {
	follow := r.Follow && n > r.count && r.atEnd()
	r.count, r.row, r.find = n, row, index
	if r.selected != "" && r.find(r.selected) < 0 {
		r.selected = ""
	}
	r.empty.Hidden = n > 0
	r.columns.stale = true
	r.Refresh()
	if follow {
		r.reveal(r.count - 1)
	}
}

// SetEmpty gives the text that is shown where there are no rows.
func (r *Rows) SetEmpty(text string) {
	r.empty.Segments[0].(*widget.TextSegment).Text = text
	r.empty.Refresh()
}

// SetHighlight lights the words of a search wherever they stand in the cells.
func (r *Rows) SetHighlight(search string) {
	r.words = strings.Fields(strings.ToLower(search))
	r.redrawAll()
}

// Text is the row of an ID with tabs between its cells, empty if there is none.
func (r *Rows) Text(id string) string {
	i := r.find(id)
	if i < 0 {
		return ""
	}
	var cells []string
	for _, c := range r.row(i).Cells {
		cells = append(cells, c.Text)
	}
	return strings.Join(cells, "\t")
}

// atEnd tells whether the last row is in view.
func (r *Rows) atEnd() bool {
	return r.list.GetScrollOffset()+r.list.Size().Height >= float32(r.count)*rowPitch()-theme.Size(stock.SizeNamePadding)-1
}

// Select selects and scrolls to a row, the empty ID clears. Calls nothing.
func (r *Rows) Select(id string) {
	i, before := r.find(id), -1
	if i < 0 {
		id = ""
	}
	if r.selected != "" && r.selected != id {
		before = r.find(r.selected)
	}
	r.selected = id
	r.redraw(before, i)
	r.reveal(i)
}

// reveal scrolls a row into view. Fyne's own ScrollTo draws the whole list.
func (r *Rows) reveal(i int) {
	if i < 0 {
		return
	}
	h, offset := r.list.Size().Height, r.list.GetScrollOffset()
	if h <= 0 {
		r.list.ScrollTo(i)
		return
	}
	y := float32(i) * rowPitch()
	if y < offset {
		r.list.ScrollToOffset(y)
	} else if bottom := y + rowHeight(); bottom > offset+h {
		r.list.ScrollToOffset(bottom - h)
	}
}

// redraw draws rows anew that are in view.
func (r *Rows) redraw(rows ...int) {
	for _, i := range rows {
		if n := r.lines[i]; n != nil && n.index == i && i < r.count {
			n.row = r.row(i)
			n.draw()
		}
	}
}

// Selected is the selected row's ID, empty for none.
func (r *Rows) Selected() string { return r.selected }

// Focus gives the list the keyboard.
func (r *Rows) Focus() { takeFocus(r.list) }

// Height is what the list needs to show all its rows.
func (r *Rows) Height() float32 {
	h := float32(max(r.count, 1)) * rowPitch()
	if r.headed() {
		h += rowHeight()
	}
	return h
}

// Refresh draws anew, in the theme's present colours.
func (r *Rows) Refresh() {
	r.columns.stale = true
	r.header.draw()
	r.redrawAll()
}

// redrawAll draws the list anew. Fyne then drops the lines that are out of
// view; they are kept for it to take again, since a new line has to read its
// icons.
func (r *Rows) redrawAll() {
	r.round++
	clear(r.lines)
	r.list.Refresh()
	r.spare = r.spare[:0]
	for _, n := range r.made {
		if n.round != r.round {
			r.spare = append(r.spare, n)
		}
	}
}

// newLine makes a line, or takes one that Fyne has dropped.
func (r *Rows) newLine() *line {
	if last := len(r.spare) - 1; last >= 0 {
		n := r.spare[last]
		r.spare = r.spare[:last]
		return n
	}
	n := newLine(r)
	r.made = append(r.made, n)
	return n
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

// tapped is a click on a row, on the link in a column unless that is -1.
func (r *Rows) tapped(i, link int) {
	if r.tap == nil {
		takeFocus(r.list)
	}
	r.choose(i)
	id := r.row(i).ID
	switch {
	case r.tap != nil:
		r.tap(id)
	case link >= 0:
		r.last = ""
		if r.OnLink != nil {
			r.OnLink(id, link)
		}
	default:
		again := r.selected == id && r.last == id && time.Since(r.clicked) < 400*time.Millisecond
		r.last, r.clicked = id, time.Now()
		if again && r.OnActivate != nil {
			r.OnActivate(id)
		}
	}
}

func (r *Rows) focus(on bool) {
	r.focused = on
	r.ring.set(on)
	r.header.draw()
	r.redraw(r.find(r.selected))
}

func (r *Rows) hover(i int) {
	before := r.hovered
	r.hovered = i
	r.redraw(before, i)
}

func (r *Rows) drag(i, to int) {
	to = min(max(to, 0), r.count-1)
	if r.dragged == i && r.target == to {
		return
	}
	before := r.target
	r.dragged, r.target = i, to
	r.redraw(before, to)
}

func (r *Rows) drop() {
	i, to := r.dragged, r.target
	r.dragged, r.target = -1, -1
	r.redraw(to)
	if i >= 0 && i < r.count && i != to && r.OnMove != nil {
		r.OnMove(r.row(i).ID, to)
	}
}

// MinSize leaves room for a few rows.
func (r *Rows) MinSize() fyne.Size {
	return fyne.NewSize(120, rowHeight()+float32(r.least-1)*rowPitch())
}

// CreateRenderer is for Fyne.
func (r *Rows) CreateRenderer() fyne.WidgetRenderer { return r.ring.around(rowsRenderer{r}) }

type rowsRenderer struct{ r *Rows }

func (v rowsRenderer) Layout(s fyne.Size) {
	r, h := v.r, float32(0)
	if r.headed() {
		h = rowHeight()
	}
	r.header.Move(fyne.NewPos(0, 0))
	r.header.Resize(fyne.NewSize(s.Width, h))
	r.list.Move(fyne.NewPos(0, h))
	r.list.Resize(fyne.NewSize(s.Width, max(s.Height-h, 0)))
	r.empty.Move(fyne.NewPos(8, h+4))
	r.empty.Resize(fyne.NewSize(max(s.Width-16, 0), r.empty.MinSize().Height))
	r.header.draw()
}
func (v rowsRenderer) MinSize() fyne.Size { return v.r.MinSize() }
func (v rowsRenderer) Refresh()           { v.r.Refresh() }
func (v rowsRenderer) Destroy()           {}
func (v rowsRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{v.r.header, v.r.list, v.r.empty}
}

// noHeader as the first column's title leaves the header out.
const noHeader = "-"

func (r *Rows) headed() bool {
	return len(r.columns.all) > 0 && r.columns.all[0].Title != noHeader
}
