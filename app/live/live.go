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
func Post(f func()) { fyne.Do(f) }

// Feed gathers values as they come, from any goroutine and without ever
// blocking, and hands them to the UI goroutine in batches.
type Feed[T any] struct {
	apply func([]T)

	mu      sync.Mutex
	pending []T
	queued  bool
	post    func(func())
	after   func(time.Duration, func())
}

// NewFeed returns a feed whose batches go to apply, on the UI goroutine and in order.
func NewFeed[T any](apply func([]T)) *Feed[T] {
	return &Feed[T]{apply: apply, post: Post, after: func(d time.Duration, f func()) { time.AfterFunc(d, f) }}
}

// Add takes a value.
func (f *Feed[T]) Add(v T) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pending = append(f.pending, v)
	if !f.queued {
		f.queued = true
		f.after(beat, func() { f.post(f.drain) })
	}
}

// drain hands on what has gathered; it runs on the UI goroutine.
func (f *Feed[T]) drain() {
	f.mu.Lock()
	batch := f.pending
	f.pending, f.queued = nil, false
	f.mu.Unlock()
	f.apply(batch)
}
