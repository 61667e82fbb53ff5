//go:build !debug

package live

import "time"

// Timed runs a task of the UI goroutine. A debug build measures it.
func Timed(_ string, f func()) { f() }

// Slowest is the task that took longest; only a debug build knows.
func Slowest() (what string, took time.Duration) { return "", 0 }

func caller() string { return "" }
