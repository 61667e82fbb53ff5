package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	stock "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/theme"
)

// Tips is a window's content with what is told about the things under the
// pointer above it: texts that are cut, in whole, and what an icon does. It
// takes no input itself.
type Tips struct {
	widget.BaseWidget

	// Later calls a function when nothing has come for a moment; nil shows a
	// tip at once.
	Later func(func())

	content fyne.CanvasObject
	layer   *layer
	of      fyne.CanvasObject // what is told about
	text    string
	shown   bool
}

// NewTips puts tips above a content.
func NewTips(content fyne.CanvasObject) *Tips {
	t := &Tips{content: content, layer: newLayer()}
	t.ExtendBaseWidget(t)
	return t
}

// Text is the tip that is shown, "" for none.
func (t *Tips) Text() string {
	if !t.shown {
		return ""
	}
	return t.text
}

// tell shows a text about an object, below it; "" takes it away. Without Tips
// around the window's content nothing happens.
func tell(o fyne.CanvasObject, text string) {
	c := canvasOf(o)
	if c == nil {
		return
	}
	if t, ok := c.Content().(*Tips); ok {
		t.tell(o, text)
	}
}

func (t *Tips) tell(o fyne.CanvasObject, text string) {
	if text == "" {
		if t.of == o {
			t.of, t.text = nil, ""
			t.hide()
		}
		return
	}
	if t.of == o && t.text == text {
		return
	}
	t.of, t.text = o, text
	t.hide()
	if t.Later == nil {
		t.draw()
		return
	}
	t.Later(func() {
		if t.of == o && t.text == text {
			t.draw()
		}
	})
}

func (t *Tips) hide() {
	if t.shown {
		t.shown = false
		t.layer.begin()
		canvas.Refresh(t.layer)
	}
}

// tipWidth is the most that a tip's line is wide.
const tipWidth = 520

// draw draws the tip below its object, or above it where there is no room.
func (t *Tips) draw() {
	l, all := t.layer, t.Size()
	l.begin()
	size := theme.Size(stock.SizeNameCaptionText)
	lines := broken(t.text, min(tipWidth, all.Width-24), size)
	high := fyne.MeasureText("Mg", size, fyne.TextStyle{}).Height
	var wide float32
	for _, s := range lines {
		wide = max(wide, fyne.MeasureText(s, size, fyne.TextStyle{}).Width)
	}
	wide, tall := wide+16, float32(len(lines))*high+10
	driver := fyne.CurrentApp().Driver()
	at := driver.AbsolutePositionForObject(t.of).Subtract(driver.AbsolutePositionForObject(t))
	x := min(max(at.X+6, 4), max(all.Width-wide-4, 4))
	y := at.Y + t.of.Size().Height + 3
	if y+tall > all.Height-4 {
		y = max(at.Y-tall-3, 4)
	}
	box := l.rect(x, y, wide, tall, theme.Color(stock.ColorNameOverlayBackground), 4)
	box.StrokeColor, box.StrokeWidth = theme.Color(stock.ColorNameInputBorder), 1
	for i, s := range lines {
		l.text(x+8, y+5+float32(i)*high, s, theme.Color(stock.ColorNameForeground), size, fyne.TextStyle{})
	}
	t.shown = true
	canvas.Refresh(l)
}

// broken breaks a text into lines of a width, between words where it can.
func broken(text string, width, size float32) (lines []string) {
	measure := func(s string) float32 { return fyne.MeasureText(s, size, fyne.TextStyle{}).Width }
	rest := []rune(text)
	for len(rest) > 0 {
		n, space := 0, 0
		for n < len(rest) && rest[n] != '\n' && (n == 0 || measure(string(rest[:n+1])) <= width) {
			if rest[n] == ' ' || rest[n] == ',' || rest[n] == '/' {
				space = n + 1
			}
			n++
		}
		if n < len(rest) && rest[n] != '\n' && space > 0 {
			n = space
		}
		lines = append(lines, string(rest[:n]))
		if n < len(rest) && rest[n] == '\n' {
			n++
		}
		rest = rest[n:]
	}
	return lines
}

// MinSize is the content's.
func (t *Tips) MinSize() fyne.Size { return t.content.MinSize() }

// Resize gives the content the whole size.
func (t *Tips) Resize(s fyne.Size) {
	t.BaseWidget.Resize(s)
	t.content.Resize(s)
	t.layer.place(0, 0, s.Width, s.Height)
}

// CreateRenderer is for Fyne.
func (t *Tips) CreateRenderer() fyne.WidgetRenderer { return tipsRenderer{t} }

type tipsRenderer struct{ t *Tips }

func (r tipsRenderer) Layout(s fyne.Size) {
	r.t.content.Resize(s)
	r.t.layer.place(0, 0, s.Width, s.Height)
}
func (r tipsRenderer) MinSize() fyne.Size { return r.t.MinSize() }
func (r tipsRenderer) Refresh()           { r.t.content.Refresh() }
func (r tipsRenderer) Destroy()           {}
func (r tipsRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.t.content, r.t.layer.clip}
}

// cutLabel is a text in one line, told in whole where it is cut.
type cutLabel struct{ widget.Label }

func newCutLabel(text string) *cutLabel {
	l := &cutLabel{}
	l.ExtendBaseWidget(l)
	l.Text, l.Truncation = text, fyne.TextTruncateEllipsis
	return l
}

func (l *cutLabel) MouseIn(*desktop.MouseEvent) {
	tell(l, ifCut(l.Text, l.Size().Width-2*theme.Size(stock.SizeNameInnerPadding), theme.Size(stock.SizeNameText), l.TextStyle))
}
func (l *cutLabel) MouseMoved(*desktop.MouseEvent) {}
func (l *cutLabel) MouseOut()                      { tell(l, "") }
