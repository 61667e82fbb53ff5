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

// hexPerLine is how many bytes a line of the hex pane shows.
const hexPerLine = 16

// hexPane shows bytes as hexadecimal and as text; a stretch of them is lit.
type hexPane struct {
	widget.BaseWidget

	bytes        []byte
	from, length int
	list         *widget.List
	none         *widget.RichText
	onByte       func(at int)
}

func newHexPane(onByte func(at int)) *hexPane {
	h := &hexPane{onByte: onByte, none: weak(tr("The bytes of this message were not kept"))}
	h.none.Hide()
	h.list = widget.NewList(func() int { return (len(h.bytes) + hexPerLine - 1) / hexPerLine },
		func() fyne.CanvasObject { return newHexLine(h) },
		func(i widget.ListItemID, o fyne.CanvasObject) {
			n := o.(*hexLine)
			n.index = i
			n.draw()
		})
	h.list.HideSeparators = true
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
	if length > 0 && from < len(h.bytes) {
		h.list.ScrollTo(from / hexPerLine)
	}
	h.list.Refresh()
}

func (h *hexPane) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(stack(h.list, pad(4, 4, 4, 4, h.none)))
}

// hexLine is sixteen bytes.
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

// columns of a hex line, counted in characters.
const (
	hexColumn  = 7
	textColumn = hexColumn + 3*hexPerLine + 2
)

// hexAt is the first character of a byte's two digits; after eight bytes
// there is a little more room.
func hexAt(i int) int { return hexColumn + 3*i + i/8 }

func (n *hexLine) draw() {
	s, l := n.Size(), n.face
	l.place(0, 0, s.Width, s.Height)
	l.begin()
	start := n.index * hexPerLine
	if start >= len(n.pane.bytes) {
		return
	}
	row := n.pane.bytes[start:min(start+hexPerLine, len(n.pane.bytes))]
	size := theme.Size(stock.SizeNameCaptionText)
	w := n.wide()
	fore, muted := theme.Color(stock.ColorNameForeground), theme.Color(theme.ColorMuted)
	from, to := max(n.pane.from-start, 0), min(n.pane.from+n.pane.length-start, len(row))
	if to > from {
		lit := theme.Color(stock.ColorNameSelection)
		l.rect(4+w*float32(hexAt(from))-2, 0, w*float32(hexAt(to-1)+2-hexAt(from))+4, s.Height, lit, 2)
		l.rect(4+w*float32(textColumn+from), 0, w*float32(to-from), s.Height, lit, 2)
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
	l.text(4+w*textColumn, 0, text.String(), muted, size, mono)
	canvas.Refresh(n)
}

func (n *hexLine) wide() float32 {
	return fyne.MeasureText("0000000000", theme.Size(stock.SizeNameCaptionText), mono).Width / 10
}

// Tapped tells which byte was clicked.
func (n *hexLine) Tapped(e *fyne.PointEvent) {
	at := int((e.Position.X - 4) / n.wide())
	start := n.index * hexPerLine
	for i := range hexPerLine {
		if start+i >= len(n.pane.bytes) {
			return
		}
		if d := at - hexAt(i); d >= 0 && d < 2 || at == textColumn+i {
			n.pane.onByte(start + i)
			return
		}
	}
}

func (n *hexLine) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(n.face.clip) }
