package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/widgets"
	"rechallenge/core/report"
)

// unlessDirty does something that loses the plan, after asking if it has
// unsaved changes.
func (w *Window) unlessDirty(then func()) {
	if !w.state.Dirty || w.lab != nil {
		then()
		return
	}
	w.choices("Unsaved changes", w.state.LeavingPlan(), nil,
		option{title: "Cancel"},
		option{title: "Don't save", run: then},
		option{title: "Save", preferred: true, run: func() { w.savePlan(then) }})
}

// unlessUnsaved does something that loses the plan and the run that is shown,
// after asking about what of them is not saved.
func (w *Window) unlessUnsaved(then func()) {
	w.unlessDirty(func() {
		switch {
		case !w.state.RunUnsaved() || w.lab != nil:
			then()
		case w.state.Running():
			w.confirm("A run is going on", w.state.LeavingRun(), "Stop it", then)
		default:
			w.choices("The run is not saved", w.state.LeavingRun(), nil,
				option{title: "Cancel"},
				option{title: "Don't save", run: then},
				option{title: "Save report…", preferred: true, run: func() { w.saveRun(then) }})
		}
	})
}

// option is one answer to a question.
type option struct {
	title     string
	preferred bool   // what Return chooses
	run       func() // nil = nothing
}

// choices asks a question with several answers. escaped, if any, runs when the
// question is closed without one.
func (w *Window) choices(title, question string, escaped func(), options ...option) {
	var d *dialog.CustomDialog
	answered := false
	answer := func(o option) {
		if answered {
			return
		}
		answered = true
		d.Hide()
		if o.run != nil {
			o.run()
		}
		w.changed()
	}
	text := widget.NewLabel(question)
	text.Wrapping = fyne.TextWrapWord
	d = dialog.NewCustomWithoutButtons(title, container.New(minWidth(440), text), w.win)
	var buttons []fyne.CanvasObject
	preferred := func() {}
	for _, o := range options {
		b := widgets.NewButton(o.title, func() { answer(o) })
		if o.preferred {
			b.Importance = widget.HighImportance
			preferred = func() { answer(o) }
		}
		buttons = append(buttons, b)
	}
	d.SetButtons(buttons)
	w.show(d, "confirm")
	w.preferred[d] = preferred
	w.closed[d] = func() {
		if !answered && escaped != nil {
			answered = true
			escaped()
		}
	}
}

// enter gives the preferred answer to the question in front.
func (w *Window) enter() {
	if n := len(w.open); n > 0 {
		if answer := w.preferred[w.open[n-1]]; answer != nil {
			answer()
		}
	}
}

// saveRun writes the report of the run that is shown and goes on with then.
func (w *Window) saveRun(then func()) {
	if r := w.exported(); r != nil {
		w.exportTo(".json", func() *report.Report { return r }, then)
	}
}
