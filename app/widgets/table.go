package widgets

import (
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	stock "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// TableCell is a cell of a Table; a severity puts its icon before the text.
type TableCell struct {
	Text     string
	Severity Severity
	Bold     bool
}

// TableRow is a conclusion: what was tried, what came of it, and why.
type TableRow struct {
	ID       string // unique in the table
	Severity Severity
	Cells    []TableCell
	Detail   string     // shown below the table while the row is selected
	Evidence []Evidence // links to connections and events
	Muted    bool
}

// Table shows conclusions: rows with what they rest on. The first piece of a
// row's evidence is a link in its last column, all of them and the detail stand
// below the table while the row is selected. Keys: those of Rows; Enter
// follows the first piece of evidence, Control+C copies the row.
type Table struct {
	widget.BaseWidget

	// OnEvidence is called when a link of the evidence is followed.
	OnEvidence func(Evidence)
	// OnSelect is called when the user selects a row.
	OnSelect func(id string)
	// OnCopy is called with text to put on the clipboard; without it the table does so itself.
	OnCopy func(text string)

	columns []Column
	rows    []TableRow
	list    *Rows
	below   *fyne.Container
}

// NewTable makes an empty table; the column of the evidence is added to the given ones.
func NewTable(columns ...Column) *Table {
	t := &Table{columns: columns, below: container.New(tight{})}
	t.list = NewRows(append(columns[:len(columns):len(columns)], Column{Title: "Evidence", Width: 110, Stretch: .8})...)
	t.list.OnSelect = func(id string) {
		t.explain()
		if t.OnSelect != nil {
			t.OnSelect(id)
		}
	}
	t.list.OnLink = func(id string, _ int) { t.follow(id, 0) }
	t.list.OnActivate = func(id string) { t.follow(id, 0) }
	t.list.OnCopy = t.copy
	t.ExtendBaseWidget(t)
	return t
}

// SetRows shows rows; the selection is kept where its ID is still there.
func (t *Table) SetRows(rows []TableRow) {
	t.rows = rows
	list := make([]Row, len(rows))
	for i, r := range rows {
		row := Row{ID: r.ID, Severity: r.Severity, Muted: r.Muted, Cells: make([]Cell, len(t.columns)+1)}
		for j, c := range r.Cells[:min(len(r.Cells), len(t.columns))] {
			row.Cells[j] = Cell{Text: c.Text, Icon: c.Severity.Icon(), Bold: c.Bold}
		}
		if n := len(r.Evidence); n > 0 {
			text := r.Evidence[0].Text
			if n > 1 {
				text += fmt.Sprintf(" and %d more", n-1)
			}
			row.Cells[len(t.columns)] = Cell{Text: text, Link: true}
		}
		list[i] = row
	}
	t.list.least = min(max(len(rows)+1, 3), 12)
	t.list.SetRows(list)
	t.explain()
	t.BaseWidget.Refresh()
}

// SetEmpty gives the text that is shown where there are no rows.
func (t *Table) SetEmpty(text string) { t.list.SetEmpty(text) }

// SetHighlight lights the words of a search.
func (t *Table) SetHighlight(search string) { t.list.SetHighlight(search) }

// Select selects a row, the empty ID clears. Calls nothing.
func (t *Table) Select(id string) {
	t.list.Select(id)
	t.explain()
}

// Selected is the selected row's ID, empty for none.
func (t *Table) Selected() string { return t.list.Selected() }

// Text is the whole table, with its titles, as lines with tabs between cells.
func (t *Table) Text() string {
	var b strings.Builder
	line := func(cells []string) { b.WriteString(strings.Join(cells, "\t") + "\n") }
	var titles []string
	for _, c := range t.list.columns.all {
		titles = append(titles, c.Title)
	}
	line(titles)
	for _, r := range t.rows {
		line(strings.Split(t.list.Text(r.ID), "\t"))
	}
	return b.String()
}

func (t *Table) copy(text string) {
	if t.OnCopy != nil {
		t.OnCopy(text)
		return
	}
	fyne.CurrentApp().Clipboard().SetContent(text)
}

func (t *Table) row(id string) *TableRow {
	for i := range t.rows {
		if t.rows[i].ID == id {
			return &t.rows[i]
		}
	}
	return nil
}

func (t *Table) follow(id string, n int) {
	if r := t.row(id); r != nil && n < len(r.Evidence) && t.OnEvidence != nil {
		t.OnEvidence(r.Evidence[n])
	}
}

// explain shows detail and evidence of the selected row below the table, and
// the button that copies everything.
func (t *Table) explain() {
	t.below.Objects = nil
	id := t.Selected()
	line := []fyne.CanvasObject{}
	if r := t.row(id); r != nil {
		if r.Detail != "" {
			t.below.Add(wrapped(r.Detail))
		}
		for n, e := range r.Evidence {
			line = append(line, newLink(e.Text, func() { t.follow(id, n) }))
		}
	}
	if len(t.rows) > 0 {
		all := NewIconButton("Copy table", stock.ContentCopyIcon(), func() { t.copy(t.Text()) })
		all.Importance = widget.LowImportance
		line = append(line, all)
		t.below.Add(container.New(flow{gap: 4}, line...))
	}
	t.below.Refresh()
	t.BaseWidget.Refresh()
}

// CreateRenderer is for Fyne.
func (t *Table) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.New(aboveBelow{}, t.list, t.below))
}
