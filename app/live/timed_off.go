//go:build !timed

package live

import "time"

// Timed runs a task of the UI goroutine. A build with the tag timed measures it.
func Timed(_ string, f func()) { f() }

// Slowest is the task that took longest; only a build with the tag timed knows.
func Slowest() (what string, took time.Duration) { return "", 0 }

func caller() string { return "" }
