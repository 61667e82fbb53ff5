package widgets

import (
	"fmt"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	stock "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/theme"
)

// StatusPart is a piece of the status bar.
type StatusPart struct {
	Icon fyne.Resource
	Text string
	Run  func() // makes it clickable
}

// StatusBar is the line at the window's foot: parts at the left, a passing
// message or a read-out at the right, progress between.
type StatusBar struct {
	widget.BaseWidget

	// OnCancel is called when the progress's cancel button is pressed; without
	// it there is none.
	OnCancel func()

	parts   *fyne.Container
	readout *canvas.Text
	label   *widget.Label
	bar     *gauge
	cancel  *Button
	work    *fyne.Container
	said    string
}

// NewStatusBar makes an empty bar.
func NewStatusBar() *StatusBar {
	s := &StatusBar{parts: container.NewHBox(), readout: canvas.NewText("", nil), label: widget.NewLabel(""), bar: newGauge()}
	s.readout.Alignment = fyne.TextAlignTrailing
	s.cancel = NewIconButton("", stock.CancelIcon(), func() {
		if s.OnCancel != nil {
			s.OnCancel()
		}
	})
	s.cancel.Importance = widget.LowImportance
	s.work = container.NewHBox(s.label, container.NewCenter(s.bar), s.cancel)
	s.work.Hide()
	s.ExtendBaseWidget(s)
	return s
}

// SetParts shows parts at the left.
func (s *StatusBar) SetParts(parts ...StatusPart) {
	var objects []fyne.CanvasObject
	for i, p := range parts {
		if i > 0 {
			objects = append(objects, container.NewPadded(widget.NewSeparator()))
		}
		if p.Icon != nil {
			objects = append(objects, pad(0, 0, 2, 0, iconAt(p.Icon, 13)))
		}
		if p.Run != nil {
			objects = append(objects, container.NewCenter(newLink(p.Text, p.Run)))
		} else {
			objects = append(objects, widget.NewLabel(p.Text))
		}
	}
	s.parts.Objects = objects
	s.parts.Refresh()
	s.BaseWidget.Refresh()
}

// SetReadout shows text at the right.
func (s *StatusBar) SetReadout(text string) {
	s.said = text
	s.show()
}

// show cuts the read-out to the room it has.
func (s *StatusBar) show() {
	size := theme.Size(stock.SizeNameCaptionText)
	room := s.Size().Width - s.parts.MinSize().Width - 24
	if s.work.Visible() {
		room -= s.work.MinSize().Width
	}
	s.readout.TextSize, s.readout.Color = size, theme.Color(theme.ColorMuted)
	s.readout.Text = ellipsis(s.said, room, size, fyne.TextStyle{})
	s.readout.Refresh()
}

// SetProgress shows progress from 0 to 1, an undecided bar for a negative one,
// and hides it when label is empty.
func (s *StatusBar) SetProgress(label string, fraction float64) {
	s.work.Hidden = label == ""
	s.cancel.Hidden = s.OnCancel == nil
	s.label.SetText(label)
	s.bar.set(fraction, theme.ColorInfo)
	s.BaseWidget.Refresh()
	s.show()
}

// Refresh draws anew, in the theme's present colours.
func (s *StatusBar) Refresh() {
	s.show()
	s.BaseWidget.Refresh()
}

// CreateRenderer is for Fyne.
func (s *StatusBar) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.New(statusLayout{s}, s.parts, s.work, s.readout))
}

// statusLayout gives the read-out what the parts leave.
type statusLayout struct{ bar *StatusBar }

func (l statusLayout) Layout(o []fyne.CanvasObject, s fyne.Size) {
	l.drop(s.Width)
	x := float32(4)
	for _, part := range o[:2] {
		if !part.Visible() {
			continue
		}
		w := part.MinSize().Width
		part.Move(fyne.NewPos(x, 0))
		part.Resize(fyne.NewSize(w, s.Height))
		x += w + 8
	}
	o[2].Move(fyne.NewPos(x, 0))
	o[2].Resize(fyne.NewSize(max(s.Width-x-8, 0), s.Height))
	l.bar.show()
}

// drop hides the last parts where there is no room for all.
func (l statusLayout) drop(width float32) {
	if l.bar.work.Visible() {
		width -= l.bar.work.MinSize().Width
	}
	x, room := float32(4), true
	for _, part := range l.bar.parts.Objects {
		x += part.MinSize().Width + theme.Size(stock.SizeNamePadding)
		if room = room && x <= width; room {
			part.Show()
		} else {
			part.Hide()
		}
	}
}

func (statusLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(100, max(o[0].MinSize().Height, widget.NewLabel("").MinSize().Height))
}

// gauge is a thin bar that fills; undecided, its whole length is weakly lit.
type gauge struct {
	widget.BaseWidget

	back, fill *canvas.Rectangle
	fraction   float64
	color      fyne.ThemeColorName
}

func newGauge() *gauge {
	g := &gauge{back: canvas.NewRectangle(nil), fill: canvas.NewRectangle(nil), color: theme.ColorInfo}
	g.ExtendBaseWidget(g)
	return g
}

func (g *gauge) set(fraction float64, color fyne.ThemeColorName) {
	g.fraction, g.color = fraction, color
	g.Refresh()
}

func (g *gauge) Refresh() {
	c := theme.Color(g.color)
	g.back.FillColor, g.back.CornerRadius = theme.Color(stock.ColorNameButton), 2
	g.fill.FillColor, g.fill.CornerRadius = c, 2
	w := float32(min(g.fraction, 1))
	if g.fraction < 0 {
		g.fill.FillColor, w = theme.Fade(c, .5), 1
	}
	g.back.Resize(g.Size())
	g.fill.Resize(fyne.NewSize(g.Size().Width*w, g.Size().Height))
	canvas.Refresh(g)
}

func (g *gauge) Resize(s fyne.Size) {
	g.BaseWidget.Resize(s)
	g.Refresh()
}

func (g *gauge) MinSize() fyne.Size { return fyne.NewSize(120, 5) }

func (g *gauge) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.NewWithoutLayout(g.back, g.fill))
}

// Countdown shows a wait of the plan that is going on. It is hidden until
// SetWait. The caller calls SetWait again as time goes by.
type Countdown struct {
	widget.BaseWidget

	OnSkip func() // nil = it can't be skipped
	OnStop func()

	label *widget.Label
	left  *widget.Label
	skip  *Button
	bar   *gauge
	row   *fyne.Container
}

// NewCountdown makes a hidden bar.
func NewCountdown() *Countdown {
	c := &Countdown{label: widget.NewLabel(""), left: widget.NewLabel(""), bar: newGauge()}
	c.left.TextStyle.Bold = true
	run := func(f *func()) func() {
		return func() {
			if *f != nil {
				(*f)()
			}
		}
	}
	c.skip = NewIconButton("Skip the wait", theme.IconSkip, run(&c.OnSkip))
	stop := NewIconButton("Stop", stock.MediaStopIcon(), run(&c.OnStop))
	stop.Importance = widget.LowImportance
	icon := pad(0, 0, 8, 2, iconAt(theme.Tinted(theme.IconClock, theme.ColorInfo), 16))
	c.row = container.NewBorder(nil, nil, container.NewHBox(icon, c.label, c.left), container.NewHBox(c.skip, stop),
		container.New(middle{}, c.bar))
	c.ExtendBaseWidget(c)
	c.Hide()
	return c
}

// SetWait shows how much is left of a wait and what comes after it; nothing
// left hides the bar.
func (c *Countdown) SetWait(label string, total, left time.Duration) {
	if left <= 0 {
		c.Hide()
		return
	}
	if c.OnSkip == nil {
		c.skip.Hide()
	}
	c.label.SetText(label)
	c.left.SetText(formatLeft(left))
	if total > 0 {
		c.bar.set(1-float64(left)/float64(total), theme.ColorInfo)
	}
	c.Show()
}

// formatLeft writes whole seconds, rounded up: a wait ends when it says 0:00.
func formatLeft(d time.Duration) string {
	s := int((d + time.Second - 1) / time.Second)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// middle gives an object the whole width and its least height, in the middle.
type middle struct{}

func (middle) Layout(o []fyne.CanvasObject, s fyne.Size) {
	h := o[0].MinSize().Height
	o[0].Move(fyne.NewPos(8, (s.Height-h)/2))
	o[0].Resize(fyne.NewSize(max(s.Width-16, 0), h))
}

func (middle) MinSize(o []fyne.CanvasObject) fyne.Size { return o[0].MinSize() }

// CreateRenderer is for Fyne.
func (c *Countdown) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(c.row) }
