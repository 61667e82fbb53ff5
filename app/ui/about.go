package ui

import (
	"fmt"
	"runtime"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/desk"
	"rechallenge/app/widgets"
	"rechallenge/assets"
)

// about says what this is and which versions it is made of.
func (s *shell) about() {
	pairs := []widgets.Pair{
		{Key: "Rechallenge", Value: s.desk.Tool().Version},
		{Key: "Built from", Value: desk.Built().String()},
		{Key: "Go", Value: fmt.Sprintf("%s, %s/%s", runtime.Version(), runtime.GOOS, runtime.GOARCH)},
	}
	stacks, _ := s.desk.Stacks()
	for _, x := range stacks {
		pairs = append(pairs, widgets.Pair{Key: "Stack " + x.Name(), Value: x.Version()})
	}
	sheet := widgets.NewSheet()
	sheet.SetPairs(pairs)
	s.facts("sheet", "About Rechallenge", sheet, fyne.NewSize(520, 420), widgets.NewButton("Licences", s.licences))
}

// licences shows the terms of everything that is linked in. A list, because
// three thousand lines in one label would take a second to lay out.
func (s *shell) licences() {
	lines := strings.Split(assets.Licences, "\n")
	list := widget.NewList(func() int { return len(lines) },
		func() fyne.CanvasObject {
			l := widget.NewLabel("")
			l.TextStyle = fyne.TextStyle{Monospace: true}
			return l
		},
		func(i widget.ListItemID, o fyne.CanvasObject) { o.(*widget.Label).SetText(lines[i]) })
	list.HideSeparators = true
	s.facts("licences", "Licences", list, fyne.NewSize(760, 560))
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

func (s *shell) sheet(title string, pairs []widgets.Pair) {
	sheet := widgets.NewSheet()
	sheet.SetPairs(pairs)
	s.facts("sheet", title, sheet, fyne.NewSize(460, 420))
}
