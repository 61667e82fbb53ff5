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

// Pair is a line of a Sheet.
type Pair struct {
	Key      string
	Value    string
	Heading  bool // Key is a section's title
	Mono     bool
	Severity Severity
	Note     string // a weak line below the value that explains it
	Run      func() // makes the value a link
}

// Sheet shows keys and values; a value is copied with the button at its right.
// It is one stop of the keyboard: Up and Down go from pair to pair, Enter and
// Control+C copy the value.
type Sheet struct {
	widget.BaseWidget

	// OnCopy is called with the value to put on the clipboard; without it the
	// sheet does so itself.
	OnCopy func(value string)

	pairs  []Pair
	empty  string
	column *fyne.Container
	scroll *container.Scroll
	at     int // the pair that the keyboard is at, -1 for none
	lines  map[int]*sheetLine
	ring   ring
}

// NewSheet makes an empty sheet.
func NewSheet() *Sheet {
	s := &Sheet{column: container.NewVBox(), at: -1}
	s.column.Layout = tight{}
	s.scroll = container.NewVScroll(s.column)
	s.ExtendBaseWidget(s)
	return s
}

// SetPairs shows pairs.
func (s *Sheet) SetPairs(pairs []Pair) {
	s.pairs, s.at = pairs, -1
	s.build()
	s.scroll.ScrollToTop()
}

// SetEmpty gives the text that is shown where there are no pairs.
func (s *Sheet) SetEmpty(text string) {
	s.empty = text
	s.build()
}

func (s *Sheet) build() {
	var key float32
	size := theme.Size(stock.SizeNameText)
	for _, p := range s.pairs {
		if !p.Heading {
			key = max(key, fyne.MeasureText(p.Key, size, fyne.TextStyle{}).Width)
		}
	}
	key = min(key, 150) + 16
	var objects []fyne.CanvasObject
	if len(s.pairs) == 0 && s.empty != "" {
		objects = append(objects, pad(4, 4, 4, 4, weakWrapped(s.empty)))
	}
	lines := map[int]*sheetLine{}
	for i, p := range s.pairs {
		if p.Heading {
			title := widget.NewLabel(p.Key)
			title.TextStyle.Bold = true
			top := float32(0)
			if i > 0 {
				top = 6
			}
			objects = append(objects, pad(top, 0, 2, 2, title), widget.NewSeparator())
			continue
		}
		lines[i] = newSheetLine(s.line(p, key))
		objects = append(objects, lines[i])
	}
	s.column.Objects, s.lines = objects, lines
	s.column.Refresh()
	s.scroll.Refresh()
}

func (s *Sheet) line(p Pair, key float32) fyne.CanvasObject {
	name := widget.NewRichText(&widget.TextSegment{Text: p.Key, Style: widget.RichTextStyle{ColorName: stock.ColorNamePlaceHolder}})
	name.Truncation = fyne.TextTruncateEllipsis
	var value fyne.CanvasObject
	if p.Run != nil {
		value = container.NewHBox(newLink(p.Value, p.Run))
	} else {
		label := wrapped(p.Value)
		label.TextStyle.Monospace = p.Mono
		if p.Mono {
			label.Wrapping = fyne.TextWrapBreak
		}
		value = label
	}
	if icon := p.Severity.Icon(); icon != nil {
		value = container.NewBorder(nil, nil, container.NewVBox(pad(5, 0, 4, 0, iconAt(icon, 14))), nil, value)
	}
	if p.Note != "" {
		value = container.New(tight{}, value, weakWrapped(p.Note))
	}
	return container.New(pairLayout{key}, name, value, newCopyButton(func() { s.copy(p.Value) }))
}

func (s *Sheet) copy(value string) {
	if s.OnCopy != nil {
		s.OnCopy(value)
		return
	}
	fyne.CurrentApp().Clipboard().SetContent(value)
}

// CreateRenderer is for Fyne.
func (s *Sheet) CreateRenderer() fyne.WidgetRenderer {
	return s.ring.around(widget.NewSimpleRenderer(s.scroll))
}

// pairLayout puts a key, its value and the copy button beside each other.
type pairLayout struct{ key float32 }

func (p pairLayout) Layout(o []fyne.CanvasObject, s fyne.Size) {
	key := min(p.key, s.Width*.45)
	button := o[2].MinSize()
	o[0].Move(fyne.NewPos(2, 0))
	o[0].Resize(fyne.NewSize(key, o[0].MinSize().Height))
	o[1].Move(fyne.NewPos(2+key, 0))
	o[1].Resize(fyne.NewSize(max(s.Width-key-button.Width-4, 20), s.Height))
	o[2].Move(fyne.NewPos(s.Width-button.Width-2, 2))
	o[2].Resize(button)
}

func (p pairLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(120, max(o[0].MinSize().Height, o[1].MinSize().Height, o[2].MinSize().Height+2))
}

// copyButton is a small icon that is weak until the pointer is over it.
type copyButton struct {
	widget.BaseWidget

	icon *canvas.Image
	run  func()
}

// newCopyButton is weak but has the contrast that an icon needs: 3:1 in both themes.
func newCopyButton(run func()) *copyButton {
	b := &copyButton{icon: iconAt(theme.Tinted(stock.ContentCopyIcon(), theme.ColorMuted), 13), run: run}
	b.ExtendBaseWidget(b)
	return b
}

func (b *copyButton) Tapped(*fyne.PointEvent)        { b.run() }
func (b *copyButton) Cursor() desktop.Cursor         { return desktop.PointerCursor }
func (b *copyButton) MouseIn(*desktop.MouseEvent)    { tell(b, "Copy the value (Ctrl+C)") }
func (b *copyButton) MouseMoved(*desktop.MouseEvent) {}
func (b *copyButton) MouseOut()                      { tell(b, "") }

func (b *copyButton) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(pad(3, 3, 4, 4, b.icon))
}
