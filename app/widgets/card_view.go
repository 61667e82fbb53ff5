package widgets

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	stock "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/theme"
)

// cardView is a card in its column, or the last one that adds.
type cardView struct {
	widget.BaseWidget

	cards   *Cards
	card    Card
	adds    bool
	hovered bool
	cut     []string // texts that are not whole
	face    *layer
	icon    *canvas.Image
	alarm   *canvas.Image
}

var (
	_ fyne.SecondaryTappable = (*cardView)(nil)
	_ desktop.Hoverable      = (*cardView)(nil)
)

func newCardView(c *Cards, card Card, adds bool) *cardView {
	v := &cardView{cards: c, card: card, adds: adds, face: newLayer()}
	if card.Icon != nil {
		v.icon = iconAt(card.Icon, 16)
	}
	if icon := card.Severity.Icon(); icon != nil && card.Problem != "" {
		v.alarm = iconAt(icon, 13)
	}
	v.ExtendBaseWidget(v)
	return v
}

func (v *cardView) MinSize() fyne.Size {
	f := newFonts()
	h := f.height + 9
	if v.card.Text != "" {
		h += f.low + 1
	}
	if v.card.Problem != "" {
		h += f.low + 1
	}
	w := 30 + fyne.MeasureText(v.card.Badge, f.caption, fyne.TextStyle{}).Width + 4*f.size
	return fyne.NewSize(max(w, 90), h)
}

func (v *cardView) Resize(s fyne.Size) {
	v.BaseWidget.Resize(s)
	v.draw()
}

func (v *cardView) Refresh() { v.draw() }

func (v *cardView) draw() {
	s, l, f := v.Size(), v.face, newFonts()
	if s.Width <= 0 {
		return
	}
	l.place(0, 0, s.Width, s.Height)
	l.begin()
	v.cut = v.cut[:0]
	fore, muted := theme.Color(stock.ColorNameForeground), theme.Color(theme.ColorMuted)
	switch {
	case !v.adds && v.card.ID == v.cards.selected:
		l.rect(3, 1, s.Width-6, s.Height-2, theme.Color(stock.ColorNameSelection), 4)
		l.rect(3, 4, 3, s.Height-8, theme.Color(stock.ColorNamePrimary), 1)
	case v.hovered:
		l.rect(3, 1, s.Width-6, s.Height-2, theme.Color(stock.ColorNameHover), 4)
	}
	if v.card.Muted {
		fore = theme.Color(stock.ColorNameDisabled)
		muted = fore
	}
	left, y := float32(11), float32(4)
	if v.icon != nil {
		v.icon.Move(fyne.NewPos(left, y+(f.height-16)/2))
		v.icon.Resize(fyne.NewSquareSize(16))
		left += 24
	}
	right := s.Width - 10
	if v.card.Badge != "" {
		w := fyne.MeasureText(v.card.Badge, f.caption, fyne.TextStyle{}).Width
		l.rect(right-w-10, y+(f.height-f.low)/2-1, w+10, f.low+2, theme.Color(stock.ColorNameButton), 4)
		l.text(right-w-5, y+(f.height-f.low)/2, v.card.Badge, muted, f.caption, fyne.TextStyle{})
		right -= w + 16
	}
	style := fyne.TextStyle{Bold: !v.adds}
	if v.adds {
		fore = muted
	}
	l.text(left, y, v.short(v.card.Title, right-left, f.size, style), fore, f.size, style)
	y += f.height + 1
	if v.card.Text != "" {
		l.text(left, y, v.short(v.card.Text, s.Width-10-left, f.caption, fyne.TextStyle{}), muted, f.caption, fyne.TextStyle{})
		y += f.low + 1
	}
	if v.card.Problem != "" {
		x := left
		if v.alarm != nil {
			v.alarm.Move(fyne.NewPos(x, y+(f.low-13)/2))
			v.alarm.Resize(fyne.NewSquareSize(13))
			x += 17
		}
		l.text(x, y, v.short(v.card.Problem, s.Width-10-x, f.caption, fyne.TextStyle{}), theme.Color(v.card.Severity.Color()), f.caption, fyne.TextStyle{})
	}
	canvas.Refresh(v)
}

// short cuts a text, and notes one that is cut, for the tip.
func (v *cardView) short(text string, width, size float32, style fyne.TextStyle) string {
	cut := ellipsis(text, width, size, style)
	if cut != text {
		v.cut = append(v.cut, text)
	}
	return cut
}

func (v *cardView) Tapped(*fyne.PointEvent) {
	if v.adds {
		if v.cards.OnAdd != nil {
			v.cards.OnAdd()
		}
		return
	}
	v.cards.tapped(v.card.ID)
}

func (v *cardView) TappedSecondary(e *fyne.PointEvent) {
	if v.adds {
		return
	}
	v.cards.choose(v.card.ID)
	if v.cards.OnMenu != nil {
		v.cards.OnMenu(v.card.ID, e.AbsolutePosition)
	}
}

func (v *cardView) MouseIn(*desktop.MouseEvent) {
	v.hovered = true
	v.draw()
	tell(v, strings.Join(v.cut, "\n"))
}

func (v *cardView) MouseMoved(*desktop.MouseEvent) {}

func (v *cardView) MouseOut() {
	v.hovered = false
	v.draw()
	tell(v, "")
}

func (v *cardView) CreateRenderer() fyne.WidgetRenderer { return cardRenderer{v} }

type cardRenderer struct{ v *cardView }

func (r cardRenderer) Layout(fyne.Size)   { r.v.draw() }
func (r cardRenderer) MinSize() fyne.Size { return r.v.MinSize() }
func (r cardRenderer) Refresh()           { r.v.draw() }
func (r cardRenderer) Destroy()           {}
func (r cardRenderer) Objects() []fyne.CanvasObject {
	objects := []fyne.CanvasObject{r.v.face.clip}
	if r.v.icon != nil {
		objects = append(objects, r.v.icon)
	}
	if r.v.alarm != nil {
		objects = append(objects, r.v.alarm)
	}
	return objects
}
