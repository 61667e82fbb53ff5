package ui

import (
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"rechallenge/app/state"
	"rechallenge/app/theme"
	"rechallenge/app/widgets"
	"rechallenge/core/trace"
	"rechallenge/core/wire"
)

// tabChallenge is the inspector's tab with the challenge.
const tabChallenge = 1

// inspector shows the selected connection, a page for each side of it.
type inspector struct {
	*shell
	runs     *runs
	view     fyne.CanvasObject
	tabs     *pages
	shown    shown
	pairs    []state.Pair // of the tab in front, for the dump
	messages *widgets.Rows
	fields   *widgets.Fields
}

// shown is what an inspector's tab shows, so that nothing is made twice.
type shown struct {
	picture *picture
	ref     trace.Ref
	event   int
	tab     int
}

func newInspector(s *shell, r *runs) *inspector {
	i := &inspector{shell: s, runs: r, messages: widgets.NewRows(
		widgets.Column{Title: "ms", Width: 44, Right: true}, widgets.Column{Title: "From", Width: 50},
		widgets.Column{Title: "Message", Width: 120, Stretch: 1}, widgets.Column{Title: "Bytes", Width: 44, Right: true}), fields: widgets.NewFields()}
	i.messages.OnSelect = func(id string) {
		s.state.Event, _ = strconv.Atoi(id)
		i.showFields()
	}
	sheet := func(title, empty string, pairs func() []state.Pair) page {
		facts := widgets.NewSheet()
		facts.SetEmpty(empty)
		return page{title, facts, func() { i.showPairs(facts, pairs()) }}
	}
	messages := container.NewVSplit(i.messages, i.fields)
	messages.Offset = 0.45
	i.tabs = newPages(
		sheet("Summary", "Select a connection in the timeline or in the results.", s.state.Summary),
		sheet("Challenge", "This connection was not asked for a certificate.", func() []state.Pair { return s.state.Challenge(r.now()) }),
		page{"Messages", messages, i.showMessages},
		sheet("Certificates", "No certificate was seen here.", s.state.Certificates),
		sheet("Session", "This connection looked up no session.", s.state.Session),
		sheet("HTTP", "There was no HTTP answer.", s.state.HTTP),
		sheet("Events", "Nothing was recorded here.", s.state.Events))
	i.tabs.onChange = func() { i.show(); s.dump() }
	i.view = i.tabs.whole()
	return i
}

// show shows the selected connection on the tab in front. Which identity fits a
// challenge depends on what is loaded, so that side is always made anew.
func (i *inspector) show() {
	now := shown{i.runs.picture, i.state.Selected, i.state.Event, i.tabs.front()}
	if i.shown == now && now.tab != tabChallenge {
		return
	}
	i.tabs.show()
	now.event = i.state.Event
	i.shown = now
}

// showPairs shows a side of the connection.
func (i *inspector) showPairs(sheet *widgets.Sheet, list []state.Pair) {
	i.pairs = list
	sheet.SetPairs(sheetPairs(list))
}

// sheetPairs are facts in the widgets' terms.
func sheetPairs(list []state.Pair) []widgets.Pair {
	var pairs []widgets.Pair
	for _, x := range list {
		pairs = append(pairs, widgets.Pair{Key: x.Key, Value: x.Value, Note: x.Note, Heading: x.Heading, Mono: x.Mono, Severity: severity(x.Severity)})
	}
	return pairs
}

// showMessages lists the messages of the selected connection.
func (i *inspector) showMessages() {
	i.pairs = nil
	var rows []widgets.Row
	for _, m := range i.state.Messages() {
		name := widgets.Cell{Text: m.Name}
		if m.Problem != "" {
			name.Text, name.Color = m.Name+": "+m.Problem, theme.ColorWarning
		}
		rows = append(rows, widgets.Row{ID: strconv.Itoa(m.Seq), Cells: []widgets.Cell{{Text: m.At}, {Text: m.From}, name, {Text: m.Length}}})
	}
	i.messages.SetEmpty(i.state.NoMessages())
	i.messages.SetRows(rows)
	if i.state.Message(i.state.Event) == nil {
		i.state.Event = i.state.Telling()
	}
	if i.state.Event > 0 {
		i.messages.Select(strconv.Itoa(i.state.Event))
	}
	i.showFields()
}

// showFields shows the selected message's fields and bytes.
func (i *inspector) showFields() {
	m := i.state.Message(i.state.Event)
	if m == nil {
		i.fields.SetMessage(nil, nil)
		return
	}
	i.fields.SetMessage(fields(m.Fields()), m.Raw)
}

func fields(list []wire.Field) []widgets.Field {
	var out []widgets.Field
	for _, f := range list {
		value := f.Value
		if f.Hex != "" && f.Hex != value {
			value += "  " + f.Hex
		}
		out = append(out, widgets.Field{Name: f.Name, Value: value, Offset: f.Offset, Length: f.Length, Children: fields(f.Fields)})
	}
	return out
}
