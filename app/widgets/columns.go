package widgets

import (
	"encoding/json"
	"slices"

	"fyne.io/fyne/v2"
	stock "fyne.io/fyne/v2/theme"

	"rechallenge/app/theme"
)

// Column describes a column of Rows.
type Column struct {
	Title   string
	Width   float32 // least width, in Fyne's units at text size 12.5
	Stretch float32 // share of the room left over
	Right   bool    // aligned to the right, for numbers
	Mono    bool
	Fit     bool // as wide as its content, Width or not
	Firm    bool // gives way last where there is not enough room
	Hidden  bool // shown only once the reader chooses it

	unlit bool // SetHighlight leaves it alone
}

// columnSet is a list's columns, and what the reader made of them.
type columnSet struct {
	all    []Column
	hidden []bool
	given  []float32 // widths by hand, 0 for none
	sorted int       // -1 for the rows' own order
	down   bool

	content []float32 // what the columns that fit need
	stale   bool      // the rows have changed since
	width   float32   // for which x and w are
	x, w    []float32 // where each column begins, how wide it is; 0 where it is not shown
}

func newColumnSet(all []Column) columnSet {
	s := columnSet{all: all, hidden: make([]bool, len(all)), given: make([]float32, len(all)), sorted: -1, stale: true}
	for i, c := range all {
		s.hidden[i] = c.Hidden
	}
	return s
}

// The widths that a column never falls below, and that its content does not
// push it beyond, at text size 12.5; cellPad is what a cell's text has beside it.
const (
	leastColumn  = 30
	mostByItself = 320
	cellPad      = 14
	iconPad      = 18
)

// sampled is how many rows a column is fitted to: from the beginning and, half
// as many, from the end.
const sampled = 80

func cellStyle(c Cell, column Column) fyne.TextStyle {
	return fyne.TextStyle{Bold: c.Bold, Monospace: column.Mono}
}

// places are where the columns begin and how wide they are.
func (r *Rows) places(width float32) (x, w []float32) {
	s := &r.columns
	if s.stale {
		s.content = r.fitted()
	}
	if s.stale || width != s.width || len(s.w) != len(s.all) {
		s.spread(r.rowLeft(), width)
		s.width, s.stale = width, false
	}
	return s.x, s.w
}

// fitted measures what the columns that fit need.
func (r *Rows) fitted() []float32 {
	s, size := &r.columns, theme.Size(stock.SizeNameText)
	need := make([]float32, len(s.all))
	any := false
	for i, c := range s.all {
		if c.Fit {
			any = true
			need[i] = fyne.MeasureText(c.Title, theme.Size(stock.SizeNameCaptionText), fyne.TextStyle{}).Width + cellPad + 6
		}
	}
	if !any || r.row == nil {
		return need
	}
	take := func(row Row) {
		if row.Heading {
			return
		}
		for i, c := range row.Cells[:min(len(row.Cells), len(s.all))] {
			if !s.all[i].Fit || c.Text == "" {
				continue
			}
			w := fyne.MeasureText(c.Text, size, cellStyle(c, s.all[i])).Width + cellPad
			if c.Icon != nil {
				w += iconPad
			}
			need[i] = max(need[i], w)
		}
	}
	for i := range min(r.count, sampled) {
		take(r.row(i))
	}
	for i := max(sampled, r.count-sampled/2); i < r.count; i++ {
		take(r.row(i))
	}
	return need
}

// spread shares a width out: every column gets what it needs, what is left
// goes by Stretch. Where it is not enough the firm columns keep what they need
// as long as the others have anything to give.
func (s *columnSet) spread(left, width float32) {
	scale := theme.Size(stock.SizeNameText) / 12.5
	n := len(s.all)
	s.x, s.w = make([]float32, n), make([]float32, n)
	var sum, share float32
	for i, c := range s.all {
		if s.hidden[i] {
			continue
		}
		s.w[i] = c.Width * scale
		if c.Fit {
			s.w[i] = min(s.content[i], mostByItself*scale)
		}
		if s.given[i] > 0 {
			s.w[i] = s.given[i] * scale
		} else {
			share += c.Stretch
		}
		sum += s.w[i]
	}
	room := max(width-left-8, 0)
	if over := sum - room; over > 0 {
		over = s.give(over, leastColumn*scale, func(c Column) bool { return !c.Firm })
		over = s.give(over, 0, func(c Column) bool { return !c.Firm })
		s.give(over, 0, func(Column) bool { return true })
	} else if spare := s.fill(-over); share > 0 {
		for i, c := range s.all {
			if !s.hidden[i] && s.given[i] == 0 {
				s.w[i] += spare * c.Stretch / share
			}
		}
	}
	at := left
	for i := range s.all {
		s.x[i] = at
		at += s.w[i]
	}
}

// fill gives room to columns whose content has more to say than they got, and
// returns what is left of it.
func (s *columnSet) fill(room float32) float32 {
	for i, c := range s.all {
		if more := s.content[i] - s.w[i]; c.Fit && !s.hidden[i] && s.given[i] == 0 && more > 0 {
			more = min(more, room)
			s.w[i] += more
			room -= more
		}
	}
	return room
}

// give takes width off columns, in proportion to what they have beyond least,
// and returns what could not be taken.
func (s *columnSet) give(over, least float32, of func(Column) bool) float32 {
	var spare float32
	for i, c := range s.all {
		if of(c) {
			spare += max(s.w[i]-least, 0)
		}
	}
	if over <= 0 || spare <= 0 {
		return max(over, 0)
	}
	part := min(over/spare, 1)
	for i, c := range s.all {
		if of(c) {
			s.w[i] -= max(s.w[i]-least, 0) * part
		}
	}
	return over - spare*part
}

// Columns are the titles of the columns that one can choose from, and which of
// them are shown.
func (r *Rows) Columns() (titles []string, shown []bool) {
	for i, c := range r.columns.all {
		titles, shown = append(titles, c.Title), append(shown, !r.columns.hidden[i])
	}
	return titles, shown
}

// ShowColumn shows a column or hides it; the last one stays.
func (r *Rows) ShowColumn(i int, on bool) {
	if _, shown := r.Columns(); !on && !slices.Contains(slices.Delete(shown, i, i+1), true) {
		return
	}
	r.columns.hidden[i] = !on
	r.rearranged()
}

// FitColumns gives every column the width that its content needs.
func (r *Rows) FitColumns() {
	clear(r.columns.given)
	r.rearranged()
}

// rearranged draws the columns anew after the reader changed them.
func (r *Rows) rearranged() {
	r.Refresh()
	if r.OnColumns != nil {
		r.OnColumns()
	}
}

// Sorted is by which column the rows are sorted, -1 for their own order.
func (r *Rows) Sorted() (column int, down bool) { return r.columns.sorted, r.columns.down }

// Sort asks for another order of the rows, as a click on a title does.
func (r *Rows) Sort(column int, down bool) {
	r.columns.sorted, r.columns.down = column, down
	r.header.draw()
	if r.OnSort != nil {
		r.OnSort(column, down)
	}
}

// turn goes on from one order to the next: up, down, the rows' own.
func (r *Rows) turn(column int) {
	switch {
	case r.columns.sorted != column:
		r.Sort(column, false)
	case !r.columns.down:
		r.Sort(column, true)
	default:
		r.Sort(-1, false)
	}
}

// arranged is what is kept of the columns from one time to the next.
type arranged struct {
	Hidden map[string]bool    `json:"hidden"`
	Widths map[string]float32 `json:"widths,omitempty"`
}

// Arrangement is which columns are shown and how wide, as text to keep.
func (r *Rows) Arrangement() string {
	a := arranged{map[string]bool{}, map[string]float32{}}
	for i, c := range r.columns.all {
		a.Hidden[c.Title] = r.columns.hidden[i]
		if w := r.columns.given[i]; w > 0 {
			a.Widths[c.Title] = w
		}
	}
	data, err := json.Marshal(a)
	if err != nil {
		return ""
	}
	return string(data)
}

// Arrange takes over what Arrangement wrote; columns that it does not know stay
// as they are, and a text that it can't read changes nothing.
func (r *Rows) Arrange(text string) {
	var a arranged
	if json.Unmarshal([]byte(text), &a) != nil {
		return
	}
	shown := 0
	for i, c := range r.columns.all {
		if hidden, known := a.Hidden[c.Title]; known {
			r.columns.hidden[i] = hidden
		}
		r.columns.given[i] = max(a.Widths[c.Title], 0)
		if !r.columns.hidden[i] {
			shown++
		}
	}
	if shown == 0 {
		clear(r.columns.hidden)
	}
	r.Refresh()
}
