package ui

import (
	"errors"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/live"
	"rechallenge/app/widgets"
	"rechallenge/core/plan"
)

// typingDelay is how long after the last key an edited text is taken over.
const typingDelay = 400 * time.Millisecond

// editor shows the plan as YAML, edited in either.
type editor struct {
	*shell
	doc   *document
	view  fyne.CanvasObject
	code  *widgets.Code
	wait  *live.Later
	wrong string // with what is being typed, "" = it is a plan
}

func newEditor(s *shell, doc *document, leave func()) *editor {
	e := &editor{shell: s, doc: doc, code: widgets.NewCode(true), wait: live.NewLater(typingDelay)}
	e.code.OnChanged = func(text string) { e.wait.Do(func() { e.take(text) }) }
	back := widgets.NewToolButton("", theme.CancelIcon(), "Back to the inspector", leave)
	title := widget.NewLabelWithStyle("The plan as YAML", fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	e.view = container.NewBorder(container.NewBorder(nil, nil, title, back), nil, nil, nil, e.code)
	return e
}

// take makes the text the plan, or says where it is wrong.
func (e *editor) take(text string) {
	if text != e.code.Text() {
		return
	}
	err := e.state.SetText([]byte(text))
	if err != nil {
		line, message := 0, err.Error()
		var at *plan.Error
		if errors.As(err, &at) {
			line, message = at.Line, at.What
		}
		e.code.SetProblem(line, message)
		e.wrong = err.Error()
		e.dump()
		return
	}
	e.code.SetProblem(0, "")
	e.wrong = ""
	e.changed()
	e.doc.loadMissing(func() {})
}

// show brings the text up to date with what was edited elsewhere. What a
// person is typing is left alone.
func (e *editor) show() {
	if e.wrong != "" {
		return
	}
	text, err := e.state.Text()
	if err != nil {
		e.code.SetProblem(0, err.Error())
		return
	}
	if d, err := plan.ParseDocument("plan", []byte(e.code.Text())); err == nil {
		if old, err := d.Update(e.state.Plan); err == nil && string(old) == e.code.Text() {
			return // it says the same
		}
	}
	if string(text) != e.code.Text() {
		e.code.SetText(string(text))
	}
}
