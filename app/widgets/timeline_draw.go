package widgets

import (
	"math"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	stock "fyne.io/fyne/v2/theme"

	"rechallenge/app/theme"
	"rechallenge/core/timeline"
)

// draw draws everything that is in view; its work depends on what is seen and
// not on how much there is.
func (t *Timeline) draw() {
	if t.area.w <= 1 {
		return
	}
	k := newInk()
	t.drawRows(k)
	t.drawFrame(k)
	t.drawOver(k)
	canvas.Refresh(t)
}

// fonts are the sizes and heights of the texts.
type fonts struct{ size, caption, height, low float32 }

func newFonts() fonts {
	f := fonts{size: theme.Size(stock.SizeNameText), caption: theme.Size(stock.SizeNameCaptionText)}
	f.height = fyne.MeasureText("Mg", f.size, fyne.TextStyle{}).Height
	f.low = fyne.MeasureText("Mg", f.caption, fyne.TextStyle{}).Height
	return f
}

func (t *Timeline) drawRows(k ink) {
	t.back.begin()
	t.plot.begin()
	t.heads.begin()
	a, f := t.area, newFonts()
	width := a.x + a.w
	t.drawGrid(k)
	if t.rows.total == 0 {
		text := "The timeline of a run appears here"
		if t.s.total > 0 {
			text = "No connection fits the filter: " + connections(t.s.total) + " hidden"
		}
		w := fyne.MeasureText(text, f.size, fyne.TextStyle{}).Width
		t.heads.text((width-w)/2, a.h/2-f.height, text, k.muted, f.size, fyne.TextStyle{})
	}
	var seen []seenLane
	for i := max(t.rows.sectionAt(t.view.y, a.rows), 0); i < len(t.rows.sections); i++ {
		sec := &t.rows.sections[i]
		top := t.rows.sectionTop(i, a.rows) - t.view.y
		if top > float64(a.h) {
			break
		}
		bottom := top + a.rows.head + float64(sec.n)*a.rows.lane
		for n := max(int((-top-a.rows.head)/a.rows.lane), 0); n < sec.n; n++ {
			y := float32(top + a.rows.head + float64(n)*a.rows.lane)
			if y > a.h {
				break
			}
			at := place{int32(i), int32(n)}
			if t.rows.rows != nil {
				at = t.rows.rows[sec.first+n]
			}
			seen = append(seen, seenLane{at, sec.first + n, t.rows.shift(at), y})
			t.drawLane(k, f, &seen[len(seen)-1])
		}
		t.drawHead(k, f, sec, float32(max(top, min(0, bottom-a.rows.head))), width)
	}
	t.drawLinks(k, seen)
	for i := range seen {
		t.drawMarks(k, &seen[i])
	}
	t.drawScrollBar(k)
}

// seenLane is a lane in view.
type seenLane struct {
	at    place
	row   int
	shift time.Duration
	y     float32 // of its upper edge
}

func (t *Timeline) drawHead(k ink, f fonts, sec *section, y, width float32) {
	h := float32(t.area.rows.head)
	t.heads.rect(0, y, width, h, k.group, 0)
	t.heads.rect(0, y+h-1, width, 1, k.line, 0)
	style := fyne.TextStyle{Bold: true}
	x := float32(10)
	if sec.differs {
		k.notEqual(t.heads, x+6, y+h/2, 11)
		x += 18
	}
	title, note := t.rows.head(sec)
	title = ellipsis(title, width-x-8, f.size, style)
	t.heads.text(x, y+(h-f.height)/2, title, k.text, f.size, style)
	x += fyne.MeasureText(title, f.size, style).Width + 12
	color := k.muted
	if sec.differs {
		color = k.bad
	}
	t.heads.text(x, y+(h-f.low)/2, ellipsis(note, width-x-8, f.caption, fyne.TextStyle{}), color, f.caption, fyne.TextStyle{})
}

func (t *Timeline) drawGrid(k ink) {
	a := t.area
	for _, m := range t.ticks() {
		if m.x >= 0 {
			t.back.rect(a.x+m.x, 0, 1, a.h, k.grid, 0)
		}
	}
	for _, c := range t.axis.cuts {
		x0, x1 := max(float32(t.axis.x(c.Start)-t.view.x), 0), float32(t.axis.x(c.End)-t.view.x)
		if x1 < 0 || x0 > a.w {
			continue
		}
		t.back.rect(a.x+x0, 0, x1-x0, a.h, k.group, 0)
		t.back.rect(a.x+x0, 0, 1, a.h, k.line, 0)
		t.back.rect(a.x+x1-1, 0, 1, a.h, k.line, 0)
	}
	t.back.rect(a.x-1, 0, 1, a.h, k.line, 0)
}

func (t *Timeline) drawLane(k ink, f fonts, n *seenLane) {
	a, l, y := t.area, t.s.at(n.at), n.y
	h := float32(a.rows.lane)
	if l.Ref == t.selected {
		t.back.rect(0, y, a.x+a.w, h, k.select_, 0)
		t.back.rect(0, y, 3, h, k.primary, 0)
	}
	color := k.text
	if l.Dim {
		color = k.muted
	}
	if l.Bad {
		t.back.shape(crossShape, 9, y+h/2-4, 8, 8, k.bad, nil, 0)
	}
	t.back.text(22, y+(h-f.height)/2, t.label(t.name(n.at), f.size), color, f.size, fyne.TextStyle{})
	if t.rows.differs(n.row) != unknown {
		k.notEqual(t.back, a.x-13, y+h/2, 11)
	}
	e := t.extent(n.at)
	if !e.known {
		return
	}
	x0, x1 := t.axis.x(e.from)-t.view.x, t.axis.x(e.to)-t.view.x
	if x1 < -300 || x0 > float64(a.w) {
		return
	}
	bar := float32(math.Round(float64(h) * .58))
	top := y + float32(math.Round(float64(h-bar)/2))
	if x1-x0 < 3 {
		t.plot.rect(float32(x0), top, 3, bar, k.of("tls"), 1)
	} else {
		for i := range l.Spans {
			t.drawSpan(k, f, l, &l.Spans[i], n.shift, top, bar)
		}
	}
	if text := t.outcome(n.at, n.row); text != "" && x1 >= -4 {
		color = k.muted
		if l.Bad && !l.Dim {
			color = k.bad
		}
		at := float32(x1) + 12
		t.placeMarks(l, n.shift, func(m *timeline.Mark, x float32) {
			if weight(m.Kind) == 2 {
				at = max(at, x+t.markSize()/2+6)
			}
		})
		t.plot.text(at, y+(h-f.low)/2, text, color, f.caption, fyne.TextStyle{})
	}
}

func (t *Timeline) drawSpan(k ink, f fonts, l *TimelineLane, s *timeline.Span, shift time.Duration, top, bar float32) {
	wait := s.Phase == timeline.PhaseWait
	if wait && t.compare {
		return
	}
	x0, x1 := t.axis.x(s.Start-shift)-t.view.x, t.axis.x(s.End-shift)-t.view.x
	if x1 < -2 || x0 > float64(t.area.w)+2 {
		return
	}
	from, to := float32(max(x0, -6)), float32(min(x1, float64(t.area.w)+6))
	w := max(to-from, 1.5)
	if w > 4 {
		w--
	}
	fill := k.of(s.Look().Color)
	if l.Dim {
		fill = theme.Fade(fill, .35)
	}
	if wait {
		t.plot.rect(from, top+bar/2-1, w, 2, fill, 0)
		return
	}
	t.plot.rect(from, top, w, bar, fill, 2)
	if w < 44 || l.Dim {
		return
	}
	title := s.Phase.Info().Title
	size := fyne.MeasureText(title, f.caption-1, fyne.TextStyle{})
	at := max(from, 0) + 6
	// Marks are drawn over the span: its title goes behind the last one it would meet.
	t.placeMarks(l, shift, func(m *timeline.Mark, x float32) {
		if weight(m.Kind) > 0 && x > at-9 && x < at+size.Width+9 {
			at = x + 10
		}
	})
	if at+size.Width+6 < from+w {
		t.plot.text(at, top+(bar-size.Height)/2, title, k.background, f.caption-1, fyne.TextStyle{})
	}
}

// linksInView is how many curves are drawn at most: more are a tangle.
const linksInView = 400

// drawLinks draws the curves that touch a lane in view. Side by side, lanes
// have no common time, and a curve would mean nothing.
func (t *Timeline) drawLinks(k ink, seen []seenLane) {
	if t.compare {
		return
	}
	var links []int32
	drawn := make(map[int32]bool)
	for i := range seen {
		t.s.linksOf(seen[i].at, 12, func(n int32) {
			if !drawn[n] {
				drawn[n] = true
				links = append(links, n)
			}
		})
	}
	every := int32(len(links)/linksInView + 1)
	for _, n := range links {
		if n%every == 0 {
			t.drawLink(k, &t.s.links[n])
		}
	}
}

func (t *Timeline) drawLink(k ink, n *timeline.Link) {
	from, _ := t.s.find(n.From)
	to, _ := t.s.find(n.To)
	rowFrom, rowTo := t.rows.row(from), t.rows.row(to)
	if rowFrom < 0 || rowTo < 0 {
		return
	}
	a := t.area
	y := func(row int) float64 { return t.rows.top(row, a.rows) + a.rows.lane/2 - t.view.y }
	x0, x1 := t.axis.x(n.FromAt)-t.view.x, t.axis.x(n.ToAt)-t.view.x
	if max(x0, x1) < -20 || min(x0, x1) > float64(a.w)+20 {
		return
	}
	clampX := func(v float64) float32 { return float32(min(max(v, -200), float64(a.w)+200)) }
	clampY := func(v float64) float32 { return float32(min(max(v, -80), float64(a.h)+80)) }
	color, width := k.resumption, float32(1.4)
	if n.Bad {
		color, width = k.bad, 2
	}
	mine := t.selected == n.From || t.selected == n.To
	if t.selected != (timeline.Ref{}) && !mine {
		color = theme.Fade(color, .45)
	}
	t.plot.curve(clampX(x0), clampY(y(rowFrom)), clampX(x1), clampY(y(rowTo)), color, width)
}

func (t *Timeline) drawMarks(k ink, n *seenLane) {
	l := t.s.at(n.at)
	mid := n.y + float32(t.area.rows.lane/2) + 0.5
	for heavy := 0; heavy <= 2; heavy++ {
		last := float32(-100)
		t.placeMarks(l, n.shift, func(m *timeline.Mark, x float32) {
			if weight(m.Kind) != heavy || l.Dim && heavy < 2 {
				return
			}
			if x < -2 || x > t.area.w+2 || heavy < 2 && x-last < 3 && x >= last {
				return
			}
			last = x
			k.mark(t.plot, m.Kind, x, mid, t.markSize())
		})
	}
}

func (t *Timeline) markSize() float32 { return float32(math.Round(t.area.rows.lane * .52)) }

// placeMarks tells where each mark of a lane is drawn. Those that matter are
// kept apart: one that another would hide moves to the right of it.
func (t *Timeline) placeMarks(l *TimelineLane, shift time.Duration, f func(m *timeline.Mark, x float32)) {
	apart, last := t.markSize()+1, float32(math.Inf(-1))
	for i := range l.Marks {
		m := &l.Marks[i]
		x := float32(t.axis.x(m.At-shift) - t.view.x)
		if weight(m.Kind) == 2 {
			if x >= last-apart { // marks are nearly always in the order of time
				x = max(x, last+apart)
			}
			last = x
		}
		f(m, x)
	}
}

func (t *Timeline) drawScrollBar(k ink) {
	all := t.rows.height(t.area.rows)
	if all <= float64(t.area.h) {
		return
	}
	h := max(float64(t.area.h)*float64(t.area.h)/all, 18)
	y := t.view.y / (all - float64(t.area.h)) * (float64(t.area.h) - h)
	t.heads.rect(t.area.x+t.area.w-6, float32(y), 4, float32(h), k.scroll, 2)
}

// label is a label cut to the gutter.
func (t *Timeline) label(text string, size float32) string {
	s, ok := t.labels[text]
	if !ok {
		if t.labels == nil || len(t.labels) > 4096 {
			t.labels = map[string]string{}
		}
		s = ellipsis(text, t.area.x-28, size, fyne.TextStyle{})
		t.labels[text] = s
	}
	return s
}

// tick is a line of the ruler.
type tick struct {
	x    float32
	text string
}

// ticks are the ruler's lines in view.
func (t *Timeline) ticks() []tick {
	if t.rows.end <= 0 {
		return nil
	}
	room := 90.0
	if t.absolute && !t.compare {
		room = 130
	}
	step := t.axis.step(room)
	at := t.axis.t(max(t.view.x, 0))
	if rest := at % step; rest != 0 {
		at += step - rest
	}
	var ticks []tick
	for len(ticks) < 200 {
		if c, ok := t.axis.cutAt(at); ok {
			at = c.End
			if rest := at % step; rest != 0 {
				at += step - rest
			}
			if _, again := t.axis.cutAt(at); again {
				continue
			}
		}
		x := float32(t.axis.x(at) - t.view.x)
		if x > t.area.w {
			break
		}
		ticks = append(ticks, tick{x, t.clock(at, step)})
		at += step
	}
	return ticks
}

// clock writes a moment for a ruler of that step.
func (t *Timeline) clock(at, step time.Duration) string {
	if !t.absolute || t.started.IsZero() || t.compare {
		return formatOffset(at, step)
	}
	switch {
	case step >= time.Second:
		return t.started.Add(at).Format("15:04:05")
	case step >= time.Millisecond:
		return t.started.Add(at).Format("15:04:05.000")
	}
	return t.started.Add(at).Format("15:04:05.000000")
}
