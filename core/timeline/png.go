package timeline

import (
	"cmp"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"math"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// PNGOptions are how to draw.
type PNGOptions struct {
	Width int     // of the drawing, before Scale; 0 = 960
	Scale float64 // pixels for each of them; 0 = 2
	Theme string  // "light" (also "") or "dark"
}

// maxPNG bounds a picture's height in pixels; what has more lanes says how many
// are missing.
const maxPNG = 8_000

// PNG draws a layout as a picture.
func PNG(w io.Writer, l *Layout, opt PNGOptions) error {
	c, err := raster(l, opt, 0)
	if err != nil {
		return err
	}
	return png.Encode(w, c.img)
}

// Card draws a layout below a title and lines of text: what one shows others.
func Card(w io.Writer, l *Layout, title string, lines []string, opt PNGOptions) error {
	const pitch, most = 17, 146 // of a line; characters of it
	var text []string
	for _, s := range lines {
		text = append(text, folded(s, most)...)
	}
	titles := folded(title, most-20)
	head := 20 + pitch*(len(titles)+len(text))
	c, err := raster(l, opt, head)
	if err != nil {
		return err
	}
	y := 22.0
	for _, s := range titles {
		c.text("tl-head", 12, y, s)
		y += pitch
	}
	for _, s := range text {
		c.text("tl-label", 12, y, s)
		y += pitch
	}
	return png.Encode(w, c.img)
}

// folded breaks a text into lines of so many characters, between words.
func folded(text string, most int) (lines []string) {
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > most {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// raster draws a layout, below so much room.
func raster(l *Layout, opt PNGOptions, head int) (*pixels, error) {
	faces, err := pixelFaces()
	if err != nil {
		return nil, fmt.Errorf("draw the timeline: %w", err)
	}
	scale := cmp.Or(opt.Scale, 2)
	l, left := fit(l, int(maxPNG/scale)-head)
	d := newDrawing(l, cmp.Or(opt.Width, 960))
	height := d.height()
	if left > 0 {
		height += laneHeight
	}
	c := &pixels{
		img: image.NewRGBA(image.Rect(0, 0, int(float64(d.width)*scale), int(float64(height+head)*scale))), scale: scale,
		colors: palette(opt.Theme), faces: faces,
	}
	draw.Draw(c.img, c.img.Bounds(), image.NewUniform(c.colors["bg"]), image.Point{}, draw.Src)
	below := *c
	below.img = &image.RGBA{Pix: c.img.Pix[int(float64(head)*scale)*c.img.Stride:], Stride: c.img.Stride, Rect: image.Rect(0, 0, c.img.Rect.Dx(), int(float64(height)*scale))}
	d.on = &below
	d.draw()
	if left > 0 {
		below.text("tl-dim", 22, float64(height-8), fmt.Sprintf("%d more connections are not in this picture", left))
	}
	return c, nil
}

// fit takes lanes away until the drawing is no higher than that.
func fit(l *Layout, height int) (*Layout, int) {
	return l.Trim((height - rulerHeight - legendLine - laneHeight - len(l.Groups)*(groupHeight+groupGap)) / laneHeight)
}

// Trim gives the layout with at most so many lanes, evenly from all groups, and
// how many are left out: those that a finding points at last.
func (l *Layout) Trim(room int) (*Layout, int) {
	all := lanes(l)
	if all <= room {
		return l, 0
	}
	small := *l
	small.Groups = nil
	share := max(room/max(len(l.Groups), 1), 1)
	for _, g := range l.Groups {
		bad := 0
		for _, lane := range g.Lanes {
			if lane.Bad {
				bad++
			}
		}
		fine := max(share-bad, 0)
		var kept []Lane
		for _, lane := range g.Lanes {
			if len(kept) == share {
				break
			}
			if !lane.Bad {
				if fine == 0 {
					continue
				}
				fine--
			}
			kept = append(kept, lane)
		}
		g.Lanes = kept
		small.Groups = append(small.Groups, g)
	}
	return &small, all - lanes(&small)
}

// palette reads the colours of a theme from its style sheet.
func palette(theme string) map[string]color.Color {
	sheet := light
	if theme == "dark" {
		sheet = dark
	}
	sheet += sketchSheet(theme)
	m := map[string]color.Color{}
	for rule := range strings.SplitSeq(sheet, ";") {
		name, value, ok := strings.Cut(rule, ":#")
		if !ok {
			continue
		}
		var r, g, b uint8
		if len(value) == 3 {
			fmt.Sscanf(value, "%1x%1x%1x", &r, &g, &b)
			r, g, b = r*17, g*17, b*17
		} else {
			fmt.Sscanf(value, "%02x%02x%02x", &r, &g, &b)
		}
		m[strings.TrimPrefix(name, "--")] = color.RGBA{r, g, b, 255}
	}
	return m
}

// look is how a class is drawn, in the palette's names; "" = not at all.
type look struct {
	fill, stroke string
	width        float64
	bold         bool
	size         float64
}

var looks = map[string]look{
	"tl-bg": {fill: "bg"}, "tl-row": {fill: "row"}, "tl-grid": {stroke: "grid", width: 1},
	"tl-challenge": {fill: "challenge", stroke: "stroke", width: 1}, "tl-expected": {fill: "bg", stroke: "challenge", width: 2},
	"tl-ring": {fill: "bg", stroke: "challenge", width: 1.5}, "tl-return": {stroke: "linkbad", width: 2}, "tl-cross": {stroke: "error", width: 2.5},
	"tl-session": {fill: "dim"}, "tl-link": {stroke: "link", width: 1.5}, "tl-linkbad": {stroke: "linkbad", width: 2},
	"tl-label": {fill: "fg", size: 12}, "tl-dim": {fill: "dim", size: 11}, "tl-head": {fill: "fg", bold: true, size: 12}, "tl-bad": {fill: "error", bold: true, size: 12},
}

// lookOf is how a class is drawn; a phase is filled with its colour.
func lookOf(class string) look {
	if l, ok := looks[class]; ok {
		return l
	}
	return look{fill: strings.TrimPrefix(class, "tl-")}
}

// pixels draws on an image.
type pixels struct {
	img    *image.RGBA
	scale  float64
	colors map[string]color.Color
	faces  *fonts
	sized  map[look]font.Face
}

func (c *pixels) rect(class string, x, y, w, h, _ float64, _ string) {
	r := image.Rect(int(x*c.scale+0.5), int(y*c.scale+0.5), int((x+w)*c.scale+0.5), int((y+h)*c.scale+0.5))
	r.Max.X = max(r.Max.X, r.Min.X+1)
	draw.Draw(c.img, r, image.NewUniform(c.colors[lookOf(class).fill]), image.Point{}, draw.Src)
}

func (c *pixels) text(class string, x, y float64, s string) { c.write(class, x, y, s) }

func (c *pixels) label(class string, x, y float64, s, detail string) {
	c.write("tl-dim", c.write(class, x, y, s+" "), y, detail)
}

// write draws a text and gives where it ends.
func (c *pixels) write(class string, x, y float64, s string) float64 {
	l := lookOf(class)
	face, err := c.face(l)
	if err != nil {
		return x
	}
	d := font.Drawer{Dst: c.img, Src: image.NewUniform(c.colors[l.fill]), Face: face, Dot: fixed.Point26_6{X: fixed.Int26_6(x * c.scale * 64), Y: fixed.Int26_6(y * c.scale * 64)}}
	d.DrawString(plain(s))
	return float64(d.Dot.X) / 64 / c.scale
}

func (c *pixels) shape(class string, s shape, _ string) {
	l := lookOf(class)
	if l.fill != "" {
		c.paint(s.flat(), c.colors[l.fill])
	}
	if l.stroke != "" {
		for _, line := range s.flat() {
			c.paint(outline(line, l.width), c.colors[l.stroke])
		}
	}
}

// paint fills polygons, only as much of the picture as they take.
func (c *pixels) paint(polygons [][]point, with color.Color) {
	x0, y0, x1, y1 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, line := range polygons {
		for _, p := range line {
			x0, y0, x1, y1 = min(x0, p.x), min(y0, p.y), max(x1, p.x), max(y1, p.y)
		}
	}
	area := image.Rect(int(x0*c.scale)-1, int(y0*c.scale)-1, int(x1*c.scale)+2, int(y1*c.scale)+2).Intersect(c.img.Bounds())
	if area.Empty() {
		return
	}
	z := vector.NewRasterizer(area.Dx(), area.Dy())
	for _, line := range polygons {
		for i, p := range line {
			x, y := float32(p.x*c.scale-float64(area.Min.X)), float32(p.y*c.scale-float64(area.Min.Y))
			if i == 0 {
				z.MoveTo(x, y)
			} else {
				z.LineTo(x, y)
			}
		}
		z.ClosePath()
	}
	z.Draw(c.img, area, image.NewUniform(with), image.Point{})
}

// flat makes lines of the curves.
func (s shape) flat() (lines [][]point) {
	var line []point
	for _, p := range s {
		switch p.op {
		case 'M':
			if len(line) > 1 {
				lines = append(lines, line)
			}
			line = []point{p.points[0]}
		case 'L':
			line = append(line, p.points[0])
		case 'C':
			a := line[len(line)-1]
			const parts = 16
			for i := 1; i <= parts; i++ {
				line = append(line, bezier(a, p.points[0], p.points[1], p.points[2], float64(i)/parts))
			}
		case 'Z':
			line = append(line, line[0])
		}
	}
	if len(line) > 1 {
		lines = append(lines, line)
	}
	return lines
}

func bezier(a, b, c, d point, t float64) point {
	u := 1 - t
	f := func(a, b, c, d float64) float64 { return u*u*u*a + 3*u*u*t*b + 3*u*t*t*c + t*t*t*d }
	return point{f(a.x, b.x, c.x, d.x), f(a.y, b.y, c.y, d.y)}
}

// outline makes one polygon of a line: along one side and back on the other,
// mitred where it turns.
func outline(line []point, width float64) [][]point {
	var there, back []point
	for i, p := range line {
		before, after := line[max(i-1, 0)], line[min(i+1, len(line)-1)]
		ax, ay := direction(before, p)
		bx, by := direction(p, after)
		if i == 0 {
			ax, ay = bx, by
		}
		if i == len(line)-1 {
			bx, by = ax, ay
		}
		nx, ny := -(ay + by), ax+bx
		long := math.Hypot(nx, ny)
		if long == 0 {
			continue
		}
		// Half the angle's cosine is how much longer the mitre is; a sharp turn's
		// is cut off.
		r := width / 2 / max(long/2, 0.5)
		nx, ny = nx/long*r, ny/long*r
		there = append(there, point{p.x + nx, p.y + ny})
		back = append(back, point{p.x - nx, p.y - ny})
	}
	slices.Reverse(back)
	return [][]point{append(there, back...)}
}

// direction is the unit vector from a to b.
func direction(a, b point) (x, y float64) {
	long := math.Hypot(b.x-a.x, b.y-a.y)
	if long == 0 {
		return 0, 0
	}
	return (b.x - a.x) / long, (b.y - a.y) / long
}

// fonts are the typefaces, parsed once.
type fonts struct{ regular, bold *opentype.Font }

var pixelFaces = sync.OnceValues(func() (*fonts, error) {
	regular, err := opentype.Parse(goregular.TTF)
	if err != nil {
		return nil, err
	}
	bold, err := opentype.Parse(gobold.TTF)
	return &fonts{regular, bold}, err
})

func (c *pixels) face(l look) (font.Face, error) {
	if f := c.sized[l]; f != nil {
		return f, nil
	}
	from := c.faces.regular
	if l.bold {
		from = c.faces.bold
	}
	f, err := opentype.NewFace(from, &opentype.FaceOptions{Size: l.size * c.scale, DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		return nil, err
	}
	if c.sized == nil {
		c.sized = map[look]font.Face{}
	}
	c.sized[l] = f
	return f, nil
}
