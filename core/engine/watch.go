package engine

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// tick is how long after its time a wait may end.
const tick = 10 * time.Millisecond

// watch ends the waits of a run's connections, all with one timer. Were each
// wait to set a timer of its own, that would mostly be the next one due, and
// then the Go runtime wakes a thread to wait for it: several times a
// connection, which is a tenth of what a resumed handshake costs.
type watch struct {
	each func(last bool) // called at every tick; last: there will be none until the next wait

	mu      sync.Mutex
	waits   []*deadline
	timer   *time.Timer
	armed   bool
	closed  bool
	running sync.WaitGroup // ticks
}

// deadline is the end of something that must not take longer than it may.
type deadline struct {
	end  time.Time
	then func()
}

// after calls then once d is over, unless stop comes before. then must be
// quick, and harmless when stop comes at the same moment.
func (w *watch) after(d time.Duration, then func()) *deadline {
	x := &deadline{end: time.Now().Add(d), then: then}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waits = append(w.waits, x)
	if !w.armed && !w.closed {
		w.arm()
	}
	return x
}

// stop forgets a wait.
func (w *watch) stop(x *deadline) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if i := slices.Index(w.waits, x); i >= 0 {
		w.waits = slices.Delete(w.waits, i, i+1)
	}
}

func (w *watch) arm() {
	w.armed = true
	w.running.Add(1)
	if w.timer == nil {
		w.timer = time.AfterFunc(tick, w.tick)
	} else {
		w.timer.Reset(tick)
	}
}

// tick is called by the timer.
func (w *watch) tick() {
	defer w.running.Done()
	now := time.Now()
	w.mu.Lock()
	var due []*deadline
	w.waits = slices.DeleteFunc(w.waits, func(x *deadline) bool {
		over := !x.end.After(now)
		if over {
			due = append(due, x)
		}
		return over
	})
	last := len(w.waits) == 0
	w.armed = false
	if !last && !w.closed {
		w.arm()
	}
	w.mu.Unlock()
	for _, x := range due {
		x.then()
	}
	w.each(last)
}

// until interrupts when ctx ends. The function it returns takes that back.
func (w *watch) until(ctx context.Context) (undo func()) {
	w.running.Add(1)
	stop := context.AfterFunc(ctx, func() {
		defer w.running.Done()
		w.interrupt()
	})
	return func() {
		if stop() {
			w.running.Done()
		}
	}
}

// interrupt ends every wait now.
func (w *watch) interrupt() {
	w.mu.Lock()
	due := w.waits
	w.waits = nil
	w.mu.Unlock()
	for _, x := range due {
		x.then()
	}
}

// close leaves no goroutine behind.
func (w *watch) close() {
	w.mu.Lock()
	w.closed = true
	if w.armed && w.timer.Stop() {
		w.armed = false
		w.running.Done()
	}
	w.mu.Unlock()
	w.running.Wait()
}

// limited is a context that ends as one with a deadline does; the watch ends it.
type limited struct {
	context.Context
	over atomic.Bool
}

// limit gives ctx at most d, and what to call when it is not needed any more.
// then is called when it ended by itself: when its time was over, or at an
// interrupt.
func (w *watch) limit(ctx context.Context, d time.Duration, then func()) (context.Context, context.CancelFunc) {
	inner, cancel := context.WithCancelCause(ctx)
	l := &limited{Context: inner}
	x := w.after(d, func() {
		l.over.Store(true)
		cancel(context.DeadlineExceeded) // without effect when ctx was cancelled
		then()
	})
	return l, func() {
		w.stop(x)
		cancel(nil)
	}
}

// Err is DeadlineExceeded when that is why it ended.
func (l *limited) Err() error {
	err := l.Context.Err()
	if err != nil && l.over.Load() && context.Cause(l.Context) == context.DeadlineExceeded {
		return context.DeadlineExceeded
	}
	return err
}
