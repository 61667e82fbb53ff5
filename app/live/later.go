package live

import (
	"sync"
	"time"
)

// Later puts calls off until nothing has come for a while: what a person types
// is looked at when he pauses, not with every letter.
type Later struct {
	delay time.Duration
	post  func(func())

	mu    sync.Mutex
	timer *time.Timer
	round int
}

// NewLater returns a Later that waits for delay.
func NewLater(delay time.Duration) *Later { return &Later{delay: delay, post: Post} }

// Do runs f on the UI goroutine once delay has passed without another call;
// an earlier function that still waits is forgotten.
func (l *Later) Do(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.round++
	round := l.round
	if l.timer != nil {
		l.timer.Stop()
	}
	l.timer = time.AfterFunc(l.delay, func() {
		l.post(func() {
			if l.current(round) {
				f()
			}
		})
	})
}

// Stop forgets the function that still waits.
func (l *Later) Stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.round++
	if l.timer != nil {
		l.timer.Stop()
	}
}

// current tells whether nothing has come since.
func (l *Later) current(round int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.round == round
}
