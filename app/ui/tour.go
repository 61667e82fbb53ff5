package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"rechallenge/app/state"
	"rechallenge/app/widgets"
)

// The steps of the tour, in order.
const (
	tourSetting = iota
	tourRun
	tourSeen
	tourCure
)

// newTour explains the demo beside the real thing, in four steps.
func (w *Window) newTour() {
	w.tour = widgets.NewSteps()
	w.tour.SetSteps("The demo",
		widgets.Step{
			Title: "Two identities, one server",
			Text:  "A server runs on this machine. It wants a client certificate. alice goes to /alice first, then bob to /bob.",
		},
		widgets.Step{
			Title:  "Run it",
			Text:   "The two connections are made twice: with one session cache for both, and without a cache.",
			Action: &widgets.Action{Title: "Run", Primary: true, Run: func() { w.do("run") }},
		},
		widgets.Step{
			Title:  "bob was not asked",
			Text:   "Under shared, connection 2 took up alice's session: the arrow, and the hollow diamond where the challenge did not come. The server saw alice.",
			Action: &widgets.Action{Title: "Show it", Run: func() { w.selectEvent(state.Ref{Pass: 1, Connection: 2}, 0) }},
		},
		widgets.Step{
			Title:  "Why, and what cures it",
			Text:   "The session key is made of address, port and name. The identity is not in it. Try every workaround on this server:",
			Action: &widgets.Action{Title: "What cures it?", Run: func() { w.do("cures") }},
		})
	w.tour.OnClose = func() { w.showTour(false) }
	w.left = container.NewStack(w.cards)
}

// showTour shows or hides the tour, below the identities and targets.
func (w *Window) showTour(on bool) {
	w.left.Objects = []fyne.CanvasObject{w.cards}
	if on {
		w.tour.SetCurrent(tourSetting)
		split := container.NewVSplit(w.cards, w.tour)
		split.Offset = 0.52
		w.left.Objects = []fyne.CanvasObject{split}
	}
	w.touring = on
	w.left.Refresh()
}

// tourRan goes on with the tour when a run of the demo has ended.
func (w *Window) tourRan() {
	if w.touring && w.tour.Current() <= tourRun {
		w.tour.SetCurrent(tourSeen)
	}
}
