package widgets

import (
	"sort"
	"time"
)

// place is where a lane is: its group and its position in it.
type place struct{ group, lane int32 }

// index finds lanes by name, by height and by the links that touch them.
type index struct {
	data  TimelineData
	lanes map[Ref]place
	pass  map[int]int     // group of a pass
	from  map[Ref][]int32 // links by the lane they start at
	to    map[Ref][]int32 // links by the lane they end at
	first []int           // lanes before each group
	total int
	kinds map[MarkKind]bool
	phase map[string]bool // legend's phases that occur
}

func newIndex(data TimelineData) *index {
	x := &index{data: data, lanes: map[Ref]place{}, pass: map[int]int{}, from: map[Ref][]int32{}, to: map[Ref][]int32{},
		kinds: map[MarkKind]bool{}, phase: map[string]bool{}}
	for g := range data.Groups {
		group := &data.Groups[g]
		x.pass[group.Pass] = g
		for i := range group.Lanes {
			x.note(&group.Lanes[i], place{int32(g), int32(i)})
		}
	}
	for i := range data.Links {
		x.noteLink(i)
	}
	x.count()
	return x
}

func (x *index) note(l *TimelineLane, at place) {
	x.lanes[Ref{l.Pass, l.Connection}] = at
	for i := range l.Spans {
		x.phase[legendPhase(l.Spans[i].Phase)] = true
	}
	for i := range l.Marks {
		x.kinds[l.Marks[i].Kind] = true
	}
}

func (x *index) noteLink(i int) {
	l := &x.data.Links[i]
	from, to := Ref{l.Pass, l.From}, Ref{l.Pass, l.To}
	x.from[from] = append(x.from[from], int32(i))
	x.to[to] = append(x.to[to], int32(i))
}

func (x *index) count() {
	x.first = x.first[:0]
	x.total = 0
	for g := range x.data.Groups {
		x.first = append(x.first, x.total)
		x.total += len(x.data.Groups[g].Lanes)
	}
}

func (x *index) update(title string, lane TimelineLane) {
	r := Ref{lane.Pass, lane.Connection}
	if at, ok := x.lanes[r]; ok {
		x.data.Groups[at.group].Lanes[at.lane] = lane
		x.note(&lane, at)
		return
	}
	g, ok := x.pass[lane.Pass]
	if !ok {
		g = len(x.data.Groups)
		x.data.Groups = append(x.data.Groups, TimelineGroup{Pass: lane.Pass, Title: title})
		x.pass[lane.Pass] = g
	}
	group := &x.data.Groups[g]
	group.Lanes = append(group.Lanes, lane)
	x.note(&lane, place{int32(g), int32(len(group.Lanes) - 1)})
}

func (x *index) lane(r Ref) *TimelineLane {
	at, ok := x.lanes[r]
	if !ok {
		return nil
	}
	return &x.data.Groups[at.group].Lanes[at.lane]
}

// nth is the lane at a position counted over all groups, nil outside.
func (x *index) nth(n int) *TimelineLane {
	if n < 0 || n >= x.total {
		return nil
	}
	g := sort.SearchInts(x.first, n+1) - 1
	return &x.data.Groups[g].Lanes[n-x.first[g]]
}

// position is a lane's position over all groups.
func (x *index) position(at place) int { return x.first[at.group] + int(at.lane) }

// rows are the heights of groups and lanes in pixels.
type rows struct{ head, lane float64 }

// top is the y of a lane's upper edge, from the first group's.
func (x *index) top(at place, h rows) float64 {
	return float64(at.group+1)*h.head + float64(x.position(at))*h.lane
}

// height is that of everything.
func (x *index) height(h rows) float64 {
	return float64(len(x.data.Groups))*h.head + float64(x.total)*h.lane
}

// at is the lane at a height; lane is -1 for a group's title, group -1 for none.
func (x *index) at(y float64, h rows) place {
	if y < 0 {
		return place{-1, -1}
	}
	groupTop := func(g int) float64 { return float64(g)*h.head + float64(x.first[g])*h.lane }
	g := sort.Search(len(x.first), func(g int) bool { return groupTop(g) > y }) - 1
	if g < 0 {
		return place{-1, -1}
	}
	within := y - groupTop(g) - h.head
	if within < 0 {
		return place{int32(g), -1}
	}
	i := int(within / h.lane)
	if i >= len(x.data.Groups[g].Lanes) {
		return place{-1, -1}
	}
	return place{int32(g), int32(i)}
}

// extent is from the first to the last moment of a lane.
func (l *TimelineLane) extent() (from, to time.Duration, ok bool) {
	take := func(t time.Duration) {
		if !ok || t < from {
			from = t
		}
		if !ok || t > to {
			to = t
		}
		ok = true
	}
	for i := range l.Spans {
		take(l.Spans[i].Start)
		take(l.Spans[i].End)
	}
	for i := range l.Marks {
		take(l.Marks[i].At)
	}
	return from, to, ok
}

// legendPhase is the phase as the legend names it.
func legendPhase(phase string) string {
	if len(phase) >= 3 && phase[:3] == "tls" {
		return "tls"
	}
	return phase
}

// overviewBins is how finely the overview strip divides the whole time.
const overviewBins = 240

// overview is how much goes on in each stretch of the whole time.
type overview struct {
	busy [overviewBins]int
	bad  [overviewBins]bool
	most int
}

func (x *index) overview(a axis, end time.Duration) overview {
	var o overview
	width := a.x(end)
	if width <= 0 {
		return o
	}
	bin := func(t time.Duration) int {
		return min(max(int(a.x(t)/width*overviewBins), 0), overviewBins-1)
	}
	var delta [overviewBins + 1]int
	for g := range x.data.Groups {
		lanes := x.data.Groups[g].Lanes
		for i := range lanes {
			from, to, ok := lanes[i].extent()
			if !ok {
				continue
			}
			b, e := bin(from), bin(to)
			delta[b]++
			delta[e+1]--
			if lanes[i].Bad {
				o.bad[e] = true
			}
		}
	}
	n := 0
	for i := range o.busy {
		n += delta[i]
		o.busy[i] = n
		o.most = max(o.most, n)
	}
	return o
}
