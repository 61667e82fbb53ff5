// Package live is the only bridge to the screen: everything that changes it from
// another goroutine goes through Post, and a run's events through a Feed.
package live

import (
	"sync"
	"time"

	"fyne.io/fyne/v2"
)

// beat is how often a feed hands on what has gathered: fast enough to look
// live, slow enough to leave the screen time to paint.
const beat = 50 * time.Millisecond

// Post runs f on the UI goroutine, soon.
func Post(f func()) {
	what := caller()
	fyne.Do(func() { Timed(what, f) })
}

// Feed gathers values as they come, from any goroutine and without ever
// blocking. What has gathered is prepared away from the screen and then
// applied on the UI goroutine, a batch at a time and in order.
type Feed[T, V any] struct {
	prepare func([]T) V
	apply   func(V)

	mu      sync.Mutex
	pending []T
	working bool
	post    func(func())
	after   func(time.Duration, func())
}

// NewFeed returns a feed. prepare is never called twice at once; the next
// batch waits until the last one was applied, so that a screen that falls
// behind gets larger batches and not more of them.
func NewFeed[T, V any](prepare func([]T) V, apply func(V)) *Feed[T, V] {
	return &Feed[T, V]{prepare: prepare, apply: apply, post: Post, after: func(d time.Duration, f func()) { time.AfterFunc(d, f) }}
}

// Add takes a value.
func (f *Feed[T, V]) Add(v T) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pending = append(f.pending, v)
	if !f.working {
		f.working = true
		f.after(beat, f.work)
	}
}

// work prepares what has gathered and posts it.
func (f *Feed[T, V]) work() {
	f.mu.Lock()
	batch := f.pending
	f.pending = nil
	f.mu.Unlock()
	v := f.prepare(batch)
	f.post(func() {
		f.apply(v)
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.working = len(f.pending) > 0; f.working {
			f.after(beat, f.work)
		}
	})
}
