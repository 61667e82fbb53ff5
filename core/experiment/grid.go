package experiment

import (
	"slices"
	"strings"
)

// Axes say which columns of an experiment's rows span a grid: two things against
// each other, once for each title.
type Axes struct {
	Title        string // column; "" = there is one grid
	Down, Across string
	Cell         []string // columns whose texts stand in a cell
}

// Grid is a conclusion's rows as a picture of two things against each other.
type Grid struct {
	Title                  string // what it is of, "" = there is one
	DownTitle, AcrossTitle string
	Down, Across           []string
	Cells                  [][]int // row of the conclusion by down and across, -1 = none
	Texts                  [][]string
}

// Grids are the grids of a conclusion, none where its experiment has no axes.
func (e Experiment) Grids(c *Conclusion) []Grid {
	if e.Axes == nil || c == nil {
		return nil
	}
	column := func(name string) int { return slices.Index(c.Columns, name) }
	title, down, across := column(e.Axes.Title), column(e.Axes.Down), column(e.Axes.Across)
	if down < 0 || across < 0 {
		return nil
	}
	var grids []Grid
	for n, r := range c.Rows {
		name := ""
		if title >= 0 {
			name = r.Cells[title]
		}
		i := slices.IndexFunc(grids, func(g Grid) bool { return g.Title == name })
		if i < 0 {
			i = len(grids)
			grids = append(grids, Grid{Title: name, DownTitle: e.Axes.Down, AcrossTitle: e.Axes.Across})
		}
		var text []string
		for _, cell := range e.Axes.Cell {
			if at := column(cell); at >= 0 && r.Cells[at] != "" {
				text = append(text, r.Cells[at])
			}
		}
		grids[i].put(r.Cells[down], r.Cells[across], n, strings.Join(text, ", "))
	}
	for i := range grids {
		grids[i].align()
	}
	return grids
}

// align puts what stands on both sides in the same order, so that nobody meets
// himself on the diagonal.
func (g *Grid) align() {
	order := slices.Clone(g.Across)
	slices.SortStableFunc(order, func(a, b string) int { return rank(g.Down, a) - rank(g.Down, b) })
	for y := range g.Cells {
		cells, texts := make([]int, len(order)), make([]string, len(order))
		for x, name := range order {
			from := slices.Index(g.Across, name)
			cells[x], texts[x] = g.Cells[y][from], g.Texts[y][from]
		}
		g.Cells[y], g.Texts[y] = cells, texts
	}
	g.Across = order
}

// rank is where a name stands in a list, its end for none.
func rank(list []string, name string) int {
	if i := slices.Index(list, name); i >= 0 {
		return i
	}
	return len(list)
}

// put fills a cell, and makes its row and column where they are new.
func (g *Grid) put(down, across string, row int, text string) {
	y, x := slices.Index(g.Down, down), slices.Index(g.Across, across)
	if x < 0 {
		x = len(g.Across)
		g.Across = append(g.Across, across)
		for i := range g.Cells {
			g.Cells[i], g.Texts[i] = append(g.Cells[i], -1), append(g.Texts[i], "")
		}
	}
	if y < 0 {
		y = len(g.Down)
		g.Down = append(g.Down, down)
		g.Cells = append(g.Cells, slices.Repeat([]int{-1}, len(g.Across)))
		g.Texts = append(g.Texts, make([]string, len(g.Across)))
	}
	g.Cells[y][x], g.Texts[y][x] = row, text
}
