package widgets

import (
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	stock "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/theme"
)

// codeTop is where an entry's first line begins.
func codeTop() float32 { return theme.Size(stock.SizeNameInnerPadding) }

// codePitch is from one line of an entry to the next.
func codePitch() float32 {
	return fyne.MeasureText("0", theme.Size(stock.SizeNameText), mono).Height
}

// codeEntry is a text field for code.
type codeEntry struct {
	widget.Entry
	ring *ring // around the whole view
}

func newCodeEntry(r *ring) *codeEntry {
	e := &codeEntry{ring: r}
	e.MultiLine = true
	e.TextStyle = mono
	e.Wrapping = fyne.TextWrapOff
	e.Scroll = fyne.ScrollNone
	e.ExtendBaseWidget(e)
	return e
}

// TypedKey indents: YAML knows no tab characters. Escape leaves the text.
func (e *codeEntry) TypedKey(k *fyne.KeyEvent) {
	switch k.Name {
	case fyne.KeyTab:
		e.insert("  ")
	case fyne.KeyEscape:
		if c := canvasOf(e); c != nil {
			c.Unfocus() // the next Tab goes on to the next object
		}
	case fyne.KeyF1:
		HandOn(e, k)
	case fyne.KeyReturn, fyne.KeyEnter:
		lines := strings.Split(e.Text, "\n")
		indent := ""
		if e.CursorRow < len(lines) {
			line := []rune(lines[e.CursorRow])
			before := string(line[:min(e.CursorColumn, len(line))])
			indent = before[:len(before)-len(strings.TrimLeft(before, " "))]
		}
		e.Entry.TypedKey(k)
		e.insert(indent)
	default:
		e.Entry.TypedKey(k)
	}
}

func (e *codeEntry) insert(text string) {
	for _, r := range text {
		e.TypedRune(r)
	}
}

// codeMargin holds the numbers of the lines in view, a cross at the line with
// the problem.
type codeMargin struct {
	widget.BaseWidget

	code *Code
	face *layer
}

func newCodeMargin(c *Code) *codeMargin {
	m := &codeMargin{code: c, face: newLayer()}
	m.ExtendBaseWidget(m)
	return m
}

func (m *codeMargin) MinSize() fyne.Size {
	digits := max(len(strconv.Itoa(m.code.lines)), 2)
	w := fyne.MeasureText(strings.Repeat("0", digits), theme.Size(stock.SizeNameText), mono).Width
	return fyne.NewSize(w+26, codePitch())
}

func (m *codeMargin) Resize(s fyne.Size) {
	m.BaseWidget.Resize(s)
	m.draw()
}

func (m *codeMargin) Refresh() { m.draw() }

func (m *codeMargin) draw() {
	s, l, c := m.Size(), m.face, m.code
	if s.Height <= 0 {
		return
	}
	if need := m.MinSize().Width; need > s.Width {
		// One more digit: the text beside has to move.
		c.body.Refresh()
	}
	l.place(0, 0, s.Width, s.Height)
	l.begin()
	size, pitch := theme.Size(stock.SizeNameText), codePitch()
	from := int(max(c.scroll.Offset.Y-codeTop(), 0) / pitch)
	for n := from; n < c.lines; n++ {
		y := codeTop() + float32(n)*pitch - c.scroll.Offset.Y
		if y > s.Height {
			break
		}
		color := theme.Color(theme.ColorMuted)
		if n+1 == c.line {
			color = theme.Color(theme.ColorError)
			l.shape(crossShape, 5, y+pitch/2-4, 8, 8, color, nil, 0)
		}
		text := strconv.Itoa(n + 1)
		w := fyne.MeasureText(text, size, mono).Width
		l.text(s.Width-w-6, y, text, color, size, mono)
	}
	canvas.Refresh(l)
}

func (m *codeMargin) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(m.face.clip)
}

// codeLight tints the line with the problem; it lies over the text and lets
// everything through.
type codeLight struct {
	widget.BaseWidget

	code *Code
	bar  *canvas.Rectangle
}

func newCodeLight(c *Code) *codeLight {
	l := &codeLight{code: c, bar: canvas.NewRectangle(nil)}
	l.ExtendBaseWidget(l)
	return l
}

func (l *codeLight) Resize(s fyne.Size) {
	l.BaseWidget.Resize(s)
	l.draw()
}

func (l *codeLight) Refresh()           { l.draw() }
func (l *codeLight) MinSize() fyne.Size { return fyne.Size{} }

func (l *codeLight) draw() {
	c := l.code
	l.bar.Hidden = c.line <= 0 || c.line > c.lines
	l.bar.FillColor = theme.Fade(theme.Color(theme.ColorError), .16)
	l.bar.Move(fyne.NewPos(0, codeTop()+float32(c.line-1)*codePitch()))
	l.bar.Resize(fyne.NewSize(l.Size().Width, codePitch()))
	canvas.Refresh(l.bar)
}

func (l *codeLight) CreateRenderer() fyne.WidgetRenderer { return codeLightRenderer{l} }

type codeLightRenderer struct{ l *codeLight }

func (r codeLightRenderer) Layout(fyne.Size)             {}
func (r codeLightRenderer) MinSize() fyne.Size           { return fyne.Size{} }
func (r codeLightRenderer) Refresh()                     { r.l.draw() }
func (r codeLightRenderer) Destroy()                     {}
func (r codeLightRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.l.bar} }

func (e *codeEntry) FocusGained() { e.Entry.FocusGained(); e.ring.set(true) }
func (e *codeEntry) FocusLost()   { e.Entry.FocusLost(); e.ring.set(false) }
