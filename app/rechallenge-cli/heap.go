package main

import (
	"math"
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

// usualMemory is what the Go runtime keeps to by collecting garbage more often,
// and giving pages back, as long as much less than that is in use: 100,000
// connections, and captures of any size, fit in.
const usualMemory = 320 << 20

// adjustHeap sets that up. After the first collection it goes on as usual, and
// once much is kept with less room to spare. Who sets GOGC or GOMEMLIMIT, or the
// address space, has decided.
func adjustHeap() {
	if os.Getenv("GOGC") != "" {
		return
	}
	if debug.SetMemoryLimit(-1) == math.MaxInt64 {
		debug.SetMemoryLimit(usualMemory)
		runtime.AddCleanup(new([16]byte), makeRoom, struct{}{})
	}
	usual := debug.SetGCPercent(100 * startingHeap / smallestHeap)
	runtime.AddCleanup(new([16]byte), func(percent int) {
		debug.SetGCPercent(percent)
		runtime.AddCleanup(new([16]byte), watchHeap, struct{}{})
	}, usual)
}

// watchHeap looks after each collection how much is kept.
func watchHeap(struct{}) {
	if live() > largeHeap {
		debug.SetGCPercent(longHeap)
		return
	}
	runtime.AddCleanup(new([16]byte), watchHeap, struct{}{})
}

// makeRoom raises the limit where so much is in use that keeping to it would
// take all the time there is.
func makeRoom(struct{}) {
	if kept := live(); kept > usualMemory/16*15 {
		debug.SetMemoryLimit(int64(max(kept/8*9, usualMemory)))
	}
	runtime.AddCleanup(new([16]byte), makeRoom, struct{}{})
}

// live is what the last collection left.
func live() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	if metrics.Read(sample); sample[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return sample[0].Value.Uint64()
}
