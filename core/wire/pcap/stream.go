package pcap

import (
	"bytes"
	"net/netip"
	"slices"
	"time"
)

// Stream is a TCP connection of a capture, or a QUIC one.
type Stream struct {
	UDP    bool              // it is QUIC: each Piece is a datagram
	Number int               // as Wireshark's tcp.stream; -1 = it is none
	Ends   [2]netip.AddrPort // who opened it, and the other one
	SYN    bool              // it was seen who
	Opened time.Duration     // its first packet
	Last   time.Duration     // its last one so far
	// ClosedBy is the end that ended it first; -1 = the capture does not show it.
	ClosedBy int
	Seen     [2]int // packets of each end
	Lost     [2]int // bytes of each end that the capture lacks, so far
	Sink     any    // whatever who takes the pieces keeps with it

	ids     [2][][]byte // of QUIC: by which an end is addressed
	see     func(*Stream, Piece)
	clock   *clock
	halves  [2]half
	held    []segment     // whose acknowledgement says that something before them is missing
	heldFor int           // bytes in held
	doubt   time.Duration // since when bytes are missing that the other end has; 0 = none are
	since   int           // packets since then
	far     int           // segments in a row that belong elsewhere
	over    time.Duration
	closing bool
	ended   bool
	at      time.Duration // of the last piece
}

// Start is when the capture begins, as far as it can be told by now.
func (s *Stream) Start() time.Time { return s.clock.start() }

// half is one direction.
type half struct {
	known   bool   // next is
	synced  bool   // by the SYN, which had the number first
	first   uint32 // of the SYN
	next    uint32 // sequence number of the next byte
	got     int64  // bytes delivered
	fin     bool   // it has said that it is over
	waiting []segment
	ahead   int // bytes in waiting
	lost    int // bytes that the capture lacks before the next byte

	acks       bool   // the other end's acknowledgements tell of bytes
	acked      uint32 // up to here
	firstAcked uint32
}

// segment is the payload of a packet. Of a packet that was captured in part
// only its beginning is there, but size counts all.
type segment struct {
	at    time.Duration
	frame int
	from  int
	seq   uint32
	ack   uint32
	acks  bool
	data  []byte
	size  int
}

// Limits of what waits, in one connection.
const (
	maxAhead    = 1 << 20 // bytes of one direction that wait for missing ones
	maxSegments = 4096    // segments of one direction that wait
	maxHeld     = 16      // segments that wait for the other direction
	// How long bytes are waited for that the other end already has: a capture has
	// packets out of order by little.
	patience    = 250 * time.Millisecond
	maxPatience = 12 // packets of the connection
	// maxGap is how far ahead a segment may be: no window is that large, and what is
	// farther away belongs to something else.
	maxGap = 16 << 20
)

// far says whether a number is too far from another one to belong to it.
func far(a, b uint32) bool {
	d := int32(a - b)
	return d > maxGap || d < -maxGap
}

// elsewhere reports whether a segment with data belongs to another connection
// between the same ends.
func (s *Stream) elsewhere(g *segment) bool {
	h := &s.halves[g.from]
	return h.known && g.size > 0 && far(g.seq, h.next)
}

// syn takes the number with which an end begins. Several are no connection
// each: the last one before any data counts.
func (s *Stream) syn(from int, seq uint32) {
	if h := &s.halves[from]; h.got == 0 && !h.synced || h.got == 0 && h.first != seq {
		*h = half{known: true, synced: true, first: seq, next: seq + 1, acks: h.acks, acked: h.acked, firstAcked: h.firstAcked}
	}
}

// add takes a segment, whose data is its own from now on.
func (s *Stream) add(g segment) {
	if g.acks {
		s.acknowledge(1-g.from, g.ack)
	}
	if g.size == 0 {
		return
	}
	s.far = 0
	behind := slices.ContainsFunc(s.held, func(h segment) bool { return h.from == g.from })
	if behind || s.early(&g) {
		s.held = append(s.held, g)
		s.heldFor += len(g.data)
	} else {
		s.insert(g)
	}
	s.release(len(s.held) > maxHeld || s.heldFor > maxAhead)
}

// acknowledge notes up to where an end's bytes have arrived.
func (s *Stream) acknowledge(of int, ack uint32) {
	h := &s.halves[of]
	switch {
	case h.known && far(ack, h.next):
	case !h.acks:
		h.acks, h.acked, h.firstAcked = true, ack, ack
	case int32(ack-h.acked) > 0 && !far(ack, h.acked):
		h.acked = ack
	}
}

// early reports whether a segment acknowledges bytes of the other end that
// have not come yet: they stand later in the file, or nowhere.
func (s *Stream) early(g *segment) bool {
	o := &s.halves[1-g.from]
	if !g.acks || !o.known || o.got == 0 && len(o.waiting) == 0 && !o.synced {
		return false
	}
	missing := int32(g.ack - o.next)
	return missing > 1 && missing <= maxGap // one more is the FIN
}

// release lets those go that wait for the other direction, once that is
// there; the first one also when force says that it is not going to come.
func (s *Stream) release(force bool) {
	for len(s.held) > 0 {
		// Of each direction only the first one may go.
		next := 0
		for next < len(s.held) && (s.early(&s.held[next]) || next > 0 && s.held[next].from == s.held[0].from) {
			next++
		}
		if next == len(s.held) {
			if !force {
				return
			}
			next = 0
			s.giveUp(1-s.held[0].from, s.held[0].ack)
		}
		g := s.held[next]
		s.held = slices.Delete(s.held, next, next+1)
		s.heldFor -= len(g.data)
		s.insert(g)
	}
	s.held = nil
}

// insert puts a segment in its place.
func (s *Stream) insert(g segment) {
	h := &s.halves[g.from]
	if !h.known {
		// The beginning was not captured: what comes first is the beginning.
		h.known, h.next = true, g.seq
	}
	switch ahead := int32(g.seq - h.next); {
	case ahead > 0:
		h.wait(g)
		if h.ahead > maxAhead || len(h.waiting) > maxSegments {
			s.giveUpAll(g.from)
		}
	case int64(ahead)+int64(g.size) > 0:
		s.deliver(g)
		s.drain(g.from)
	}
}

// wait keeps a segment that came too early, in order of sequence numbers.
func (h *half) wait(g segment) {
	i, found := slices.BinarySearchFunc(h.waiting, g.seq, func(w segment, seq uint32) int { return int(int32(w.seq - seq)) })
	if found {
		if h.waiting[i].size >= g.size {
			return
		}
		h.ahead += len(g.data) - len(h.waiting[i].data)
		h.waiting[i] = g
		return
	}
	h.waiting = slices.Insert(h.waiting, i, g)
	h.ahead += len(g.data)
}

// deliver hands on a segment that begins at or before the next byte.
func (s *Stream) deliver(g segment) {
	h := &s.halves[g.from]
	known := int(h.next - g.seq) // bytes of it that were delivered before
	data := g.data[min(known, len(g.data)):]
	h.next = g.seq + uint32(g.size)
	h.got += int64(g.size - known)
	if len(data) > 0 {
		// Bytes come to the reader when the last one missing before them does.
		s.at = max(s.at, g.at)
		s.see(s, Piece{At: s.at, From: g.from, Data: data, Lost: h.lost, Frame: g.frame})
		h.lost = 0
	}
	s.lose(g.from, g.size-known-len(data))
}

func (s *Stream) lose(from, n int) {
	s.halves[from].lost += n
	s.Lost[from] += n
}

// drain delivers what had waited for the bytes that have come.
func (s *Stream) drain(from int) {
	h := &s.halves[from]
	for len(h.waiting) > 0 {
		g := h.waiting[0]
		ahead := int32(g.seq - h.next)
		if ahead > 0 {
			return
		}
		h.waiting = h.waiting[1:]
		h.ahead -= len(g.data)
		if int64(ahead)+int64(g.size) > 0 {
			s.deliver(g)
		}
	}
	h.waiting = nil
}

// missing reports whether an end lacks bytes here that the other one has.
func (h *half) missing() bool {
	return h.known && h.acks && int32(h.acked-h.next) > 1 && !far(h.acked, h.next)
}

// doubts notes since when something is missing.
func (s *Stream) doubts(at time.Duration) {
	switch missing := len(s.held) > 0 || s.halves[0].missing() || s.halves[1].missing(); {
	case !missing:
		s.doubt, s.since = 0, 0
	case s.doubt == 0:
		s.doubt = max(at, 1)
	default:
		if s.since++; s.since > maxPatience {
			s.settle()
		}
	}
}

// settle stops waiting for what the other end has and the capture has not.
func (s *Stream) settle() {
	s.release(true)
	for from := range s.halves {
		if h := &s.halves[from]; h.missing() {
			s.giveUp(from, h.acked)
		}
	}
	s.doubt, s.since = 0, 0
}

// giveUp stops waiting for bytes before to that the capture lacks.
func (s *Stream) giveUp(from int, to uint32) {
	h := &s.halves[from]
	for int32(to-h.next) > 0 {
		next := to
		if len(h.waiting) > 0 && int32(h.waiting[0].seq-to) < 0 {
			next = h.waiting[0].seq
		}
		s.lose(from, int(next-h.next))
		h.next = next
		s.drain(from)
	}
}

// giveUpAll stops waiting for anything.
func (s *Stream) giveUpAll(from int) {
	h := &s.halves[from]
	for len(h.waiting) > 0 {
		s.giveUp(from, h.waiting[0].seq)
		s.drain(from)
	}
}

// finish delivers what is left and says what is missing at the end: bytes that
// the other end acknowledged.
func (s *Stream) finish() {
	s.release(true)
	for from := range s.halves {
		h := &s.halves[from]
		s.giveUpAll(from)
		switch {
		case !h.acks:
		case !h.known:
			if n := int32(h.acked - h.firstAcked); n > 1 {
				s.lose(from, int(n))
			}
		case int32(h.acked-h.next) > 1 && !far(h.acked, h.next): // one more is the FIN
			s.giveUp(from, h.acked)
		}
		if h.lost > 0 {
			s.see(s, Piece{At: max(s.at, s.Last), From: from, Lost: h.lost})
			h.lost = 0
		}
	}
	s.ended = true
}

// index is the place of an address in Ends.
func (s *Stream) index(a netip.AddrPort) int {
	if s.Ends[0] == a {
		return 0
	}
	return 1
}

// own is a copy of a frame's bytes.
func own(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	return bytes.Clone(b)
}
