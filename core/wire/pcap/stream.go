package pcap

import (
	"net/netip"
	"slices"
	"time"

	"rechallenge/core/wire"
)

// stream is a TCP connection being put together.
type stream struct {
	ends     [2]netip.AddrPort // who sent the first packet, and the other one
	opened   time.Duration
	last     time.Duration
	halves   [2]half
	chunks   []piece
	closedBy int // index into ends, -1 = nobody yet
	started  bool
}

// piece is a chunk whose side is not yet known to be client or server.
type piece struct {
	at   time.Duration
	from int // index into ends
	data []byte
	lost int
}

// half is one direction.
type half struct {
	known   bool // next is known
	synced  bool // by the SYN, which had the number first
	first   uint32
	next    uint32 // sequence number of the next byte
	waiting []segment
	ahead   int // bytes in waiting
	lost    int // bytes that the capture lacks before the next byte
}

// segment is the payload of a packet. Of a packet that was captured in part
// only its beginning is there, but size counts all.
type segment struct {
	at   time.Duration
	seq  uint32
	data []byte
	size int
}

// add takes a segment of one direction; it is the caller's to keep data alive.
func (s *stream) add(from int, g segment, syn bool) {
	h := &s.halves[from]
	if syn {
		if !h.known {
			h.known, h.synced, h.first, h.next = true, true, g.seq, g.seq+1
		}
		g.seq++
	} else if !h.known {
		// The beginning was not captured: what comes first is the beginning.
		h.known, h.next = true, g.seq
	}
	if g.size == 0 {
		return
	}
	switch ahead := int32(g.seq - h.next); {
	case ahead > 0:
		h.wait(g)
		if h.ahead > maxAhead || len(h.waiting) > maxSegments {
			s.giveUp(from)
		}
	case int64(ahead)+int64(g.size) > 0:
		s.deliver(from, g)
		s.drain(from)
	}
}

// wait keeps a segment that came too early, in order of sequence numbers.
func (h *half) wait(g segment) {
	i, found := slices.BinarySearchFunc(h.waiting, g.seq, func(w segment, seq uint32) int { return int(int32(w.seq - seq)) })
	if found && h.waiting[i].size >= g.size {
		return
	}
	h.waiting = slices.Insert(h.waiting, i, g)
	h.ahead += len(g.data)
}

// deliver appends a segment that begins at or before the next byte.
func (s *stream) deliver(from int, g segment) {
	h := &s.halves[from]
	known := int(h.next - g.seq) // bytes of it that were delivered before
	data := g.data[min(known, len(g.data)):]
	if len(data) > 0 {
		// Bytes come to the reader when the last one missing before them does.
		at := g.at
		if n := len(s.chunks); n > 0 {
			at = max(at, s.chunks[n-1].at)
		}
		s.chunks = append(s.chunks, piece{at: at, from: from, data: data, lost: h.lost})
		h.lost = 0
	}
	h.next = g.seq + uint32(g.size)
	h.lost += g.size - known - len(data)
}

// drain delivers what had waited for the bytes that have come.
func (s *stream) drain(from int) {
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
			s.deliver(from, g)
		}
	}
}

// giveUp stops waiting for bytes that the capture lacks.
func (s *stream) giveUp(from int) {
	h := &s.halves[from]
	for len(h.waiting) > 0 {
		gap := h.waiting[0].seq - h.next
		h.lost += int(gap)
		h.next += gap
		s.drain(from)
	}
}

// finish ends the stream and gives the connection in it, if it is TLS.
func (s *stream) finish() (Conn, bool) {
	s.giveUp(0)
	s.giveUp(1)
	at, client := s.hello()
	if at < 0 {
		return Conn{}, false
	}
	c := Conn{Client: s.ends[client], Server: s.ends[1-client], Opened: s.opened, Closed: s.last}
	switch s.closedBy {
	case client:
		c.ClosedBy = ByClient
	case 1 - client:
		c.ClosedBy = ByServer
	}
	// What came before TLS is left out. The server's first records may stand
	// before the ClientHello where the capture has packets out of order.
	var early []piece
	for _, p := range s.chunks[:at] {
		if p.from != client && (len(early) > 0 || isServerRecord(p.data)) {
			early = append(early, p)
		}
	}
	list := slices.Clone(s.chunks[at:])
	answer := slices.IndexFunc(list, func(p piece) bool { return p.from != client })
	if answer < 0 {
		answer = len(list)
	}
	list = slices.Insert(list, answer, early...)
	for _, p := range list {
		k := wire.Chunk{At: p.at, From: wire.Server, Data: p.data, Lost: p.lost}
		if p.from == client {
			k.From = wire.Client
		}
		if n := len(c.Chunks); n > 0 {
			k.At = max(k.At, c.Chunks[n-1].At)
		}
		c.Chunks = append(c.Chunks, k)
	}
	return c, true
}

// maxBefore is how many chunks may come before the ClientHello: a proxy's
// CONNECT, STARTTLS and what leads to it.
const maxBefore = 64

// hello finds the chunk with which TLS begins, and who sent it; -1 = none.
func (s *stream) hello() (at, client int) {
	for i := range s.chunks[:min(len(s.chunks), maxBefore)] {
		// A ClientHello may be cut anywhere.
		var head []byte
		for j := i; j < len(s.chunks) && len(head) < 6; j++ {
			if s.chunks[j].from == s.chunks[i].from && (j == i || s.chunks[j].lost == 0) {
				head = append(head, s.chunks[j].data[:min(len(s.chunks[j].data), 6)]...)
			}
		}
		if isHello(head) {
			return i, s.chunks[i].from
		}
	}
	return -1, 0
}

// isServerRecord says whether a TLS record of a server's first words may begin here.
func isServerRecord(b []byte) bool {
	return len(b) >= 3 && (b[0] == 22 || b[0] == 21) && b[1] == 3 && b[2] <= 4
}
