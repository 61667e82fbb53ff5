package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// Pair is a line of a Sheet.
type Pair struct {
	Key      string
	Value    string
	Heading  bool // Key is a section's title
	Mono     bool
	Severity Severity
	Note     string // a weak line below the value that explains it
	Run      func() // makes the value a link
}

// Sheet shows keys and values; values can be selected, and copied with the
// button that shows at their right.
type Sheet struct {
	widget.BaseWidget

	// OnCopy is called with the value to put on the clipboard; without it the
	// sheet does so itself.
	OnCopy func(value string)
}

// NewSheet makes an empty sheet.
func NewSheet() *Sheet {
	s := &Sheet{}
	s.ExtendBaseWidget(s)
	return s
}

// SetPairs shows pairs.
func (s *Sheet) SetPairs(pairs []Pair) {}

// SetEmpty gives the text that is shown where there are no pairs.
func (s *Sheet) SetEmpty(text string) {}

// CreateRenderer is for Fyne.
func (s *Sheet) CreateRenderer() fyne.WidgetRenderer { return placeholder() }
