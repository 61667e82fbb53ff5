package widgets

import (
	"math"
	"time"

	"rechallenge/core/timeline"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
)

var (
	_ fyne.Focusable         = (*Timeline)(nil)
	_ fyne.Tappable          = (*Timeline)(nil)
	_ fyne.Scrollable        = (*Timeline)(nil)
	_ fyne.Draggable         = (*Timeline)(nil)
	_ desktop.Hoverable      = (*Timeline)(nil)
	_ desktop.Mouseable      = (*Timeline)(nil)
	_ fyne.SecondaryTappable = (*Timeline)(nil)
)

// pointer is what the mouse is doing.
type pointer struct {
	in       bool
	at       fyne.Position
	from     fyne.Position // where the button went down
	dragging bool
	choosing bool // a stretch of time on the ruler
	hit      hit
	tapped   time.Time
	tappedOn timeline.Ref
}

// hit is what lies under a position; lane is nil for nothing.
type hit struct {
	ref   timeline.Ref
	row   int
	shift time.Duration
	lane  *TimelineLane
	span  *timeline.Span
	mark  *timeline.Mark
}

func (t *Timeline) hitAt(p fyne.Position) hit {
	a := t.area
	if p.Y < a.y || p.Y >= a.y+a.h {
		return hit{}
	}
	row := t.rows.at(float64(p.Y-a.y)+t.view.y, a.rows)
	if row < 0 {
		return hit{}
	}
	at := t.rows.place(row)
	l := t.s.at(at)
	h := hit{ref: l.Ref, row: row, shift: t.rows.shift(at), lane: l}
	if p.X < a.x {
		return h
	}
	x := float64(p.X-a.x) + t.view.x
	near := float32(8)
	t.placeMarks(l, h.shift, func(m *timeline.Mark, at float32) {
		d, reach := float32(math.Abs(float64(at-(p.X-a.x)))), float32(8)
		if weight(m.Kind) < 2 {
			reach = 4
		}
		if d < reach && (d < near || h.mark != nil && weight(m.Kind) > weight(h.mark.Kind)) {
			h.mark, near = m, d
		}
	})
	for i := range l.Spans {
		s := &l.Spans[i]
		if t.compare && s.Phase == timeline.PhaseWait {
			continue
		}
		from, to := t.axis.x(s.Start-h.shift), t.axis.x(s.End-h.shift)
		if x >= from-.5 && x <= max(to, from+1.5) {
			h.span = s
		}
	}
	return h
}

func modifiers() fyne.KeyModifier {
	if d, ok := fyne.CurrentApp().Driver().(desktop.Driver); ok {
		return d.CurrentKeyModifiers()
	}
	return 0
}

// Scrolled scrolls, or zooms at the pointer.
func (t *Timeline) Scrolled(e *fyne.ScrollEvent) {
	a := t.area
	zoom := modifiers()&(fyne.KeyModifierControl|fyne.KeyModifierSuper) != 0 ||
		t.maxY() == 0 || e.Position.Y < a.y || e.Position.Y > a.y+a.h
	if zoom && e.Scrolled.DY != 0 {
		t.zoomAt(float64(max(e.Position.X-a.x, 0)), math.Exp(float64(e.Scrolled.DY)/120))
		return
	}
	t.pan(-float64(e.Scrolled.DX), -float64(e.Scrolled.DY))
}

// MouseDown remembers where a drag begins, and takes the keyboard.
func (t *Timeline) MouseDown(e *desktop.MouseEvent) {
	t.pointer.from = e.Position
	takeFocus(t)
}

// MouseUp is for desktop.Mouseable.
func (t *Timeline) MouseUp(*desktop.MouseEvent) {}

// Dragged pans, chooses a stretch on the ruler, or moves the overview's window.
func (t *Timeline) Dragged(e *fyne.DragEvent) {
	p, a := &t.pointer, t.area
	p.at = e.Position
	switch {
	case a.overview > 0 && p.from.Y >= a.overview && p.from.Y < a.overview+overviewHeight:
		t.centre(e.Position.X)
	case p.from.Y < a.ruler && p.from.X >= a.x:
		p.choosing = true
		t.drawOver(newInk())
		canvas.Refresh(t.over)
	default:
		p.dragging = true
		t.pan(-float64(e.Dragged.DX), -float64(e.Dragged.DY))
	}
}

// DragEnd zooms to the stretch that was chosen.
func (t *Timeline) DragEnd() {
	p := &t.pointer
	chosen := p.choosing
	p.choosing, p.dragging = false, false
	if chosen && math.Abs(float64(p.at.X-p.from.X)) > 3 {
		x0, x1 := float64(min(p.from.X, p.at.X)-t.area.x), float64(max(p.from.X, p.at.X)-t.area.x)
		from, to := t.axis.t(t.view.x+x0), t.axis.t(t.view.x+x1)
		t.axis.perPx = max(t.axis.perPx*(x1-x0)/float64(t.area.w), 2)
		t.view.x, t.view.moved = t.axis.x(from), true
		if t.axis.cuts != nil {
			t.zoomTo(from, to)
			return
		}
		t.clamp()
	}
	t.draw()
}

// centre moves the view to a position of the overview strip.
func (t *Timeline) centre(x float32) {
	left, w := t.strip()
	a := overviewScale(t.axis, t.rows.end)
	at := a.t(float64((x-left)/w) * a.x(t.rows.end))
	t.pan(t.axis.x(at)-float64(t.area.w)/2-t.view.x, 0)
}

// Tapped selects.
func (t *Timeline) Tapped(e *fyne.PointEvent) {
	a, p := t.area, &t.pointer
	if a.overview > 0 && e.Position.Y >= a.overview && e.Position.Y < a.overview+overviewHeight {
		t.centre(e.Position.X)
		return
	}
	if e.Position.Y < a.y || e.Position.Y > a.y+a.h {
		return
	}
	h := t.hitAt(e.Position)
	again := h.lane != nil && h.ref == p.tappedOn && time.Since(p.tapped) < 400*time.Millisecond
	p.tapped, p.tappedOn = time.Now(), h.ref
	if h.ref != t.selected {
		t.selected = h.ref
		t.draw()
		if t.OnSelect != nil {
			t.OnSelect(h.ref)
		}
	}
	switch {
	case h.mark != nil && t.OnMark != nil:
		t.OnMark(h.ref, h.mark.Event)
	case again && t.OnActivate != nil:
		t.OnActivate(h.ref)
	}
}

// TappedSecondary asks for a menu.
func (t *Timeline) TappedSecondary(e *fyne.PointEvent) {
	if h := t.hitAt(e.Position); h.lane != nil && t.OnMenu != nil {
		t.OnMenu(h.ref, e.AbsolutePosition)
	}
}

// MouseIn is for desktop.Hoverable.
func (t *Timeline) MouseIn(e *desktop.MouseEvent) { t.MouseMoved(e) }

// MouseMoved moves the cursor and tells what is under it.
func (t *Timeline) MouseMoved(e *desktop.MouseEvent) {
	p := &t.pointer
	h := t.hitAt(e.Position)
	below := t.area.y + t.area.h
	if p.in && h == p.hit && math.Abs(float64(e.Position.X-p.at.X)) < 1 && (e.Position.Y > below) == (p.at.Y > below) {
		return // nothing that is drawn has changed
	}
	changed := h != p.hit
	p.in, p.at, p.hit = true, e.Position, h
	t.drawOver(newInk())
	canvas.Refresh(t.over)
	if changed {
		t.readout()
	}
}

// MouseOut removes the cursor.
func (t *Timeline) MouseOut() {
	t.pointer.in, t.pointer.hit = false, hit{}
	t.drawOver(newInk())
	canvas.Refresh(t.over)
	t.readout()
}

func (t *Timeline) readout() {
	if t.OnReadout == nil {
		return
	}
	h := t.pointer.hit
	if h.lane == nil {
		t.OnReadout("")
		return
	}
	text, lines := t.describe(h)
	for _, s := range lines {
		text += "   " + s
	}
	t.OnReadout(text)
}

// FocusGained shows that the timeline has the keyboard.
func (t *Timeline) FocusGained() {
	t.ring.set(true)
}

// FocusLost shows that the keyboard went elsewhere.
func (t *Timeline) FocusLost() {
	t.ring.set(false)
}

// TypedRune zooms.
func (t *Timeline) TypedRune(r rune) {
	switch r {
	case '+', '=':
		t.ZoomBy(1.5)
	case '-':
		t.ZoomBy(1 / 1.5)
	case 'z', 'Z':
		t.ZoomToSelection()
	case '0':
		t.Fit()
	case 'n':
		t.NextProblem(false)
	case 'N':
		t.NextProblem(true)
	}
}

// TypedKey moves the view and the selection.
func (t *Timeline) TypedKey(e *fyne.KeyEvent) {
	w, h := float64(t.area.w), float64(t.area.h)
	switch e.Name {
	case fyne.KeyLeft:
		t.pan(-w/10, 0)
	case fyne.KeyRight:
		t.pan(w/10, 0)
	case fyne.KeyUp:
		t.step(-1)
	case fyne.KeyDown:
		t.step(1)
	case fyne.KeyPageUp:
		t.pan(0, -h*.9)
	case fyne.KeyPageDown:
		t.pan(0, h*.9)
	case fyne.KeyHome:
		t.view.y = 0
		t.Fit()
	case fyne.KeyEnd:
		t.pan(t.axis.x(t.rows.end)-w*.8-t.view.x, t.maxY())
	case fyne.KeyReturn, fyne.KeyEnter:
		if t.selected != (timeline.Ref{}) && t.OnActivate != nil {
			t.OnActivate(t.selected)
		}
	case fyne.KeyEscape:
		t.choose(timeline.Ref{})
	default:
		HandOn(t, e)
	}
}

// step selects the lane that many rows further.
func (t *Timeline) step(by int) {
	n := 0
	if at, ok := t.s.find(t.selected); ok && t.rows.row(at) >= 0 {
		n = t.rows.row(at) + by
	} else if by < 0 {
		n = t.rows.total - 1
	}
	if n >= 0 && n < t.rows.total {
		l := t.s.at(t.rows.place(n))
		t.choose(l.Ref)
	}
}

// choose selects on the user's behalf.
func (t *Timeline) choose(r timeline.Ref) {
	if r == t.selected {
		return
	}
	t.Select(r)
	if t.OnSelect != nil {
		t.OnSelect(t.selected)
	}
}
