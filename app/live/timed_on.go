//go:build timed

package live

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"
)

// tooLong is what no task of the UI goroutine may take: a person notices.
const tooLong = 50 * time.Millisecond

var slowest struct {
	sync.Mutex
	what  string
	took  time.Duration
	depth int
}

// Timed runs a task of the UI goroutine, measures it, and complains about one
// that takes long. A task within a task is part of it.
func Timed(what string, f func()) {
	slowest.Lock()
	slowest.depth++
	outer := slowest.depth == 1
	slowest.Unlock()
	begin := time.Now()
	defer func() {
		took := time.Since(begin)
		slowest.Lock()
		defer slowest.Unlock()
		slowest.depth--
		if !outer {
			return
		}
		if took > slowest.took {
			slowest.what, slowest.took = what, took
		}
		if took > tooLong {
			fmt.Fprintf(os.Stderr, "UI goroutine: %s took %s\n", what, took.Round(time.Millisecond))
		}
	}()
	f()
}

// Slowest is the task that took longest, and how long.
func Slowest() (what string, took time.Duration) {
	slowest.Lock()
	defer slowest.Unlock()
	return slowest.what, slowest.took
}

// caller names the code that posts.
func caller() string {
	pc, _, line, _ := runtime.Caller(2)
	return fmt.Sprintf("%s:%d", runtime.FuncForPC(pc).Name(), line)
}
