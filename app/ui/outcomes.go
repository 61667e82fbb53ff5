package ui

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	stock "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/live"
	"rechallenge/app/state"
	"rechallenge/app/widgets"
	"rechallenge/core/plan"
)

// arranged is which of the run's connections are listed, and in which order:
// those that the filter and the chosen outcome leave, sorted as the reader
// wants. Timeline and list always show the same ones.
type arranged struct {
	text  string        // of the filter
	kind  int           // the chosen outcome, from 1; 0 = every one
	alike state.Outcome // that one
	order state.Order
	down  bool

	going bool // a long run is being put in order
	again bool // and something has changed since
}

// orders are what the columns of the results are sorted by.
var orders = []state.Order{
	state.OrderNumber, state.OrderPass, state.OrderTarget, state.OrderIdentity, state.OrderHandshake, state.OrderAsked, state.OrderSeen, state.OrderStatus, state.OrderTime,
	state.OrderURL, state.OrderVersion, state.OrderSuite, state.OrderServerName, state.OrderAddress, state.OrderCarries, state.OrderStack,
}

// quickly is how many rows are put in order at once; more are elsewhere.
const quickly = 5000

// buildOutcomes makes the list of outcomes, and what the results are sorted and
// filtered by.
func (p *resultPane) buildOutcomes() {
	p.outcomes = widgets.NewRows(
		widgets.Column{Title: "How many", Fit: true, Firm: true, Right: true}, widgets.Column{Title: "Identity", Fit: true, Stretch: 1},
		widgets.Column{Title: "Target", Fit: true, Stretch: 1}, widgets.Column{Title: "Challenged", Fit: true, Firm: true},
		widgets.Column{Title: "Seen as", Fit: true, Firm: true, Stretch: 1}, widgets.Column{Title: "Status", Fit: true, Stretch: .6})
	p.outcomes.SetEmpty("What came of the run's connections is counted here.")
	p.outcomes.OnSelect = func(id string) { n, _ := strconv.Atoi(id); p.only(n) }
	p.outcomes.OnActivate = func(string) { p.turn() }
	p.chip = widgets.NewToolButton("", stock.CancelIcon(), "Show every connection again", func() { p.only(0) })
	p.chip.Hide()
	p.rows.OnSort = func(column int, down bool) {
		p.arranged.order, p.arranged.down = state.OrderRun, down
		if column >= 0 {
			p.arranged.order = orders[column]
		}
		p.arrange()
	}
	p.rows.Arrange(p.app.Preferences().String(prefColumns))
	p.rows.OnColumns = func() { p.app.Preferences().SetString(prefColumns, p.rows.Arrangement()) }
}

// showOutcomes lists what came of the run's connections.
func (p *resultPane) showOutcomes() {
	p.arranged.kind = 0
	var rows []widgets.Row
	for n, o := range p.counted() {
		if o.Same(p.arranged.alike) {
			p.arranged.kind = n + 1
			p.chip.SetText(o.Text())
		}
		rows = append(rows, widgets.Row{ID: strconv.Itoa(n + 1), Severity: severity(o.Severity), Cells: []widgets.Cell{
			{Text: strconv.Itoa(o.Count), Bold: true}, {Text: whose(o.Identity)}, {Text: o.Target}, {Text: o.Asked}, {Text: o.SeenAs}, {Text: o.Status},
		}})
	}
	p.outcomes.SetRows(rows)
	if p.arranged.kind == 0 {
		p.arranged.alike = state.Outcome{}
		p.chip.Hide()
	}
	p.outcomes.Select(strconv.Itoa(p.arranged.kind))
}

// whose is an identity of the plan in words.
func whose(id string) string {
	switch id {
	case "":
		return "not known"
	case plan.NoIdentity:
		return "no certificate"
	}
	return id
}

// counted are the outcomes of the run that is shown.
func (p *resultPane) counted() []state.Outcome {
	if p.drawn == nil {
		return nil
	}
	list, _ := p.drawn.view.Outcomes()
	return list
}

// only shows the connections of one outcome, from 1, or all of them again.
func (p *resultPane) only(kind int) {
	list := p.counted()
	if kind < 0 || kind > len(list) {
		return
	}
	p.arranged.kind, p.arranged.alike = kind, state.Outcome{}
	if kind == 0 {
		p.outcomes.Select("")
		p.chip.Hide()
	} else {
		p.arranged.alike = list[kind-1]
		p.chip.SetText(list[kind-1].Text())
		p.chip.Show()
	}
	p.sift()
	p.dump()
}

// sift filters timeline and list.
func (p *resultPane) sift() {
	f := widgets.ParseTimelineFilter(p.arranged.text)
	f.Kind = p.arranged.kind
	p.timeline.SetFilter(f)
	p.rows.SetHighlight(f.Texts())
	p.arrange()
}

// arrange lists the connections that the timeline shows, in the reader's order.
// A long run is put in order elsewhere, and shown as it was until then.
func (p *resultPane) arrange() {
	shown := p.drawn
	if shown == nil {
		p.list(nil, nil)
		return
	}
	if p.arranged.going {
		p.arranged.again = true
		return
	}
	v := shown.view
	var keep func(int) bool
	if !p.timeline.Everything() {
		kept := make([]bool, v.Len())
		for i := range kept {
			kept[i] = p.timeline.Keeps(v.RefAt(i))
		}
		keep = func(i int) bool { return kept[i] }
	}
	by, down := p.arranged.order, p.arranged.down
	if v.Len() <= quickly || by == state.OrderRun {
		p.list(shown, v.Arrange(by, down, keep))
		return
	}
	p.arranged.going, p.arranged.again = true, false
	p.desk.Go(func(context.Context) {
		order := v.Arrange(by, down, keep)
		live.Post(func() {
			p.arranged.going = false
			if p.drawn != shown || p.arranged.again {
				p.arrange()
				return
			}
			p.list(shown, order)
		})
	})
}

// list shows connections of a picture in an order.
func (p *resultPane) list(shown *picture, order []int32) {
	empty := "Nothing has run yet. Press Run."
	if shown == nil {
		shown = &picture{}
	} else if order != nil && len(order) == 0 {
		empty = "No connection fits the filter."
	}
	p.rows.SetEmpty(empty)
	p.rows.SetSource(shown.rows(order))
	p.mark(p.state.Selected)
	n, all := 0, 0
	if shown.view != nil {
		all = shown.view.Len()
		if n = all; order != nil {
			n = len(order)
		}
	}
	p.told(n, all)
}

// titles are what the tabs of the results and the outcomes say.
func titles(n, all, outcomes int) (results, counted string) {
	results, counted = "Results", "Outcomes"
	if n != all {
		results = fmt.Sprintf("Results (%d of %d)", n, all)
	}
	if outcomes > 0 {
		counted = fmt.Sprintf("Outcomes (%d)", outcomes)
	}
	return results, counted
}

// chooseColumns asks which columns of the results are shown, and in which order
// the rows stand: what a click and a drag at the titles do.
func (p *resultPane) chooseColumns() {
	names, shown := p.rows.Columns()
	var chosen []string
	for i, on := range shown {
		if on {
			chosen = append(chosen, names[i])
		}
	}
	boxes := widgets.NewChecks(names, chosen)
	const own = "the run's own order"
	by, ways := widgets.NewSelect(append([]string{own}, names...), nil), widgets.NewSelect([]string{"up", "down"}, nil)
	column, down := p.rows.Sorted()
	by.SetSelectedIndex(column + 1)
	ways.SetSelectedIndex(0)
	if down {
		ways.SetSelectedIndex(1)
	}
	fit := widgets.NewCheck("to the content, not as they were dragged", nil)
	p.form("columns", "Columns of the results", "OK", 460, []*widget.FormItem{
		{Text: "Shown", Widget: boxes.Container}, {Text: "Sorted by", Widget: formRow(by, ways)}, {Text: "Widths", Widget: fit},
	}, func() {
		for _, on := range []bool{true, false} { // the last one that is shown can't be hidden
			for i, name := range names {
				if slices.Contains(boxes.Selected(), name) == on {
					p.rows.ShowColumn(i, on)
				}
			}
		}
		if fit.Checked {
			p.rows.FitColumns()
		}
		p.rows.Sort(by.SelectedIndex()-1, ways.SelectedIndex() == 1)
	})
}
