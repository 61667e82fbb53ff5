package ui

import (
	"context"
	"fmt"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/live"
	rtheme "rechallenge/app/theme"
	"rechallenge/app/widgets"
	"rechallenge/core/report"
	"rechallenge/core/trace"
)

// comparison is the page that puts passes, or two reports, side by side.
type comparison struct {
	*shell
	runs    *runs
	look    func(r trace.Ref) // shows a connection of the run
	view    fyne.CanvasObject
	passes  *fyne.Container
	changes *widgets.Rows
	title   *widget.Label
	drawn   *picture
	other   *report.Report
	name    string
}

func newComparison(s *shell, r *runs, look func(r trace.Ref)) *comparison {
	c := &comparison{shell: s, runs: r, look: look, passes: container.NewStack(), title: widget.NewLabel("")}
	c.changes = widgets.NewRows(widgets.Column{Title: "What", Width: 200, Stretch: 2}, widgets.Column{Title: "Before", Width: 160, Stretch: 3}, widgets.Column{Title: "Now", Width: 160, Stretch: 3})
	c.changes.SetEmpty("Choose an earlier JSON report to see what has changed since.")
	pick := widgets.NewToolButton("Earlier report…", theme.FolderOpenIcon(), "Choose the JSON report to compare with", c.choose)
	c.title.Importance = widget.LowImportance
	split := container.NewVSplit(
		pane("Passes of this run", c.passes),
		container.NewBorder(container.NewVBox(line(rtheme.Color(rtheme.ColorGrid)), container.NewHBox(widget.NewLabelWithStyle("Since an earlier report", fyne.TextAlignLeading, fyne.TextStyle{Bold: true}), pick, c.title)), nil, nil, nil, c.changes))
	split.Offset = 0.5
	c.view = split
	c.show()
	return c
}

// choose asks for the other report and reads it away from the UI goroutine.
func (c *comparison) choose() {
	c.shell.choose("Earlier report", func(path string) {
		c.load(path, readReport(path), func(p *picture) {
			c.other, c.name = p.view.Report, base(path)
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

// differ shows what has changed since the other report.
func (c *comparison) differ() {
	now, other, name := c.state.Report(), c.other, c.name
	if other == nil || now == nil {
		c.changes.SetRows(nil)
		return
	}
	c.changes.SetRows(nil)
	c.changes.SetEmpty("One moment…")
	c.desk.Go(func(context.Context) {
		changes := report.Compare(other, now)
		live.Post(func() {
			if c.other != other || c.state.Report() != now {
				return
			}
			switch len(changes) {
			case 0:
				c.title.SetText(fmt.Sprintf("since %s: nothing differs", name))
			case 1:
				c.title.SetText(fmt.Sprintf("since %s: one difference", name))
			default:
				c.title.SetText(fmt.Sprintf("since %s: %d differences", name, len(changes)))
			}
			c.changes.SetEmpty("Nothing differs.")
			c.changes.SetSource(len(changes), func(n int) widgets.Row {
				x := changes[n]
				return widgets.Row{ID: strconv.Itoa(n), Cells: []widgets.Cell{{Text: x.Where}, {Text: x.Before}, {Text: x.After}}}
			}, index(len(changes)))
			c.dump()
		})
	})
}

// said is what the comparison with the other report comes to, for tests.
func (c *comparison) said() string {
	if c == nil {
		return ""
	}
	return c.title.Text
}
