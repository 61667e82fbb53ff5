package main

import (
	"os"
	"runtime"
	"runtime/debug"
)

// startingHeap is what the heap may grow to before garbage is collected for the
// first time. Most runs end before. The Go compiler begins the same way.
const startingHeap = 64 << 20

// smallestHeap is the Go runtime's own, with its GOGC of 100.
const smallestHeap = 4 << 20

// adjustHeap sets that up. After the first collection it goes on as usual.
func adjustHeap() {
	if os.Getenv("GOGC") != "" {
		return
	}
	usual := debug.SetGCPercent(100 * startingHeap / smallestHeap)
	runtime.AddCleanup(new([16]byte), func(percent int) { debug.SetGCPercent(percent) }, usual)
}
