package timeline

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// SVGOptions are how to draw.
type SVGOptions struct {
	Width int    // pixels; 0 = 960
	Theme string // "light", "dark", or "" to follow the reader's own
	// Bare leaves the style sheet out: the page that holds the drawing has it.
	Bare bool
}

// manyLanes is from how many lanes on a drawing is made small: shapes of one
// kind in one path, without a title each.
const manyLanes = 1000

// SVG draws a layout as one self-contained SVG. Everything from outside is
// escaped; up to 1,000 lanes every mark and span says what it is in a title.
func SVG(w io.Writer, l *Layout, opt SVGOptions) error {
	d := newDrawing(l, cmp.Or(opt.Width, 960))
	out := &svgCanvas{w: bufio.NewWriter(w), many: lanes(l) > manyLanes}
	d.on = out
	height := d.height()
	out.printf(`<svg xmlns="http://www.w3.org/2000/svg" class="timeline" role="img" aria-label="Timeline of the connections" viewBox="0 0 %d %d" width="%d" height="%d" font-family="system-ui,sans-serif" font-size="12">`+"\n", d.width, height, d.width, height)
	if !opt.Bare {
		out.printf("<style>%s</style>\n", style(opt.Theme))
	}
	d.draw()
	out.flush()
	out.printf("</svg>\n")
	return out.w.Flush()
}

func lanes(l *Layout) (n int) {
	for _, g := range l.Groups {
		n += len(g.Lanes)
	}
	return n
}

// svgCanvas writes SVG.
type svgCanvas struct {
	w     *bufio.Writer
	many  bool
	kinds []string // in the order in which they are to be drawn
	paths map[string]*strings.Builder
}

func (c *svgCanvas) printf(format string, args ...any) { fmt.Fprintf(c.w, format, args...) }

func (c *svgCanvas) rect(class string, x, y, w, h, radius float64, title string) {
	if c.many && title != "" {
		fmt.Fprintf(c.path(class), "M%s %sh%sv%sh-%sz", number(x), number(y), number(w), number(h), number(w))
		return
	}
	rounded := ""
	if radius > 0 {
		rounded = ` rx="` + number(radius) + `"`
	}
	c.printf(`<rect class="%s" x="%s" y="%s" width="%s" height="%s"%s`, class, number(x), number(y), number(w), number(h), rounded)
	c.end("rect", title)
}

func (c *svgCanvas) text(class string, x, y float64, s string) {
	if s = strings.TrimSpace(s); s != "" {
		c.printf(`<text class="%s" x="%s" y="%s">%s</text>`+"\n", class, number(x), number(y), escape(s))
	}
}

func (c *svgCanvas) label(class string, x, y float64, s, detail string) {
	c.printf(`<text class="%s" x="%s" y="%s">%s <tspan class="tl-dim">%s</tspan></text>`+"\n", class, number(x), number(y), escape(s), escape(detail))
}

func (c *svgCanvas) shape(class string, s shape, title string) {
	if c.many && title != "" {
		writePath(c.path(class), s)
		return
	}
	var b strings.Builder
	writePath(&b, s)
	c.printf(`<path class="%s" d="%s"`, class, b.String())
	c.end("path", title)
}

func (c *svgCanvas) end(element, title string) {
	if title == "" || c.many {
		c.printf("/>\n")
		return
	}
	c.printf("><title>%s</title></%s>\n", escape(title), element)
}

// path collects the shapes of a class.
func (c *svgCanvas) path(class string) *strings.Builder {
	if c.paths == nil {
		c.paths = map[string]*strings.Builder{}
	}
	if c.paths[class] == nil {
		c.paths[class] = &strings.Builder{}
		c.kinds = append(c.kinds, class)
	}
	return c.paths[class]
}

// flush writes what was collected: spans below links below marks.
func (c *svgCanvas) flush() {
	order := []string{"tl-link", "tl-linkbad", "tl-ring", "tl-challenge", "tl-expected", "tl-return", "tl-session", "tl-cross"}
	slices.SortStableFunc(c.kinds, func(a, b string) int { return cmp.Compare(slices.Index(order, a), slices.Index(order, b)) })
	for _, class := range c.kinds {
		c.printf(`<path class="%s" d="%s"/>`+"\n", class, c.paths[class].String())
	}
}

func writePath(b *strings.Builder, s shape) {
	for _, p := range s {
		n := map[byte]int{'M': 1, 'L': 1, 'C': 3}[p.op]
		b.WriteByte(p.op)
		for i, q := range p.points[:n] {
			if i > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(number(q.x))
			b.WriteByte(' ')
			b.WriteString(number(q.y))
		}
	}
}

// number is a length to a tenth of a pixel.
func number(f float64) string {
	return strconv.FormatFloat(float64(int64(f*10+0.5))/10, 'f', -1, 64)
}

func linkTitle(k Link) string {
	return fmt.Sprintf("connection %d resumed the session of connection %d", k.To.Connection, k.From.Connection)
}

// Step is a round distance between ruler ticks, for about n of them, whatever
// the length.
func Step(length time.Duration, n int) time.Duration {
	const most = math.MaxInt64 / 10
	step := time.Microsecond
	for step < most {
		for _, f := range []time.Duration{1, 2, 5} {
			if length/(step*f) <= time.Duration(max(n, 1)) {
				return step * f
			}
		}
		step *= 10
	}
	return step
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
