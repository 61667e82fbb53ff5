package ui

import (
	"context"
	"errors"
	"maps"
	"path/filepath"
	"sync"
	"time"

	"fyne.io/fyne/v2"

	"rechallenge/app/desk"
	"rechallenge/app/live"
	"rechallenge/app/state"
	"rechallenge/core/report"
	"rechallenge/core/session"
	"rechallenge/core/trace"
)

// run runs the plan.
func (w *Window) run() {
	if why := w.state.Runnable(); why != "" {
		w.failed("The plan can't be run yet", errors.New(why))
		return
	}
	// What is being typed is the plan that is meant, not the last one that could be read.
	if w.texting() {
		w.editor.wait.Stop()
		w.editor.take(w.editor.code.Text())
		if w.editor.wrong != "" {
			w.failed("The plan can't be run yet", errors.New(w.editor.wrong))
			return
		}
	}
	c := w.laid()
	c.Sessions = w.begin.sessions
	if w.fastForward && w.lab == nil {
		c.Clock = &session.Moved{}
	}
	w.clock = c.Clock
	w.state.Begin()
	w.picture = nil
	w.lists.SelectIndex(tabResults)
	w.inspect()
	w.changed()
	w.round++
	round := w.round
	begun := make(chan *desk.Run, 1)
	look := sync.OnceValue(func() *desk.Run { return <-begun })
	feed := live.NewFeed(func([]struct{}) *picture { return paint(state.Live(look().Log())) }, func(p *picture) {
		if round == w.round {
			w.grown(p)
		}
	})
	r := w.desk.Start(c, func(trace.Event) { feed.Add(struct{}{}) })
	begun <- r
	w.active = r
	w.desk.Go(func(context.Context) {
		if err := r.Wait(); err != nil {
			live.Post(func() { w.notRun(round, err) })
		}
	})
}

// now is the time by the clock of the run that is shown: ages and ends of its
// sessions are told by that.
func (w *Window) now() time.Time {
	if w.clock == nil || w.state.Opened() != "" {
		return time.Now()
	}
	return w.clock.Now()
}

// laid is the plan that is edited now, with what is loaded for it.
func (w *Window) laid() desk.Case {
	c := desk.Case{
		Plan: w.state.Plan, Dir: filepath.Dir(w.state.Path),
		Identities: maps.Clone(w.state.Identities), Roots: w.state.Roots,
	}
	if w.lab != nil {
		w.lab.Lend(&c)
	}
	return c
}

// finished is a run that is over, with the picture of it: its bytes and
// secrets are kept for exports, in memory only.
type finished struct {
	run     going
	picture *picture
}

// going is what goes on, a run or a watch: Stop ends it, and the bytes and
// secrets are there for exports. A watch has no sessions of its own to save and
// can't be held.
type going interface {
	Stop()
	Captures() []report.Capture
	KeyLog() []byte
}

// ours is the run that goes on, nil where none does or other programs are watched.
func (w *Window) ours() *desk.Run {
	r, _ := w.active.(*desk.Run)
	return r
}

// notRun says why a run did not begin.
func (w *Window) notRun(round int, err error) {
	if round != w.round {
		return
	}
	w.state.ClearRun()
	w.picture, w.active = nil, nil
	if errors.Is(err, context.Canceled) {
		w.changed() // stopped before it began
		return
	}
	w.failed("The plan could not be run", err)
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
		w.watchPage.notify()
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
	w.app.SendNotification(fyne.NewNotification("Rechallenge: the run has ended", r.Result.Verdict.Title))
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
	r := w.ours()
	if r == nil {
		return
	}
	if w.state.Paused() {
		r.Resume()
	} else {
		r.Pause()
	}
	w.state.SetPaused(!w.state.Paused())
	w.changed()
}

// skip ends the wait that is going on.
func (w *Window) skip() {
	if r := w.ours(); r != nil {
		r.SkipWait()
	}
}

// startDemo starts the lab and loads the QA1727 case, ready to run.
func (w *Window) startDemo(run bool) {
	w.startLab("", func() {
		if run {
			w.run()
		}
	})
}
