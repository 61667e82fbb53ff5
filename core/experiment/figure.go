package experiment

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"rechallenge/core/plan"
)

// Figure is a conclusion as a picture: shapes at their places, for a window, an
// SVG and pixels alike. It says nothing that the conclusion's rows do not say.
type Figure struct {
	Width, Height float64
	Shapes        []Shape
}

// Shape is a part of a figure. No meaning rests on its mark's colour alone: a
// sign or words stand beside it.
type Shape struct {
	Kind       ShapeKind
	X, Y, W, H float64
	Text       string // of a text: Y is the line it stands on; of a box: what it is, for who points at it
	Mark       Mark
	Weak, Bold bool
	Row        int // of the conclusion, -1 = none
}

// ShapeKind is what is drawn.
type ShapeKind string

// The kinds. A line goes from X,Y by W,H; a sign is a cross, a tick or a ring by
// its mark, with X,Y as its middle and W as its size; an arrow points down.
const (
	ShapeBox   ShapeKind = "box"
	ShapeLine  ShapeKind = "line"
	ShapeText  ShapeKind = "text"
	ShapeSign  ShapeKind = "sign"
	ShapeArrow ShapeKind = "arrow"
)

// Sketch draws a conclusion's rows: the value of Experiment.Sketch.
type Sketch func(e Experiment, c *Conclusion) *Figure

// Figure is a conclusion's picture, nil where there is none to be made of it.
func (e Experiment) Figure(c *Conclusion) *Figure {
	if c == nil || e.Sketch == nil || len(c.Rows) == 0 {
		return nil
	}
	f := e.Sketch(e, c)
	if f == nil || len(f.Shapes) == 0 {
		return nil
	}
	return f
}

// Measures of a figure, in pixels at a text of 12.
const (
	figureWidth = 860
	figureLine  = 26
	figureChar  = 6.6 // of a text, about
	figureGap   = 8
)

func wide(text string) float64 { return float64(utf8.RuneCountInString(text)) * figureChar }

// short is a text that is at most so wide; the row's own cells have all of it.
func short(text string, width float64) string {
	if n := max(int(width/figureChar), 1); utf8.RuneCountInString(text) > n {
		return strings.TrimSpace(string([]rune(text)[:max(n-1, 1)])) + "…"
	}
	return text
}

func (f *Figure) add(s Shape) { f.Shapes = append(f.Shapes, s) }

func (f *Figure) text(x, y float64, text string, row int) {
	f.add(Shape{Kind: ShapeText, X: x, Y: y, Text: text, Row: row})
}

func (f *Figure) weak(x, y float64, text string) {
	f.add(Shape{Kind: ShapeText, X: x, Y: y, Text: text, Weak: true, Row: -1})
}

func (f *Figure) bold(x, y float64, text string) {
	f.add(Shape{Kind: ShapeText, X: x, Y: y, Text: text, Bold: true, Row: -1})
}

// cell is a box with a sign and words in it.
func (f *Figure) cell(x, y, w, h float64, text string, mark Mark, row int, whole string) {
	f.add(Shape{Kind: ShapeBox, X: x, Y: y, W: w, H: h, Text: whole, Mark: mark, Row: row})
	at := x + figureGap
	if mark != Plain {
		f.add(Shape{Kind: ShapeSign, X: x + 14, Y: y + h/2, W: 8, Mark: mark, Row: -1})
		at = x + 26
	}
	f.text(at, y+h/2+4, short(text, x+w-at-4), row)
}

// at is a row's cell of a column, "" where there is none.
func (c *Conclusion) at(r Row, column string) string {
	if i := slices.Index(c.Columns, column); i >= 0 && i < len(r.Cells) {
		return r.Cells[i]
	}
	return ""
}

// whole is all of a row in words.
func (c *Conclusion) whole(r Row) string {
	var words []string
	for i, cell := range r.Cells {
		if cell != "" && i < len(c.Columns) {
			words = append(words, c.Columns[i]+": "+cell)
		}
	}
	return strings.Join(words, "\n")
}

// sketchGrid draws two things against each other.
func sketchGrid(e Experiment, c *Conclusion) *Figure {
	f := &Figure{Width: figureWidth}
	y := float64(figureGap)
	for _, g := range e.Grids(c) {
		if g.Title != "" {
			f.bold(0, y+12, g.Title)
			y += figureLine
		}
		label := wide(g.DownTitle+" / "+g.AcrossTitle) + 2*figureGap
		for _, name := range g.Down {
			label = max(label, min(wide(name)+2*figureGap, 260))
		}
		w := 96.0
		for _, name := range g.Across {
			w = max(w, min(wide(name)+2*figureGap, 200))
		}
		for _, row := range g.Texts {
			for _, text := range row {
				w = max(w, min(wide(text)+36, 220))
			}
		}
		f.weak(0, y+16, g.DownTitle+" / "+g.AcrossTitle)
		for x, name := range g.Across {
			f.bold(label+float64(x)*w+figureGap, y+16, short(name, w-figureGap))
		}
		y += figureLine
		for row, name := range g.Down {
			f.bold(0, y+17, short(name, label-figureGap))
			for x, n := range g.Cells[row] {
				if n >= 0 {
					f.cell(label+float64(x)*w, y, w-2, figureLine-2, cmp.Or(g.Texts[row][x], "-"), c.Rows[n].Mark, n, c.whole(c.Rows[n]))
				}
			}
			y += figureLine
		}
		f.Width = max(f.Width, label+float64(len(g.Across))*w)
		y += figureGap
	}
	f.Height = y
	return f
}

// sketchLadder draws levels from the outside in, and points at the one with
// which the answer changes: it had swallowed the challenge.
func sketchLadder(_ Experiment, c *Conclusion) *Figure {
	f := &Figure{Width: figureWidth}
	const left, width = 18.0, 380.0
	y := float64(figureGap)
	top := y
	for n, r := range c.Rows {
		answer := c.at(r, "second connection")
		f.cell(left, y, width, figureLine, c.at(r, "level")+": "+answer, r.Mark, n, c.whole(r))
		if n > 0 && c.Rows[n-1].Mark == Bad && r.Mark == Good {
			f.add(Shape{Kind: ShapeArrow, X: left + width + 14, Y: y - 12, W: 12, H: 24, Mark: Bad, Row: -1})
			f.bold(left+width+34, y+4, "the level that is switched off here swallowed it")
		}
		y += figureLine + 12
	}
	y -= 12
	for _, x := range []float64{6, left + width + 6} {
		f.Shapes = append([]Shape{{Kind: ShapeLine, X: x, Y: top - 4, H: y - top + 8, Row: -1}}, f.Shapes...)
	}
	f.Height = y + figureGap
	return f
}

// sketchAxis draws tries on an axis of time, and the limit between those of
// different answers.
func sketchAxis(_ Experiment, c *Conclusion) *Figure {
	type try struct {
		at   time.Duration
		row  int
		mark Mark
	}
	var tries []try
	for n, r := range c.Rows {
		var d plan.Duration
		if len(r.Cells) == 0 || d.UnmarshalText([]byte(r.Cells[0])) != nil {
			continue
		}
		tries = append(tries, try{time.Duration(d), n, r.Mark})
	}
	if len(tries) == 0 {
		return nil
	}
	slices.SortStableFunc(tries, func(a, b try) int { return cmp.Compare(a.at, b.at) })
	f := &Figure{Width: figureWidth, Height: 118}
	const left, right, axis = 20.0, figureWidth - 110.0, 72.0
	longest := max(tries[len(tries)-1].at, time.Second)
	x := func(d time.Duration) float64 { return left + (right-left)*float64(d)/float64(longest) }
	for i := 1; i < len(tries); i++ {
		a, b := tries[i-1], tries[i]
		if a.mark != b.mark && a.mark != Unknown && b.mark != Unknown {
			f.add(Shape{Kind: ShapeBox, X: x(a.at), Y: 30, W: max(x(b.at)-x(a.at), 2), H: axis - 30, Text: "the limit lies between", Mark: Unknown, Row: -1})
			words := fmt.Sprintf("the answer changes between %s and %s", plan.Duration(a.at), plan.Duration(b.at))
			f.bold(min(max((x(a.at)+x(b.at))/2-wide(words)/2, 0), figureWidth-wide(words)), 20, words)
		}
	}
	f.add(Shape{Kind: ShapeLine, X: left, Y: axis, W: right - left, Row: -1})
	f.weak(left-4, axis+38, "0")
	box := 18.0 // as wide as leaves each its own place
	for i := 1; i < len(tries); i++ {
		if gap := x(tries[i].at) - x(tries[i-1].at); gap > 0 {
			box = min(box, max(gap-2, 4))
		}
	}
	free := [2]float64{-1, -1} // where the texts of each line end
	for _, t := range tries {
		r := c.Rows[t.row]
		f.add(Shape{Kind: ShapeLine, X: x(t.at), Y: axis - 5, H: 10, Row: -1})
		f.add(Shape{Kind: ShapeBox, X: x(t.at) - box/2, Y: axis - 26, W: box, H: 18, Text: c.whole(r), Mark: t.mark, Row: t.row})
		f.add(Shape{Kind: ShapeSign, X: x(t.at), Y: axis - 17, W: min(8, box-2), Mark: t.mark, Row: -1})
		words := r.Cells[0]
		if len(r.Cells) > 1 {
			words += " " + r.Cells[1]
		}
		for line := range free {
			if at := x(t.at) - 6; at > free[line] {
				f.text(at, axis+22+float64(line)*16, words, t.row)
				free[line] = at + wide(words) + 12
				break
			}
		}
	}
	return f
}

// sketchGroups draws the rows by their mark: those that are bitten, those that
// are not, and those of which it can't be said.
func sketchGroups(_ Experiment, c *Conclusion) *Figure {
	f := &Figure{Width: figureWidth}
	y := float64(figureGap)
	for _, group := range []struct {
		mark  Mark
		title string
	}{{Bad, "not asked for the second identity"}, {Good, "asked"}, {Unknown, "can't be said"}, {Plain, "besides"}} {
		var rows []int
		for n, r := range c.Rows {
			if r.Mark == group.mark {
				rows = append(rows, n)
			}
		}
		if len(rows) == 0 {
			continue
		}
		f.bold(0, y+12, fmt.Sprintf("%d %s", len(rows), group.title))
		y += figureLine - 4
		x := 0.0
		for _, n := range rows {
			r := c.Rows[n]
			words := r.Cells[0]
			for _, more := range []string{c.at(r, "version"), c.at(r, "way")} {
				if more != "" {
					words += " " + more
				}
			}
			if said := c.at(r, "profile predicts"); said != "" {
				words += " (predicted: " + said + ")"
			}
			w := min(wide(words)+38, figureWidth)
			if x > 0 && x+w > figureWidth {
				x, y = 0, y+figureLine+2
			}
			f.cell(x, y, w, figureLine-2, words, r.Mark, n, c.whole(r))
			x += w + 6
		}
		y += figureLine + figureGap
	}
	f.Height = y
	return f
}

// sketchCosts draws what was tried with what it costs beside it: what helps first.
func sketchCosts(_ Experiment, c *Conclusion) *Figure {
	f := &Figure{Width: figureWidth}
	order := []Mark{Good, Unknown, Plain, Bad}
	rows := make([]int, 0, len(c.Rows))
	for n := range c.Rows {
		rows = append(rows, n)
	}
	slices.SortStableFunc(rows, func(a, b int) int {
		return cmp.Compare(slices.Index(order, c.Rows[a].Mark), slices.Index(order, c.Rows[b].Mark))
	})
	const name, answer = 330.0, 170.0
	y := float64(figureGap)
	f.weak(0, y+8, c.Columns[0])
	f.weak(name+figureGap, y+8, "second connection")
	f.weak(name+answer+2*figureGap, y+8, "cost")
	y += 16
	for _, n := range rows {
		r := c.Rows[n]
		f.cell(0, y, name, figureLine-2, r.Cells[0], r.Mark, n, c.whole(r))
		f.text(name+figureGap, y+16, short(c.at(r, "second connection"), answer-figureGap), n)
		f.weak(name+answer+2*figureGap, y+16, short(c.at(r, "cost"), figureWidth-name-answer-2*figureGap))
		y += figureLine
	}
	f.Height = y + figureGap
	return f
}

// sketchResults draws how many tests came to which result, what hurts first; a
// box for each test but for those that do not apply, which are counted.
func sketchResults(_ Experiment, c *Conclusion) *Figure {
	f := &Figure{Width: figureWidth}
	var results []string
	of := map[string][]int{}
	for n, r := range c.Rows {
		result := c.at(r, "result")
		if result == "" {
			continue // a fact, no test
		}
		if of[result] == nil {
			results = append(results, result)
		}
		of[result] = append(of[result], n)
	}
	y := float64(figureGap)
	for _, result := range results {
		rows := of[result]
		f.bold(0, y+14, fmt.Sprintf("%d %s", len(rows), resultWord(Result(result))))
		if Result(result) == NotApplicable {
			y += figureLine
			continue
		}
		x := 130.0
		for _, n := range rows {
			id, _, _ := strings.Cut(c.Rows[n].Cells[0], " ")
			if x+64 > figureWidth {
				x, y = 130, y+figureLine
			}
			f.cell(x, y, 60, figureLine-4, id, c.Rows[n].Mark, n, c.whole(c.Rows[n]))
			x += 64
		}
		y += figureLine + 4
	}
	f.Height = y + figureGap
	return f
}

// resultWord is a test's result as people say it.
func resultWord(r Result) string {
	switch r {
	case Pass:
		return "passed"
	case Fail:
		return "failed"
	case Unclear:
		return "unknown"
	case NotApplicable:
		return "not applicable"
	}
	return string(r)
}
