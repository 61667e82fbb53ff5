package session_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"rechallenge/core/session"
)

func TestRealClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := session.Real()
		start := time.Now()
		if err := c.Wait(t.Context(), 9*time.Minute); err != nil {
			t.Fatal(err)
		}
		if waited := c.Now().Sub(start); waited != 9*time.Minute {
			t.Errorf("waited %v", waited)
		}
		if c.Virtual() {
			t.Error("the system's clock says it was moved")
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := c.Wait(ctx, time.Hour); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("cancelled wait: %v", err)
		}
	})
}

func TestMovedClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &session.Moved{}
		start := time.Now()
		if c.Virtual() || !c.Now().Equal(start) {
			t.Error("it begins elsewhere than at the system's time")
		}
		if err := c.Wait(t.Context(), 11*time.Minute); err != nil {
			t.Fatal(err)
		}
		if passed := time.Since(start); passed != 0 {
			t.Errorf("really waited %v", passed)
		}
		if moved := c.Now().Sub(start); moved != 11*time.Minute {
			t.Errorf("moved by %v", moved)
		}
		if !c.Virtual() {
			t.Error("does not say that it was moved")
		}
		time.Sleep(time.Second)
		if moved := c.Now().Sub(start); moved != 11*time.Minute+time.Second {
			t.Errorf("does not run on: %v", moved)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := c.Wait(ctx, time.Hour); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled wait: %v", err)
		}
		if moved := c.Now().Sub(start); moved != 11*time.Minute+time.Second {
			t.Errorf("a cancelled wait moved the clock: %v", moved)
		}
	})
}
