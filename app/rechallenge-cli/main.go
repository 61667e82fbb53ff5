// Command rechallenge-cli runs plans from the command line: no window, no cgo.
package main

import (
	"os"

	"rechallenge/app/files"
)

func main() {
	if files.TokenHelper() {
		return
	}
	adjustHeap()
	os.Exit(Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
