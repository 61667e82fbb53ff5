package widgets

import "time"

// overviewBins is how finely the overview strip divides the whole time.
const overviewBins = 240

// overview is how much goes on in each stretch of the whole time.
type overview struct {
	busy [overviewBins]int
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
	var delta [overviewBins + 1]int
	count := func(at place) {
		e := s.groups[at.group].extents[at.lane]
		if !e.known {
			return
		}
		if r.compare {
			e.from, e.to = 0, e.to-e.begin
		}
		from, to := bin(e.from), bin(e.to)
		delta[from]++
		delta[to+1]--
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
	n := 0
	for i := range o.busy {
		n += delta[i]
		o.busy[i] = n
		o.most = max(o.most, n)
	}
	return o
}
