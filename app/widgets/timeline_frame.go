package widgets

import (
	"fmt"
	"image/color"
	"math"
	"strings"
	"time"

	"fyne.io/fyne/v2"

	"rechallenge/app/theme"
	"rechallenge/core/timeline"
)

// drawFrame draws the ruler, the overview strip and the legend.
func (t *Timeline) drawFrame(k ink) {
	l, a, f := t.frame, t.area, newFonts()
	l.begin()
	width := a.x + a.w
	l.rect(0, 0, width, a.ruler, k.group, 0)
	last := float32(-1000)
	for _, m := range t.ticks() {
		l.rect(a.x+m.x, a.ruler-5, 1, 5, k.muted, 0)
		w := fyne.MeasureText(m.text, f.caption, fyne.TextStyle{}).Width
		if m.x-last < 12 || m.x+w+4 > a.w {
			continue
		}
		last = m.x + w
		l.text(a.x+m.x+3, (a.ruler-f.low)/2-1, m.text, k.muted, f.caption, fyne.TextStyle{})
	}
	for _, c := range t.axis.cuts {
		t.drawCut(k, f, c)
	}
	l.rect(0, 0, a.x, a.ruler, k.group, 0)
	title := "Time"
	if t.compare {
		title = "From its start"
	} else if t.absolute && !t.started.IsZero() {
		title = t.started.Format("2006-01-02")
	}
	l.text(10, (a.ruler-f.low)/2, ellipsis(title, a.x-14, f.caption, fyne.TextStyle{}), k.muted, f.caption, fyne.TextStyle{})
	l.rect(0, a.ruler-1, width, 1, k.line, 0)
	if a.overview > 0 {
		t.drawOverview(k, f)
	}
	if a.legend > 0 {
		t.drawLegend(k, f)
	}
}

// drawCut names a folded wait in the ruler.
func (t *Timeline) drawCut(k ink, f fonts, c timeline.Cut) {
	x0, x1 := float32(t.axis.x(c.Start)-t.view.x), float32(t.axis.x(c.End)-t.view.x)
	if x1 < 2 || x0 > t.area.w {
		return
	}
	l, a := t.frame, t.area
	from := max(x0, 0)
	l.rect(a.x+from, 0, x1-from, a.ruler, k.grid, 0)
	text := formatSpan(c.End - c.Start)
	if w := fyne.MeasureText(text, f.caption-1, fyne.TextStyle{}).Width; w < x1-x0+4 && x0 >= 0 {
		l.text(a.x+x0+(x1-x0-w)/2, (a.ruler-f.low)/2, text, k.text, f.caption-1, fyne.TextStyle{})
	}
}

// drawOverview draws how much goes on over the whole time, and the window.
func (t *Timeline) drawOverview(k ink, f fonts) {
	l, a := t.frame, t.area
	y, h := a.overview, float32(overviewHeight)
	l.rect(0, y, a.x+a.w, h, k.group, 0)
	l.rect(0, y, a.x+a.w, 1, k.line, 0)
	l.text(10, y+(h-f.low)/2, ellipsis("Overview", a.x-14, f.caption, fyne.TextStyle{}), k.muted, f.caption, fyne.TextStyle{})
	left, w := t.strip()
	step := w / overviewBins
	inks := [laneClasses]color.Color{
		lanesFailed: theme.Color(theme.ColorWarning), lanesExpected: k.bad, lanesAsked: theme.Fade(theme.Color(theme.ColorOK), .8),
		lanesNotAsked: theme.Fade(k.of("tls"), .6), lanesUnknown: theme.Fade(k.muted, .6),
	}
	for i := 0; i < overviewBins; {
		j := i + 1
		for j < overviewBins && t.overview.busy[j] == t.overview.busy[i] {
			j++
		}
		all := 0
		for _, n := range t.overview.busy[i] {
			all += n
		}
		if all > 0 {
			high, top := max((h-8)*float32(math.Sqrt(float64(all)/float64(max(t.overview.most, 4)))), 2), y+h-3
			for c, n := range t.overview.busy[i] {
				if n > 0 {
					part := high * float32(n) / float32(all)
					top -= part
					l.rect(left+float32(i)*step, top, float32(j-i)*step, part, inks[c], 0)
				}
			}
		}
		i = j
	}
	for i, bad := range t.overview.bad {
		if bad {
			l.shape(crossShape, left+(float32(i)+.5)*step-3, y+3, 6, 6, k.bad, nil, 0)
		}
	}
	from, to := t.window()
	x0, x1 := left+w*float32(max(from, 0)), left+w*float32(min(to, 1))
	if x1 < x0 {
		return
	}
	if from > 0.001 || to < 0.999 {
		shade := theme.Fade(k.background, .55)
		l.rect(left, y+1, x0-left, h-1, shade, 0)
		l.rect(x1, y+1, left+w-x1, h-1, shade, 0)
	}
	box := l.rect(x0, y+2, max(x1-x0, 3), h-3, theme.Fade(k.primary, .10), 2)
	box.StrokeColor, box.StrokeWidth = k.primary, 1
}

// strip is the overview's left edge and width.
func (t *Timeline) strip() (left, width float32) { return t.area.x + 6, max(t.area.w-12, 1) }

// window is the part of the whole time that is in view, from 0 to 1. It is
// reckoned at the scale at which the strip was drawn.
func (t *Timeline) window() (from, to float64) {
	a := overviewScale(t.axis, t.rows.end)
	all := max(a.x(t.rows.end), 1)
	return a.x(t.axis.t(t.view.x)) / all, a.x(t.axis.t(t.view.x+float64(t.area.w))) / all
}

// drawLegend names the phases and marks that occur.
func (t *Timeline) drawLegend(k ink, f fonts) {
	l, a := t.frame, t.area
	h := float32(math.Round(float64(f.size * 1.75)))
	y := a.legend
	l.rect(0, y, a.x+a.w, 1, k.line, 0)
	x := float32(10)
	put := func(text string, symbol func(x, y float32)) {
		w := fyne.MeasureText(text, f.caption, fyne.TextStyle{}).Width
		if x+w+22 > a.x+a.w {
			return
		}
		symbol(x+6, y+h/2)
		l.text(x+17, y+(h-f.low)/2, text, k.muted, f.caption, fyne.TextStyle{})
		x += w + 31
	}
	for _, phase := range timeline.Phases() {
		if !phase.Timed || t.s.phases&phaseBit(phase) == 0 && t.s.total > 0 || t.compare && phase.ID == timeline.PhaseWait {
			continue
		}
		put(phase.Title, func(x, y float32) {
			switch {
			case phase.ID == timeline.PhaseWait:
				l.rect(x-6, y-1, 12, 2, k.of(phase.Color), 0)
			case phase.Other != nil:
				l.rect(x-6, y-4, 6, 9, k.of(phase.Color), 1)
				l.rect(x, y-4, 6, 9, k.of(phase.Other.Color), 1)
			default:
				l.rect(x-6, y-4, 12, 9, k.of(phase.Color), 2)
			}
		})
	}
	if t.compare {
		put("asked in one pass, not in another", func(x, y float32) { k.notEqual(l, x, y, 10) })
	}
	for _, kind := range marks {
		common := kind == timeline.MarkChallenge || kind == timeline.MarkExpected || kind == timeline.MarkResumption
		if t.s.kinds&markBit(kind) == 0 && !common || kind == timeline.MarkMessage {
			continue
		}
		put(markTitle(kind), func(x, y float32) { k.mark(l, kind, x, y+.5, 10) })
	}
}

// drawOver draws the cursor, the chosen stretch and what is under the pointer.
func (t *Timeline) drawOver(k ink) {
	l, a, p, f := t.over, t.area, &t.pointer, newFonts()
	l.begin()
	if !p.in || t.rows.total == 0 {
		return
	}
	if p.hit.lane != nil {
		if row := p.hit.row; row < t.rows.total {
			y := float32(t.rows.top(row, a.rows)-t.view.y) + a.y
			bottom := min(y+float32(a.rows.lane), a.y+a.h)
			if y = max(y, a.y); bottom > y {
				l.rect(0, y, a.x+a.w, bottom-y, k.hover, 0)
			}
		}
	}
	if p.at.X < a.x || p.at.Y > a.y+a.h {
		return
	}
	l.rect(p.at.X, a.ruler, 1, a.h, theme.Fade(k.text, .35), 0)
	at := t.axis.t(t.view.x + float64(p.at.X-a.x))
	text := t.clock(at, max(t.axis.step(1), 1))
	if p.choosing {
		x0, x1 := min(p.from.X, p.at.X), max(p.from.X, p.at.X)
		l.rect(x0, a.ruler, x1-x0, a.h, k.select_, 0)
		d := t.axis.t(t.view.x+float64(x1-a.x)) - t.axis.t(t.view.x+float64(x0-a.x))
		text = formatSpan(d)
	}
	w := fyne.MeasureText(text, f.caption, fyne.TextStyle{}).Width + 10
	x := min(p.at.X, a.x+a.w-w)
	for _, m := range t.ticks() { // half a label beside it would read as a part of it
		from := a.x + m.x + 3
		to := from + fyne.MeasureText(m.text, f.caption, fyne.TextStyle{}).Width
		if from < x+w && to > x {
			l.rect(from, 1, to-from, a.ruler-6, k.group, 0)
		}
	}
	l.rect(x, 2, w, a.ruler-4, k.primary, 3)
	l.text(x+5, (a.ruler-f.low)/2, text, k.onPrimary, f.caption, fyne.TextStyle{})
	if !p.choosing && !p.dragging {
		t.drawTip(k, f)
	}
}

// drawTip draws what is under the pointer in a box beside it.
func (t *Timeline) drawTip(k ink, f fonts) {
	h := t.pointer.hit
	if h.lane == nil || h.span == nil && h.mark == nil && t.rows.differs(h.row) == unknown {
		return
	}
	title, lines := t.describe(h)
	l, a := t.over, t.area
	bold := fyne.TextStyle{Bold: true}
	w := fyne.MeasureText(title, f.caption, bold).Width
	for _, s := range lines {
		w = max(w, fyne.MeasureText(s, f.caption, fyne.TextStyle{}).Width)
	}
	w = min(w+16, a.x+a.w-8)
	high := f.low*float32(len(lines)+1) + 10
	x, y := t.pointer.at.X+14, t.pointer.at.Y+16
	if x+w > a.x+a.w-4 {
		x = max(t.pointer.at.X-w-10, 4)
	}
	if y+high > a.y+a.h {
		y = max(t.pointer.at.Y-high-10, 2)
	}
	box := l.rect(x, y, w, high, k.raised, 4)
	box.StrokeColor, box.StrokeWidth = k.line, 1
	l.text(x+8, y+5, ellipsis(title, w-16, f.caption, bold), k.text, f.caption, bold)
	for i, s := range lines {
		l.text(x+8, y+5+f.low*float32(i+1), ellipsis(s, w-16, f.caption, fyne.TextStyle{}), k.muted, f.caption, fyne.TextStyle{})
	}
}

// describe puts what was hit in words.
func (t *Timeline) describe(h hit) (title string, lines []string) {
	title = h.lane.Label
	if t.compare {
		title = t.passTitle(h.lane.Pass) + "   " + title
	}
	if h.lane.Detail != "" {
		title += "   " + h.lane.Detail
	}
	if m := h.mark; m != nil {
		lines = append(lines, named(markTitle(m.Kind), m.Label), "at "+formatOffset(m.At-h.shift, time.Microsecond))
	} else if s := h.span; s != nil {
		label := s.Label
		if label == string(s.Phase) {
			label = ""
		}
		lines = append(lines, named(s.Phase.Info().Title, label), fmt.Sprintf("%s   from %s to %s", formatSpan(s.End-s.Start),
			formatOffset(s.Start-h.shift, time.Microsecond), formatOffset(s.End-h.shift, time.Microsecond)))
	}
	switch t.rows.differs(h.row) {
	case yes:
		lines = append(lines, "asked here, not in another pass")
	case no:
		lines = append(lines, "not asked here, but in another pass")
	}
	if h.lane.Outcome != "" {
		lines = append(lines, h.lane.Outcome)
	}
	return title, lines
}

// named is a kind and what is said of the thing, which may name its kind itself.
func named(kind, label string) string {
	switch {
	case label == "":
		return kind
	case strings.HasPrefix(strings.ToLower(label), strings.ToLower(kind)):
		return label
	}
	return kind + ": " + label
}
