package widgets

import (
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	stock "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/theme"
)

// hexPerLine is how many bytes a line of the hex pane may show: the most that
// fit, the last ones if none do.
var hexPerLine = []int{16, 8, 4}

// hexPane shows bytes as hexadecimal and as text; a stretch of them is lit.
type hexPane struct {
	widget.BaseWidget

	perLine      int
	bytes        []byte
	from, length int
	list         *hexList
	none         *widget.RichText
	onByte       func(at int)
}

func newHexPane(onByte func(at int)) *hexPane {
	h := &hexPane{perLine: hexPerLine[0], onByte: onByte, none: weak("The bytes of this message were not kept")}
	h.none.Hide()
	h.list = &hexList{}
	h.list.Length = func() int { return (len(h.bytes) + h.perLine - 1) / h.perLine }
	h.list.CreateItem = func() fyne.CanvasObject { return newHexLine(h) }
	h.list.UpdateItem = func(i widget.ListItemID, o fyne.CanvasObject) {
		n := o.(*hexLine)
		n.index = i
		n.draw()
	}
	h.list.HideSeparators = true
	h.list.ExtendBaseWidget(h.list)
	h.ExtendBaseWidget(h)
	return h
}

func (h *hexPane) set(bytes []byte) {
	h.bytes, h.from, h.length = bytes, 0, 0
	h.none.Hidden = len(bytes) > 0
	h.list.ScrollTo(0)
	h.list.Refresh()
	h.none.Refresh()
}

func (h *hexPane) light(from, length int) {
	h.from, h.length = from, length
	h.reveal()
	h.list.Refresh()
}

// reveal scrolls to what is lit.
func (h *hexPane) reveal() {
	if h.length > 0 && h.from < len(h.bytes) {
		h.list.ScrollTo(h.from / h.perLine)
	}
}

func (h *hexPane) Resize(s fyne.Size) {
	h.BaseWidget.Resize(s)
	h.fit()
}

func (h *hexPane) Refresh() {
	h.fit() // the text may have another size
	h.BaseWidget.Refresh()
}

// fit chooses how many bytes stand in a line.
func (h *hexPane) fit() {
	fits := hexPerLine[len(hexPerLine)-1]
	for _, n := range hexPerLine {
		if 4+hexWide()*float32(textColumn(n)+n)+theme.Size(stock.SizeNameScrollBar) <= h.Size().Width {
			fits = n
			break
		}
	}
	if fits != h.perLine {
		h.perLine = fits
		h.reveal()
		h.list.Refresh()
	}
}

func (h *hexPane) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(stack(h.list, pad(4, 4, 4, 4, h.none)))
}

// hexLine is the bytes of one line.
type hexLine struct {
	widget.BaseWidget

	pane  *hexPane
	index int
	face  *layer
}

func newHexLine(p *hexPane) *hexLine {
	n := &hexLine{pane: p, face: newLayer()}
	n.ExtendBaseWidget(n)
	return n
}

var mono = fyne.TextStyle{Monospace: true}

func (n *hexLine) MinSize() fyne.Size {
	s := fyne.MeasureText("0", theme.Size(stock.SizeNameCaptionText), mono)
	return fyne.NewSize(120, s.Height+1)
}

func (n *hexLine) Resize(s fyne.Size) {
	n.BaseWidget.Resize(s)
	n.draw()
}

// hexColumn is the first character of the digits.
const hexColumn = 7

// textColumn is the first character of the text, of so many bytes a line.
func textColumn(perLine int) int { return hexAt(perLine-1) + 4 }

// hexAt is the first character of a byte's two digits; after eight bytes
// there is a little more room.
func hexAt(i int) int { return hexColumn + 3*i + i/8 }

func (n *hexLine) draw() {
	s, l := n.Size(), n.face
	l.place(0, 0, s.Width, s.Height)
	l.begin()
	perLine := n.pane.perLine
	start := n.index * perLine
	if start >= len(n.pane.bytes) {
		return
	}
	row, texts := n.pane.bytes[start:min(start+perLine, len(n.pane.bytes))], textColumn(perLine)
	size := theme.Size(stock.SizeNameCaptionText)
	w := hexWide()
	fore, muted := theme.Color(stock.ColorNameForeground), theme.Color(theme.ColorMuted)
	from, to := max(n.pane.from-start, 0), min(n.pane.from+n.pane.length-start, len(row))
	if to > from {
		lit := theme.Color(stock.ColorNameSelection)
		l.rect(4+w*float32(hexAt(from))-2, 0, w*float32(hexAt(to-1)+2-hexAt(from))+4, s.Height, lit, 2)
		l.rect(4+w*float32(texts+from), 0, w*float32(to-from), s.Height, lit, 2)
	}
	var digits, text strings.Builder
	for i, b := range row {
		if i == 8 {
			digits.WriteByte(' ')
		}
		fmt.Fprintf(&digits, "%02x ", b)
		if b >= 0x20 && b < 0x7f {
			text.WriteByte(b)
		} else {
			text.WriteByte('.')
		}
	}
	l.text(4, 0, fmt.Sprintf("%05x", start), muted, size, mono)
	l.text(4+w*hexColumn, 0, strings.TrimRight(digits.String(), " "), fore, size, mono)
	l.text(4+w*float32(texts), 0, text.String(), muted, size, mono)
	canvas.Refresh(n)
}

// hexWide is the width of a character.
func hexWide() float32 {
	return fyne.MeasureText("0000000000", theme.Size(stock.SizeNameCaptionText), mono).Width / 10
}

// Tapped tells which byte was clicked.
func (n *hexLine) Tapped(e *fyne.PointEvent) {
	at := int((e.Position.X - 4) / hexWide())
	start := n.index * n.pane.perLine
	for i := range n.pane.perLine {
		if start+i >= len(n.pane.bytes) {
			return
		}
		if d := at - hexAt(i); d >= 0 && d < 2 || at == textColumn(n.pane.perLine)+i {
			n.pane.onByte(start + i)
			return
		}
	}
}

func (n *hexLine) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(n.face.clip) }

// hexList is Fyne's list, with a ring when it has the keyboard.
type hexList struct {
	widget.List
	ring ring
}

func (l *hexList) FocusGained() { l.List.FocusGained(); l.ring.set(true) }
func (l *hexList) FocusLost()   { l.List.FocusLost(); l.ring.set(false) }

func (l *hexList) TypedKey(e *fyne.KeyEvent) {
	if e.Name == fyne.KeyUp || e.Name == fyne.KeyDown {
		l.List.TypedKey(e)
		return
	}
	HandOn(l, e)
}

func (l *hexList) CreateRenderer() fyne.WidgetRenderer {
	return l.ring.around(l.List.CreateRenderer())
}
