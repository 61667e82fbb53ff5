package timeline

import (
	"bufio"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"io"
)

// Sketch is a picture of boxes, lines, texts and signs beside the timeline's,
// drawn in the same ways. A tone is "good", "bad", "unknown" or "" for none.
type Sketch struct{ on canvas }

// The figures' own colours: the ground of a box by its tone, and its sign.
const (
	sketchLight = `--box:#eef1f4;--box-good:#e3f4e8;--box-bad:#ffe3e1;--box-unknown:#fdf0d5;--good:#1a7f37;--unknown:#8a5a00;`
	sketchDark  = `--box:#1d232c;--box-good:#16331f;--box-bad:#43191c;--box-unknown:#3a2b0c;--good:#57c478;--unknown:#e3b341;`
	sketchRules = `.timeline .tl-box{fill:var(--box)}.timeline .tl-box-good{fill:var(--box-good)}.timeline .tl-box-bad{fill:var(--box-bad)}` +
		`.timeline .tl-box-unknown{fill:var(--box-unknown)}.timeline .tl-tick{stroke:var(--good);stroke-width:2;fill:none}` +
		`.timeline .tl-open{stroke:var(--unknown);stroke-width:2;fill:none}.timeline .tl-rule{stroke:var(--dim);stroke-width:1;fill:none}` +
		`.timeline .tl-arrow{stroke:var(--error);stroke-width:2;fill:none}`
)

func init() {
	for class, l := range map[string]look{
		"tl-box": {fill: "box"}, "tl-box-good": {fill: "box-good"}, "tl-box-bad": {fill: "box-bad"}, "tl-box-unknown": {fill: "box-unknown"},
		"tl-tick": {stroke: "good", width: 2}, "tl-open": {stroke: "unknown", width: 2}, "tl-rule": {stroke: "dim", width: 1}, "tl-arrow": {stroke: "error", width: 2},
	} {
		looks[class] = l
	}
}

// Box draws a box in a tone; title explains it to whoever points at it.
func (s Sketch) Box(tone string, x, y, w, h float64, title string) {
	class := "tl-box"
	if tone != "" {
		class += "-" + tone
	}
	s.on.rect(class, x, y, w, h, 3, title)
}

// Text writes a text of 12 on a line, or of 11 where it is weak.
func (s Sketch) Text(x, y float64, text string, weak, bold bool) {
	class := "tl-label"
	switch {
	case bold:
		class = "tl-head"
	case weak:
		class = "tl-dim"
	}
	s.on.text(class, x, y, text)
}

// Line goes from a point by dx, dy.
func (s Sketch) Line(x, y, dx, dy float64) { s.on.shape("tl-rule", move(x, y).line(dx, dy), "") }

// Sign draws a tone's sign around a point: a tick, a cross, a ring.
func (s Sketch) Sign(tone string, x, y, size float64) {
	r := size / 2
	switch tone {
	case "good":
		s.on.shape("tl-tick", move(x-r, y).line(r*.8, r*.9).line(r*1.3, -r*1.8), "")
	case "bad":
		s.on.shape("tl-cross", cross(x, y, r), "")
	case "unknown":
		s.on.shape("tl-open", circle(x, y, r), "")
	}
}

// Arrow points down from a point.
func (s Sketch) Arrow(x, y, h float64) {
	s.on.shape("tl-arrow", move(x, y).line(0, h).jump(-5, -6).line(5, 6).line(5, -6), "")
}

// SketchSVG writes what draw draws as a self-contained SVG.
func SketchSVG(w io.Writer, width, height float64, title string, opt SVGOptions, draw func(Sketch)) error {
	out := &svgCanvas{w: bufio.NewWriter(w)}
	out.printf(`<svg xmlns="http://www.w3.org/2000/svg" class="timeline" role="img" aria-label="%s" viewBox="0 0 %s %s" width="%[2]s" height="%[3]s" font-family="system-ui,sans-serif" font-size="12">`+"\n", escape(title), number(width), number(height))
	if !opt.Bare {
		out.printf("<style>%s</style>\n", SketchSheet(opt.Theme))
	}
	out.rect("tl-bg", 0, 0, width, height, 0, "")
	draw(Sketch{out})
	out.printf("</svg>\n")
	return out.w.Flush()
}

// SketchSheet is the style sheet of sketches, for a page that holds Bare ones.
func SketchSheet(theme string) string {
	switch theme {
	case "light":
		return ".timeline{" + light + sketchLight + "}" + rules + sketchRules
	case "dark":
		return ".timeline{" + dark + sketchDark + "}" + rules + sketchRules
	}
	return ".timeline{" + light + sketchLight + "}@media(prefers-color-scheme:dark){.timeline{" + dark + sketchDark + "}}" + rules + sketchRules
}

// SketchPNG writes what draw draws as a picture; what is higher than a picture
// may be is cut off below.
func SketchPNG(w io.Writer, width, height float64, opt PNGOptions, paint func(Sketch)) error {
	faces, err := pixelFaces()
	if err != nil {
		return fmt.Errorf("draw the figure: %w", err)
	}
	scale := opt.Scale
	if scale == 0 {
		scale = 2
	}
	c := &pixels{
		img: image.NewRGBA(image.Rect(0, 0, int(min(width*scale, maxPNG)), int(min(height*scale, maxPNG)))), scale: scale,
		colors: palette(opt.Theme), faces: faces,
	}
	draw.Draw(c.img, c.img.Bounds(), image.NewUniform(c.colors["bg"]), image.Point{}, draw.Src)
	paint(Sketch{c})
	return png.Encode(w, c.img)
}

// sketchSheet is what palette reads beside the timeline's colours.
func sketchSheet(theme string) string {
	if theme == "dark" {
		return sketchDark
	}
	return sketchLight
}
