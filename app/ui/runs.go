package ui

import (
	"context"
	"errors"
	"sync"
	"time"

	"fyne.io/fyne/v2"

	"rechallenge/app/desk"
	"rechallenge/app/live"
	"rechallenge/app/state"
	"rechallenge/core/session"
	"rechallenge/core/trace"
)

// runs is the run that goes on or was made last, and what is shown of it.
type runs struct {
	*shell
	doc      *document
	active   going         // that goes on, nil when none does
	finished *finished     // the last run that was made here, nil before
	picture  *picture      // of the run to show, nil for none
	clock    session.Clock // of that run, nil = the system's
	round    int           // counts the runs and plans: what belongs to an earlier one is not shown

	front func() // brings the run's results to the front
	grew  func() // there is more of the run that goes on
	ended func() // a run that was made here is over
	waits func() // a wait has begun or ended
}

func newRuns(s *shell, doc *document) *runs {
	nothing := func() {}
	return &runs{shell: s, doc: doc, front: nothing, grew: nothing, ended: nothing, waits: nothing}
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
	Captures() []trace.Captured
	KeyLog() []byte
}

// run runs the plan.
func (r *runs) run() {
	if why := r.state.Runnable(); why != "" {
		r.failed("The plan can't be run yet", errors.New(why))
		return
	}
	c := r.doc.laid()
	c.Sessions = r.doc.begin.sessions
	if r.doc.fastForward && r.doc.lab == nil {
		c.Clock = &session.Moved{}
	}
	r.clock = c.Clock
	r.state.Begin()
	r.picture = nil
	r.front()
	r.changed()
	r.round++
	round := r.round
	begun := make(chan *desk.Run, 1)
	look := sync.OnceValue(func() *desk.Run { return <-begun })
	feed := live.NewFeed(func([]struct{}) *picture { return paint(state.Live(look().Log())) }, func(p *picture) {
		if round == r.round {
			r.grown(p)
		}
	})
	run := r.desk.Start(c, func(trace.Event) { feed.Add(struct{}{}) })
	begun <- run
	r.active = run
	r.desk.Go(func(context.Context) {
		if err := run.Wait(); err != nil {
			live.Post(func() { r.notRun(round, err) })
		}
	})
}

// now is the time by the clock of the run that is shown: ages and ends of its
// sessions are told by that.
func (r *runs) now() time.Time {
	if r.clock == nil || r.state.Opened() != "" {
		return time.Now()
	}
	return r.clock.Now()
}

// ours is the run that goes on, nil where none does or other programs are watched.
func (r *runs) ours() *desk.Run {
	run, _ := r.active.(*desk.Run)
	return run
}

// notRun says why a run did not begin.
func (r *runs) notRun(round int, err error) {
	if round != r.round {
		return
	}
	r.state.ClearRun()
	r.picture, r.active = nil, nil
	if errors.Is(err, context.Canceled) {
		r.changed() // stopped before it began
		return
	}
	r.failed("The plan could not be run", err)
}

// grown shows the run as it is now known. The plan's side of the window can't
// change by it and is left alone.
func (r *runs) grown(p *picture) {
	waited := r.state.Waiting() != nil
	r.picture = p
	r.state.Show(p.view)
	if r.state.Running() {
		r.grew()
	} else {
		if r.active != nil {
			r.finished = &finished{r.active, p}
		}
		r.active = nil
		r.notify()
		r.ended()
		r.changed()
	}
	if waited != (r.state.Waiting() != nil) {
		r.waits()
	}
}

// longRun is how long a run has lasted when its end is worth a notification.
const longRun = 10 * time.Second

// notify tells a person who is elsewhere that a long run has ended.
func (r *runs) notify() {
	x := r.state.Report()
	if x == nil || x.Log.End < longRun || r.inFront {
		return
	}
	r.app.SendNotification(fyne.NewNotification("Rechallenge: the run has ended", x.Result.Verdict.Title))
}

// leaveRun stops the run that goes on, if any, and shows none: its plan is left.
func (r *runs) leaveRun() {
	r.round++
	r.stop()
	r.active, r.picture = nil, nil
}

// stop ends the run; what was recorded stays.
func (r *runs) stop() {
	if r.active != nil {
		r.active.Stop()
	}
}

// pause holds the run before its next connection, or lets it go on.
func (r *runs) pause() {
	run := r.ours()
	if run == nil {
		return
	}
	if r.state.Paused() {
		run.Resume()
	} else {
		run.Pause()
	}
	r.state.SetPaused(!r.state.Paused())
	r.changed()
}

// skip ends the wait that is going on.
func (r *runs) skip() {
	if run := r.ours(); run != nil {
		run.SkipWait()
	}
}

// show shows a run that was made elsewhere, as if it had just been run here.
func (r *runs) show(p *picture, title string) {
	r.picture = p
	r.state.Open(p.view, title)
	r.front()
}

// showEvidence shows a run of an experiment as if it had been made by itself.
func (r *runs) showEvidence(p *picture, title string, at trace.Ref) {
	r.show(p, title)
	if _, c := r.state.Find(at); c != nil {
		r.state.Selected = at
	}
	r.changed()
}
