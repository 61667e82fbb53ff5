package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/layout"
	stock "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/theme"
)

// flow puts objects in lines, as many in a line as fit.
type flow struct{ gap float32 }

func (f flow) Layout(objects []fyne.CanvasObject, s fyne.Size) { f.run(objects, s.Width, true) }

// MinSize is the widest object's width and one line's height: who lays a flow
// out asks run for the height at the width it gives.
func (f flow) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var width float32
	for _, o := range objects {
		width = max(width, o.MinSize().Width)
	}
	return fyne.NewSize(width, f.run(objects, 1<<20, false))
}

func (f flow) run(objects []fyne.CanvasObject, width float32, move bool) float32 {
	var x, y, high float32
	start := 0
	flush := func(end int) {
		if !move {
			return
		}
		var at float32
		for _, o := range objects[start:end] {
			if !o.Visible() {
				continue
			}
			s := o.MinSize()
			o.Resize(fyne.NewSize(min(s.Width, width), s.Height))
			o.Move(fyne.NewPos(at, y+(high-s.Height)/2))
			at += s.Width + f.gap
		}
	}
	for i, o := range objects {
		if !o.Visible() {
			continue
		}
		s := o.MinSize()
		if x > 0 && x+s.Width > width {
			flush(i)
			start, x, y, high = i, 0, y+high+f.gap, 0
		}
		x += s.Width + f.gap
		high = max(high, s.Height)
	}
	flush(len(objects))
	return y + high
}

// tight is a column without gaps. Flows in it get the height they need at the
// column's width, in place of that of one line.
type tight struct{}

func (tight) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	var y float32
	for _, o := range objects {
		// Text that wraps knows its height once it knows its width.
		o.Resize(fyne.NewSize(s.Width, o.Size().Height))
		h := o.MinSize().Height
		if c, ok := o.(*fyne.Container); ok {
			if f, ok := c.Layout.(flow); ok {
				h = f.run(c.Objects, s.Width, false)
			}
		}
		o.Move(fyne.NewPos(0, y))
		o.Resize(fyne.NewSize(s.Width, h))
		y += h
	}
}

func (tight) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var w, h float32
	for _, o := range objects {
		s := o.MinSize()
		if c, ok := o.(*fyne.Container); ok {
			if f, ok := c.Layout.(flow); ok && o.Size().Width > 0 {
				s.Height = f.run(c.Objects, o.Size().Width, false)
			}
		}
		w, h = max(w, s.Width), h+s.Height
	}
	return fyne.NewSize(w, h)
}

// aboveBelow gives the second object the height it needs at the width there
// is, and the first one the rest.
type aboveBelow struct{}

func (aboveBelow) Layout(o []fyne.CanvasObject, s fyne.Size) {
	h := float32(0)
	if o[1].Visible() {
		o[1].Resize(fyne.NewSize(s.Width, o[1].Size().Height))
		h = o[1].MinSize().Height
	}
	o[0].Move(fyne.NewPos(0, 0))
	o[0].Resize(fyne.NewSize(s.Width, max(s.Height-h, 0)))
	o[1].Move(fyne.NewPos(0, max(s.Height-h, 0)))
	o[1].Resize(fyne.NewSize(s.Width, h))
}

func (aboveBelow) MinSize(o []fyne.CanvasObject) fyne.Size {
	a, b := o[0].MinSize(), fyne.Size{}
	if o[1].Visible() {
		b = o[1].MinSize()
	}
	return fyne.NewSize(max(a.Width, b.Width), a.Height+b.Height)
}

// pad puts room around an object.
func pad(top, bottom, left, right float32, o fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedLayout(top, bottom, left, right), o)
}

func orNothing(o fyne.CanvasObject) fyne.CanvasObject {
	if o == nil {
		return container.NewWithoutLayout()
	}
	return o
}

// iconAt is an icon of a size.
func iconAt(res fyne.Resource, size float32) *canvas.Image {
	i := canvas.NewImageFromResource(res)
	i.FillMode = canvas.ImageFillContain
	i.SetMinSize(fyne.NewSize(size, size))
	return i
}

// wrapped is text over as many lines as it needs. It can't be selected: such
// text would take the keyboard and show nothing of it.
func wrapped(text string) *widget.Label {
	l := widget.NewLabel(text)
	l.Wrapping = fyne.TextWrapWord
	return l
}

// weak is a label in the colour of secondary text.
func weak(text string) *widget.RichText {
	return widget.NewRichText(&widget.TextSegment{Text: text, Style: widget.RichTextStyle{
		ColorName: stock.ColorNamePlaceHolder, SizeName: stock.SizeNameCaptionText, Inline: true,
	}})
}

func weakWrapped(text string) *widget.RichText {
	w := weak(text)
	w.Wrapping = fyne.TextWrapWord
	return w
}

func buttons(actions []Action) []fyne.CanvasObject {
	var all []fyne.CanvasObject
	for _, a := range actions {
		b := NewIconButton(a.Title, a.Icon, a.Run)
		if a.Primary {
			b.Importance = widget.HighImportance
		}
		if a.Disabled {
			b.Disable()
		}
		all = append(all, b)
	}
	return all
}

// link is text that can be clicked, without a URL.
type link struct {
	widget.BaseWidget

	text *canvas.Text
	run  func()

	ring   ring
	hint   string // told while the pointer is over it
	onHint func(string)
}

// MouseIn tells the hint, MouseOut takes it back.
func (l *link) MouseIn(*desktop.MouseEvent)    { l.tell(l.hint) }
func (l *link) MouseOut()                      { l.tell("") }
func (l *link) MouseMoved(*desktop.MouseEvent) {}

func (l *link) FocusGained()   { l.ring.set(true); l.tell(l.hint) }
func (l *link) FocusLost()     { l.ring.set(false); l.tell("") }
func (l *link) TypedRune(rune) {}

// TypedKey follows it.
func (l *link) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		l.Tapped(nil)
	default:
		HandOn(l, e)
	}
}

func (l *link) tell(hint string) {
	tell(l, hint)
	if l.onHint != nil {
		l.onHint(hint)
	}
}

func newLink(text string, run func()) *link {
	l := &link{text: canvas.NewText(text, nil), run: run}
	l.text.TextStyle.Underline = true
	l.ExtendBaseWidget(l)
	return l
}

func (l *link) Tapped(*fyne.PointEvent) {
	if l.run != nil {
		l.run()
	}
}

func (l *link) Cursor() desktop.Cursor { return desktop.PointerCursor }

func (l *link) Refresh() {
	l.text.Color = theme.Color(stock.ColorNameHyperlink)
	l.text.TextSize = theme.Size(stock.SizeNameText)
	l.BaseWidget.Refresh()
}

func (l *link) CreateRenderer() fyne.WidgetRenderer {
	l.text.Color = theme.Color(stock.ColorNameHyperlink)
	l.text.TextSize = theme.Size(stock.SizeNameText)
	return l.ring.around(widget.NewSimpleRenderer(container.NewCenter(pad(1, 1, 4, 4, l.text))))
}

func stack(objects ...fyne.CanvasObject) *fyne.Container { return container.NewStack(objects...) }
