package timeline

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
)

// SVGOptions are how to draw.
type SVGOptions struct {
	Width int    // pixels; 0 = 960
	Theme string // "light", "dark", or "" to follow the reader's own
}

// Measures of the drawing, in pixels.
const (
	laneHeight  = 22
	groupHeight = 26
	labelWidth  = 170
	wordsWidth  = 230
	rulerHeight = 24
	legendLine  = 30
)

// SVG draws a layout as one self-contained SVG. Everything from outside is
// escaped; every mark and span says what it is in a title.
func SVG(w io.Writer, l *Layout, opt SVGOptions) error {
	d := drawing{Layout: l, width: cmp.Or(opt.Width, 960), out: bufio.NewWriter(w)}
	d.plot = float64(d.width - labelWidth - wordsWidth)
	for _, g := range l.Groups {
		d.longest = max(d.longest, l.Axis.Position(g.End)-l.Axis.Position(g.Start))
	}
	d.longest = max(d.longest, time.Microsecond)
	height := rulerHeight + legendLine
	for _, g := range l.Groups {
		height += groupHeight + laneHeight*len(g.Lanes) + 6
	}
	d.printf(`<svg xmlns="http://www.w3.org/2000/svg" class="timeline" role="img" aria-label="Timeline of the connections" viewBox="0 0 %d %d" width="%d" height="%d" font-family="system-ui,sans-serif" font-size="12">`+"\n", d.width, height, d.width, height)
	d.printf("<style>%s</style>\n", style(opt.Theme))
	d.printf(`<rect class="tl-bg" width="%d" height="%d"/>`+"\n", d.width, height)
	d.ruler(height - legendLine)
	y := rulerHeight
	for _, g := range l.Groups {
		y = d.group(g, y)
	}
	d.legend(y + legendLine - 10)
	d.printf("</svg>\n")
	return d.out.Flush()
}

// drawing is one SVG being written.
type drawing struct {
	*Layout
	out     *bufio.Writer
	width   int
	plot    float64
	longest time.Duration
	begin   time.Duration // folded position at which the group begins
}

func (d *drawing) printf(format string, args ...any) { fmt.Fprintf(d.out, format, args...) }

// x is where a moment lies.
func (d *drawing) x(t time.Duration) float64 {
	return labelWidth + d.plot*float64(d.Axis.Position(t)-d.begin)/float64(d.longest)
}

func (d *drawing) ruler(height int) {
	step := Step(d.longest, int(d.plot/90))
	for t := time.Duration(0); t <= d.longest; t += step {
		x := labelWidth + d.plot*float64(t)/float64(d.longest)
		d.printf(`<path class="tl-grid" d="M%.1f %d V%d"/><text class="tl-dim" x="%.1f" y="15">%s</text>`+"\n", x, rulerHeight-6, height, x+3, Label(t, step))
	}
}

func (d *drawing) group(g Group, y int) int {
	d.begin = d.Axis.Position(g.Start)
	d.printf(`<text class="tl-head" x="8" y="%d">cache %s</text>`+"\n", y+17, escape(g.Title))
	y += groupHeight
	rows := map[int]float64{}
	for i, lane := range g.Lanes {
		rows[lane.Connection] = float64(y + i*laneHeight + laneHeight/2)
	}
	for _, lane := range g.Lanes {
		d.lane(lane, rows[lane.Connection])
	}
	for _, k := range d.Links {
		if k.Pass == g.Pass {
			d.link(k, rows[k.From], rows[k.To])
		}
	}
	for _, lane := range g.Lanes {
		d.marks(lane, rows[lane.Connection])
	}
	return y + laneHeight*len(g.Lanes) + 6
}

func (d *drawing) lane(l Lane, y float64) {
	class := ""
	if l.Bad {
		class = " tl-bad"
		d.printf(`<rect class="tl-row" x="0" y="%.1f" width="%d" height="%d"/><text class="tl-error" x="8" y="%.1f">✕</text>`, y-laneHeight/2, d.width, laneHeight, y+4)
	}
	d.printf(`<text class="tl-label%s" x="22" y="%.1f">%s <tspan class="tl-dim">%s</tspan></text>`+"\n", class, y+4, escape(cut(l.Label, 14)), escape(cut(l.Detail, 12)))
	for _, s := range l.Spans {
		x0, x1 := d.x(s.Start), d.x(s.End)
		d.printf(`<rect class="tl-%s" x="%.2f" y="%.1f" width="%.2f" height="12" rx="2"><title>%s: %s</title></rect>`+"\n", s.Phase, x0, y-6, max(x1-x0, 1), escape(s.Label), round(s.End-s.Start))
	}
	d.printf(`<text class="tl-label%s" x="%d" y="%.1f">%s</text>`+"\n", class, d.width-wordsWidth+14, y+4, escape(cut(l.Outcome, 34)))
}

func (d *drawing) link(k Link, from, to float64) {
	if from == 0 || to == 0 {
		return
	}
	class := "tl-link"
	if k.Bad {
		class += " tl-linkbad"
	}
	x0, x1 := d.x(k.FromAt), d.x(k.ToAt)
	d.printf(`<path class="%s" d="M%.1f %.1f C%.1f %.1f %.1f %.1f %.1f %.1f"><title>connection %d resumed the session of connection %d</title></path>`+"\n",
		class, x0, from+6, x0, (from+to)/2, x1, (from+to)/2, x1, to-8, k.To, k.From)
}

func (d *drawing) marks(l Lane, y float64) {
	last := -100.0
	for _, m := range l.Marks {
		x := d.x(m.At)
		if m.Kind == MarkExpected || m.Kind == MarkResumption {
			x = max(x, last+13) // two marks of one moment stand side by side
		}
		last = x
		d.printf("<g>%s<title>%s</title></g>\n", glyph(m.Kind, x, y), escape(m.Label))
	}
}

// glyph is a mark's shape; each kind has its own.
func glyph(k MarkKind, x, y float64) string {
	diamond := fmt.Sprintf("M%.1f %.1f l6 6 l-6 6 l-6 -6 z", x, y-6)
	switch k {
	case MarkChallenge:
		return `<path class="tl-challenge" d="` + diamond + `"/>`
	case MarkExpected:
		return `<path class="tl-expected" d="` + diamond + `"/>`
	case MarkRenegotiation, MarkPostHandshake:
		return fmt.Sprintf(`<circle class="tl-ring" cx="%.1f" cy="%.1f" r="8"/><path class="tl-challenge" d="%s"/>`, x, y, diamond)
	case MarkResumption:
		return fmt.Sprintf(`<path class="tl-return" d="M%.1f %.1f h6 a4 4 0 0 0 0 -8 h-9 m4 -3 l-4 3 l4 3"/>`, x-2, y+5)
	case MarkError:
		return fmt.Sprintf(`<path class="tl-cross" d="M%.1f %.1f l8 8 m0 -8 l-8 8"/>`, x-4, y-4)
	case MarkSession:
		return fmt.Sprintf(`<circle class="tl-session" cx="%.1f" cy="%.1f" r="2.2"/>`, x, y-8)
	}
	return fmt.Sprintf(`<path class="tl-grid" d="M%.1f %.1f v12"/>`, x, y-6)
}

func (d *drawing) legend(y int) {
	x := 22.0
	for _, e := range []struct {
		kind MarkKind
		text string
	}{
		{MarkChallenge, "challenge"}, {MarkExpected, "expected, did not come"}, {MarkResumption, "resumed"},
		{MarkPostHandshake, "asked after the handshake"}, {MarkSession, "session given"}, {MarkError, "failed"},
	} {
		dy := 0.0
		if e.kind == MarkSession {
			dy = 8
		}
		d.printf(`%s<text class="tl-dim" x="%.1f" y="%d">%s</text>`+"\n", glyph(e.kind, x, float64(y-4)+dy), x+13, y, e.text)
		x += 32 + 6.4*float64(len(e.text))
	}
}

// Step is a round distance between ruler ticks, for about n of them.
func Step(length time.Duration, n int) time.Duration {
	step := time.Microsecond
	for {
		for _, f := range []time.Duration{1, 2, 5} {
			if length/(step*f) <= time.Duration(max(n, 1)) {
				return step * f
			}
		}
		step *= 10
	}
}

// Label writes a tick's time in the unit of its step.
func Label(t, step time.Duration) string {
	switch {
	case step >= time.Second:
		return fmt.Sprintf("%g s", t.Seconds())
	case step >= time.Millisecond:
		return fmt.Sprintf("%d ms", t.Milliseconds())
	}
	return fmt.Sprintf("%g ms", float64(t.Microseconds())/1000)
}

func round(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%.2f ms", float64(d.Microseconds())/1000)
	}
	return d.Round(time.Millisecond).String()
}

// escape makes text from outside safe in XML; characters that XML can't hold
// or that change the direction of text are replaced.
func escape(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '"':
			b.WriteString("&quot;")
		case r == '\'':
			b.WriteString("&#39;")
		case !unicode.IsPrint(r), unicode.Is(unicode.Bidi_Control, r):
			b.WriteRune('\uFFFD')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
