package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"rechallenge/app/widgets"
)

// The steps of the tour, in order.
const (
	tourSetting = iota
	tourRun
	tourSeen
	tourCure
)

// tour explains the demo beside the real thing, in four steps.
type tour struct {
	view  *fyne.Container // the cards, and below them the tour
	steps *widgets.Steps
	cards fyne.CanvasObject
	on    bool
}

// newTour makes the tour of what stands below the cards; look selects the
// connection that was not asked.
func newTour(cards fyne.CanvasObject, do func(id string), look func()) *tour {
	t := &tour{cards: cards, view: container.NewStack(cards), steps: widgets.NewSteps()}
	t.steps.SetSteps("The demo",
		widgets.Step{
			Title: "Two identities, one server",
			Text:  "A server runs on this machine. It wants a client certificate. alice goes to /alice first, then bob to /bob.",
		},
		widgets.Step{
			Title:  "Run it",
			Text:   "The two connections are made twice: with one session cache for both, and without a cache.",
			Action: &widgets.Action{Title: "Run", Primary: true, Run: func() { do("run") }},
		},
		widgets.Step{
			Title:  "bob was not asked",
			Text:   "Under shared, connection 2 took up alice's session: the arrow, and the hollow diamond where the challenge did not come. The server saw alice.",
			Action: &widgets.Action{Title: "Show it", Run: look},
		},
		widgets.Step{
			Title:  "Why, and what cures it",
			Text:   "The session key is made of address, port and name. The identity is not in it. Try every workaround on this server:",
			Action: &widgets.Action{Title: "What cures it?", Run: func() { do("cures") }},
		})
	t.steps.OnClose = func() { t.show(false) }
	return t
}

// show shows or hides the tour, from its beginning.
func (t *tour) show(on bool) {
	t.view.Objects = []fyne.CanvasObject{t.cards}
	if on {
		t.steps.SetCurrent(tourSetting)
		split := container.NewVSplit(t.cards, t.steps)
		split.Offset = 0.52
		t.view.Objects = []fyne.CanvasObject{split}
	}
	t.on = on
	t.view.Refresh()
}

// ran goes on with the tour when a run of the demo has ended.
func (t *tour) ran() {
	if t.on && t.steps.Current() <= tourRun {
		t.steps.SetCurrent(tourSeen)
	}
}
