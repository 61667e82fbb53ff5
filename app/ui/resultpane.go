package ui

import (
	"cmp"
	"fmt"
	"reflect"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/desk"
	"rechallenge/app/live"
	rtheme "rechallenge/app/theme"
	"rechallenge/app/widgets"
	"rechallenge/core/trace"
)

// resultPane is what came of a run: the verdict, the connections, the timeline
// and the sessions.
type resultPane struct {
	*shell
	runs *runs
	actors
	chose func(r trace.Ref, event int) // a connection was selected, and an event of it, 0 for none

	banner    *widgets.Banner
	countdown *widgets.Countdown
	rows      *widgets.Rows
	timeline  *widgets.Timeline
	filter    *field         // of the timeline
	beside    *widgets.Check // passes side by side in the timeline
	cache     *widgets.Rows
	cacheNone *widget.Label
	sessions  *fyne.Container // the cache below its title, or a line where there is nothing in it

	outcomes *widgets.Rows
	chip     *widgets.ToolButton // the chosen outcome; a click shows all again
	arranged
	told func(n, all int) // how many connections are listed, of how many
	turn func()           // brings the list of connections to the front

	drawn  *picture        // what the widgets have
	judged widgets.Verdict // what the banner has
}

func newResultPane(s *shell, r *runs, act actors, chose func(r trace.Ref, event int)) *resultPane {
	p := &resultPane{shell: s, runs: r, actors: act, chose: chose, told: func(int, int) {}, turn: func() {}}
	p.buildBanner()
	p.countdown = widgets.NewCountdown()
	p.countdown.OnSkip, p.countdown.OnStop = r.skip, r.stop
	p.rows = widgets.NewRows(widgets.ConnectionColumns()...)
	p.rows.OnSelect = func(id string) {
		if x, ok := trace.ParseRef(id); ok {
			p.chose(x, 0)
		}
	}
	p.rows.OnMenu = func(id string, at fyne.Position) {
		if x, ok := trace.ParseRef(id); ok {
			p.chose(x, 0)
			p.popup(at, p.menu("expect", "copy-openssl", "copy-curl", "zoom")...)
		}
	}
	p.timeline = widgets.NewTimeline()
	p.timeline.ShowLegend(true)
	p.timeline.OnSelect = func(x trace.Ref) { p.chose(x, 0) }
	p.timeline.OnMark = func(x trace.Ref, event int) { p.chose(x, event) }
	p.timeline.OnReadout = func(text string) { p.status.SetReadout(text) }
	p.buildFilter()
	p.buildOutcomes()
	p.buildCache()
	return p
}

// buildBanner makes the banner of the verdict.
func (p *resultPane) buildBanner() {
	p.banner = widgets.NewBanner()
	p.banner.OnEvidence = func(e widgets.Evidence) { p.chose(e.Lane, e.Event) }
	p.banner.SetOpen(p.app.Preferences().Bool(prefBanner))
	p.banner.OnOpen = func(open bool) { p.app.Preferences().SetBool(prefBanner, open) }
	p.banner.OnRule = func(rule string) { p.read("rules", rule) }
	p.banner.OnHint = func(hint string) { p.status.SetReadout(hint) }
}

// buildFilter makes what the timeline is searched by.
func (p *resultPane) buildFilter() {
	p.filter = newField()
	p.filter.SetPlaceHolder("find: bob, outcome:403, finding:any, mark:expected")
	p.filter.OnChanged = func(text string) {
		p.arranged.text = text
		p.sift()
	}
	p.filter.OnEscape = func() { p.filter.SetText("") }
	p.beside = widgets.NewCheck("side by side", p.timeline.SetCompare)
}

// timelinePane is the timeline below what it is searched and fitted with.
func (p *resultPane) timelinePane() fyne.CanvasObject {
	fit := widgets.NewToolButton("", rtheme.IconFit, p.hint("fit"), func() { p.do("fit") })
	zoom := widgets.NewToolButton("", theme.ZoomInIcon(), p.hint("zoom"), func() { p.do("zoom") })
	title := widget.NewLabelWithStyle("Timeline", fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	return container.NewBorder(container.NewBorder(nil, nil, title, container.NewHBox(p.chip, p.beside, zoom, fit), p.filter), nil, nil, nil, p.timeline)
}

// show shows the run, or that there is none.
func (p *resultPane) show() {
	v, ok := p.state.Verdict()
	b := widgets.Verdict{}
	if ok {
		b = widgets.Verdict{Severity: severity(v.Severity), Title: v.Title, Detail: v.Detail, Advice: v.Advice, Rule: v.Rule, Note: p.state.StaleNote()}
		for _, e := range v.Evidence {
			b.Evidence = append(b.Evidence, widgets.Evidence{Text: e.Text, Lane: e.Ref, Event: e.Event})
		}
	}
	if !reflect.DeepEqual(b, p.judged) {
		p.judged = b
		b.Actions = append(p.runs.doc.trustActions(), p.runs.cureActions()...)
		if p.state.Hidden() && desk.IsCapture(p.state.Opened()) {
			b.Actions = append(b.Actions, widgets.Action{Title: "Decrypt with a key log…", Run: func() { p.do("decrypt") }})
		}
		p.banner.SetVerdict(b)
	}
	if p.runs.picture != p.drawn {
		p.drawn = p.runs.picture
		shown := cmp.Or(p.drawn, &picture{})
		p.timeline.SetPrepared(cmp.Or(shown.timeline, nothing))
		p.timeline.SetStarted(shown.started)
		p.showOutcomes()
		p.sift()
	}
	p.showCache()
	p.mark(p.state.Selected)
	p.status.SetParts(widgets.StatusPart{Text: p.state.Status()})
}

// mark shows which connection is selected.
func (p *resultPane) mark(r trace.Ref) {
	ref := r
	p.timeline.Select(ref)
	if ref != (trace.Ref{}) {
		p.rows.Select(ref.String())
	}
}

// tick brings the countdown up to date while a wait goes on.
func (p *resultPane) tick() {
	wait := p.state.Waiting()
	if wait == nil {
		p.countdown.SetWait("", 0, 0)
		return
	}
	left := time.Until(wait.Until)
	p.countdown.SetWait(fmt.Sprintf("Waiting before connection %d of pass %d", wait.Ref.Connection, wait.Ref.Pass), wait.Total, left)
	time.AfterFunc(time.Second, func() { live.Post(p.tick) })
}
