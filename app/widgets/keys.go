package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	stock "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// HandOn gives a key that an object has no use for to the window, as if nothing
// had the focus: Return and Escape in a dialog, F1 anywhere. Fyne itself tells
// the window of a key only where no object has the focus.
func HandOn(o fyne.CanvasObject, e *fyne.KeyEvent) {
	if c := canvasOf(o); c != nil {
		if f := c.OnTypedKey(); f != nil {
			f(e)
		}
	}
}

// Line is a text field that takes no Tab, also where it has several lines, so
// that the next field can be reached, and hands on the keys that are not for
// text. Return is handed on where it has one line and no use for it.
type Line struct {
	widget.Entry
	ring     ring
	OnEscape func() // nil = Escape is the window's
}

// NewLine makes a field of one line.
func NewLine() *Line {
	f := &Line{}
	f.ExtendBaseWidget(f)
	return f
}

// AcceptsTab says no.
func (f *Line) AcceptsTab() bool { return false }

// TypedKey edits, or hands on.
func (f *Line) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyEscape, fyne.KeyF1:
		if f.OnEscape != nil && e.Name == fyne.KeyEscape {
			f.OnEscape()
			return
		}
		HandOn(f, e)
	case fyne.KeyReturn, fyne.KeyEnter:
		if !f.MultiLine && f.OnSubmitted == nil {
			HandOn(f, e)
			return
		}
		f.Entry.TypedKey(e)
	default:
		f.Entry.TypedKey(e)
	}
}

// ComboField is a Line with a list to choose from.
type ComboField struct {
	widget.SelectEntry
	ring ring
}

// NewComboField makes one.
func NewComboField(options []string) *ComboField {
	f := &ComboField{}
	f.ExtendBaseWidget(f)
	f.Wrapping = fyne.TextWrapOff
	// Fyne's own button would keep Escape to itself.
	f.ActionItem = NewToolButton("", stock.MenuDropDownIcon(), "Choose", func() {
		var items []*fyne.MenuItem
		for _, o := range options {
			items = append(items, fyne.NewMenuItem(o, func() { f.SetText(o) }))
		}
		widget.ShowPopUpMenuAtRelativePosition(fyne.NewMenu("", items...), canvasOf(f), fyne.NewPos(0, f.Size().Height), f)
	})
	f.SetOptions(options)
	return f
}

// TypedKey edits, or hands on.
func (f *ComboField) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyEscape, fyne.KeyF1, fyne.KeyReturn, fyne.KeyEnter:
		HandOn(f, e)
	default:
		f.SelectEntry.TypedKey(e)
	}
}

// Select is a selection that hands on what it has no use for. The space bar and
// the arrows choose.
type Select struct {
	widget.Select
	ring ring
}

// NewSelect makes a selection.
func NewSelect(options []string, changed func(string)) *Select {
	s := &Select{}
	s.ExtendBaseWidget(s)
	s.Options, s.OnChanged = options, changed
	s.PlaceHolder = "choose one"
	return s
}

// TypedKey chooses, or hands on.
func (s *Select) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeySpace, fyne.KeyUp, fyne.KeyDown:
		s.Select.TypedKey(e)
	default:
		HandOn(s, e)
	}
}

// Check is a box to tick that hands on what it has no use for.
type Check struct {
	widget.Check
	ring ring
}

// NewCheck makes a box.
func NewCheck(text string, changed func(bool)) *Check {
	c := &Check{}
	c.ExtendBaseWidget(c)
	c.Text, c.OnChanged = text, changed
	return c
}

// TypedKey hands on; the space bar comes as a rune.
func (c *Check) TypedKey(e *fyne.KeyEvent) {
	if e.Name == fyne.KeySpace {
		c.Check.TypedKey(e)
		return
	}
	HandOn(c, e)
}

// Checks is a list of boxes.
type Checks struct {
	*fyne.Container
	boxes []*Check
}

// NewChecks makes a box for each text; those in chosen are ticked.
func NewChecks(texts, chosen []string) *Checks {
	c := &Checks{Container: container.NewVBox()}
	ticked := map[string]bool{}
	for _, s := range chosen {
		ticked[s] = true
	}
	for _, s := range texts {
		b := NewCheck(s, nil)
		b.Checked = ticked[s]
		c.boxes = append(c.boxes, b)
		c.Add(b)
	}
	return c
}

// Selected are the texts of the ticked boxes, in their order.
func (c *Checks) Selected() (list []string) {
	for _, b := range c.boxes {
		if b.Checked {
			list = append(list, b.Text)
		}
	}
	return list
}

// Button is a button that Return presses too, and that hands on the rest.
type Button struct {
	widget.Button
	ring ring
}

// NewButton makes a button.
func NewButton(text string, tapped func()) *Button {
	b := &Button{}
	b.ExtendBaseWidget(b)
	b.Text, b.OnTapped = text, tapped
	return b
}

// NewIconButton makes a button with an icon before its text.
func NewIconButton(text string, icon fyne.Resource, tapped func()) *Button {
	b := NewButton(text, tapped)
	b.Icon = icon
	return b
}

// TypedKey presses, or hands on.
func (b *Button) TypedKey(e *fyne.KeyEvent) { pressed(&b.Button, b, e) }

// TypedKey presses, or hands on.
func (b *ToolButton) TypedKey(e *fyne.KeyEvent) { pressed(&b.Button, b, e) }

func pressed(b *widget.Button, o fyne.CanvasObject, e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyReturn, fyne.KeyEnter:
		if !b.Disabled() && b.OnTapped != nil {
			b.OnTapped()
		}
	case fyne.KeySpace:
		b.TypedKey(e)
	default:
		HandOn(o, e)
	}
}

// FocusGained and FocusLost show that it has the keyboard, or not.
func (x *Select) FocusGained() { x.Select.FocusGained(); x.ring.set(true) }
func (x *Select) FocusLost()   { x.Select.FocusLost(); x.ring.set(false) }

// CreateRenderer is for Fyne.
func (x *Select) CreateRenderer() fyne.WidgetRenderer {
	return x.ring.around(x.Select.CreateRenderer())
}

// FocusGained and FocusLost show that it has the keyboard, or not.
func (x *Check) FocusGained() { x.Check.FocusGained(); x.ring.set(true) }
func (x *Check) FocusLost()   { x.Check.FocusLost(); x.ring.set(false) }

// CreateRenderer is for Fyne.
func (x *Check) CreateRenderer() fyne.WidgetRenderer { return x.ring.around(x.Check.CreateRenderer()) }

// FocusGained and FocusLost show that it has the keyboard, or not.
func (x *Button) FocusGained() { x.Button.FocusGained(); x.ring.set(true) }
func (x *Button) FocusLost()   { x.Button.FocusLost(); x.ring.set(false) }

// CreateRenderer is for Fyne.
func (x *Button) CreateRenderer() fyne.WidgetRenderer {
	return x.ring.around(x.Button.CreateRenderer())
}

// FocusGained and FocusLost show that it has the keyboard, or not.
func (x *Line) FocusGained() { x.Entry.FocusGained(); x.ring.set(true) }
func (x *Line) FocusLost()   { x.Entry.FocusLost(); x.ring.set(false) }

// CreateRenderer is for Fyne.
func (x *Line) CreateRenderer() fyne.WidgetRenderer { return x.ring.around(x.Entry.CreateRenderer()) }

// FocusGained and FocusLost show that it has the keyboard, or not.
func (x *ComboField) FocusGained() { x.SelectEntry.FocusGained(); x.ring.set(true) }
func (x *ComboField) FocusLost()   { x.SelectEntry.FocusLost(); x.ring.set(false) }

// CreateRenderer is for Fyne.
func (x *ComboField) CreateRenderer() fyne.WidgetRenderer {
	return x.ring.around(x.SelectEntry.CreateRenderer())
}
