package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	stock "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/theme"
)

var _ fyne.Shortcutable = (*Sheet)(nil)

// FocusGained shows that the sheet has the keyboard.
func (s *Sheet) FocusGained() {
	s.ring.set(true)
	s.light(true)
}

// FocusLost shows that the keyboard went elsewhere.
func (s *Sheet) FocusLost() {
	s.ring.set(false)
	s.light(false)
}

// TypedRune is for fyne.Focusable.
func (s *Sheet) TypedRune(rune) {}

// TypedKey goes from pair to pair, and copies.
func (s *Sheet) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyUp:
		s.step(s.at-1, -1)
	case fyne.KeyDown:
		s.step(s.at+1, 1)
	case fyne.KeyHome:
		s.step(0, 1)
	case fyne.KeyEnd:
		s.step(len(s.pairs)-1, -1)
	case fyne.KeyReturn, fyne.KeyEnter:
		if s.at < 0 {
			HandOn(s, e)
			return
		}
		if run := s.pairs[s.at].Run; run != nil {
			run()
			return
		}
		s.copy(s.pairs[s.at].Value)
	default:
		HandOn(s, e)
	}
}

// TypedShortcut copies; what is not the sheet's own is given to the window.
func (s *Sheet) TypedShortcut(x fyne.Shortcut) {
	if _, ok := x.(*fyne.ShortcutCopy); ok && s.at >= 0 {
		s.copy(s.pairs[s.at].Value)
		return
	}
	if c, ok := canvasOf(s).(fyne.Shortcutable); ok {
		c.TypedShortcut(x)
	}
}

// step goes to the next pair in a direction that is no heading.
func (s *Sheet) step(to, toward int) {
	for ; to >= 0 && to < len(s.pairs); to += toward {
		if line := s.lines[to]; line != nil {
			s.light(false)
			s.at = to
			s.light(true)
			y, h := line.Position().Y, line.Size().Height
			if y < s.scroll.Offset.Y || y+h > s.scroll.Offset.Y+s.scroll.Size().Height {
				s.scroll.ScrollToOffset(fyne.NewPos(0, max(y-4, 0)))
			}
			return
		}
	}
}

func (s *Sheet) light(on bool) {
	if line := s.lines[s.at]; line != nil {
		line.back.FillColor = nil
		if on {
			line.back.FillColor = theme.Color(stock.ColorNameSelection)
		}
		canvas.Refresh(line.back)
	}
}

// sheetLine is a pair before what shows that the keyboard is at it.
type sheetLine struct {
	widget.BaseWidget

	back *canvas.Rectangle
	pair fyne.CanvasObject
}

func newSheetLine(pair fyne.CanvasObject) *sheetLine {
	l := &sheetLine{back: canvas.NewRectangle(nil), pair: pair}
	l.ExtendBaseWidget(l)
	return l
}

func (l *sheetLine) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(stack(l.back, l.pair))
}
