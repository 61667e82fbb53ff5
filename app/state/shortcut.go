package state

import "runtime"

// Shortcut is the name of a shortcut with the command key: "Ctrl+R", on a Mac
// "Cmd+R".
func Shortcut(key string) string {
	if runtime.GOOS == "darwin" {
		return "Cmd+" + key
	}
	return "Ctrl+" + key
}
