package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// Code shows text with line numbers: YAML, JSON, a command. Editable, it is a
// plain text field that keeps the numbers.
type Code struct {
	widget.BaseWidget

	// OnChanged is called when the user changed the text.
	OnChanged func(text string)
}

// NewCode makes an empty view.
func NewCode(editable bool) *Code {
	c := &Code{}
	c.ExtendBaseWidget(c)
	return c
}

// SetText shows text; an editable view keeps its cursor where it can.
func (c *Code) SetText(text string) {}

// Text is what is shown.
func (c *Code) Text() string { return "" }

// SetProblem marks a line, from 1, and shows a message below the text; an
// empty message clears both.
func (c *Code) SetProblem(line int, message string) {}

// CreateRenderer is for Fyne.
func (c *Code) CreateRenderer() fyne.WidgetRenderer { return placeholder() }
