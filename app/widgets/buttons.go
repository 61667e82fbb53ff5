package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// ToolButton is a flat button with icon and text for the toolbar. Its hint,
// what it does and its shortcut, is told through OnHint while the pointer is
// over it.
type ToolButton struct {
	widget.Button

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
func (b *ToolButton) SetPrimary(on bool) {}

// Chip is a choice that is on or off.
type Chip struct {
	ID        string
	Text      string
	Hint      string
	On        bool
	Removable bool
}

// Chips is a row of chips that wraps, with an optional last one that adds.
type Chips struct {
	widget.BaseWidget

	OnToggle func(id string, on bool)
	OnRemove func(id string)
	OnAdd    func(at fyne.Position) // at: absolute, for a menu
	OnHint   func(hint string)
}

// NewChips makes an empty row; add is the text of the last chip, empty for none.
func NewChips(add string) *Chips {
	c := &Chips{}
	c.ExtendBaseWidget(c)
	return c
}

// SetChips shows chips.
func (c *Chips) SetChips(chips []Chip) {}

// CreateRenderer is for Fyne.
func (c *Chips) CreateRenderer() fyne.WidgetRenderer { return placeholder() }
