package session

import (
	"context"
	"sync"
	"time"
)

// Clock is the client's time: real, or moved by --fast-forward.
type Clock interface {
	Now() time.Time
	// Wait returns after d, or earlier with the context's error.
	Wait(ctx context.Context, d time.Duration) error
	// Virtual reports whether Now has been moved away from real time.
	Virtual() bool
}

type realClock struct{}

// Real is the system's clock.
func Real() Clock { return realClock{} }

func (realClock) Now() time.Time { return time.Now() }
func (realClock) Virtual() bool  { return false }
func (realClock) Wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Moved is a clock that jumps instead of waiting. It starts at the system's
// time and runs with it; hand its Now to a lab to move both together.
type Moved struct {
	mu     sync.Mutex
	offset time.Duration
}

// Now is the system's time plus what was waited.
func (m *Moved) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return time.Now().Add(m.offset)
}

// Virtual reports whether anything was waited.
func (m *Moved) Virtual() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.offset != 0
}

// Wait moves the clock on by d at once.
func (m *Moved) Wait(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if d > 0 {
		m.mu.Lock()
		m.offset += d
		m.mu.Unlock()
	}
	return nil
}
