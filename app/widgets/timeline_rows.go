package widgets

import (
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"rechallenge/core/timeline"
)

// arrangement is which lanes of a store are shown, in which rows, under which
// titles: all of them, those a filter leaves, or passes side by side.
type arrangement struct {
	sections []section
	rows     []place   // nil: every lane of the store in its order
	rowOf    [][]int32 // by place, -1 for hidden; nil likewise
	differ   []verdict // by row: asked or not, where passes differ
	total    int       // rows
	compare  bool
	store    *store
	end      time.Duration
	cuts     []timeline.Cut
}

// section is a title with the rows below it. Side by side, head makes the
// texts of those in view.
type section struct {
	title, note string
	differs     bool
	first, n    int
}

// everything shows all lanes in their order.
func everything(s *store) *arrangement {
	a := &arrangement{store: s, total: s.total, end: s.end, cuts: s.cuts}
	for g := range s.groups {
		n := len(s.groups[g].lanes)
		a.sections = append(a.sections, section{title: s.groups[g].title, note: connections(n), first: s.first[g], n: n})
	}
	return a
}

// arrange shows the lanes that keep leaves; nil leaves all.
func arrange(s *store, keep func(*TimelineLane) bool, compare bool) *arrangement {
	switch {
	case compare:
		return sideBySteps(s, keep)
	case keep == nil:
		return everything(s)
	}
	a := &arrangement{store: s, end: s.end, cuts: s.cuts, rows: []place{}}
	for g := range s.groups {
		group := &s.groups[g]
		at := make([]int32, len(group.lanes))
		first := len(a.rows)
		for i := range group.lanes {
			at[i] = -1
			if s.keeps(place{int32(g), int32(i)}, keep) {
				at[i] = int32(len(a.rows))
				a.rows = append(a.rows, place{int32(g), int32(i)})
			}
		}
		a.rowOf = append(a.rowOf, at)
		n := len(a.rows) - first
		a.sections = append(a.sections, section{
			title: group.title, first: first, n: n,
			note: fmt.Sprintf("%d of %s shown", n, connections(len(group.lanes))),
		})
	}
	a.total = len(a.rows)
	return a
}

// sideBySteps puts the connections of the same step below each other. A filter
// leaves the steps of which it leaves a connection.
func sideBySteps(s *store, keep func(*TimelineLane) bool) *arrangement {
	a := &arrangement{store: s, compare: true, rows: make([]place, 0, s.total), rowOf: make([][]int32, len(s.groups))}
	names, numbered := map[string]int32{}, numbers{}
	most := 0 // steps are about as many as the longest pass has connections
	for g := range s.groups {
		most = max(most, len(s.groups[g].lanes))
	}
	steps := make([]step, 0, most)
	stepOf := make([]int32, 0, s.total)
	find := func(l *TimelineLane) (n int32, ok bool) {
		if l.Step == "" {
			n = numbered.get(l.Connection)
			return n, n >= 0
		}
		n, ok = names[l.Step]
		return n, ok
	}
	for g := range s.groups {
		a.rowOf[g] = make([]int32, len(s.groups[g].lanes))
		for i := range s.groups[g].lanes {
			l := &s.groups[g].lanes[i]
			n, ok := find(l)
			if !ok {
				n = int32(len(steps))
				steps = append(steps, step{kept: keep == nil})
				if l.Step == "" {
					numbered.set(l.Connection, n)
				} else {
					names[l.Step] = n
				}
			}
			at := place{int32(g), int32(i)}
			steps[n].take(s.groups[g].extents[i].asked)
			steps[n].kept = steps[n].kept || s.keeps(at, keep)
			stepOf = append(stepOf, n)
		}
	}
	a.sections = make([]section, 0, len(steps))
	for n := range steps {
		if st := &steps[n]; st.kept {
			a.sections = append(a.sections, section{differs: st.differs(), first: a.total, n: st.n})
			st.next = a.total
			a.total += st.n
		}
	}
	a.rows, a.differ = a.rows[:a.total], make([]verdict, a.total)
	k := 0
	for g := range s.groups {
		for i := range s.groups[g].lanes {
			st := &steps[stepOf[k]]
			k++
			if !st.kept {
				a.rowOf[g][i] = -1
				continue
			}
			row := st.next
			st.next++
			a.rows[row], a.rowOf[g][i] = place{int32(g), int32(i)}, int32(row)
			if e := &s.groups[g].extents[i]; e.known {
				a.end = max(a.end, e.to-e.begin)
			}
			if st.differs() {
				a.differ[row] = s.groups[g].extents[i].asked
			}
		}
	}
	return a
}

// step is what is compared.
type step struct {
	n               int // connections
	asked, notAsked bool
	kept            bool
	next            int // the row of its next connection
}

func (st *step) differs() bool { return st.asked && st.notAsked }

func (st *step) take(asked verdict) {
	st.n++
	st.asked = st.asked || asked == yes
	st.notAsked = st.notAsked || asked == no
}

// head is what a section's title says.
func (a *arrangement) head(sec *section) (title, note string) {
	if !a.compare {
		return sec.title, sec.note
	}
	var asked, not []string
	for row := sec.first; row < sec.first+sec.n; row++ {
		at := a.place(row)
		l := a.store.at(at)
		if title == "" {
			title = strings.TrimSpace(l.Label + "   " + l.Detail)
		}
		switch g := &a.store.groups[at.group]; g.extents[at.lane].asked {
		case yes:
			asked = append(asked, g.title)
		case no:
			not = append(not, g.title)
		}
	}
	switch {
	case sec.differs:
		note = "differs: asked in " + strings.Join(asked, ", ") + "; not asked in " + strings.Join(not, ", ")
	case len(asked) > 0:
		note = "asked"
	case len(not) > 0:
		note = "not asked"
	default:
		note = "not known: no connection got far enough to be asked"
	}
	return title, note
}

func connections(n int) string {
	if n == 1 {
		return "1 connection"
	}
	return strconv.Itoa(n) + " connections"
}

// place is the lane in a row.
func (a *arrangement) place(row int) place {
	if a.rows != nil {
		return a.rows[row]
	}
	g := sort.SearchInts(a.store.first, row+1) - 1
	return place{int32(g), int32(row - a.store.first[g])}
}

// row is the row of a lane, -1 for a hidden one.
func (a *arrangement) row(p place) int {
	if a.rowOf == nil {
		if row := a.store.first[p.group] + int(p.lane); row < a.total {
			return row
		}
		return -1
	}
	if int(p.group) < len(a.rowOf) && int(p.lane) < len(a.rowOf[p.group]) {
		return int(a.rowOf[p.group][p.lane])
	}
	return -1
}

// differs tells of the lane in a row whether it was asked, if that differs
// between passes; unknown if it does not.
func (a *arrangement) differs(row int) verdict {
	if a.differ == nil {
		return unknown
	}
	return a.differ[row]
}

// shift is what is taken off a lane's times.
func (a *arrangement) shift(p place) time.Duration {
	if !a.compare {
		return 0
	}
	return a.store.groups[p.group].extents[p.lane].begin
}

// heights are those of titles and rows in pixels.
type heights struct{ head, lane float64 }

// sectionTop is the y of a title's upper edge, from the first one's.
func (a *arrangement) sectionTop(i int, h heights) float64 {
	return float64(i)*h.head + float64(a.sections[i].first)*h.lane
}

// sectionAt is the section at a height, -1 above the first.
func (a *arrangement) sectionAt(y float64, h heights) int {
	return sort.Search(len(a.sections), func(i int) bool { return a.sectionTop(i, h) > y }) - 1
}

// sectionOf is the section of a row.
func (a *arrangement) sectionOf(row int) int {
	i, _ := slices.BinarySearchFunc(a.sections, row+1, func(s section, row int) int { return s.first - row })
	return i - 1
}

// top is the y of a row's upper edge.
func (a *arrangement) top(row int, h heights) float64 {
	return float64(a.sectionOf(row)+1)*h.head + float64(row)*h.lane
}

// height is that of everything.
func (a *arrangement) height(h heights) float64 {
	return float64(len(a.sections))*h.head + float64(a.total)*h.lane
}

// at is the row at a height, -1 for none.
func (a *arrangement) at(y float64, h heights) int {
	i := a.sectionAt(y, h)
	if i < 0 {
		return -1
	}
	within := y - a.sectionTop(i, h) - h.head
	if n := int(within / h.lane); within >= 0 && n < a.sections[i].n {
		return a.sections[i].first + n
	}
	return -1
}
