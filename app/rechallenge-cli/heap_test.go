package main

import (
	"math"
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

// What is in use decides over the limit: nothing is to run in order to keep to it.
func TestMakeRoom(t *testing.T) {
	t.Setenv("GOGC", "")
	percent := debug.SetGCPercent(100)
	defer debug.SetGCPercent(percent)
	before := debug.SetMemoryLimit(math.MaxInt64)
	defer debug.SetMemoryLimit(before)
	adjustHeap()
	if got := debug.SetMemoryLimit(-1); got != usualMemory {
		t.Fatalf("the limit is %d", got)
	}
	kept := make([]byte, usualMemory)
	for range 100 {
		runtime.GC()
		if debug.SetMemoryLimit(-1) > usualMemory {
			runtime.KeepAlive(kept)
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("the limit stays below what is in use")
}
