package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// Choice is a way to begin.
type Choice struct {
	Icon    fyne.Resource
	Title   string
	Text    string
	Key     string // its shortcut, shown weakly
	Primary bool
	Run     func()
}

// Empty is what a window or page shows before there is anything in it: a
// title, a sentence, and choices side by side or, where narrow, stacked.
type Empty struct {
	widget.BaseWidget
}

// NewEmpty makes an empty state.
func NewEmpty(title, text string, choices ...Choice) *Empty {
	e := &Empty{}
	e.ExtendBaseWidget(e)
	return e
}

// CreateRenderer is for Fyne.
func (e *Empty) CreateRenderer() fyne.WidgetRenderer { return placeholder() }
