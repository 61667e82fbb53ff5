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
