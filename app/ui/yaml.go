package ui

import (
	"errors"
	"time"

	"rechallenge/app/live"
	"rechallenge/app/widgets"
	"rechallenge/core/plan"
)

// typingDelay is how long after the last key an edited text is taken over.
const typingDelay = 400 * time.Millisecond

// editor shows the plan as YAML, edited in either.
type editor struct {
	w      *Window
	code   *widgets.Code
	wait   *time.Timer
	broken bool // what is being typed is no plan (yet)
}

func newEditor(w *Window) *editor {
	e := &editor{w: w, code: widgets.NewCode(true)}
	e.code.OnChanged = func(text string) {
		if e.wait != nil {
			e.wait.Stop()
		}
		e.wait = time.AfterFunc(typingDelay, func() { live.Post(func() { e.take(text) }) })
	}
	return e
}

// take makes the text the plan, or says where it is wrong.
func (e *editor) take(text string) {
	if text != e.code.Text() {
		return
	}
	err := e.w.state.SetText([]byte(text))
	e.broken = err != nil
	if err != nil {
		line, message := 0, err.Error()
		var at *plan.Error
		if errors.As(err, &at) {
			line, message = at.Line, at.What
		}
		e.code.SetProblem(line, message)
		e.w.dump()
		return
	}
	e.code.SetProblem(0, "")
	e.w.changed()
	e.w.loadMissing(func() {})
}

// show brings the text up to date with what was edited elsewhere. What a
// person is typing is left alone.
func (e *editor) show() {
	if e.broken {
		return
	}
	text, err := e.w.state.Text()
	if err != nil {
		e.code.SetProblem(0, err.Error())
		return
	}
	if d, err := plan.ParseDocument("plan", []byte(e.code.Text())); err == nil {
		if old, err := d.Update(e.w.state.Plan); err == nil && string(old) == e.code.Text() {
			return // it says the same
		}
	}
	if string(text) != e.code.Text() {
		e.code.SetText(string(text))
	}
}
