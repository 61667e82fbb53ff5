package widgets

import (
	"math"
	"time"

	"fyne.io/fyne/v2"
	stock "fyne.io/fyne/v2/theme"

	"rechallenge/app/theme"
)

// view is the part of everything that is looked at, in pixels.
type view struct {
	x, y  float64 // of the plot's left upper corner, from the run's start and the first group
	moved bool    // the user chose it: new data must not fit it
}

// area is where things are in the widget.
type area struct {
	rows     heights
	ruler    float32 // height of the ruler
	x, y     float32 // of the plot
	w, h     float32
	overview float32 // y of the overview strip, 0 for none
	legend   float32 // y of the legend, 0 for none
}

const (
	margin         = 10 // left of offset zero when fitted
	overviewHeight = 24
)

func (t *Timeline) arrange(s fyne.Size) {
	text := theme.Size(stock.SizeNameText)
	a := area{ruler: float32(math.Round(float64(text * 1.8)))}
	a.rows = heights{head: math.Round(float64(text) * 1.75), lane: math.Round(float64(text) * 1.65)}
	t.measure()
	a.x, a.y = min(t.gutter, s.Width/3), a.ruler
	bottom := s.Height
	if t.legend && s.Height > 150 {
		bottom -= float32(math.Round(float64(text * 1.75)))
		a.legend = bottom
	}
	if t.s.total > 0 && s.Height > 130 {
		bottom -= overviewHeight
		a.overview = bottom
	}
	a.w, a.h = max(s.Width-a.x, 1), max(bottom-a.y, 1)
	if a != t.area {
		t.labels = nil
	}
	t.area = a
	t.back.place(0, a.y, s.Width, a.h)
	t.plot.place(a.x, a.y, a.w, a.h)
	t.heads.place(0, a.y, s.Width, a.h)
	t.frame.place(0, 0, s.Width, s.Height)
	t.over.place(0, 0, s.Width, s.Height)
	t.clamp()
}

// measure finds the room that labels and outcomes want, from a sample.
func (t *Timeline) measure() {
	text, caption := theme.Size(stock.SizeNameText), theme.Size(stock.SizeNameCaptionText)
	label, outcome := float32(60), float32(0)
	step := max(t.rows.total/64, 1)
	for n := 0; n < t.rows.total; n += step {
		at := t.rows.place(n)
		label = max(label, fyne.MeasureText(t.name(at), text, fyne.TextStyle{}).Width)
		outcome = max(outcome, fyne.MeasureText(t.outcome(at, n), caption, fyne.TextStyle{}).Width)
	}
	t.gutter = float32(math.Ceil(float64(min(label, 190) + 34)))
	if t.compare {
		t.gutter += 16
	}
	t.room = float64(min(outcome, 260)) + 24
}

// name is a lane's label: where passes are compared, its pass.
func (t *Timeline) name(at place) string {
	if t.compare {
		return t.s.groups[at.group].title
	}
	return t.s.at(at).Label
}

// outcome is what stands behind a lane.
func (t *Timeline) outcome(at place, row int) string {
	text := t.s.at(at).Outcome
	switch t.rows.differs(row) {
	case yes:
		return "asked   " + text
	case no:
		return "not asked   " + text
	}
	return text
}

// extent is a lane's, as it is shown.
func (t *Timeline) extent(at place) extent {
	e := t.s.groups[at.group].extents[at.lane]
	if t.compare {
		return extent{to: e.to - e.begin, known: e.known}
	}
	return e
}

func (t *Timeline) recount(now bool) {
	if !now && t.s.total > 2000 && time.Since(t.counted) < time.Second {
		return
	}
	t.counted = time.Now()
	t.overview = t.rows.overview(t.s)
	t.arrange(t.Size())
}

// fit chooses the view that shows the whole time.
func (t *Timeline) fit() {
	t.axis.perPx = t.fitting()
	t.view.x = -margin
	t.clamp()
}

// fitting is the scale at which the whole time fits, in nanoseconds a pixel.
func (t *Timeline) fitting() float64 {
	room := max(float64(t.area.w)-margin-min(t.room, float64(t.area.w)/3), 40)
	t.axis.width = cutWidth
	if n := float64(len(t.axis.cuts)); n > 0 {
		t.axis.width = min(cutWidth, room/2/n)
		room -= n * t.axis.width
	}
	return max(float64(t.axis.active(t.rows.end))/room, 1)
}

func (t *Timeline) maxY() float64 {
	return max(t.rows.height(t.area.rows)-float64(t.area.h), 0)
}

func (t *Timeline) clamp() {
	w, all := float64(t.area.w), t.axis.x(t.rows.end)
	t.view.x = min(max(t.view.x, -w/2), max(all-w/2, -margin))
	t.view.y = min(max(t.view.y, 0), t.maxY())
}

// zoomAt zooms and keeps the time at a position of the plot where it is.
func (t *Timeline) zoomAt(x, factor float64) {
	if t.rows.total == 0 {
		return
	}
	at := t.axis.t(t.view.x + x)
	before := t.axis.perPx
	t.axis.perPx = min(max(before/factor, 2), t.fitting()*2)
	if t.axis.perPx == before {
		return
	}
	t.view.x = t.axis.x(at) - x
	t.view.moved = true
	t.clamp()
	t.draw()
}

// zoomTo shows a stretch of time with a little around it.
func (t *Timeline) zoomTo(from, to time.Duration) {
	w := float64(t.area.w)
	edge := min(w/12, 60) + margin
	room := max(w-2*edge-min(t.room, w/4), 40)
	span := t.axis.active(to) - t.axis.active(from)
	for _, c := range t.axis.cuts {
		if c.Start >= from && c.End <= to {
			room -= t.axis.width
		}
	}
	t.axis.perPx = min(max(float64(span)/max(room, 40), 2), t.fitting()*2)
	t.view.x = t.axis.x(from) - edge
	t.view.moved = true
	t.clamp()
	t.draw()
}

func (t *Timeline) pan(dx, dy float64) {
	x, y := t.view.x, t.view.y
	t.view.x += dx
	t.view.y += dy
	t.clamp()
	if x != t.view.x {
		t.view.moved = true
	}
	if x != t.view.x || y != t.view.y {
		t.draw()
	}
}

// reveal scrolls so that the selected lane is seen.
func (t *Timeline) reveal() {
	at, ok := t.s.find(t.selected)
	if !ok {
		return
	}
	row, h := t.rows.row(at), t.area.rows
	if row < 0 {
		return
	}
	top := t.rows.top(row, h)
	t.view.y = min(t.view.y, top-h.head)
	t.view.y = max(t.view.y, top+h.lane-float64(t.area.h))
	if e := t.extent(at); e.known {
		left, right, w := t.axis.x(e.from), t.axis.x(e.to), float64(t.area.w)
		if right < t.view.x || left > t.view.x+w {
			t.view.x = left - w/4
		}
	}
	t.clamp()
}
