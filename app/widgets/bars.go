package widgets

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// StatusPart is a piece of the status bar.
type StatusPart struct {
	Icon fyne.Resource
	Text string
	Run  func() // makes it clickable
}

// StatusBar is the line at the window's foot: parts at the left, a passing
// message or a read-out at the right, progress between.
type StatusBar struct {
	widget.BaseWidget

	// OnCancel is called when the progress's cancel button is pressed; without
	// it there is none.
	OnCancel func()
}

// NewStatusBar makes an empty bar.
func NewStatusBar() *StatusBar {
	s := &StatusBar{}
	s.ExtendBaseWidget(s)
	return s
}

// SetParts shows parts at the left.
func (s *StatusBar) SetParts(parts ...StatusPart) {}

// SetReadout shows text at the right.
func (s *StatusBar) SetReadout(text string) {}

// SetProgress shows progress from 0 to 1, a moving bar for a negative one, and
// hides it when label is empty.
func (s *StatusBar) SetProgress(label string, fraction float64) {}

// CreateRenderer is for Fyne.
func (s *StatusBar) CreateRenderer() fyne.WidgetRenderer { return placeholder() }

// Countdown shows a wait of the plan that is going on. It is hidden until
// SetWait. The caller calls SetWait again as time goes by.
type Countdown struct {
	widget.BaseWidget

	OnSkip func()
	OnStop func()
}

// NewCountdown makes a hidden bar.
func NewCountdown() *Countdown {
	c := &Countdown{}
	c.ExtendBaseWidget(c)
	return c
}

// SetWait shows how much is left of a wait and what comes after it; nothing
// left hides the bar.
func (c *Countdown) SetWait(label string, total, left time.Duration) {}

// CreateRenderer is for Fyne.
func (c *Countdown) CreateRenderer() fyne.WidgetRenderer { return placeholder() }
