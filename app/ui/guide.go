package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"rechallenge/docs"
)

// newGuide is the user's guide as a page.
func newGuide() fyne.CanvasObject {
	text := widget.NewRichTextFromMarkdown(docs.Guide)
	text.Wrapping = fyne.TextWrapWord
	return container.NewVScroll(container.NewPadded(text))
}
