//go:build unix

package main

import (
	"fmt"
	"os"
	"runtime/debug"
	"syscall"
)

// smallestSpace is the address space in which the Go runtime, a thread for each
// core and libssl are sure to find room. Most of it is reserved, not used.
const smallestSpace = 2 << 30

// minded is decided before main, and before there are more threads: where
// address space is short (ulimit -v) a thread or a block of memory that can't be
// had ends the process with the runtime's own dump.
var _ = mindSpace()

func mindSpace() bool {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_AS, &limit) != nil || int64(limit.Cur) <= 0 || uint64(limit.Cur) >= 1<<46 {
		return false
	}
	if limit.Cur < smallestSpace {
		fmt.Fprintf(os.Stderr, "%s: the address space is limited to %d MiB and this program needs %d: raise it with ulimit -v\n", programName, limit.Cur>>20, smallestSpace>>20)
		os.Exit(exitNotRun)
	}
	debug.SetMemoryLimit(int64(limit.Cur-smallestSpace/4*3) / 2)
	return true
}
