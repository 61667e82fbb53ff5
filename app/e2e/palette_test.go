package e2e

// find runs the action that the palette finds for a text.
func (w *window) find(text string) {
	w.t.Helper()
	w.press("ctrl+k")
	w.until("the palette", func(s shown) bool { return s.Dialog == "palette" })
	w.write(text)
	w.press("Return")
	w.until("the palette's end", func(s shown) bool { return s.Dialog != "palette" })
}
