package main

import (
	"os"

	"golang.org/x/sys/windows"
)

// escapes has the console obey escape sequences, which it does from Windows 10
// on where it is told to (Windows Terminal, and the old console alike). It stays
// so for the window's life, as with other programs that colour what they say.
func escapes(file *os.File) bool {
	var mode uint32
	console := windows.Handle(file.Fd())
	return windows.GetConsoleMode(console, &mode) == nil &&
		windows.SetConsoleMode(console, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
