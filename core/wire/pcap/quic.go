package pcap

import (
	"bytes"
	"net/netip"
	"slices"
	"time"

	"rechallenge/core/wire"
)

// datagrams are the QUIC connections of a capture. A connection is known by its
// connection IDs, not by its ends: several may be between two ends, and one may
// move (RFC 9000 sections 5.1 and 9).
type datagrams struct {
	flows map[flow][]*Stream // those that are open, oldest first
	ids   map[string]*Stream // by an ID that a server gave itself
	sizes map[int]int        // how many of those IDs are that long
	next  int                // packet at which those that are idle are looked for
}

// How long a connection may be silent: without keys its end can't be seen.
// Idle timeouts are mostly half a minute (RFC 9000 section 10.1).
const (
	idle     = 5 * time.Minute
	idleLive = time.Minute
	sweep    = 4096 // packets
)

// The least of an ID that is looked for in a datagram of unknown ends, so that
// it is not found by chance.
const tellingID = 8

// datagram takes a UDP datagram that may be QUIC's, and reports whether it is.
func (t *table) datagram(d *dissector, at time.Duration) bool {
	q := &t.quic
	if t.packets >= q.next {
		t.idle(at)
		q.next = t.packets + sweep
	}
	key := flowOf(d.src, d.dst)
	s := q.of(key, d)
	if s == nil {
		if s = t.beginning(key, d, at); s == nil {
			if s = q.moved(d); s == nil {
				return false
			}
			s.Ends[0] = d.src
			q.flows[key] = append(q.flows[key], s)
			t.see(s, Piece{At: at, From: 0, Moved: d.src.String(), Frame: t.packets})
		}
	}
	from := 0
	if d.src != s.Ends[0] {
		from = 1
	}
	s.Last = max(s.Last, at)
	s.Seen[from]++
	if destination, source, ok := wire.QUICIDs(d.payload); ok {
		q.learn(s, from, source)
		if from == 0 && len(s.ids[1]) == 0 {
			q.learn(s, 1, destination)
		}
	}
	if len(d.payload) < d.size {
		t.passed["are QUIC datagrams that were captured in part: with too small a snap length"]++
		return true
	}
	t.see(s, Piece{At: at, From: from, Data: own(d.payload), Frame: t.packets})
	return true
}

func flowOf(a, b netip.AddrPort) flow {
	if a.Compare(b) > 0 {
		return flow{b, a}
	}
	return flow{a, b}
}

// of finds the connection between two ends that a datagram belongs to.
func (q *datagrams) of(key flow, d *dissector) *Stream {
	list := q.flows[key]
	if len(list) == 0 {
		return nil
	}
	destination, source, long := wire.QUICIDs(d.payload)
	for i := len(list) - 1; i >= 0; i-- {
		s := list[i]
		to, from := 1, 0
		if d.src != s.Ends[0] {
			to, from = 0, 1
		}
		known := func(end int, id []byte, prefix bool) bool {
			return slices.ContainsFunc(s.ids[end], func(x []byte) bool { return bytes.Equal(x, id) || prefix && bytes.HasPrefix(id, x) })
		}
		switch {
		case long && known(to, destination, false):
			return s
		case long && len(source) > 0 && known(from, source, false):
			return s
		case !long && len(d.payload) > 1 && known(to, d.payload[1:], true):
			return s
		}
	}
	if long && wire.BeginsQUIC(d.payload) {
		return nil // another one
	}
	return list[len(list)-1]
}

// beginning makes a connection of a datagram that shows one; nil = it does not.
func (t *table) beginning(key flow, d *dissector, at time.Duration) *Stream {
	begins := wire.BeginsQUIC(d.payload)
	if !begins && !wire.IsQUIC(d.payload) {
		return nil
	}
	q := &t.quic
	if q.flows == nil {
		q.flows, q.ids, q.sizes = map[flow][]*Stream{}, map[string]*Stream{}, map[int]int{}
	}
	if len(q.flows) >= maxStreams {
		t.idle(at + idle)
	}
	s := &Stream{UDP: true, Number: -1, Ends: [2]netip.AddrPort{d.src, d.dst}, Opened: at, Last: at, ClosedBy: -1, SYN: begins, see: t.see, clock: &t.clock}
	if !begins && serverLike(d.src.Port(), d.dst.Port()) {
		s.Ends = [2]netip.AddrPort{d.dst, d.src}
	}
	q.flows[key] = append(q.flows[key], s)
	return s
}

// maxIDs is how many IDs of an end are remembered.
const maxIDs = 16

func (q *datagrams) learn(s *Stream, end int, id []byte) {
	if len(s.ids[end]) == maxIDs || slices.ContainsFunc(s.ids[end], func(x []byte) bool { return bytes.Equal(x, id) }) {
		return
	}
	s.ids[end] = append(s.ids[end], bytes.Clone(id))
	if end == 1 && len(id) >= tellingID {
		q.ids[string(id)] = s
		q.sizes[len(id)]++
	}
}

// moved finds the connection whose server a datagram is for, though it comes
// from another address than before.
func (q *datagrams) moved(d *dissector) *Stream {
	if len(d.payload) == 0 || d.payload[0]&0xc0 != 0x40 {
		return nil
	}
	for size := range q.sizes {
		if len(d.payload) <= size {
			continue
		}
		if s := q.ids[string(d.payload[1:1+size])]; s != nil && s.Ends[1] == d.dst {
			return s
		}
	}
	return nil
}

// idle ends connections that have been silent for long.
func (t *table) idle(at time.Duration) {
	limit := idle
	if t.opt.Live {
		limit = idleLive
	}
	for key, list := range t.quic.flows {
		kept := slices.DeleteFunc(list, func(s *Stream) bool {
			if over := at-s.Last > limit; over {
				t.quic.end(t, s)
				return true
			}
			return s.ended
		})
		if t.quic.flows[key] = kept; len(kept) == 0 {
			delete(t.quic.flows, key)
		}
	}
}

// end ends a connection.
func (q *datagrams) end(t *table, s *Stream) {
	if s.ended {
		return
	}
	s.ended = true
	if t.opt.End != nil {
		t.opt.End(s)
	}
	for _, id := range s.ids[1] {
		if q.ids[string(id)] == s {
			delete(q.ids, string(id))
			if q.sizes[len(id)]--; q.sizes[len(id)] <= 0 {
				delete(q.sizes, len(id))
			}
		}
	}
	s.Sink, s.ids = nil, [2][][]byte{}
}

// endAll ends everything, in the order in which the connections began.
func (q *datagrams) endAll(t *table) {
	var list []*Stream
	for _, streams := range q.flows {
		list = append(list, streams...)
	}
	slices.SortStableFunc(list, func(a, b *Stream) int { return int(max(-1, min(1, a.Opened-b.Opened))) })
	for _, s := range list {
		q.end(t, s)
	}
}
