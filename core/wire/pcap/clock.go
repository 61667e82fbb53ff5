package pcap

import (
	"fmt"
	"time"
)

// A capture's clock may jump: a device learns the time only after it has booted,
// and one damaged block is enough for a packet of the year 2554. Packets are told
// by the time that passed, so what jumps must not stretch it.
const (
	// maxSpan is the longest stretch of time that is believed.
	maxSpan = 366 * 24 * time.Hour
	// maxClocks is how many jumps are followed; after that a packet whose time
	// fits none has the time of the one before it.
	maxClocks = 16
)

// clock turns the times of packets into the time since the first one. The zero
// value is ready.
type clock struct {
	scales  []scale
	last    time.Duration // of the packet before
	packets int
}

// scale is a stretch in which the capture's clock ran as clocks do.
type scale struct {
	zero    time.Time // what is 0
	first   time.Time // of its packets
	packets int
}

// at is when a packet came, since the first one: never negative, at most
// maxClocks times maxSpan.
func (c *clock) at(t time.Time) time.Duration {
	c.packets++
	c.last = c.place(t)
	return c.last
}

func (c *clock) place(t time.Time) time.Duration {
	for i := range c.scales {
		s := &c.scales[i]
		// Sub saturates, so that no difference is too large for it.
		if since := t.Sub(s.zero); since > -maxSpan && since < time.Duration(i+1)*maxSpan {
			s.packets++
			return max(since, 0)
		}
	}
	if n := len(c.scales); n < maxClocks {
		c.scales = append(c.scales, scale{zero: t.Add(-c.last), first: t, packets: 1})
	}
	return c.last
}

// main is the scale of most packets.
func (c *clock) main() (best scale) {
	for _, s := range c.scales {
		if s.packets > best.packets {
			best = s
		}
	}
	return best
}

// start is what 0 is in the time of most packets.
func (c *clock) start() time.Time {
	if zero := c.main().zero; plausible(zero) {
		return zero
	}
	return time.Unix(0, 0).UTC()
}

// plausible says whether a capture can have been made then, and whether RFC
// 3339 can say it.
func plausible(t time.Time) bool { return t.Year() >= 1970 && t.Year() <= 9999 }

// note says what was done with times that jump; "" = none did.
func (c *clock) note() string {
	best := c.main()
	if n := c.packets - best.packets; n > 0 {
		have := "packets have times"
		if n == 1 {
			have = "packet has a time"
		}
		when := ""
		for _, s := range c.scales {
			if s.zero != best.zero {
				when = " (" + s.first.UTC().Format("2006-01-02") + ")"
				break
			}
		}
		return fmt.Sprintf("%d %s over a year away from the others'%s: the clock jumped, or they are damaged; they are told as coming right after the packet before", n, have, when)
	}
	if c.packets > 0 && !plausible(best.zero) {
		return "the packets have times that can't be (" + best.first.UTC().Format("2006-01-02") + "): only how they follow each other is told"
	}
	return ""
}
