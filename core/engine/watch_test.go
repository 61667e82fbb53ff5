package engine

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w watch
		var ticks, lasts atomic.Int64
		w.each = func(last bool) {
			ticks.Add(1)
			if last {
				lasts.Add(1)
			}
		}
		start := time.Now()
		var ended [3]time.Duration
		for i, d := range []time.Duration{5 * time.Millisecond, 35 * time.Millisecond, time.Second} {
			w.after(d, func() { ended[i] = time.Since(start) })
		}
		dropped := w.after(15*time.Millisecond, func() { t.Error("a wait that was stopped came to its end") })
		w.stop(dropped)
		time.Sleep(100 * time.Millisecond)
		synctest.Wait()
		if ended[0] != tick || ended[1] != 4*tick || ended[2] != 0 {
			t.Errorf("ended after %v", ended)
		}
		w.interrupt()
		if ended[2] != 100*time.Millisecond {
			t.Errorf("interrupted after %v", ended[2])
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if n := ticks.Load(); n < 10 || n > 12 || lasts.Load() != 1 {
			t.Errorf("%d ticks, %d of them the last, though nothing was waited for after the first ten", n, lasts.Load())
		}
		w.after(time.Millisecond, func() {})
		time.Sleep(time.Second)
		synctest.Wait()
		if lasts.Load() != 2 {
			t.Errorf("it does not begin again: the last tick came %d times", lasts.Load())
		}
		w.after(time.Hour, func() { t.Error("closed, and goes on") })
		w.close() // synctest fails when a goroutine is left
	})
}

func TestLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watch{each: func(bool) {}}
		defer w.close()
		outer, stop := context.WithCancel(t.Context())
		defer w.until(outer)()
		var broken atomic.Int64
		short, over := w.limit(outer, 10*time.Millisecond, func() { broken.Add(1) })
		long, _ := w.limit(outer, time.Hour, func() { broken.Add(1) })
		done, finished := w.limit(outer, time.Hour, func() { t.Error("broken off after it was over") })
		finished()
		<-short.Done()
		if err := short.Err(); !errors.Is(err, context.DeadlineExceeded) || !errors.Is(context.Cause(short), context.DeadlineExceeded) {
			t.Errorf("its time is over: %v", err)
		}
		over()
		if err := long.Err(); err != nil {
			t.Errorf("its time is not over: %v", err)
		}
		stop()
		synctest.Wait()
		if err := long.Err(); !errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || broken.Load() != 2 {
			t.Errorf("stopped: %v, %d broken off", err, broken.Load())
		}
		if err := done.Err(); !errors.Is(err, context.Canceled) {
			t.Errorf("over: %v", err)
		}
	})
}
