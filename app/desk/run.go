package desk

import (
	"context"
	"sync"

	"rechallenge/core/engine"
	"rechallenge/core/report"
	"rechallenge/core/session"
	"rechallenge/core/trace"
)

// State is what a run is doing.
type State string

// The states, in the order in which they come; Paused and Running alternate.
const (
	Loading State = "loading" // what the plan names is being read
	Running State = "running"
	Paused  State = "paused" // held before its next connection
	Over    State = "over"
)

// Run is a run of a case, from the moment it was asked for. Its methods may be
// called from any goroutine, in every state.
type Run struct {
	ctx    context.Context
	cancel context.CancelFunc
	done   chan struct{}
	starts chan struct{} // closed when it begins

	mu     sync.Mutex
	state  State
	engine *engine.Run // nil while loading, and where it never began
	paused bool        // it is to be
	err    error       // why it did not begin
}

// Start begins to run a case and returns at once. observe, where it is not nil,
// is told of every event, one at a time; it must not block, nor ask the Run for
// anything.
func (d *Desk) Start(c Case, observe func(trace.Event)) *Run {
	r := &Run{done: make(chan struct{}), starts: make(chan struct{}), state: Loading}
	r.ctx, r.cancel = context.WithCancel(d.ctx)
	if !d.Go(func(context.Context) {
		defer r.cancel()
		r.finish(d.carryOut(r, c, observe))
	}) {
		r.cancel()
		r.finish(context.Canceled)
	}
	return r
}

// carryOut loads, runs and waits. An error says why there was no run.
func (d *Desk) carryOut(r *Run, c Case, observe func(trace.Event)) error {
	res, err := d.resources(r.ctx, c)
	if err != nil {
		return err
	}
	opt := d.options()
	opt.Clock, opt.Sessions, opt.Observe, opt.For, opt.Bytes = c.Clock, c.Sessions, observe, c.For, c.Bytes
	r.mu.Lock()
	x, err := engine.Start(r.ctx, c.Plan, res, opt)
	if err == nil {
		r.engine, r.state = x, Running
		close(r.starts)
		if r.paused {
			r.state = Paused
			x.Pause()
		}
	}
	r.mu.Unlock()
	if err != nil {
		return Refused{d.advised(err)}
	}
	<-x.Done()
	return nil
}

// finish ends the run's life.
func (r *Run) finish(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.state, r.err = Over, err
	close(r.done)
}

// State is what the run is doing.
func (r *Run) State() State {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.state
}

// Done is closed when the run is over.
func (r *Run) Done() <-chan struct{} { return r.done }

// Wait waits until the run is over. An error says why it did not begin: Refused,
// or the context's where it was stopped while loading. A run that began has none,
// however it ended: its report says so.
func (r *Run) Wait() error {
	<-r.done
	return r.err
}

// Stop ends the run early, whatever it is doing; what was recorded stays.
func (r *Run) Stop() { r.cancel() }

// Pause holds the run before its next connection, or its first. Resume lets it
// go on.
func (r *Run) Pause()  { r.hold(true) }
func (r *Run) Resume() { r.hold(false) }

func (r *Run) hold(on bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.paused = on; r.engine == nil || r.state == Over {
		return
	}
	if on {
		r.state = Paused
		r.engine.Pause()
		return
	}
	r.state = Running
	r.engine.Resume()
}

// SkipWait ends the plan's waits that it is in.
func (r *Run) SkipWait() {
	if x := r.began(); x != nil {
		x.SkipWait()
	}
}

// began is the engine's run, nil before it began.
func (r *Run) began() *engine.Run {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.engine
}

// Report is the report of a run that is over, with the captured bytes and
// without secrets; nil where it never began.
func (r *Run) Report() *report.Report {
	x := r.began()
	if x == nil {
		return nil
	}
	<-x.Done()
	rep := report.Of(x.Log())
	rep.Captures = r.Captures()
	return rep
}

// Log is the run so far, folded; it stays as it is. It waits until the run has begun.
func (r *Run) Log() *trace.Log {
	for {
		if x := r.began(); x != nil {
			return x.Log()
		}
		select {
		case <-r.done:
			if x := r.began(); x != nil {
				return x.Log()
			}
			return &trace.Log{}
		case <-r.starts:
		}
	}
}

// Captures are the bytes of the connections until now, for pcapng: of a long run,
// unless the case says Bytes, of those that keep their events.
func (r *Run) Captures() []trace.Captured {
	if x := r.began(); x != nil {
		return x.Captures()
	}
	return nil
}

// KeyLog is the run's secrets, for files that the user asked for.
func (r *Run) KeyLog() []byte {
	if x := r.began(); x != nil {
		return x.KeyLog().Lines()
	}
	return nil
}

// Sessions are what the caches hold now, by cache id: secret.
func (r *Run) Sessions() map[string][]session.Session {
	if x := r.began(); x != nil {
		return x.Sessions()
	}
	return nil
}

// Cache is the session cache of a pass (from 1), nil before the pass began. To
// look into it, what happened until now is decoded first: that takes time. The
// user's operations on it are recorded as events.
func (r *Run) Cache(pass int) *session.Cache {
	if x := r.began(); x != nil {
		return x.Cache(pass)
	}
	return nil
}
