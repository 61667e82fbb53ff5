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

// Choice is a way to begin.
type Choice struct {
	Icon    fyne.Resource
	Title   string
	Text    string
	Key     string // its shortcut, shown weakly
	Primary bool
	Run     func()
}

// Empty is what a window or page shows before there is anything in it: a
// title, a sentence, and choices side by side or, where narrow, stacked.
type Empty struct {
	widget.BaseWidget

	at      *beginning
	content *container.Scroll
}

// NewEmpty makes an empty state.
func NewEmpty(title, text string, choices ...Choice) *Empty {
	e := &Empty{at: &beginning{}}
	head := widget.NewLabelWithStyle(title, fyne.TextAlignCenter, fyne.TextStyle{Bold: true})
	head.SizeName, head.Wrapping = stock.SizeNameHeadingText, fyne.TextWrapWord
	sub := widget.NewRichText(&widget.TextSegment{Text: text, Style: widget.RichTextStyle{
		ColorName: stock.ColorNamePlaceHolder, Alignment: fyne.TextAlignCenter,
	}})
	sub.Wrapping = fyne.TextWrapWord
	var tiles []fyne.CanvasObject
	for _, c := range choices {
		tiles = append(tiles, newTile(c))
	}
	e.content = container.NewVScroll(container.New(e.at, head, sub, container.New(sideBySide{}, tiles...)))
	e.ExtendBaseWidget(e)
	return e
}

// Resize tells the width before the scroll asks for the height at it.
func (e *Empty) Resize(s fyne.Size) {
	e.at.width = s.Width
	e.BaseWidget.Resize(s)
}

// MinSize leaves room for a choice; the rest can be scrolled to.
func (e *Empty) MinSize() fyne.Size {
	return fyne.NewSize(tileWidth()+16, 6*theme.Size(stock.SizeNameText))
}

// CreateRenderer is for Fyne.
func (e *Empty) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(e.content) }

// beginning puts title, sentence and choices a little above the middle.
type beginning struct{ width float32 }

// heights are those of title, sentence and choices.
func (b *beginning) heights(o []fyne.CanvasObject) (w float32, h [3]float32) {
	w = max(min(b.width-16, 720*theme.Size(stock.SizeNameText)/12.5), 1)
	for i := range 2 {
		o[i].Resize(fyne.NewSize(w, o[i].Size().Height))
		h[i] = o[i].MinSize().Height
	}
	h[2] = sideBySide{}.height(o[2].(*fyne.Container).Objects, w)
	return w, h
}

func (b *beginning) Layout(o []fyne.CanvasObject, s fyne.Size) {
	w, h := b.heights(o)
	y := max((s.Height-h[0]-h[1]-14-h[2])*.4, 0)
	for i := range o {
		if i == 2 {
			y += 14
		}
		o[i].Move(fyne.NewPos((s.Width-w)/2, y))
		o[i].Resize(fyne.NewSize(w, h[i]))
		y += h[i]
	}
}

func (b *beginning) MinSize(o []fyne.CanvasObject) fyne.Size {
	_, h := b.heights(o)
	return fyne.NewSize(tileWidth(), h[0]+h[1]+14+h[2])
}

// sideBySide gives choices the same width, one below the other where narrow.
type sideBySide struct{}

const tileGap = 10

func tileWidth() float32 { return 190 * theme.Size(stock.SizeNameText) / 12.5 }

func (sideBySide) across(n int, width float32) bool {
	return width >= float32(n)*tileWidth()+float32(n-1)*tileGap
}

func (l sideBySide) height(o []fyne.CanvasObject, width float32) float32 {
	var tall, sum float32
	each := width
	if n := len(o); n > 0 && l.across(n, width) {
		each = (width - float32(n-1)*tileGap) / float32(n)
	}
	for _, t := range o {
		h := t.(*tile).heightAt(each)
		tall = max(tall, h)
		sum += h + tileGap
	}
	if l.across(len(o), width) {
		return tall
	}
	return sum
}

func (l sideBySide) Layout(o []fyne.CanvasObject, s fyne.Size) {
	if len(o) == 0 {
		return
	}
	if !l.across(len(o), s.Width) {
		var y float32
		for _, t := range o {
			h := t.(*tile).heightAt(s.Width)
			t.Move(fyne.NewPos(0, y))
			t.Resize(fyne.NewSize(s.Width, h))
			y += h + tileGap
		}
		return
	}
	each := (s.Width - float32(len(o)-1)*tileGap) / float32(len(o))
	for i, t := range o {
		t.Move(fyne.NewPos(float32(i)*(each+tileGap), 0))
		t.Resize(fyne.NewSize(each, s.Height))
	}
}

func (l sideBySide) MinSize(o []fyne.CanvasObject) fyne.Size { return fyne.NewSize(tileWidth(), 80) }

// tile is a choice: a button with an icon, a title and a sentence.
type tile struct {
	widget.BaseWidget

	choice  Choice
	hovered bool
	ring    ring
	face    *layer
	icon    *canvas.Image
	text    *widget.Label
}

var (
	_ fyne.Focusable    = (*tile)(nil)
	_ desktop.Hoverable = (*tile)(nil)
)

func newTile(c Choice) *tile {
	t := &tile{choice: c, face: newLayer(), text: widget.NewLabel(c.Text)}
	t.text.Wrapping = fyne.TextWrapWord
	t.icon = iconAt(theme.Tinted(c.Icon, stock.ColorNamePrimary), 24)
	t.ExtendBaseWidget(t)
	return t
}

func (t *tile) heightAt(width float32) float32 {
	t.text.Resize(fyne.NewSize(width-20, t.text.MinSize().Height))
	return 50 + newFonts().height + t.text.MinSize().Height
}

func (t *tile) MinSize() fyne.Size { return fyne.NewSize(120, 90) }

func (t *tile) Resize(s fyne.Size) {
	t.BaseWidget.Resize(s)
	t.draw()
}

func (t *tile) Refresh() {
	t.text.Refresh()
	t.draw()
}

func (t *tile) draw() {
	s, l, f := t.Size(), t.face, newFonts()
	if s.Width <= 0 {
		return
	}
	l.place(0, 0, s.Width+2, s.Height+2)
	l.begin()
	box := l.rect(1, 1, s.Width-2, s.Height-2, theme.Color(theme.ColorRaised), 6)
	box.StrokeColor, box.StrokeWidth = theme.Color(stock.ColorNameInputBorder), 1
	if t.choice.Primary {
		box.FillColor, box.StrokeColor = theme.Fade(theme.Color(stock.ColorNamePrimary), .14), theme.Color(stock.ColorNameInputBorder)
	}
	if t.hovered {
		l.rect(2, 2, s.Width-4, s.Height-4, theme.Color(stock.ColorNameHover), 6)
	}
	t.icon.Move(fyne.NewPos(14, 12))
	t.icon.Resize(fyne.NewSquareSize(24))
	if t.choice.Key != "" {
		w := fyne.MeasureText(t.choice.Key, f.caption, fyne.TextStyle{}).Width
		l.text(s.Width-w-12, 12, t.choice.Key, theme.Color(theme.ColorMuted), f.caption, fyne.TextStyle{})
	}
	bold := fyne.TextStyle{Bold: true}
	l.text(14, 42, ellipsis(t.choice.Title, s.Width-24, f.size+1, bold), theme.Color(stock.ColorNameForeground), f.size+1, bold)
	t.text.Move(fyne.NewPos(9, 42+f.height))
	t.text.Resize(fyne.NewSize(s.Width-20, max(s.Height-44-f.height, 0)))
	canvas.Refresh(t)
}

func (t *tile) Tapped(*fyne.PointEvent) {
	if t.choice.Run != nil {
		t.choice.Run()
	}
}

func (t *tile) Cursor() desktop.Cursor { return desktop.PointerCursor }

func (t *tile) MouseIn(*desktop.MouseEvent) {
	t.hovered = true
	t.draw()
}

func (t *tile) MouseMoved(*desktop.MouseEvent) {}

func (t *tile) MouseOut() {
	t.hovered = false
	t.draw()
}

func (t *tile) FocusGained() {
	t.ring.set(true)
}

func (t *tile) FocusLost() {
	t.ring.set(false)
}

func (t *tile) TypedRune(rune) {}

func (t *tile) TypedKey(e *fyne.KeyEvent) {
	if e.Name == fyne.KeyReturn || e.Name == fyne.KeyEnter || e.Name == fyne.KeySpace {
		t.Tapped(nil)
		return
	}
	HandOn(t, e)
}

func (t *tile) CreateRenderer() fyne.WidgetRenderer { return t.ring.around(tileRenderer{t}) }

type tileRenderer struct{ t *tile }

func (r tileRenderer) Layout(fyne.Size)   { r.t.draw() }
func (r tileRenderer) MinSize() fyne.Size { return r.t.MinSize() }
func (r tileRenderer) Refresh()           { r.t.Refresh() }
func (r tileRenderer) Destroy()           {}
func (r tileRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.t.face.clip, r.t.icon, r.t.text}
}
