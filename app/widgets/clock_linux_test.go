package widgets_test

import (
	"time"

	"golang.org/x/sys/unix"
)

// clock is the time that this thread has spent on a processor.
func clock() time.Duration {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &now); err != nil {
		panic(err)
	}
	return time.Duration(now.Nano())
}
