package ui

import (
	"os"
	"strings"

	"rechallenge/core/target"
)

// paste takes what is on the clipboard when no text field has the focus: a URL
// becomes a target, a file's name an identity, a plan or a report.
func (w *Window) paste() {
	text := strings.TrimSpace(w.app.Clipboard().Content())
	name := strings.TrimPrefix(text, "file://")
	switch {
	case text == "" || strings.ContainsAny(text, "\n\x00"):
		w.status.SetReadout("There is no URL and no file's name on the clipboard.")
	case target.IsURL(text):
		if _, err := w.state.AddTarget(target.Target{URL: text}); err != nil {
			w.failed("The URL can't be a target", err)
			return
		}
		w.changed()
	case exists(name):
		w.take([]string{name})
	default:
		w.status.SetReadout("What is on the clipboard is neither a URL such as https:// or postgres:// nor a file.")
	}
	w.dump()
}

func exists(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
