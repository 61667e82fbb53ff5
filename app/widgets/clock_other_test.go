//go:build !linux

package widgets_test

import "time"

var begun = time.Now()

// clock is the time of day, where a thread's own is not to be had.
func clock() time.Duration { return time.Since(begun) }
