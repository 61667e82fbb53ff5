package engine

import (
	"context"
	"sync"
	"time"

	"rechallenge/core/plan"
	"rechallenge/core/session"
	"rechallenge/core/target"
	"rechallenge/core/trace"
	"rechallenge/core/wire"
)

// Run is a plan being run. Its methods may be called from any goroutine.
type Run struct {
	plan   plan.Plan
	passes []plan.Pass
	jobs   []job // of one round through the plan's list
	begun  time.Time
	opt    Options
	rec    *trace.Recorder
	ctx    context.Context
	cancel context.CancelFunc
	done   chan struct{}
	gate   *gate
	watch  watch

	secrets *target.Secrets // that no event may hold

	mu       sync.Mutex
	caches   []*session.Cache
	captures []tapped
	waits    map[int]context.CancelFunc // by a number of its own
	waitSeq  int
}

// tapped is a connection whose bytes are being captured.
type tapped struct {
	trace.Ref
	local, remote string
	capture       *wire.Capture
}

// Wait returns the whole trace when the run is over and nothing of it is left running.
func (r *Run) Wait() []trace.Event {
	<-r.done
	return r.rec.Events()
}

// Done is closed when the run is over.
func (r *Run) Done() <-chan struct{} { return r.done }

// Events returns what was recorded so far.
func (r *Run) Events() []trace.Event { return r.rec.Events() }

// Stop ends the run early; what was recorded stays.
func (r *Run) Stop() { r.cancel() }

// Pause holds the run before its next connection; Resume lets it go on.
func (r *Run) Pause()  { r.gate.close() }
func (r *Run) Resume() { r.gate.open() }

// SkipWait ends the waits it is in.
func (r *Run) SkipWait() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, skip := range r.waits {
		skip()
	}
}

// Cache is the session cache of a pass (from 1), nil before the pass began.
// The user's operations on it are recorded as events.
func (r *Run) Cache(pass int) *session.Cache {
	r.mu.Lock()
	defer r.mu.Unlock()
	if pass < 1 || pass > len(r.caches) {
		return nil
	}
	return r.caches[pass-1]
}

// Log returns the run so far, folded; it stays as it is.
func (r *Run) Log() *trace.Log { return r.rec.Log() }

// Sessions are what the passes' caches hold, by cache id, with whom they carry.
func (r *Run) Sessions() map[string][]session.Session {
	sessions := map[string][]session.Session{}
	for _, p := range r.Log().Passes {
		cache := r.Cache(p.Index)
		if cache == nil {
			continue
		}
		for _, s := range cache.Sessions() {
			if known := p.Entry(s.Serial); known != nil {
				s.Origin = known.Origin
			}
			sessions[p.Cache] = append(sessions[p.Cache], s)
		}
	}
	return sessions
}

// Captures returns the bytes of the connections until now, for pcapng: of a long
// run, unless Options.Bytes says otherwise, of those that keep their events.
func (r *Run) Captures() []trace.Captured {
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []trace.Captured
	for _, c := range r.captures {
		list = append(list, trace.Captured{Ref: c.Ref, Client: c.local, Server: c.remote, UDP: c.capture.Datagrams, Chunks: c.capture.Chunks(0)})
	}
	return list
}

// KeyLog is the run's secrets, for files that the user asked for.
func (r *Run) KeyLog() *wire.KeyLog { return r.opt.KeyLog }

// run runs the passes one after the other.
func (r *Run) run() {
	defer close(r.done)
	defer r.cancel()
	undo := r.watch.until(r.ctx)
	for i := range r.passes {
		if r.ctx.Err() != nil {
			break
		}
		r.pass(i+1, r.passes[i], r.repeated(i))
	}
	r.nobody()
	undo()
	r.watch.close()
	r.rec.AddNow(0, 0, trace.RunDone{Interrupted: r.ctx.Err() != nil})
}

// keepUp decodes what has waited long enough, and everything when nothing is
// going on that would lead to a next time.
func (r *Run) keepUp(last bool) {
	if last {
		r.rec.CatchUp()
		return
	}
	r.rec.KeepUp()
}

// pass runs the jobs that next gives under one policy, as pass n.
func (r *Run) pass(n int, p plan.Pass, next func() *job) {
	r.rec.Add(n, 0, trace.PassStarted{Cache: p.Policy.ID, Control: p.Control, Policy: p.Policy})
	cache := session.NewCache(p.Policy, r.opt.Clock, func(e session.Event) {
		add := r.rec.Add
		if e.By == 0 {
			add = r.rec.AddNow // the user looks
		}
		add(n, e.By, trace.Cache{Event: e})
	})
	for _, s := range r.opt.Sessions[p.Policy.ID] {
		cache.Restore(s)
	}
	r.mu.Lock()
	r.caches[n-1] = cache
	r.mu.Unlock()

	w := &pass{Run: r, n: n, policy: p.Policy, cache: cache, pool: newPool(r.plan.HTTPReuse, p.Policy)}
	var workers sync.WaitGroup
	for range max(r.plan.Concurrency, 1) {
		workers.Go(func() {
			for j := next(); j != nil && r.gate.wait(r.ctx); j = next() {
				w.connect(j)
			}
		})
	}
	workers.Wait()
	w.pool.close()
	r.rec.Add(n, 0, trace.PassDone{Clock: r.opt.Clock.Now()})
}

// wait does the plan's delay before connection n and says how it ended.
func (r *Run) wait(pass, n int, d time.Duration) {
	ctx, skip := context.WithCancel(r.ctx)
	r.mu.Lock()
	if r.waits == nil {
		r.waits = map[int]context.CancelFunc{}
	}
	r.waitSeq++
	id := r.waitSeq
	r.waits[id] = skip
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		delete(r.waits, id)
		r.mu.Unlock()
		skip()
	}()

	clock := r.opt.Clock
	r.rec.AddNow(pass, n, trace.Wait{ForMS: trace.Milliseconds(d), Until: clock.Now().Add(d)})
	how := trace.WaitElapsed
	switch err := clock.Wait(ctx, d); {
	case r.ctx.Err() != nil:
		how = trace.WaitCancelled
	case err != nil:
		how = trace.WaitSkipped
	case clock.Virtual():
		how = trace.WaitMoved
	}
	r.rec.Add(pass, n, trace.WaitDone{How: how})
}

// gate is what Pause closes.
type gate struct {
	mu   sync.Mutex
	free chan struct{} // closed = open
}

func newGate() *gate {
	g := &gate{free: make(chan struct{})}
	close(g.free)
	return g
}

func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-g.free:
		g.free = make(chan struct{})
	default:
	}
}

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-g.free:
	default:
		close(g.free)
	}
}

// wait returns true once the gate is open, false when ctx ends first.
func (g *gate) wait(ctx context.Context) bool {
	g.mu.Lock()
	free := g.free
	g.mu.Unlock()
	select {
	case <-free:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
