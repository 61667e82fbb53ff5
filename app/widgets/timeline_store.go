package widgets

import (
	"time"

	"rechallenge/core/timeline"
)

// place is where a lane is in the store: its group and its position in it.
type place struct{ group, lane int32 }

// store holds a run's lanes and finds them by name and by the links that touch
// them. Growing it costs what is added, not what is there.
type store struct {
	groups  []storeGroup
	groupOf map[int]int // by pass
	first   []int       // lanes before each group
	total   int
	links   []timeline.Link
	nextOut []int32 // by link: an older one of the same lane, its number + 1
	nextIn  []int32
	loose   []int32 // links whose lanes have not come yet
	end     time.Duration
	cuts    []timeline.Cut
	started time.Time
	kinds   uint16 // which marks occur
	phases  uint16 // which of the legend's phases occur
}

// storeGroup is a pass. What is not in the lanes is by their position.
type storeGroup struct {
	pass    int
	title   string
	lanes   []TimelineLane
	extents []extent
	kept    []verdict // what the filter said of each lane, as far as it was asked
	number  numbers
	out, in []int32 // the newest link that starts, ends there: its number + 1
}

// extent is from the first to the last moment of a lane; begin is where the
// connection itself begins, after a wait before it. The rest is here, beside
// it, because whole runs are gone through for it.
type extent struct {
	from, to, begin time.Duration
	known           bool
	bad             bool
	class           uint8   // of its outcome
	asked           verdict // was it asked for a certificate
}

// verdict is an answer that may not be known.
type verdict int8

const (
	unknown verdict = iota
	yes
	no
)

func newStore(data TimelineData) *store {
	s := &store{
		groupOf: make(map[int]int, len(data.Groups)), links: data.Links, end: data.End, cuts: data.Cuts, started: data.Started,
		nextOut: make([]int32, len(data.Links)), nextIn: make([]int32, len(data.Links)),
	}
	for i := range data.Groups {
		g := &data.Groups[i]
		group := storeGroup{pass: g.Pass, title: g.Title, lanes: g.Lanes}
		n := len(g.Lanes)
		group.extents, group.out, group.in = make([]extent, n), make([]int32, n), make([]int32, n)
		group.kept, group.number.dense = make([]verdict, n), make([]int32, n+1)
		s.groupOf[g.Pass] = len(s.groups)
		s.groups = append(s.groups, group)
		for j := range g.Lanes {
			s.note(place{int32(i), int32(j)})
		}
	}
	s.count()
	for i := range s.links {
		s.link(int32(i))
	}
	return s
}

// note takes a lane's facts into the index.
func (s *store) note(at place) {
	g := &s.groups[at.group]
	l := &g.lanes[at.lane]
	g.number.set(l.Connection, at.lane)
	g.extents[at.lane], g.kept[at.lane] = l.extent(), unknown
	for i := range l.Spans {
		s.phases |= phaseBit(l.Spans[i].Phase.Info())
	}
	for i := range l.Marks {
		s.kinds |= markBit(l.Marks[i].Kind)
	}
}

func (s *store) count() {
	s.first, s.total = s.first[:0], 0
	for g := range s.groups {
		s.first = append(s.first, s.total)
		s.total += len(s.groups[g].lanes)
	}
}

// group is the number of a pass's group, which is made if there is none.
func (s *store) group(pass int, title string) int {
	g, ok := s.groupOf[pass]
	if !ok {
		g = len(s.groups)
		s.groups = append(s.groups, storeGroup{pass: pass, title: title})
		s.groupOf[pass] = g
		s.count()
	}
	return g
}

// update replaces a lane or appends it; join makes the change whole.
func (s *store) update(title string, lane TimelineLane) {
	g := s.group(lane.Pass, title)
	group := &s.groups[g]
	if i := group.number.get(lane.Connection); i >= 0 {
		group.lanes[i] = lane
		s.note(place{int32(g), i})
		return
	}
	group.lanes = append(group.lanes, lane)
	group.extents, group.kept = append(group.extents, extent{}), append(group.kept, unknown)
	group.out, group.in = append(group.out, 0), append(group.in, 0)
	s.note(place{int32(g), int32(len(group.lanes) - 1)})
}

func (s *store) addLink(l timeline.Link) {
	s.links = append(s.links, l)
	s.nextOut, s.nextIn = append(s.nextOut, 0), append(s.nextIn, 0)
	s.loose = append(s.loose, int32(len(s.links)-1))
}

// keeps tells whether a filter leaves a lane.
func (s *store) keeps(at place, keep func(*TimelineLane) bool) bool {
	g := &s.groups[at.group]
	if g.kept[at.lane] == unknown {
		g.kept[at.lane] = no
		if keep(&g.lanes[at.lane]) {
			g.kept[at.lane] = yes
		}
	}
	return g.kept[at.lane] == yes
}

// forget makes the next filter look at every lane.
func (s *store) forget() {
	for g := range s.groups {
		clear(s.groups[g].kept)
	}
}

// join counts anew and ties the links whose lanes have come.
func (s *store) join() {
	s.count()
	loose := s.loose
	s.loose = nil
	for _, n := range loose {
		s.link(n)
	}
}

// link ties a link to the lanes at its ends.
func (s *store) link(n int32) {
	l := &s.links[n]
	from, ok := s.find(l.From)
	to, ok2 := s.find(l.To)
	if !ok || !ok2 {
		s.loose = append(s.loose, n)
		return
	}
	out, in := &s.groups[from.group].out[from.lane], &s.groups[to.group].in[to.lane]
	s.nextOut[n], *out = *out, n+1
	s.nextIn[n], *in = *in, n+1
}

// linksOf calls f for the links that end at a lane, then for those that start
// there, the newest first and no more than most of each.
func (s *store) linksOf(at place, most int, f func(n int32)) {
	g := &s.groups[at.group]
	for i, n := 0, g.in[at.lane]; n > 0 && i < most; i, n = i+1, s.nextIn[n-1] {
		f(n - 1)
	}
	for i, n := 0, g.out[at.lane]; n > 0 && i < most; i, n = i+1, s.nextOut[n-1] {
		f(n - 1)
	}
}

func (s *store) find(r timeline.Ref) (place, bool) {
	g, ok := s.groupOf[r.Pass]
	if !ok || r.Connection == 0 {
		return place{}, false
	}
	i := s.groups[g].number.get(r.Connection)
	return place{int32(g), i}, i >= 0
}

func (s *store) lane(r timeline.Ref) *TimelineLane {
	if at, ok := s.find(r); ok {
		return s.at(at)
	}
	return nil
}

func (s *store) at(p place) *TimelineLane { return &s.groups[p.group].lanes[p.lane] }

// continuedBy tells whether another store holds a later state of this run.
func (s *store) continuedBy(n *store) bool {
	if len(s.groups) == 0 || len(n.groups) < len(s.groups) || n.end < s.end || !s.started.Equal(n.started) {
		return false
	}
	a, b := &s.groups[0], &n.groups[0]
	return a.pass == b.pass && a.title == b.title && len(b.lanes) >= len(a.lanes) &&
		(len(a.lanes) == 0 || a.lanes[0].Label == b.lanes[0].Label)
}

// numbers finds lanes by the number of their connection. Numbers are nearly
// always those of the lanes' order; one that is far off goes into a map.
type numbers struct {
	dense []int32 // lane + 1
	rest  map[int]int32
}

func (n *numbers) set(connection int, lane int32) {
	if connection < 0 || connection > 2*len(n.dense)+1024 {
		if n.rest == nil {
			n.rest = map[int]int32{}
		}
		n.rest[connection] = lane
		return
	}
	for connection >= len(n.dense) {
		n.dense = append(n.dense, 0)
	}
	n.dense[connection] = lane + 1
}

// get is -1 for none.
func (n *numbers) get(connection int) int32 {
	if connection >= 0 && connection < len(n.dense) && n.dense[connection] > 0 {
		return n.dense[connection] - 1
	}
	if i, ok := n.rest[connection]; ok {
		return i
	}
	return -1
}

func (l *TimelineLane) extent() extent {
	var e extent
	take := func(from, to time.Duration) {
		if !e.known {
			e = extent{from: from, to: to, begin: from, known: true}
			return
		}
		e.from, e.to = min(e.from, from), max(e.to, to)
	}
	waits := false
	for i := range l.Spans {
		s := &l.Spans[i]
		take(s.Start, s.End)
		if waits = waits || s.Phase == timeline.PhaseWait; waits && s.Phase != timeline.PhaseWait {
			e.begin, waits = s.Start, false
		}
	}
	for i := range l.Marks {
		take(l.Marks[i].At, l.Marks[i].At)
	}
	e.begin, e.bad, e.asked, e.class = max(e.begin, e.from), l.Bad, l.asked(), l.class()
	if waits { // nothing but a wait so far
		e.begin = e.to
	}
	return e
}

// asked tells whether the connection was asked for a certificate; unknown
// where it did not get far enough to say.
func (l *TimelineLane) asked() verdict {
	failed := false
	for i := range l.Marks {
		switch l.Marks[i].Kind {
		case timeline.MarkChallenge, timeline.MarkRenegotiation, timeline.MarkPostHandshake:
			return yes
		case timeline.MarkError:
			failed = true
		}
	}
	answer := unknown
	for i := range l.Spans {
		switch phase := l.Spans[i].Phase; {
		case phase == timeline.PhaseHTTP, phase == timeline.PhaseTLS && !failed:
			answer = no
		}
	}
	return answer
}
