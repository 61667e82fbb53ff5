package ui

import (
	"strconv"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"rechallenge/app/state"
	"rechallenge/app/theme"
	"rechallenge/app/widgets"
	"rechallenge/core/wire"
)

// inspector shows the selected connection, a page for each side of it.
type inspector struct {
	w        *Window
	view     fyne.CanvasObject
	tabs     *container.AppTabs
	sheets   []side
	messages *widgets.Rows
	fields   *widgets.Fields
}

// side is a sheet and where its pairs come from.
type side struct {
	sheet *widgets.Sheet
	pairs func() []state.Pair
}

func newInspector(w *Window) *inspector {
	i := &inspector{w: w, messages: widgets.NewRows(
		widgets.Column{Title: "ms", Width: 44, Right: true}, widgets.Column{Title: "From", Width: 50},
		widgets.Column{Title: "Message", Width: 120, Stretch: 1}, widgets.Column{Title: "Bytes", Width: 44, Right: true}), fields: widgets.NewFields()}
	i.messages.SetEmpty("No message crossed the wire here.")
	i.messages.OnSelect = func(id string) {
		w.state.Event, _ = strconv.Atoi(id)
		i.showFields()
	}
	i.tabs = container.NewAppTabs()
	for _, p := range []struct {
		title, empty string
		pairs        func() []state.Pair
	}{
		{"Summary", "Select a connection in the timeline or in the results.", w.state.Summary},
		{"Challenge", "This connection was not asked for a certificate.", func() []state.Pair { return w.state.Challenge(time.Now()) }},
		{"Messages", "", nil},
		{"Certificates", "No certificate was seen here.", w.state.Certificates},
		{"Session", "This connection looked up no session.", w.state.Session},
		{"HTTP", "There was no HTTP answer.", w.state.HTTP},
		{"Events", "Nothing was recorded here.", w.state.Events},
	} {
		if p.pairs == nil {
			s := container.NewVSplit(i.messages, i.fields)
			s.Offset = 0.45
			i.tabs.Append(container.NewTabItem(p.title, s))
			continue
		}
		sheet := widgets.NewSheet()
		sheet.SetEmpty(p.empty)
		i.sheets = append(i.sheets, side{sheet, p.pairs})
		i.tabs.Append(container.NewTabItem(p.title, sheet))
	}
	i.view = i.tabs
	return i
}

// turn brings a page to the front.
func (i *inspector) turn(n int) {
	i.w.pages.SelectIndex(pageTest)
	i.w.inspect()
	i.tabs.SelectIndex(n)
}

// show shows the selected connection.
func (i *inspector) show() {
	for _, p := range i.sheets {
		var pairs []widgets.Pair
		for _, x := range p.pairs() {
			pairs = append(pairs, widgets.Pair{Key: x.Key, Value: x.Value, Note: x.Note, Heading: x.Heading, Mono: x.Mono, Severity: severity(x.Severity)})
		}
		p.sheet.SetPairs(pairs)
	}
	var rows []widgets.Row
	for _, m := range i.w.state.Messages() {
		name := widgets.Cell{Text: m.Name}
		if m.Problem != "" {
			name.Text, name.Color = m.Name+": "+m.Problem, theme.ColorWarning
		}
		rows = append(rows, widgets.Row{ID: strconv.Itoa(m.Seq), Cells: []widgets.Cell{{Text: m.At}, {Text: m.From}, name, {Text: m.Length}}})
	}
	i.messages.SetRows(rows)
	if i.w.state.Message(i.w.state.Event) == nil {
		i.w.state.Event = i.w.state.Telling()
	}
	if i.w.state.Event > 0 {
		i.messages.Select(strconv.Itoa(i.w.state.Event))
	}
	i.showFields()
}

// showFields shows the selected message's fields and bytes.
func (i *inspector) showFields() {
	m := i.w.state.Message(i.w.state.Event)
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
