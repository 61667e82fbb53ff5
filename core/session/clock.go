package session

import (
	"context"
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
