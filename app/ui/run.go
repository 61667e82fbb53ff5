package ui

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"fyne.io/fyne/v2"

	"rechallenge/app/files"
	"rechallenge/app/live"
	"rechallenge/app/state"
	"rechallenge/core/engine"
	"rechallenge/core/identity"
	"rechallenge/core/lab"
	"rechallenge/core/plan"
	"rechallenge/core/session"
	"rechallenge/core/trace"
)

// run runs the plan.
func (w *Window) run() {
	if why := w.state.Runnable(); why != "" {
		w.failed(tr("The plan can't be run yet"), errors.New(why))
		return
	}
	p := w.state.Plan
	identities := map[string]*identity.Identity{}
	for id, x := range w.state.Identities {
		identities[id] = x
	}
	loader := w.loader()
	opt := engine.Options{Tool: w.opt.Tool, Stacks: w.opt.Stacks, Sessions: w.begin.sessions}
	switch {
	case w.server != nil:
		opt.Clock = w.clock
	case w.fastForward:
		opt.Clock = &session.Moved{}
	}
	w.state.Begin()
	w.picture = nil
	w.lists.SelectIndex(tabResults)
	w.inspect()
	w.changed()
	var watch state.Watch
	w.round++
	round := w.round
	feed := live.NewFeed(func(events []trace.Event) *picture { return paint(watch.Add(events)) }, func(p *picture) {
		if round == w.round {
			w.grown(p)
		}
	})
	go func() {
		res, err := resources(&p, loader)
		if err != nil {
			live.Post(func() { w.notRun(round, err) })
			return
		}
		res.Identities = identities
		opt.Observe = feed.Add
		r, err := engine.Start(context.Background(), p, res, opt)
		if err != nil {
			live.Post(func() { w.notRun(round, err) })
			return
		}
		live.Post(func() {
			if round != w.round {
				r.Stop() // its plan is gone
				return
			}
			w.active = r
		})
	}()
}

// finished is a run that is over, with the picture of it: its bytes and
// secrets are kept for exports, in memory only.
type finished struct {
	run     *engine.Run
	picture *picture
}

// resources loads what the plan's targets name; the identities are loaded already.
// The loader is made on the UI goroutine, by loader.
func resources(p *plan.Plan, l files.Loader) (engine.Resources, error) {
	return l.Resources(context.Background(), &plan.Plan{Targets: p.Targets})
}

// loader reads what the plan that is edited now names.
func (w *Window) loader() files.Loader {
	return files.Loader{Dir: filepath.Dir(w.state.Path), Known: w.state.Roots}
}

// notRun says why a run did not begin.
func (w *Window) notRun(round int, err error) {
	if round != w.round {
		return
	}
	w.state.ClearRun()
	w.picture = nil
	w.failed(tr("The plan could not be run"), err)
}

// grown shows the run as it is now known. The plan's side of the window can't
// change by it and is left alone.
func (w *Window) grown(p *picture) {
	waited := w.state.Waiting() != nil
	w.picture = p
	w.state.Show(p.view)
	if w.state.Running() {
		w.showRun()
		w.enable()
		w.dump()
	} else {
		if w.active != nil {
			w.finished = &finished{w.active, p}
		}
		w.active = nil
		w.notify()
		w.tourRan()
		w.changed()
	}
	if !waited && w.state.Waiting() != nil || waited && w.state.Waiting() == nil {
		w.tick()
	}
}

// longRun is how long a run has lasted when its end is worth a notification.
const longRun = 10 * time.Second

// notify tells a person who is elsewhere that a long run has ended.
func (w *Window) notify() {
	r := w.state.Report()
	if r == nil || r.Log.End < longRun || w.inFront {
		return
	}
	w.app.SendNotification(fyne.NewNotification(tr("Rechallenge: the run has ended"), r.Result.Verdict.Title))
}

// leaveRun stops the run that goes on, if any: its plan is left.
func (w *Window) leaveRun() {
	w.round++
	w.stop()
	w.active = nil
}

// stop ends the run; what was recorded stays.
func (w *Window) stop() {
	if w.active != nil {
		w.active.Stop()
	}
}

// pause holds the run before its next connection, or lets it go on.
func (w *Window) pause() {
	if w.active == nil {
		return
	}
	if w.state.Paused() {
		w.active.Resume()
	} else {
		w.active.Pause()
	}
	w.state.SetPaused(!w.state.Paused())
	w.changed()
}

// skip ends the wait that is going on.
func (w *Window) skip() {
	if w.active != nil {
		w.active.SkipWait()
	}
}

// startDemo starts the lab and loads the QA1727 case, ready to run.
func (w *Window) startDemo(run bool) {
	w.startLab(&lab.Behaviours[0], func() {
		if run {
			w.run()
		}
	})
}
