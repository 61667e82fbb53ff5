package timeline

import "time"

// canvas is what a layout is drawn on: SVG or pixels. Classes say what a thing
// means and are turned into colours by the canvas. A title explains a thing to
// whoever points at it; canvases without pointers leave it out.
type canvas interface {
	rect(class string, x, y, w, h, radius float64, title string)
	text(class string, x, y float64, s string)
	// label is a text with a fainter one after it.
	label(class string, x, y float64, s, detail string)
	// shape fills or strokes, as its class says.
	shape(class string, s shape, title string)
}

// shape is an outline: a path of absolute points.
type shape []leg

// leg is a move ('M'), a line ('L'), a cubic curve ('C', with two control
// points before its end) or the closing of the path ('Z').
type leg struct {
	op     byte
	points [3]point
}

type point struct{ x, y float64 }

func move(x, y float64) shape { return shape{{op: 'M', points: [3]point{{x, y}}}} }

// line goes on to a point given relative to the last one.
func (s shape) line(dx, dy float64) shape {
	p := s.last()
	return append(s, leg{op: 'L', points: [3]point{{p.x + dx, p.y + dy}}})
}

func (s shape) curve(a, b, end point) shape {
	return append(s, leg{op: 'C', points: [3]point{a, b, end}})
}

func (s shape) close() shape { return append(s, leg{op: 'Z'}) }

func (s shape) jump(dx, dy float64) shape {
	p := s.last()
	return append(s, move(p.x+dx, p.y+dy)...)
}

func (s shape) last() point {
	for i := len(s) - 1; i >= 0; i-- {
		switch s[i].op {
		case 'M', 'L':
			return s[i].points[0]
		case 'C':
			return s[i].points[2]
		}
	}
	return point{}
}

func diamond(x, y, r float64) shape {
	return move(x, y-r).line(r, r).line(-r, r).line(-r, -r).close()
}

// tailed is a diamond with a tail to the left, to where the handshake was.
func tailed(x, y, r float64) shape {
	return move(x-r-4, y-1.5).line(6, 0).line(4, 1.5-r).line(r, r).line(-r, r).line(-4, 1.5-r).line(-6, 0).close()
}

// circle is four curves; kappa is the usual distance of their control points.
func circle(x, y, r float64) shape {
	const kappa = 0.5522847498
	k := r * kappa
	return move(x+r, y).
		curve(point{x + r, y + k}, point{x + k, y + r}, point{x, y + r}).
		curve(point{x - k, y + r}, point{x - r, y + k}, point{x - r, y}).
		curve(point{x - r, y - k}, point{x - k, y - r}, point{x, y - r}).
		curve(point{x + k, y - r}, point{x + r, y - k}, point{x + r, y}).close()
}

func cross(x, y, r float64) shape {
	return move(x-r, y-r).line(2*r, 2*r).jump(0, -2*r).line(-2*r, 2*r)
}

// arrow comes back to where it came from.
func arrow(x, y float64) shape {
	s := move(x-2, y+5).line(6, 0)
	s = s.curve(point{x + 9, y + 5}, point{x + 9, y - 3}, point{x + 4, y - 3})
	return s.line(-9, 0).jump(4, -3).line(-4, 3).line(4, 3)
}

// part is one shape of a mark.
type part struct {
	class string
	shape shape
}

// glyph is a mark's shapes; each kind has its own.
func glyph(k MarkKind, x, y float64) []part {
	switch k {
	case MarkChallenge:
		return []part{{"tl-challenge", diamond(x, y, 6)}}
	case MarkExpected:
		return []part{{"tl-expected", diamond(x, y, 6)}}
	case MarkRenegotiation:
		return []part{{"tl-ring", circle(x, y, 8)}, {"tl-challenge", diamond(x, y, 5)}}
	case MarkPostHandshake:
		return []part{{"tl-challenge", tailed(x, y, 6)}}
	case MarkResumption:
		return []part{{"tl-return", arrow(x, y)}}
	case MarkError:
		return []part{{"tl-cross", cross(x, y, 4)}}
	case MarkSession:
		return []part{{"tl-session", circle(x, y-8, 2.2)}}
	}
	return []part{{"tl-grid", move(x, y-6).line(0, 12)}}
}

// Measures of the drawing, in pixels.
const (
	laneHeight  = 22
	groupHeight = 26
	groupGap    = 6
	labelWidth  = 170
	wordsWidth  = 230
	rulerHeight = 24
	legendLine  = 48 // two lines: marks, phases
)

// drawing draws a layout on a canvas.
type drawing struct {
	*Layout
	on      canvas
	width   int
	plot    float64
	longest time.Duration
	begin   time.Duration // folded position at which the group begins
}

func newDrawing(l *Layout, width int) *drawing {
	d := &drawing{Layout: l, width: width, plot: float64(width - labelWidth - wordsWidth)}
	for _, g := range l.Groups {
		d.longest = max(d.longest, l.Axis.Position(g.End)-l.Axis.Position(g.Start))
	}
	d.longest = max(d.longest, time.Microsecond)
	return d
}

// height is the whole drawing's.
func (d *drawing) height() int {
	h := rulerHeight + legendLine
	for _, g := range d.Groups {
		h += groupHeight + laneHeight*len(g.Lanes) + groupGap
	}
	return h
}

func (d *drawing) draw() {
	height := d.height()
	d.on.rect("tl-bg", 0, 0, float64(d.width), float64(height), 0, "")
	d.ruler(float64(height - legendLine))
	y := float64(rulerHeight)
	for _, g := range d.Groups {
		y = d.group(g, y)
	}
	d.legend(y + 20)
}

// x is where a moment lies.
func (d *drawing) x(t time.Duration) float64 {
	return labelWidth + d.plot*float64(d.Axis.Position(t)-d.begin)/float64(d.longest)
}

func (d *drawing) ruler(bottom float64) {
	unit := Step(d.longest, int(d.plot/90))
	for i := range d.longest/unit + 1 {
		t := i * unit
		x := labelWidth + d.plot*float64(t)/float64(d.longest)
		d.on.shape("tl-grid", move(x, rulerHeight-6).line(0, bottom-rulerHeight+6), "")
		d.on.text("tl-dim", x+3, 15, Label(t, unit))
	}
}

func (d *drawing) group(g Group, y float64) float64 {
	d.begin = d.Axis.Position(g.Start)
	d.on.text("tl-head", 8, y+17, "cache "+g.Title)
	y += groupHeight
	rows := map[int]float64{}
	for i, lane := range g.Lanes {
		rows[lane.Connection] = y + float64(i*laneHeight) + laneHeight/2
	}
	for _, lane := range g.Lanes {
		d.lane(lane, rows[lane.Connection])
	}
	for _, k := range d.Links {
		if k.To.Pass == g.Pass {
			d.link(k, rows[k.From.Connection], rows[k.To.Connection])
		}
	}
	for _, lane := range g.Lanes {
		d.marks(lane, rows[lane.Connection])
	}
	return y + float64(laneHeight*len(g.Lanes)) + groupGap
}

func (d *drawing) lane(l Lane, y float64) {
	class := "tl-label"
	if l.Bad {
		class = "tl-bad"
		d.on.rect("tl-row", 0, y-laneHeight/2, float64(d.width), laneHeight, 0, "")
		d.on.shape("tl-cross", cross(13, y, 4), "a finding points here")
	}
	d.on.label(class, 22, y+4, cut(l.Label, 14), cut(l.Detail, 12))
	for _, s := range l.Spans {
		x0, x1 := d.x(s.Start), d.x(s.End)
		d.on.rect("tl-"+s.Look().Color, x0, y-6, max(x1-x0, 1), 12, 2, s.Label+": "+round(s.End-s.Start))
	}
	d.on.text(class, float64(d.width-wordsWidth+14), y+4, cut(l.Outcome, 34))
}

func (d *drawing) link(k Link, from, to float64) {
	if from == 0 || to == 0 {
		return
	}
	class := "tl-link"
	if k.Bad {
		class = "tl-linkbad"
	}
	x0, x1, middle := d.x(k.FromAt), d.x(k.ToAt), (from+to)/2
	d.on.shape(class, move(x0, from+6).curve(point{x0, middle}, point{x1, middle}, point{x1, to - 8}), linkTitle(k))
}

func (d *drawing) marks(l Lane, y float64) {
	last := -100.0
	for _, m := range l.Marks {
		x := d.x(m.At)
		if m.Kind == MarkExpected || m.Kind == MarkResumption {
			x = max(x, last+13) // two marks of one moment stand side by side
		}
		last = x
		for _, p := range glyph(m.Kind, x, y) {
			d.on.shape(p.class, p.shape, m.Label)
		}
	}
}

func (d *drawing) legend(y float64) {
	x := 22.0
	for _, e := range []struct {
		kind MarkKind
		text string
	}{
		{MarkChallenge, "challenge"},
		{MarkExpected, "expected, did not come"},
		{MarkResumption, "resumed"},
		{MarkRenegotiation, "in renegotiation"},
		{MarkPostHandshake, "after the handshake"},
		{MarkSession, "session given"},
		{MarkError, "failed"},
	} {
		dy := 0.0
		if e.kind == MarkSession {
			dy = 8
		}
		for _, p := range glyph(e.kind, x, y-4+dy) {
			d.on.shape(p.class, p.shape, "")
		}
		d.on.text("tl-dim", x+13, y, e.text)
		x += 32 + 6.4*float64(len(e.text))
	}
	x, y = 16, y+18
	for _, p := range phases(d.Layout) {
		looks := []string{p.Color}
		if p.Other != nil {
			looks = append(looks, p.Other.Color)
		}
		for i, color := range looks {
			w := 12 / float64(len(looks))
			d.on.rect("tl-"+color, x+float64(i)*w, y-9, w, 10, 2, "")
		}
		d.on.text("tl-dim", x+19, y, p.Title)
		x += 38 + 6.4*float64(len(p.Title))
	}
}
