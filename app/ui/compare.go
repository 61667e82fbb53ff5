package ui

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/desk"
	"rechallenge/app/live"
	rtheme "rechallenge/app/theme"
	"rechallenge/app/widgets"
	"rechallenge/core/report"
	"rechallenge/core/trace"
)

// comparison is the page that puts passes, or reports, side by side.
type comparison struct {
	*shell
	runs    *runs
	look    func(r trace.Ref) // shows a connection of the run
	view    fyne.CanvasObject
	passes  *fyne.Container
	changes *fyne.Container // the list of what differs
	title   *widget.Label
	save    *widgets.ToolButton
	clear   *widgets.ToolButton
	drawn   *picture
	others  []other
	result  *report.Comparison // nil before there are two reports
}

// other is a report that was chosen, from another day or another place.
type other struct {
	name, path string
	report     *report.Report
}

func newComparison(s *shell, r *runs, look func(r trace.Ref)) *comparison {
	c := &comparison{shell: s, runs: r, look: look, passes: container.NewStack(), changes: container.NewStack(), title: wrapped("")}
	pick := widgets.NewToolButton("Add a report…", theme.FolderOpenIcon(), "Choose a JSON report to compare with: of another day, or another place", c.choose)
	c.save = widgets.NewToolButton("Save…", theme.DocumentSaveIcon(), "Save the comparison: HTML, JSON and more", c.write)
	c.clear = widgets.NewToolButton("Forget them", theme.CancelIcon(), "Compare with none of them any more", func() {
		c.others = nil
		c.differ()
	})
	c.title.Importance = widget.LowImportance
	split := container.NewVSplit(
		pane("Passes of this run", c.passes),
		container.NewBorder(container.NewVBox(line(rtheme.Color(rtheme.ColorGrid)), container.NewHBox(widget.NewLabelWithStyle("Other reports beside it", fyne.TextAlignLeading, fyne.TextStyle{Bold: true}), pick, c.save, c.clear), c.title), nil, nil, nil, c.changes))
	split.Offset = 0.5
	c.view = split
	c.show()
	return c
}

// choose asks for another report and reads it away from the UI goroutine.
func (c *comparison) choose() {
	c.shell.choose("Report to compare with", func(path string) {
		c.load(path, readReport(path), func(p *picture) {
			chosen := other{base(path), path, p.view.Report}
			if i := slices.IndexFunc(c.others, func(o other) bool { return o.path == path }); i >= 0 {
				c.others[i] = chosen // read again
			} else {
				c.others = append(c.others, chosen)
			}
			c.differ()
		})
	}, onlyReports, allFiles)
}

// show brings the page up to date with the run that is shown.
func (c *comparison) show() {
	if c.drawn != nil && c.drawn == c.runs.picture {
		return
	}
	c.drawn = c.runs.picture
	c.side()
	c.differ()
}

// side shows the passes side by side. A long run takes a while to be put in
// order, so that is done away from the UI goroutine.
func (c *comparison) side() {
	cols := []widgets.Column{{Title: "Connection", Width: 150, Stretch: 1}}
	for _, title := range c.state.Passes() {
		cols = append(cols, widgets.Column{Title: title, Width: 150, Stretch: 2})
	}
	list := widgets.NewRows(cols...)
	list.SetEmpty("Nothing has run yet.")
	c.passes.Objects = []fyne.CanvasObject{list}
	c.passes.Refresh()
	shown := c.drawn
	if shown == nil {
		return
	}
	list.SetEmpty("One moment…")
	c.desk.Go(func(context.Context) {
		all := shown.view.SideBySide()
		live.Post(func() {
			if c.drawn != shown {
				return
			}
			list.SetSource(len(all), func(n int) widgets.Row {
				r := all[n]
				row := widgets.Row{ID: strconv.Itoa(n), Severity: severity(r.Severity), Cells: []widgets.Cell{{Text: r.Connection, Bold: r.Differs}}}
				for _, text := range r.Cells {
					row.Cells = append(row.Cells, widgets.Cell{Text: text, Bold: r.Differs})
				}
				return row
			}, index(len(all)))
			list.OnActivate = func(id string) {
				n, _ := strconv.Atoi(id)
				for _, ref := range all[n].Refs {
					if ref.Connection > 0 {
						c.look(ref)
						return
					}
				}
			}
		})
	})
}

// index finds rows whose IDs are their places.
func index(count int) func(id string) int {
	return func(id string) int {
		if n, err := strconv.Atoi(id); err == nil && n < count {
			return n
		}
		return -1
	}
}

// compared are the reports that stand side by side: the chosen ones in their
// order, and the run that is shown.
func (c *comparison) compared() (names []string, reports []*report.Report) {
	for _, o := range c.others {
		names, reports = append(names, o.name), append(reports, o.report)
	}
	if now := c.state.Report(); now != nil {
		names, reports = append(names, "now"), append(reports, now)
	}
	return names, reports
}

// differ shows what is not the same in all reports.
func (c *comparison) differ() {
	names, reports := c.compared()
	c.result = nil
	enable(c.clear, len(c.others) > 0)
	enable(c.save, false)
	if len(c.others) == 0 || len(reports) < 2 {
		c.title.SetText("")
		c.list(nil, "Choose a JSON report to see what differs: an earlier one, or those of other places.")
		return
	}
	c.list(nil, "One moment…")
	c.desk.Go(func(context.Context) {
		x := report.CompareAll(c.desk.Tool(), names, reports)
		live.Post(func() {
			if _, now := c.compared(); !slices.Equal(now, reports) {
				return
			}
			c.result = x
			c.title.SetText(differences(names, len(x.Compare)))
			enable(c.save, true)
			c.list(x, "Nothing differs.")
			c.dump()
		})
	})
}

// differences says how many there are, and between what.
func differences(names []string, n int) string {
	between := "since " + names[0]
	if len(names) > 2 {
		between = fmt.Sprintf("%d reports", len(names))
	}
	switch n {
	case 0:
		return between + ": nothing differs"
	case 1:
		return between + ": one difference"
	}
	return fmt.Sprintf("%s: %d differences", between, n)
}

// list shows what differs, a column for each report; what differs from most of
// them is bold.
func (c *comparison) list(x *report.Comparison, empty string) {
	columns := []widgets.Column{{Title: "What", Width: 160, Fit: true, Stretch: 2}}
	if x != nil {
		for _, name := range x.Names {
			columns = append(columns, widgets.Column{Title: name, Width: 90, Fit: true, Stretch: 1})
		}
	}
	rows := widgets.NewRows(columns...)
	rows.SetEmpty(empty)
	if x != nil {
		rows.SetSource(len(x.Compare), func(n int) widgets.Row {
			d := x.Compare[n]
			row := widgets.Row{ID: strconv.Itoa(n), Cells: []widgets.Cell{{Text: d.Where}}}
			for i, v := range d.Values {
				cell := widgets.Cell{Text: "not there", Color: rtheme.ColorMuted}
				if v != nil {
					cell = widgets.Cell{Text: *v, Bold: d.Odd(i)}
				}
				row.Cells = append(row.Cells, cell)
			}
			return row
		}, index(len(x.Compare)))
	}
	c.changes.Objects = []fyne.CanvasObject{rows}
	c.changes.Refresh()
}

// write asks for a format and a file, and writes the comparison.
func (c *comparison) write() {
	x := c.result
	if x == nil {
		return
	}
	var titles []string
	for _, f := range report.ComparisonFormats {
		titles = append(titles, f.Title+"  "+f.Ext)
	}
	format := widgets.NewSelect(titles, nil)
	format.SetSelectedIndex(0)
	c.form("save comparison", "Save the comparison", "Choose the file…", 420, []*widget.FormItem{{Text: "Format", Widget: format}}, func() {
		f := report.ComparisonFormats[format.SelectedIndex()]
		c.chooseNew("Save the comparison", "comparison"+f.Ext, func(path string) {
			c.shell.write(path, func() (string, error) { return "", desk.SaveComparison(context.Background(), path, x) }, func() {})
		}, Kind{f.Title, []string{f.Ext[1:]}})
	})
}

// said is what the comparison with the other reports comes to, for tests.
func (c *comparison) said() string {
	if c == nil {
		return ""
	}
	return c.title.Text
}
