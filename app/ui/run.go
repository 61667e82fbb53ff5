package ui

import (
	"context"
	"crypto/x509"
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
	roots := w.roots
	dir := filepath.Dir(w.state.Path)
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
	feed := live.NewFeed(func(events []trace.Event) *picture { return paint(watch.Add(events)) }, w.grown)
	go func() {
		res, err := resources(&p, dir, roots)
		if err != nil {
			live.Post(func() { w.notRun(err) })
			return
		}
		res.Identities = identities
		opt.Observe = feed.Add
		r, err := engine.Start(context.Background(), p, res, opt)
		if err != nil {
			live.Post(func() { w.notRun(err) })
			return
		}
		live.Post(func() { w.active = r })
	}()
}

// finished is a run that is over, with the picture of it: its bytes and
// secrets are kept for exports, in memory only.
type finished struct {
	run     *engine.Run
	picture *picture
}

// resources loads what the plan's targets name; the identities are loaded already.
func resources(p *plan.Plan, dir string, roots map[string][]byte) (engine.Resources, error) {
	only := plan.Plan{Targets: nil}
	pools := map[string]*x509.CertPool{}
	for _, t := range p.Targets {
		if pem, ok := roots[t.Trust]; ok {
			pools[t.Trust] = x509.NewCertPool()
			pools[t.Trust].AppendCertsFromPEM(pem)
			continue
		}
		only.Targets = append(only.Targets, t)
	}
	res, err := files.Loader{Dir: dir}.Resources(context.Background(), &only)
	for name, pool := range pools {
		res.Roots[name] = pool
	}
	return res, err
}

// notRun says why a run did not begin.
func (w *Window) notRun(err error) {
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
