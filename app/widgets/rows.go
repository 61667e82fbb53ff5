package widgets

import (
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
}

// NewRows makes an empty list.
func NewRows(columns ...Column) *Rows {
	r := &Rows{}
	r.ExtendBaseWidget(r)
	return r
}

// SetRows shows rows; the selection is kept where its ID is still there.
func (r *Rows) SetRows(rows []Row) {}

// SetSource shows n rows that are made when they come into view. index finds
// the row of an ID, -1 if there is none.
func (r *Rows) SetSource(n int, row func(i int) Row, index func(id string) int) {}

// SetEmpty gives the text that is shown where there are no rows.
func (r *Rows) SetEmpty(text string) {}

// Select selects and scrolls to a row, the empty ID clears. Calls nothing.
func (r *Rows) Select(id string) {}

// Selected is the selected row's ID, empty for none.
func (r *Rows) Selected() string { return "" }

// CreateRenderer is for Fyne.
func (r *Rows) CreateRenderer() fyne.WidgetRenderer { return placeholder() }
