package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// ToolButton is a flat button with icon and text for the toolbar. Its hint,
// what it does and its shortcut, is told through OnHint while the pointer is
// over it.
type ToolButton struct {
	widget.Button
	ring ring

	Hint   string
	OnHint func(hint string) // empty when the pointer leaves
}

// NewToolButton makes a button; text may be empty.
func NewToolButton(text string, icon fyne.Resource, hint string, run func()) *ToolButton {
	b := &ToolButton{Hint: hint}
	b.Text, b.Icon, b.OnTapped = text, icon, run
	b.Importance = widget.LowImportance
	b.ExtendBaseWidget(b)
	return b
}

// SetPrimary makes the button stand out, or not.
func (b *ToolButton) SetPrimary(on bool) {
	b.Importance = widget.LowImportance
	if on {
		b.Importance = widget.HighImportance
	}
	b.Refresh()
}

// MouseIn tells the hint.
func (b *ToolButton) MouseIn(e *desktop.MouseEvent) {
	b.Button.MouseIn(e)
	tell(b, b.Hint)
	if b.OnHint != nil {
		b.OnHint(b.Hint)
	}
}

// MouseOut takes the hint back.
func (b *ToolButton) MouseOut() {
	b.Button.MouseOut()
	tell(b, "")
	if b.OnHint != nil {
		b.OnHint("")
	}
}

// FocusGained and FocusLost show that it has the keyboard, or not.
func (b *ToolButton) FocusGained() { b.Button.FocusGained(); b.ring.set(true) }
func (b *ToolButton) FocusLost()   { b.Button.FocusLost(); b.ring.set(false) }

// CreateRenderer is for Fyne.
func (b *ToolButton) CreateRenderer() fyne.WidgetRenderer {
	return b.ring.around(b.Button.CreateRenderer())
}
