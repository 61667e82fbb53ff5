package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// startingHeap is what the heap may grow to before garbage is collected for the
// first time. Most runs end before. The Go compiler begins the same way.
const startingHeap = 64 << 20

// smallestHeap is the Go runtime's own, with its GOGC of 100.
const smallestHeap = 4 << 20

// longHeap is the GOGC of runs that grow large: what a long run keeps it keeps to
// its end, and twice as much would be too much.
const (
	largeHeap = 128 << 20
	longHeap  = 40
)

// adjustHeap sets that up. After the first collection it goes on as usual, and
// once much is kept with less room to spare.
func adjustHeap() {
	if os.Getenv("GOGC") != "" {
		return
	}
	usual := debug.SetGCPercent(100 * startingHeap / smallestHeap)
	runtime.AddCleanup(new([16]byte), func(percent int) {
		debug.SetGCPercent(percent)
		runtime.AddCleanup(new([16]byte), watchHeap, struct{}{})
	}, usual)
}

// watchHeap looks after each collection how much is kept.
func watchHeap(struct{}) {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	if live[0].Value.Kind() == metrics.KindUint64 && live[0].Value.Uint64() > largeHeap {
		debug.SetGCPercent(longHeap)
		return
	}
	runtime.AddCleanup(new([16]byte), watchHeap, struct{}{})
}
