package e2e

import "time"

// find runs the action that the palette finds for a text. What can't be done
// just now, because the program is still at work on what was done before, is
// looked for again a little later, as a person would.
func (w *window) find(text string) {
	w.t.Helper()
	open := func(s shown) bool { return s.Dialog == "palette" }
	for range 5 {
		w.press("ctrl+k")
		w.until("the palette", open)
		w.write(text)
		w.press("Return")
		for end := time.Now().Add(3 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
			if s, ok := w.look(); ok && !open(s) {
				return
			}
		}
		w.press("Escape")
		w.until("the palette's end", func(s shown) bool { return !open(s) })
	}
	w.t.Fatalf("the palette does not run %q", text)
}
