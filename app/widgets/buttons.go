package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	stock "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/theme"
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
	if b.OnHint != nil {
		b.OnHint(b.Hint)
	}
}

// MouseOut takes the hint back.
func (b *ToolButton) MouseOut() {
	b.Button.MouseOut()
	if b.OnHint != nil {
		b.OnHint("")
	}
}

// Chip is a choice that is on or off.
type Chip struct {
	ID        string
	Text      string
	Hint      string
	On        bool
	Removable bool
}

// Chips is a row of chips, with an optional last one that adds.
type Chips struct {
	widget.BaseWidget

	// Wrap lets the row break into lines where it is narrow; without it the
	// row asks for its whole width, as a toolbar wants.
	Wrap bool

	OnToggle func(id string, on bool)
	OnRemove func(id string)
	OnAdd    func(at fyne.Position) // at: absolute, for a menu
	OnHint   func(hint string)

	add  string
	line *fyne.Container
}

// NewChips makes an empty row; add is the text of the last chip, empty for none.
func NewChips(add string) *Chips {
	c := &Chips{add: add, line: container.New(flow{gap: 4})}
	c.ExtendBaseWidget(c)
	c.SetChips(nil)
	return c
}

// SetChips shows chips.
func (c *Chips) SetChips(chips []Chip) {
	c.line.Objects = nil
	for _, chip := range chips {
		c.line.Add(newChipView(c, chip, false))
	}
	if c.add != "" {
		c.line.Add(newChipView(c, Chip{Text: c.add}, true))
	}
	c.line.Refresh()
}

// MinSize is that of the whole row, or of its lines at the present width.
func (c *Chips) MinSize() fyne.Size {
	f := flow{gap: 4}
	if c.Wrap {
		width := c.Size().Width
		if width <= 0 {
			width = 1 << 20
		}
		return fyne.NewSize(f.MinSize(c.line.Objects).Width, f.run(c.line.Objects, width, false))
	}
	var width float32
	for _, o := range c.line.Objects {
		width += o.MinSize().Width + f.gap
	}
	return fyne.NewSize(width, f.MinSize(c.line.Objects).Height)
}

// CreateRenderer is for Fyne.
func (c *Chips) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(c.line) }

// chipView is a chip: a tick where it is on, so that it does not rest on colour.
type chipView struct {
	widget.BaseWidget

	chips   *Chips
	chip    Chip
	adds    bool
	hovered bool
	face    *layer
	icon    *canvas.Image
	remove  *canvas.Image
}

func newChipView(c *Chips, chip Chip, adds bool) *chipView {
	v := &chipView{chips: c, chip: chip, adds: adds, face: newLayer()}
	switch {
	case adds:
		v.icon = iconAt(theme.Tinted(stock.ContentAddIcon(), theme.ColorMuted), 13)
	case chip.On:
		v.icon = iconAt(theme.Tinted(stock.ConfirmIcon(), stock.ColorNamePrimary), 13)
	}
	if chip.Removable {
		v.remove = iconAt(theme.Tinted(theme.IconCross, theme.ColorMuted), 9)
	}
	v.ExtendBaseWidget(v)
	return v
}

func (v *chipView) MinSize() fyne.Size {
	f := newFonts()
	w := fyne.MeasureText(v.chip.Text, f.size, fyne.TextStyle{}).Width + 20
	if v.icon != nil {
		w += 17
	}
	if v.remove != nil {
		w += 16
	}
	return fyne.NewSize(w, f.height+7)
}

func (v *chipView) Resize(s fyne.Size) {
	v.BaseWidget.Resize(s)
	v.draw()
}

func (v *chipView) Refresh() { v.draw() }

func (v *chipView) draw() {
	s, l, f := v.Size(), v.face, newFonts()
	l.place(0, 0, s.Width+2, s.Height+2)
	l.begin()
	box := l.rect(1, 1, s.Width-2, s.Height-2, theme.Color(stock.ColorNameButton), s.Height/2)
	box.StrokeColor, box.StrokeWidth = theme.Color(stock.ColorNameInputBorder), 1
	color := theme.Color(stock.ColorNameForeground)
	switch {
	case v.adds:
		box.FillColor = nil
		color = theme.Color(theme.ColorMuted)
	case v.chip.On:
		box.FillColor, box.StrokeColor = theme.Color(stock.ColorNameSelection), theme.Color(stock.ColorNamePrimary)
	}
	if v.hovered {
		l.rect(1, 1, s.Width-2, s.Height-2, theme.Color(stock.ColorNameHover), s.Height/2)
	}
	x := float32(10)
	if v.icon != nil {
		v.icon.Move(fyne.NewPos(x-2, (s.Height-13)/2))
		v.icon.Resize(fyne.NewSquareSize(13))
		x += 15
	}
	l.text(x, (s.Height-f.height)/2, v.chip.Text, color, f.size, fyne.TextStyle{})
	if v.remove != nil {
		v.remove.Move(fyne.NewPos(s.Width-19, (s.Height-9)/2))
		v.remove.Resize(fyne.NewSquareSize(9))
	}
	canvas.Refresh(v)
}

func (v *chipView) Tapped(e *fyne.PointEvent) {
	c := v.chips
	switch {
	case v.adds:
		if c.OnAdd != nil {
			c.OnAdd(e.AbsolutePosition)
		}
	case v.remove != nil && e.Position.X > v.Size().Width-24:
		if c.OnRemove != nil {
			c.OnRemove(v.chip.ID)
		}
	case c.OnToggle != nil:
		c.OnToggle(v.chip.ID, !v.chip.On)
	}
}

func (v *chipView) hint(text string) {
	if v.chips.OnHint != nil {
		v.chips.OnHint(text)
	}
}

func (v *chipView) MouseIn(*desktop.MouseEvent) {
	v.hovered = true
	v.draw()
	v.hint(v.chip.Hint)
}

func (v *chipView) MouseMoved(*desktop.MouseEvent) {}

func (v *chipView) MouseOut() {
	v.hovered = false
	v.draw()
	v.hint("")
}

func (v *chipView) CreateRenderer() fyne.WidgetRenderer { return chipRenderer{v} }

type chipRenderer struct{ v *chipView }

func (r chipRenderer) Layout(fyne.Size)   { r.v.draw() }
func (r chipRenderer) MinSize() fyne.Size { return r.v.MinSize() }
func (r chipRenderer) Refresh()           { r.v.draw() }
func (r chipRenderer) Destroy()           {}
func (r chipRenderer) Objects() []fyne.CanvasObject {
	objects := []fyne.CanvasObject{r.v.face.clip}
	if r.v.icon != nil {
		objects = append(objects, r.v.icon)
	}
	if r.v.remove != nil {
		objects = append(objects, r.v.remove)
	}
	return objects
}
