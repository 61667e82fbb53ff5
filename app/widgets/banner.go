package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// Verdict is a sentence about a run, or a finding, with what bears it out.
type Verdict struct {
	Severity Severity
	Title    string
	Detail   string
	Advice   string // what to do about it
	Cures    []Cure
	Evidence []Evidence
	Actions  []Action
}

// Cure is a change that was, or can be, tried against the problem.
type Cure struct {
	Text  string
	State Severity // OK it helps, Error it does not, Neutral not tried
	Run   func()   // tries or applies it; nil draws text only
}

// Evidence is a link to a connection or to an event of it.
type Evidence struct {
	Text  string
	Lane  Ref
	Event int // 0: the connection as a whole
}

// Banner shows a Verdict; it grows with its text.
type Banner struct {
	widget.BaseWidget

	// OnEvidence is called when a link of the evidence is clicked.
	OnEvidence func(Evidence)
}

// NewBanner makes an empty banner, which takes no room.
func NewBanner() *Banner {
	b := &Banner{}
	b.ExtendBaseWidget(b)
	return b
}

// SetVerdict shows a verdict, the zero Verdict empties the banner.
func (b *Banner) SetVerdict(v Verdict) {}

// CreateRenderer is for Fyne.
func (b *Banner) CreateRenderer() fyne.WidgetRenderer { return placeholder() }
