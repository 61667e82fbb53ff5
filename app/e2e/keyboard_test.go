package e2e

import (
	"slices"
	"testing"
)

// TestDialogsByKeyboard: Escape leaves every dialog from wherever Tab led, and
// Return does what the dialog is for.
func TestDialogsByKeyboard(t *testing.T) {
	w := newDesktop(t).open()
	w.until("the empty window", func(s shown) bool { return s.Empty })
	for key, name := range map[string]string{"ctrl+t": "target", "ctrl+comma": "preferences", "F1": "sheet"} {
		for tabs := range 4 {
			w.press(key)
			w.until(name, func(s shown) bool { return s.Dialog == name })
			w.press(append(slices.Repeat([]string{"Tab"}, tabs), "Escape")...)
			w.until("no dialog", func(s shown) bool { return s.Dialog == "" })
		}
	}
	w.press("ctrl+t")
	w.until("the form", func(s shown) bool { return s.Dialog == "target" })
	w.write("https://localhost:1/a")
	w.press("Tab", "Tab", "Tab", "Tab", "Return") // past the file button, in a field further down
	w.until("the target", func(s shown) bool { return len(s.Targets) == 1 && s.Dialog == "" })
}
