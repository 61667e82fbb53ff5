package widgets

import "time"

// overviewBins is how finely the overview strip divides the whole time.
const overviewBins = 240

// outcomes are the classes of lanes that the overview tells apart: those whose
// connection failed, was not asked though it should have been, was asked, was
// not, and the rest.
const (
	lanesFailed = iota
	lanesExpected
	lanesAsked
	lanesNotAsked
	lanesUnknown
	laneClasses
)

// class is a lane's.
func (l *TimelineLane) class() uint8 {
	switch {
	case l.Failed:
		return lanesFailed
	case l.Challenged == Expected:
		return lanesExpected
	case l.Challenged == WasChallenged || l.Challenged == ChallengedLate:
		return lanesAsked
	case l.Kind > 0 && l.Challenged == NotChallenged:
		return lanesNotAsked
	}
	return lanesUnknown
}

// overview is how much goes on in each stretch of the whole time, by what came
// of it.
type overview struct {
	busy [overviewBins][laneClasses]int
	bad  [overviewBins]bool
	most int
}

// overviewScale is the axis at which the strip is reckoned, whatever the zoom.
func overviewScale(a axis, end time.Duration) axis {
	a.width = cutWidth
	a.perPx = max(float64(a.active(end))/1000, 1)
	return a
}

// overview counts the lanes that are shown.
func (r *arrangement) overview(s *store) overview {
	var o overview
	a := overviewScale(newAxis(r.cuts), r.end)
	width := a.x(r.end)
	if width <= 0 {
		return o
	}
	bin := func(t time.Duration) int {
		return min(max(int(a.x(t)/width*overviewBins), 0), overviewBins-1)
	}
	var delta [overviewBins + 1][laneClasses]int
	count := func(at place) {
		e := s.groups[at.group].extents[at.lane]
		if !e.known {
			return
		}
		if r.compare {
			e.from, e.to = 0, e.to-e.begin
		}
		from, to := bin(e.from), bin(e.to)
		delta[from][e.class]++
		delta[to+1][e.class]--
		if e.bad {
			o.bad[to] = true
		}
	}
	if r.rows == nil {
		for g := range s.groups {
			for i := range s.groups[g].lanes {
				count(place{int32(g), int32(i)})
			}
		}
	}
	for _, at := range r.rows {
		count(at)
	}
	var now [laneClasses]int
	for i := range o.busy {
		all := 0
		for c := range now {
			now[c] += delta[i][c]
			all += now[c]
		}
		o.busy[i] = now
		o.most = max(o.most, all)
	}
	return o
}
