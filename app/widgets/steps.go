package widgets

import (
	"fmt"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	stock "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/theme"
)

// Step is a step of a guided tour.
type Step struct {
	Title  string
	Text   string  // shown while the step is the current one
	Action *Action // a button of the step, nil for none
}

// Steps shows numbered steps with the current one open and those before it
// ticked. Keys, once it is clicked: Left and Right (or Up and Down, Enter) go
// from step to step, Escape closes.
type Steps struct {
	widget.BaseWidget

	// OnStep is called when the user goes to a step, counted from 0.
	OnStep func(n int)
	// OnClose is called when the user is done, or closes before the end.
	OnClose func()

	title   string
	steps   []Step
	current int
	column  *fyne.Container
	foot    *fyne.Container
	ring    ring
}

// NewSteps makes an empty tour.
func NewSteps() *Steps {
	s := &Steps{column: container.New(tight{}), foot: container.NewHBox()}
	s.ExtendBaseWidget(s)
	return s
}

// SetSteps shows steps, the first one open.
func (s *Steps) SetSteps(title string, steps ...Step) {
	s.title, s.steps, s.current = title, steps, 0
	s.build()
}

// SetCurrent opens a step, counted from 0. Calls nothing.
func (s *Steps) SetCurrent(n int) {
	s.current = min(max(n, 0), max(len(s.steps)-1, 0))
	s.build()
}

// Current is the open step, counted from 0.
func (s *Steps) Current() int { return s.current }

func (s *Steps) build() {
	s.column.Objects, s.foot.Objects = nil, nil
	if s.title != "" {
		title := wrapped(s.title)
		title.TextStyle.Bold, title.SizeName = true, stock.SizeNameSubHeadingText
		s.column.Add(title)
	}
	for i, step := range s.steps {
		s.column.Add(s.step(i, step))
	}
	if n := len(s.steps); n > 0 {
		back := NewButton("Back", func() { s.move(s.current - 1) })
		if s.current == 0 {
			back.Disable()
		}
		on := NewButton("Next", func() { s.move(s.current + 1) })
		on.Importance = widget.HighImportance
		if s.current == n-1 {
			on.SetText("Done")
		}
		leave := NewButton("Close", s.close)
		leave.Importance = widget.LowImportance
		where := weak(fmt.Sprintf("%d of %d", s.current+1, n))
		s.foot.Objects = []fyne.CanvasObject{leave, layout.NewSpacer(), where, back, on}
	}
	s.column.Refresh()
	s.foot.Refresh()
	s.BaseWidget.Refresh()
}

func (s *Steps) step(i int, step Step) fyne.CanvasObject {
	style := widget.RichTextStyle{TextStyle: fyne.TextStyle{Bold: i == s.current}}
	if i > s.current {
		style.ColorName = stock.ColorNamePlaceHolder
	}
	title := widget.NewRichText(&widget.TextSegment{Text: step.Title, Style: style})
	title.Wrapping = fyne.TextWrapWord
	lines := []fyne.CanvasObject{title}
	if i == s.current {
		if step.Text != "" {
			lines = append(lines, wrapped(step.Text))
		}
		if a := step.Action; a != nil {
			lines = append(lines, container.New(flow{gap: 4}, buttons([]Action{*a})...))
		}
	}
	number := newStepNumber(i+1, i < s.current, i == s.current, func() { s.move(i) })
	return container.New(besideTop{}, number, container.New(tight{}, lines...))
}

// move goes to a step on the user's behalf; past the last one closes.
func (s *Steps) move(n int) {
	if n >= len(s.steps) {
		s.close()
		return
	}
	if n < 0 || n == s.current {
		return
	}
	s.SetCurrent(n)
	if s.OnStep != nil {
		s.OnStep(n)
	}
}

func (s *Steps) close() {
	if s.OnClose != nil {
		s.OnClose()
	}
}

// Tapped takes the keyboard.
func (s *Steps) Tapped(*fyne.PointEvent) {
	takeFocus(s)
}

// FocusGained is for fyne.Focusable.
func (s *Steps) FocusGained() { s.ring.set(true) }

// FocusLost is for fyne.Focusable.
func (s *Steps) FocusLost() { s.ring.set(false) }

// TypedRune is for fyne.Focusable.
func (s *Steps) TypedRune(rune) {}

// TypedKey goes from step to step.
func (s *Steps) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyLeft, fyne.KeyUp:
		s.move(s.current - 1)
	case fyne.KeyRight, fyne.KeyDown, fyne.KeyReturn, fyne.KeyEnter:
		s.move(s.current + 1)
	case fyne.KeyHome:
		s.move(0)
	case fyne.KeyEscape:
		s.close()
	default:
		HandOn(s, e)
	}
}

// CreateRenderer is for Fyne.
func (s *Steps) CreateRenderer() fyne.WidgetRenderer {
	return s.ring.around(widget.NewSimpleRenderer(container.NewBorder(nil, s.foot, nil, nil, container.NewVScroll(s.column))))
}

// besideTop puts the first object at the left upper corner and gives the
// second one the rest of the width.
type besideTop struct{}

func (besideTop) Layout(o []fyne.CanvasObject, s fyne.Size) {
	w := o[0].MinSize()
	o[0].Move(fyne.NewPos(0, 0))
	o[0].Resize(w)
	o[1].Move(fyne.NewPos(w.Width, 0))
	o[1].Resize(fyne.NewSize(max(s.Width-w.Width, 1), s.Height))
}

func (besideTop) MinSize(o []fyne.CanvasObject) fyne.Size {
	a, b := o[0].MinSize(), o[1].MinSize()
	return fyne.NewSize(a.Width+b.Width, max(a.Height, b.Height))
}

// stepNumber is a step's number in a circle: filled for the current step, a
// tick for one that is done.
type stepNumber struct {
	widget.BaseWidget

	number        int
	done, current bool
	run           func()
	face          *layer
	tick          *canvas.Image
}

func newStepNumber(number int, done, current bool, run func()) *stepNumber {
	n := &stepNumber{number: number, done: done, current: current, run: run, face: newLayer()}
	if done {
		n.tick = iconAt(theme.Tinted(stock.ConfirmIcon(), theme.ColorOK), 14)
	}
	n.ExtendBaseWidget(n)
	return n
}

func (n *stepNumber) MinSize() fyne.Size {
	f := newFonts()
	return fyne.NewSize(f.height+18, f.height+12)
}

func (n *stepNumber) Tapped(*fyne.PointEvent) { n.run() }

func (n *stepNumber) Resize(s fyne.Size) {
	n.BaseWidget.Resize(s)
	n.Refresh()
}

func (n *stepNumber) Refresh() {
	l, f := n.face, newFonts()
	d := f.height + 5
	x, y := float32(5), float32(3)
	l.place(0, 0, n.Size().Width, n.Size().Height)
	l.begin()
	color, name := theme.Color(theme.ColorMuted), theme.ColorMuted
	switch {
	case n.current:
		l.circle(x, y, d, theme.Color(stock.ColorNamePrimary), nil, 0)
		name = stock.ColorNameForegroundOnPrimary
	case n.done:
		l.circle(x, y, d, nil, theme.Color(theme.ColorOK), 1.5)
	default:
		l.circle(x, y, d, nil, color, 1.5)
	}
	if n.tick != nil {
		n.tick.Move(fyne.NewPos(x+(d-14)/2, y+(d-14)/2))
		n.tick.Resize(fyne.NewSquareSize(14))
	} else {
		text := strconv.Itoa(n.number)
		w := fyne.MeasureText(text, f.caption, fyne.TextStyle{Bold: true}).Width
		l.text(x+(d-w)/2, y+(d-f.low)/2, text, theme.Color(name), f.caption, fyne.TextStyle{Bold: true})
	}
	canvas.Refresh(n)
}

func (n *stepNumber) CreateRenderer() fyne.WidgetRenderer {
	if n.tick != nil {
		return widget.NewSimpleRenderer(container.NewWithoutLayout(n.face.clip, n.tick))
	}
	return widget.NewSimpleRenderer(container.NewWithoutLayout(n.face.clip))
}
