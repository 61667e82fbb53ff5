package widgets

import (
	"sort"

	"fyne.io/fyne/v2"
)

// ellipsis cuts text so that it is at most width wide.
func ellipsis(text string, width, size float32, style fyne.TextStyle) string {
	if text == "" || fyne.MeasureText(text, size, style).Width <= width {
		return text
	}
	runes := []rune(text)
	n := sort.Search(len(runes), func(n int) bool {
		return fyne.MeasureText(string(runes[:n])+"…", size, style).Width > width
	})
	if n <= 1 {
		return ""
	}
	return string(runes[:n-1]) + "…"
}

// ifCut is a text that ellipsis would cut, "" for one that is shown whole.
func ifCut(text string, width, size float32, style fyne.TextStyle) string {
	if fyne.MeasureText(text, size, style).Width <= width {
		return ""
	}
	return text
}
