package widgets

import (
	"fmt"
	"math"
	"sort"
	"strings"
	"time"

	"rechallenge/core/timeline"
)

// cutWidth is how wide a folded wait is drawn at most, at any zoom.
const cutWidth = 46

// axis maps time to pixels from the run's start: linear but for the cuts,
// which have the same width at any zoom.
type axis struct {
	cuts   []timeline.Cut
	before []time.Duration // time outside cuts before each cut's start
	width  float64         // of a cut, in pixels
	perPx  float64         // nanoseconds a pixel, outside cuts
}

func newAxis(cuts []timeline.Cut) axis {
	a := axis{cuts: cuts, before: make([]time.Duration, len(cuts)), width: cutWidth, perPx: 1e6}
	var folded time.Duration
	for i, c := range cuts {
		a.before[i] = c.Start - folded
		folded += c.End - c.Start
	}
	return a
}

// x is the position of a time.
func (a axis) x(t time.Duration) float64 {
	i := sort.Search(len(a.cuts), func(i int) bool { return a.cuts[i].Start >= t })
	if i == 0 {
		return float64(t) / a.perPx
	}
	c := a.cuts[i-1]
	if t < c.End {
		return float64(a.before[i-1])/a.perPx + a.width*(float64(i-1)+float64(t-c.Start)/float64(c.End-c.Start))
	}
	return float64(a.before[i-1]+t-c.End)/a.perPx + a.width*float64(i)
}

// t is the time at a position.
func (a axis) t(x float64) time.Duration {
	start := func(i int) float64 { return float64(a.before[i])/a.perPx + a.width*float64(i) }
	i := sort.Search(len(a.cuts), func(i int) bool { return start(i) > x })
	if i == 0 {
		return time.Duration(x * a.perPx)
	}
	c, at := a.cuts[i-1], x-start(i-1)
	if at < a.width {
		return c.Start + time.Duration(at/a.width*float64(c.End-c.Start))
	}
	return c.End + time.Duration((at-a.width)*a.perPx)
}

// active is the time outside cuts up to t.
func (a axis) active(t time.Duration) time.Duration {
	for _, c := range a.cuts {
		if c.Start >= t {
			break
		}
		t -= min(c.End, t) - c.Start
	}
	return t
}

// cutAt is the cut that holds t, if any.
func (a axis) cutAt(t time.Duration) (timeline.Cut, bool) {
	i := sort.Search(len(a.cuts), func(i int) bool { return a.cuts[i].End > t })
	if i < len(a.cuts) && a.cuts[i].Start <= t {
		return a.cuts[i], true
	}
	return timeline.Cut{}, false
}

// step is a round duration that is at least room pixels wide.
func (a axis) step(room float64) time.Duration {
	least := room * a.perPx
	if least > float64(time.Second) {
		for _, s := range []time.Duration{2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400} {
			if d := s * time.Second; float64(d) >= least {
				return d
			}
		}
		return time.Duration(math.Ceil(least/float64(24*time.Hour))) * 24 * time.Hour
	}
	p := math.Pow(10, math.Floor(math.Log10(max(least, 1))))
	for _, m := range []float64{1, 2, 5, 10} {
		if p*m >= least*0.999 {
			return time.Duration(p * m)
		}
	}
	return time.Duration(p * 10)
}

// formatOffset writes a time with as many digits as a step between two needs.
func formatOffset(t, step time.Duration) string {
	sign := ""
	if t < 0 {
		sign, t = "-", -t
	}
	switch {
	case t >= time.Minute:
		m, s := t/time.Minute, t%time.Minute
		digits := 0
		for unit := time.Second; unit > step && digits < 6; unit /= 10 {
			digits++
		}
		width := 2
		if digits > 0 {
			width = 3 + digits
		}
		return fmt.Sprintf("%s%d:%0*.*f", sign, m, width, digits, s.Seconds())
	case t >= time.Second || step >= time.Second:
		return sign + digitsFor(t.Seconds(), step, time.Second) + " s"
	case t >= time.Millisecond || step >= time.Millisecond || t == 0:
		return sign + digitsFor(float64(t)/1e6, step, time.Millisecond) + " ms"
	}
	return sign + digitsFor(float64(t)/1e3, step, time.Microsecond) + " µs"
}

func digitsFor(v float64, step, unit time.Duration) string {
	digits := 0
	for u := unit; u > step && u > 1 && digits < 6; u /= 10 {
		digits++
	}
	return fmt.Sprintf("%.*f", digits, v)
}

// formatSpan writes a length of time with three significant digits.
func formatSpan(d time.Duration) string {
	short := func(v float64, unit string) string {
		digits := 2
		if v >= 100 {
			digits = 0
		} else if v >= 10 {
			digits = 1
		}
		s := fmt.Sprintf("%.*f", digits, v)
		if strings.Contains(s, ".") {
			s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
		}
		return s + " " + unit
	}
	switch {
	case d < time.Millisecond:
		return short(float64(d)/1e3, "µs")
	case d < time.Second:
		return short(float64(d)/1e6, "ms")
	case d < time.Minute:
		return short(d.Seconds(), "s")
	case d < time.Hour:
		if s := d % time.Minute / time.Second; s != 0 {
			return fmt.Sprintf("%d min %d s", d/time.Minute, s)
		}
		return fmt.Sprintf("%d min", d/time.Minute)
	}
	if m := d % time.Hour / time.Minute; m != 0 {
		return fmt.Sprintf("%d h %d min", d/time.Hour, m)
	}
	return fmt.Sprintf("%d h", d/time.Hour)
}
