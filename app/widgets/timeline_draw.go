package widgets

import (
	"fmt"
	"math"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	stock "fyne.io/fyne/v2/theme"

	"rechallenge/app/theme"
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
	if t.x.total == 0 {
		text := "The timeline of a run appears here"
		w := fyne.MeasureText(text, f.size, fyne.TextStyle{}).Width
		t.heads.text((width-w)/2, a.h/2-f.height, text, k.muted, f.size, fyne.TextStyle{})
	}
	links := make(map[int32]bool)
	var seen []place
	for g := range t.x.data.Groups {
		group := &t.x.data.Groups[g]
		top := float64(g)*a.rows.head + float64(t.x.first[g])*a.rows.lane - t.view.y
		bottom := top + a.rows.head + float64(len(group.Lanes))*a.rows.lane
		if bottom < 0 {
			continue
		}
		if top > float64(a.h) {
			break
		}
		first := max(int((-top-a.rows.head)/a.rows.lane), 0)
		for i := first; i < len(group.Lanes); i++ {
			y := float32(top + a.rows.head + float64(i)*a.rows.lane)
			if y > a.h {
				break
			}
			at := place{int32(g), int32(i)}
			seen = append(seen, at)
			t.drawLane(k, f, &group.Lanes[i], y)
			r := Ref{group.Lanes[i].Pass, group.Lanes[i].Connection}
			for _, n := range t.x.to[r] {
				links[n] = true
			}
			for j, n := range t.x.from[r] {
				if j == 12 {
					break
				}
				links[n] = true
			}
		}
		t.drawHead(k, f, group, float32(max(top, min(0, bottom-a.rows.head))), width)
	}
	for n := range links {
		if len(links) > 400 && n%int32(len(links)/400+1) != 0 {
			delete(links, n)
		}
	}
	for _, at := range seen {
		t.drawLinks(k, at, links)
	}
	for _, at := range seen {
		t.drawMarks(k, at)
	}
	t.drawScrollBar(k)
}

func (t *Timeline) drawHead(k ink, f fonts, group *TimelineGroup, y, width float32) {
	h := float32(t.area.rows.head)
	t.heads.rect(0, y, width, h, k.group, 0)
	t.heads.rect(0, y+h-1, width, 1, k.line, 0)
	style := fyne.TextStyle{Bold: true}
	t.heads.text(10, y+(h-f.height)/2, group.Title, k.text, f.size, style)
	n := fmt.Sprintf("%d connections", len(group.Lanes))
	if len(group.Lanes) == 1 {
		n = "1 connection"
	}
	x := 10 + fyne.MeasureText(group.Title, f.size, style).Width + 12
	t.heads.text(x, y+(h-f.low)/2, n, k.muted, f.caption, fyne.TextStyle{})
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

func (t *Timeline) drawLane(k ink, f fonts, l *TimelineLane, y float32) {
	a := t.area
	h := float32(a.rows.lane)
	if (Ref{l.Pass, l.Connection}) == t.selected {
		t.back.rect(0, y, a.x+a.w, h, k.select_, 0)
		t.back.rect(0, y, 3, h, k.primary, 0)
	}
	color := k.text
	if l.Dim {
		color = theme.Fade(k.muted, .55)
	}
	if l.Bad {
		t.back.shape(crossShape, 9, y+h/2-4, 8, 8, k.bad, nil, 0)
	}
	t.back.text(22, y+(h-f.height)/2, t.label(l.Label, f.size), color, f.size, fyne.TextStyle{})

	from, to, ok := l.extent()
	if !ok {
		return
	}
	x0, x1 := t.axis.x(from)-t.view.x, t.axis.x(to)-t.view.x
	if x1 < -300 || x0 > float64(a.w) {
		return
	}
	bar := float32(math.Round(float64(h) * .58))
	top := y + float32(math.Round(float64(h-bar)/2))
	if x1-x0 < 3 {
		t.plot.rect(float32(x0), top, 3, bar, k.of("tls"), 1)
	} else {
		for i := range l.Spans {
			t.drawSpan(k, f, &l.Spans[i], top, bar, l.Dim)
		}
	}
	if l.Outcome != "" && x1 >= -4 {
		color = k.muted
		if l.Bad {
			color = k.bad
		}
		if l.Dim {
			color = theme.Fade(k.muted, .55)
		}
		t.plot.text(float32(x1)+12, y+(h-f.low)/2, l.Outcome, color, f.caption, fyne.TextStyle{})
	}
}

func (t *Timeline) drawSpan(k ink, f fonts, s *TimelineSpan, top, bar float32, dim bool) {
	x0, x1 := t.axis.x(s.Start)-t.view.x, t.axis.x(s.End)-t.view.x
	if x1 < -2 || x0 > float64(t.area.w)+2 {
		return
	}
	from, to := float32(max(x0, -6)), float32(min(x1, float64(t.area.w)+6))
	w := max(to-from, 1.5)
	if w > 4 {
		w--
	}
	fill := k.of(s.Phase)
	if dim {
		fill = theme.Fade(fill, .35)
	}
	if legendPhase(s.Phase) == "wait" {
		t.plot.rect(from, top+bar/2-1, w, 2, fill, 0)
		return
	}
	t.plot.rect(from, top, w, bar, fill, 2)
	if w < 44 || dim {
		return
	}
	title := phaseTitle(s.Phase)
	if wide := fyne.MeasureText(title, f.caption-1, fyne.TextStyle{}).Width; wide+18 < w {
		low := fyne.MeasureText(title, f.caption-1, fyne.TextStyle{}).Height
		t.plot.text(max(from, 0)+6, top+(bar-low)/2, title, k.background, f.caption-1, fyne.TextStyle{})
	}
}

func (t *Timeline) drawLinks(k ink, at place, links map[int32]bool) {
	l := &t.x.data.Groups[at.group].Lanes[at.lane]
	r := Ref{l.Pass, l.Connection}
	for _, set := range [2][]int32{t.x.to[r], t.x.from[r]} {
		for j, n := range set {
			if j > 400 {
				break
			}
			if links[n] {
				delete(links, n)
				t.drawLink(k, &t.x.data.Links[n])
			}
		}
	}
}

func (t *Timeline) drawLink(k ink, n *TimelineLink) {
	from, ok := t.x.lanes[Ref{n.Pass, n.From}]
	to, ok2 := t.x.lanes[Ref{n.Pass, n.To}]
	if !ok || !ok2 {
		return
	}
	a := t.area
	y := func(p place) float64 { return t.x.top(p, a.rows) + a.rows.lane/2 - t.view.y }
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
	mine := t.selected == Ref{n.Pass, n.From} || t.selected == Ref{n.Pass, n.To}
	if t.selected != (Ref{}) && !mine {
		color = theme.Fade(color, .45)
	}
	t.plot.curve(clampX(x0), clampY(y(from)), clampX(x1), clampY(y(to)), color, width)
}

func (t *Timeline) drawMarks(k ink, at place) {
	l := &t.x.data.Groups[at.group].Lanes[at.lane]
	mid := float32(t.x.top(at, t.area.rows)+t.area.rows.lane/2-t.view.y) + 0.5
	d := float32(math.Round(t.area.rows.lane * .52))
	for weight := 0; weight <= 2; weight++ {
		last := float32(-100)
		for i := range l.Marks {
			m := &l.Marks[i]
			if m.Kind.weight() != weight || l.Dim && weight < 2 {
				continue
			}
			x := float32(t.axis.x(m.At) - t.view.x)
			if x < -2 || x > t.area.w+2 || weight < 2 && x-last < 3 && x >= last {
				continue
			}
			last = x
			k.mark(t.plot, m.Kind, x, mid, d)
		}
	}
}

func (t *Timeline) drawScrollBar(k ink) {
	all := t.x.height(t.area.rows)
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
	if t.x.data.End <= 0 {
		return nil
	}
	room := 90.0
	if t.absolute {
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
	if !t.absolute || t.started.IsZero() {
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
