package ui

import (
	"context"
	"strings"
	"time"

	"github.com/adrg/xdg"

	"rechallenge/app/desk"
	"rechallenge/app/live"
	"rechallenge/core/experiment"
)

// delaysName is where a test that really waits is kept, so that it goes on
// after the window was closed; beside it are its sessions.
const delaysName = "rechallenge/delays.json"

// left are the delays of a test that was left while it waited, "" for none.
func left() string {
	path, err := xdg.SearchStateFile(delaysName)
	if err != nil {
		return ""
	}
	s, err := desk.ReadState(path)
	if err != nil {
		return "" // said when it is to be gone on with
	}
	var list []string
	for _, w := range s.Waits {
		list = append(list, w.Delay.String())
	}
	return strings.Join(list, ", ")
}

// keep makes a question that really waits go on from where it was left, and
// keep how far it comes. The lab's clock moves instead, and the lab is gone
// when the window is.
func (q *questions) keep(x *experiment.Question) (kept bool, err error) {
	x.Waiting = func(title string, until time.Time) { live.Post(func() { q.waits(title, until) }) }
	if q.doc.lab != nil {
		x.Clock = q.doc.lab.Case.Clock
		return false, nil
	}
	if !x.Real {
		return false, nil
	}
	path, err := xdg.StateFile(delaysName)
	if err != nil {
		return false, err
	}
	return true, desk.Remember(x, path)
}

// forget removes what was kept.
func (q *questions) forget() {
	path, err := xdg.StateFile(delaysName)
	if err == nil {
		err = desk.Forget(path)
	}
	if err != nil {
		q.failed("What was kept of the test could not be removed", err)
	}
}

// other asks what to do with a test that was left and is not this one.
func (q *questions) other(err error) {
	q.say(sentence(err.Error()))
	q.confirm("Another test was left while it waited", "Forget it, and begin this one?", "Forget it", func() {
		q.forget()
		q.start()
	})
}

// waits counts down to the end of a wait; the zero time ends it.
func (q *questions) waits(title string, until time.Time) {
	q.until = until
	if until.IsZero() {
		q.wait.SetWait("", 0, 0)
		return
	}
	total := time.Until(until)
	var tick func()
	tick = func() {
		if q.until != until {
			return
		}
		q.wait.SetWait(title, total, time.Until(until))
		time.AfterFunc(time.Second, func() { live.Post(tick) })
	}
	tick()
}

// goOn tells the person what to do and waits until it is done, away from the UI
// goroutine.
func (q *questions) goOn(ctx context.Context, what string) error {
	done := make(chan bool, 1)
	live.Post(func() {
		q.shell.ask("Change the server", what, "Continue", "Stop", func() { done <- true }, func() { done <- false })
	})
	select {
	case <-ctx.Done():
		return ctx.Err()
	case yes := <-done:
		if !yes {
			return context.Canceled
		}
		return nil
	}
}
