package e2e

import (
	"slices"
	"testing"

	"rechallenge/core/trace"
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

// TestWithoutMouse: the demo to its verdict, one's own case, every page, the
// lists, the timeline, the inspector and the splitters, without a mouse.
func TestWithoutMouse(t *testing.T) {
	w := newDesktop(t).open()
	w.until("the empty window", func(s shown) bool { return s.Empty })
	w.demo()
	w.verdict()
	w.press("ctrl+8", "Home", "Down", "Down")
	w.until("the third result", func(s shown) bool { return s.Selected == trace.Ref{Pass: 2, Connection: 1} })
	w.press("ctrl+9", "Home")
	w.until("the first outcome", func(s shown) bool { return s.Results != nil && s.Outcome == 1 })
	w.press("ctrl+f")
	w.write("identity:alice")
	w.press("Escape")
	for tab := range 7 {
		w.press("alt+" + string(rune('1'+tab)))
		w.until("the inspector's tab", func(s shown) bool { return s.Tab == tab })
	}
	before := w.until("the splits", func(s shown) bool { return len(s.Splits) > 0 }).Splits["inner"]
	w.press("ctrl+8", "alt+shift+Left", "alt+shift+Left")
	w.until("a splitter that has moved", func(s shown) bool { return s.Splits["inner"] != before })
	for page := 2; page <= 6; page++ {
		w.press("ctrl+" + string(rune('0'+page)))
		w.until("the page", func(s shown) bool { return s.Page == page-1 })
	}
	w.press("ctrl+2", "ctrl+Return")
	w.until("the answer", func(s shown) bool { return s.Answer != "" })
	w.press("ctrl+1", "ctrl+n")
	w.until("an empty plan", func(s shown) bool { return s.Empty || s.Dialog == "confirm" })
	w.press("ctrl+t")
	w.until("the form", func(s shown) bool { return s.Dialog == "target" })
	w.write("https://localhost:1/a")
	w.press("Return")
	w.until("the target", func(s shown) bool { return len(s.Targets) == 1 && s.Dialog == "" })
}
