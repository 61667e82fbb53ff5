package ui

import (
	"errors"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"rechallenge/app/state"
	rtheme "rechallenge/app/theme"
	"rechallenge/app/widgets"
	"rechallenge/core/trace"
)

// testPage is the page of the plan and its run. Without either it shows the
// ways in.
type testPage struct {
	*shell
	front func() // brings the page to the front

	view        *fyne.Container // holds the ways in or the work area
	work, empty fyne.CanvasObject

	plan      *planPane
	result    *resultPane
	lists     *pages // the plan's connections, the run's, and what came of those
	tour      *tour
	right     *fyne.Container // the inspector, or the plan as YAML
	inspector *inspector
	editor    *editor
}

// The tabs of the lists.
const (
	tabPlan = iota
	tabResults
	tabOutcomes
)

// actors are what a page lets the table of actions do.
type actors struct {
	do   func(id string)                      // an action
	menu func(ids ...string) []*fyne.MenuItem // of actions
	read func(page, word string)              // opens a document
	hint func(id string) string               // an action's title and shortcut
}

func newTestPage(s *shell, doc *document, r *runs, act actors, front func()) *testPage {
	p := &testPage{shell: s, front: front}
	p.plan = newPlanPane(s, doc, act.do)
	p.result = newResultPane(s, r, act, p.selectEvent)
	p.inspector, p.editor = newInspector(s, r), newEditor(s, doc, p.turnText)
	p.tour = newTour(p.plan.cards, act.do, func() { p.selectEvent(trace.Ref{Pass: 1, Connection: 2}, 0) })
	p.right = container.NewStack(p.inspector.view)
	same := func() {}
	p.lists = newPages(page{"Plan", p.plan.view, same}, page{"Results", p.result.rows, same}, page{"Outcomes", p.result.outcomes, same})
	p.result.turn, p.result.told = p.results, p.retitle
	middle := s.split("middle", false, 0.3, p.lists.whole(),
		s.split("timeline", false, 0.8, p.result.timelinePane(), p.result.sessions))
	p.work = s.split("outer", true, 0.17, p.tour.view,
		s.split("inner", true, 0.7, container.NewBorder(container.NewVBox(p.result.banner, p.result.countdown), nil, nil, nil, middle), p.right))
	p.empty = widgets.NewEmpty(
		"Will the second identity be asked?",
		"Two client certificates, one server: see whether the second connection is challenged, or silently resumes the first one's TLS session.",
		widgets.Choice{Icon: rtheme.IconIdentity, Title: "Load identities", Text: "PKCS#12 or PEM files with a client certificate and its key", Key: state.Shortcut("I"), Run: doc.loadIdentity},
		widgets.Choice{Icon: rtheme.IconTarget, Title: "Add a target", Text: "The HTTPS URL of a server that asks for client certificates", Key: state.Shortcut("T"), Run: func() { doc.editTarget("") }},
		widgets.Choice{Icon: rtheme.IconDemo, Title: "Try the demo", Text: "A lab server on this machine, alice, bob, and the problem itself", Key: state.Shortcut("D"), Primary: true, Run: func() { act.do("demo") }},
	)
	p.view = container.NewStack(p.empty)
	return p
}

// show brings the page up to date with the plan and the run.
func (p *testPage) show() {
	p.showPlan()
	p.showRun()
	if p.state.Empty() != (p.view.Objects[0] == p.empty) {
		p.view.Objects[0] = p.work
		if p.state.Empty() {
			p.view.Objects[0] = p.empty
		}
		p.view.Refresh()
	}
}

// showPlan shows what is edited.
func (p *testPage) showPlan() {
	p.plan.show()
	if p.texting() {
		p.editor.show()
	}
}

// showRun shows the run, or that there is none.
func (p *testPage) showRun() {
	p.result.show()
	p.inspector.show()
	p.fitPanes()
}

// The shares of their height that the results and the sessions may take by
// themselves; what has more to show scrolls.
const (
	mostResults  = 0.4
	mostInLow    = 0.5
	lowWindow    = 400 // high, in Fyne's units
	mostSessions = 0.3
)

// fitPanes gives the lists what they need and the timeline the rest, unless
// somebody moved the splitters.
func (p *testPage) fitPanes() {
	middle, lower := p.splits["middle"], p.splits["timeline"]
	if h := middle.Size().Height; h > 0 {
		need := p.lists.tabs.MinSize().Height + max(p.result.rows.Height(), p.plan.rows.Height()) + 16
		most := float32(mostResults)
		if h < lowWindow {
			most = mostInLow // three rows are worth more than an empty stretch of timeline
		}
		p.fit("middle", float64(min(need/h, most)))
	}
	if h := lower.Size().Height; h > 0 {
		need := p.result.sessions.MinSize().Height
		if p.result.cache.Visible() {
			need += p.result.cache.Height() - p.result.cache.MinSize().Height
		}
		p.fit("timeline", 1-float64(min((need+8)/h, mostSessions)))
	}
}

// retitle tells on the tabs how much there is behind them.
func (p *testPage) retitle(n, all int) {
	results, outcomes := titles(n, all, len(p.result.counted()))
	p.lists.tabs.SetTitle(tabResults, results)
	p.lists.tabs.SetTitle(tabOutcomes, outcomes)
}

// lay brings the plan's connections to the front, and results the run's.
func (p *testPage) lay() { p.lists.SelectIndex(tabPlan) }

func (p *testPage) results() { p.lists.SelectIndex(tabResults) }

// selectEvent selects a connection, and an event of it, everywhere at once.
func (p *testPage) selectEvent(r trace.Ref, event int) {
	p.state.Selected, p.state.Event = r, event
	p.inspect()
	p.result.mark(r)
	p.inspector.show()
	p.dump()
}

// turnText shows the plan's text in the place of the inspector, or takes it
// away again.
func (p *testPage) turnText() {
	p.front()
	if p.texting() {
		p.inspect()
		return
	}
	p.right.Objects[0] = p.editor.view
	p.right.Refresh()
	p.lay()
	p.changed()
}

// texting reports whether the plan's text is shown.
func (p *testPage) texting() bool { return p.right.Objects[0] == p.editor.view }

// inspect shows the inspector again.
func (p *testPage) inspect() {
	if p.texting() {
		p.right.Objects[0] = p.inspector.view
		p.right.Refresh()
	}
}

// inspectAt brings a side of the selected connection to the front.
func (p *testPage) inspectAt(tab int) {
	p.front()
	p.inspect()
	p.inspector.tabs.SelectIndex(tab)
}

// typed takes over what is being typed into the plan's text: that is the plan
// that is meant, not the last one that could be read. The error says what is
// wrong with it.
func (p *testPage) typed() error {
	if !p.texting() {
		return nil
	}
	p.editor.wait.Stop()
	p.editor.take(p.editor.code.Text())
	if p.editor.wrong != "" {
		return errors.New(p.editor.wrong)
	}
	return nil
}
