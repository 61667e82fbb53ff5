package main

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

// After the first collection the collector is as it was.
func TestAdjustHeap(t *testing.T) {
	t.Setenv("GOGC", "")
	before := debug.SetGCPercent(100)
	defer debug.SetGCPercent(before)
	adjustHeap()
	for range 100 {
		now := debug.SetGCPercent(-1)
		debug.SetGCPercent(now)
		if now == 100 {
			return
		}
		runtime.GC()
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("the collector stays as it was at the start")
}
