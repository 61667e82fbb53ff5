//go:build !windows

package main

import "os"

// escapes: terminals obey escape sequences, but for one that says it is dumb.
func escapes(*os.File) bool { return os.Getenv("TERM") != "dumb" }
