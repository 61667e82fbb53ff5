package ui

import (
	"fmt"
	"runtime"

	"fyne.io/fyne/v2"

	"rechallenge/app/widgets"
)

// about says what this is and which versions it is made of.
func (w *Window) about() {
	pairs := []widgets.Pair{
		{Key: "Rechallenge", Value: w.desk.Tool().Version},
		{Key: "Go", Value: fmt.Sprintf("%s, %s/%s", runtime.Version(), runtime.GOOS, runtime.GOARCH)},
	}
	stacks, _ := w.desk.Stacks()
	for _, s := range stacks {
		pairs = append(pairs, widgets.Pair{Key: "Stack " + s.Name(), Value: s.Version()})
	}
	w.sheet("About Rechallenge", pairs)
}

// showShortcuts lists the actions that have one.
func (w *Window) showShortcuts() {
	var pairs []widgets.Pair
	for _, a := range w.table {
		if text := keys(a); text != "" {
			pairs = append(pairs, widgets.Pair{Key: a.title, Value: text})
		}
	}
	w.sheet("Keyboard shortcuts", pairs)
}

func (w *Window) sheet(title string, pairs []widgets.Pair) {
	s := widgets.NewSheet()
	s.SetPairs(pairs)
	w.facts("sheet", title, s, fyne.NewSize(460, 420))
}
