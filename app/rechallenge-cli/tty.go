package main

import (
	"io"
	"os"

	"golang.org/x/term"
)

// tty is the terminal that w writes to, nil where it writes to none, or to
// one that shows escape sequences as they are.
func tty(w io.Writer) *os.File {
	file, ok := fileOf(w)
	if !ok || !term.IsTerminal(int(file.Fd())) || !escapes(file) {
		return nil
	}
	return file
}
