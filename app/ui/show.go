package ui

import (
	"cmp"
	"fmt"
	"reflect"
	"strconv"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/state"
	rtheme "rechallenge/app/theme"
	"rechallenge/app/widgets"
	"rechallenge/core/diagnose"
)

// buildLists makes the cards, the rows and the timeline, and says what the
// person's doing in them means.
func (w *Window) buildLists() {
	w.identities = widgets.NewCards("Load an identity…")
	w.identities.OnAdd = w.loadIdentity
	w.identities.OnDelete = func(id string) { w.state.RemoveIdentity(id); w.changed() }
	w.identities.OnActivate = w.showIdentity
	w.identities.OnMenu = func(id string, at fyne.Position) {
		w.popup(at, fyne.NewMenuItem("Explain", func() { w.showIdentity(id) }), fyne.NewMenuItem("Remove", func() { w.state.RemoveIdentity(id); w.changed() }))
	}
	w.targets = widgets.NewCards("Add a target…")
	w.targets.OnAdd = func() { w.editTarget("") }
	w.targets.OnActivate = w.editTarget
	w.targets.OnDelete = func(id string) { w.state.RemoveTarget(id); w.changed() }
	w.targets.OnMenu = func(id string, at fyne.Position) {
		w.popup(at, fyne.NewMenuItem("Edit…", func() { w.editTarget(id) }), fyne.NewMenuItem("Remove", func() { w.state.RemoveTarget(id); w.changed() }))
	}
	w.banner = widgets.NewBanner()
	w.banner.OnEvidence = func(e widgets.Evidence) {
		w.selectEvent(state.Ref{Pass: e.Lane.Pass, Connection: e.Lane.Connection}, e.Event)
	}

	w.banner.SetOpen(w.app.Preferences().Bool(prefBanner))
	w.banner.OnOpen = func(open bool) { w.app.Preferences().SetBool(prefBanner, open) }
	w.banner.OnHint = func(hint string) { w.status.SetReadout(hint) }
	w.banner.OnRule = func(rule string) { w.read("rules", rule) }

	w.plan = widgets.NewRows(widgets.PlanColumns()...)
	w.plan.Reorderable = true
	w.plan.SetEmpty("No connections yet: load an identity and add a target.")
	row := func(id string) int { n, _ := strconv.Atoi(id); return n - 1 }
	w.plan.OnSelect = func(string) { w.dump() }
	// The selection goes along with what was moved or made.
	then := func(n int) {
		w.changed()
		if n = min(n, len(w.state.Plan.Connections)-1); n >= 0 {
			w.plan.Select(strconv.Itoa(n + 1))
		}
	}
	w.plan.OnMove = func(id string, to int) { w.state.MoveConnection(row(id), to); then(to) }
	w.plan.OnDelete = func(id string) { w.state.RemoveConnection(row(id)); then(row(id)) }
	w.plan.OnDuplicate = func(id string) { w.state.DuplicateConnection(row(id)); then(row(id) + 1) }
	w.plan.OnToggle = func(id string) { w.state.MuteConnection(row(id)); w.changed() }
	w.plan.OnActivate = func(id string) { w.editConnection(row(id)) }
	w.plan.OnMenu = func(id string, at fyne.Position) {
		items := []*fyne.MenuItem{fyne.NewMenuItem("Add…", func() { w.editConnection(len(w.state.Plan.Connections)) })}
		if id != "" {
			n := row(id)
			items = append(items,
				fyne.NewMenuItem("Edit…", func() { w.editConnection(n) }),
				fyne.NewMenuItem("Duplicate", func() { w.state.DuplicateConnection(n); w.changed() }),
				fyne.NewMenuItem("Mute or unmute", func() { w.state.MuteConnection(n); w.changed() }),
				fyne.NewMenuItem("Remove", func() { w.state.RemoveConnection(n); w.changed() }))
		}
		w.popup(at, items...)
	}
	w.results = widgets.NewRows(widgets.ConnectionColumns()...)
	w.results.SetEmpty("Nothing has run yet. Press Run.")
	w.results.OnSelect = func(id string) {
		if r, ok := widgets.ParseRef(id); ok {
			w.selectEvent(state.Ref(r), 0)
		}
	}
	w.results.OnMenu = func(id string, at fyne.Position) {
		if r, ok := widgets.ParseRef(id); ok {
			w.selectEvent(state.Ref(r), 0)
			w.popup(at, w.menuItems("expect", "copy-openssl", "copy-curl", "zoom")...)
		}
	}
	add := widgets.NewButton("Add connection…", func() { w.do("add-connection") })
	everyone := widgets.NewButton("Every identity × every target", func() { w.do("everyone") })
	add.Importance, everyone.Importance = widget.LowImportance, widget.LowImportance
	w.lists = container.NewAppTabs(
		container.NewTabItem("Plan", container.NewBorder(nil, container.NewHBox(add, everyone), nil, nil, w.plan)),
		container.NewTabItem("Results", w.results))

	w.timeline = widgets.NewTimeline()
	w.timeline.ShowLegend(true)
	w.timeline.OnSelect = func(r widgets.Ref) { w.selectEvent(state.Ref(r), 0) }
	w.timeline.OnMark = func(r widgets.Ref, event int) {
		w.selectEvent(state.Ref(r), event)
	}
	w.timeline.OnReadout = func(text string) { w.status.SetReadout(text) }
	w.buildCache()
}

// popup shows a menu at an absolute position.
func (w *Window) popup(at fyne.Position, items ...*fyne.MenuItem) {
	widget.ShowPopUpMenuAtPosition(fyne.NewMenu("", items...), w.win.Canvas(), at)
}

// menuItems are the actions of these ids, for a menu beside what they are about.
func (w *Window) menuItems(ids ...string) []*fyne.MenuItem {
	var items []*fyne.MenuItem
	for _, id := range ids {
		items = append(items, fyne.NewMenuItem(w.items[id].Label, func() { w.do(id) }))
	}
	return items
}

// selectEvent selects a connection, and an event of it, everywhere at once.
func (w *Window) selectEvent(r state.Ref, event int) {
	w.state.Selected, w.state.Event = r, event
	w.inspect()
	ref := widgets.Ref(r)
	w.timeline.Select(ref)
	w.results.Select(ref.String())
	w.inspector.show()
	w.dump()
}

// showPlan shows what is edited.
func (w *Window) showPlan() {
	now := time.Now()
	w.identities.SetCards(cards(w.state.IdentityCards(now), rtheme.IconIdentity))
	w.targets.SetCards(cards(w.state.TargetCards(), rtheme.IconTarget))
	var rows []widgets.Row
	for _, r := range w.state.PlanRows() {
		rows = append(rows, widgets.PlanRow{
			ID: strconv.Itoa(r.Number), Number: r.Number, Target: r.Target, Identity: r.Identity, After: r.After, Muted: r.Muted, Problem: r.Problem,
		}.Row())
	}
	w.plan.SetRows(rows)
	w.showCaches()
	name := w.state.Plan.Stack
	if name == "" {
		name = "auto"
	}
	w.stackSelect.SetSelected(name)
	if w.texting() {
		w.editor.show()
	}
}

// The tabs of the lists.
const (
	tabPlan = iota
	tabResults
)

func cards(list []state.Card, icon fyne.Resource) []widgets.Card {
	var out []widgets.Card
	for _, c := range list {
		out = append(out, widgets.Card{ID: c.ID, Icon: icon, Title: c.Title, Badge: c.Badge, Text: c.Text, Problem: c.Problem, Severity: severity(c.Severity)})
	}
	return out
}

// severity maps a severity of the core onto the widgets'.
func severity(s diagnose.Severity) widgets.Severity { return widgets.Severity(s) }

// showRun shows the run, or that there is none.
func (w *Window) showRun() {
	v, ok := w.state.Verdict()
	b := widgets.Verdict{}
	if ok {
		b = widgets.Verdict{Severity: severity(v.Severity), Title: v.Title, Detail: v.Detail, Advice: v.Advice, Rule: v.Rule, Note: w.state.StaleNote()}
		for _, e := range v.Evidence {
			b.Evidence = append(b.Evidence, widgets.Evidence{Text: e.Text, Lane: widgets.Ref{Pass: e.Ref.Pass, Connection: e.Ref.Connection}, Event: e.Event})
		}
	}
	if !reflect.DeepEqual(b, w.judged) {
		w.judged = b
		b.Actions = w.trustActions()
		w.banner.SetVerdict(b)
	}
	if w.picture != w.drawn {
		w.drawn = w.picture
		p := w.picture
		if p == nil {
			p = &picture{}
		}
		w.results.SetSource(p.rows())
		w.timeline.SetPrepared(cmp.Or(p.timeline, nothing))
		w.timeline.SetStarted(p.started)
	}
	w.showCache()
	ref := widgets.Ref{Pass: w.state.Selected.Pass, Connection: w.state.Selected.Connection}
	w.timeline.Select(ref)
	if ref != (widgets.Ref{}) {
		w.results.Select(ref.String())
	}
	w.inspector.show()
	w.status.SetParts(widgets.StatusPart{Text: w.state.Status()})
}

// picture is a view in the widgets' terms: made away from the UI goroutine,
// since a run may have a hundred thousand connections.
type picture struct {
	view     *state.View
	started  time.Time
	timeline *widgets.PreparedTimeline
}

// nothing is the timeline of no run.
var nothing = widgets.PrepareTimeline(widgets.TimelineData{})

func paint(v *state.View) *picture {
	return &picture{view: v, started: v.Report.Log.Run.Started, timeline: widgets.PrepareTimeline(timelineData(v))}
}

// rows are the connections, each made when it comes into view.
func (p *picture) rows() (n int, row func(int) widgets.Row, place func(id string) int) {
	if p.view == nil {
		return 0, nil, func(string) int { return -1 }
	}
	return p.view.Len(), func(i int) widgets.Row { return connectionRow(p.view.Row(i)) }, func(id string) int {
		r, _ := widgets.ParseRef(id)
		return p.view.Place(state.Ref(r))
	}
}

func connectionRow(r state.ConnectionRow) widgets.Row {
	c := widgets.ConnectionRow{
		Lane: widgets.Ref{Pass: r.Ref.Pass, Connection: r.Ref.Connection}, Pass: r.Pass, Target: r.Target, Identity: r.Identity,
		Handshake: r.Handshake, SeenAs: r.SeenAs, SeenWrong: r.SeenWrong, Status: r.Status, Millis: r.Millis, Severity: severity(r.Severity),
	}
	switch {
	case r.Late:
		c.Challenged = widgets.ChallengedLate
	case r.Challenged:
		c.Challenged = widgets.WasChallenged
	case r.Missing:
		c.Challenged = widgets.Expected
	case r.Unknown:
		c.Challenged = widgets.ChallengeUnknown
	}
	return c.Row()
}

// timelineData is the layout in the widget's terms.
func timelineData(v *state.View) widgets.TimelineData {
	l, found := v.Layout(), v.Findings()
	d := widgets.TimelineData{End: l.Axis.End}
	texts := map[string]string{} // each once: a long run repeats a few of them
	same := func(s string) string {
		known, ok := texts[s]
		if !ok {
			known = s
			texts[s] = s
		}
		return known
	}
	d.Cuts, d.Links = l.Axis.Cuts, l.Links
	for i, g := range l.Groups {
		group := widgets.TimelineGroup{Pass: g.Pass, Title: g.Title, Lanes: make([]widgets.TimelineLane, 0, len(g.Lanes))}
		for _, x := range g.Lanes {
			x.Detail, x.Outcome = same(x.Detail), same(x.Outcome)
			for i := range x.Spans {
				x.Spans[i].Label = same(x.Spans[i].Label)
			}
			for i := range x.Marks {
				x.Marks[i].Label = same(x.Marks[i].Label)
			}
			lane := widgets.TimelineLane{Lane: x}
			if c := v.Connection(x.Ref); c != nil {
				lane.Step = fmt.Sprintf("%d.%d.%d %s", c.PlanConnection, c.Iteration, c.Attempt, c.Node)
				lane.Identity, lane.Target, lane.Findings = c.Identity, c.Target, found[x.Ref]
			}
			group.Lanes = append(group.Lanes, lane)
		}
		d.Groups = append(d.Groups, group)
		l.Groups[i].Lanes = nil
	}
	return d
}

// timelinePane is the timeline below what it is searched and fitted with.
func (w *Window) timelinePane() fyne.CanvasObject {
	w.filter = w.newField()
	w.filter.SetPlaceHolder("find: bob, outcome:403, finding:any, mark:expected")
	w.filter.OnChanged = func(text string) {
		w.timeline.SetFilter(widgets.ParseTimelineFilter(text))
		w.results.SetHighlight(text)
	}
	w.filter.OnEscape = func() { w.filter.SetText("") }
	w.beside = widgets.NewCheck("side by side", w.timeline.SetCompare)
	fit := widgets.NewToolButton("", rtheme.IconFit, "Fit the timeline", func() { w.do("fit") })
	zoom := widgets.NewToolButton("", theme.ZoomInIcon(), "Zoom to the selection", func() { w.do("zoom") })
	title := widget.NewLabelWithStyle("Timeline", fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	return container.NewBorder(container.NewBorder(nil, nil, title, container.NewHBox(w.beside, zoom, fit), w.filter), nil, nil, nil, w.timeline)
}
