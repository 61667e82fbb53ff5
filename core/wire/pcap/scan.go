package pcap

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"time"

	"rechallenge/core/protocol"
)

// Options are who is told of what a capture holds. The functions are called one
// at a time, and may be nil.
type Options struct {
	Secrets func(lines []byte)   // key log lines that come with it
	Data    func(*Stream, Piece) // of any TCP connection, in order, and of QUIC's
	End     func(*Stream)        // no more comes of it
	// Live says that packets come as they cross the wire: a connection that both
	// sides have closed ends at once, since nothing may come after it for long.
	Live bool
	// Progress hears how many bytes of the file were read, some times a second.
	Progress func(read int64)
}

// Told is what is to be said of a capture as a whole.
type Told struct {
	Start   time.Time // of the first packet
	Packets int
	Lost    int64    // bytes of TCP that the capture lacks, as far as it shows
	Notes   []string // what was passed over, and what is missing, in words
}

// Scan reads a capture: pcapng or pcap, gzip, zstd or bzip2 around it or not.
// What is in it is told as it is read; nothing is kept but what waits for bytes
// that come late, so that its size does not matter. A file that is cut short
// gives what is there, and a note. It ends with ctx.
func Scan(ctx context.Context, r io.Reader, opt Options) (*Told, error) {
	t := &table{opt: opt, streams: map[flow]*Stream{}, passed: map[string]int{}}
	counted := &counter{in: r}
	source, err := open(&io.LimitedReader{R: counted, N: maxFile}, func(lines []byte) {
		if opt.Secrets != nil {
			opt.Secrets(lines)
		}
	})
	if err != nil {
		return nil, err
	}
	var f frame
	var told time.Time
	for {
		if t.packets%1024 == 0 {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if opt.Progress != nil && time.Since(told) > 100*time.Millisecond {
				told = time.Now()
				opt.Progress(counted.n)
			}
		}
		err := source.next(&f)
		if err == io.EOF {
			break
		}
		if err != nil {
			if t.packets == 0 {
				return nil, fmt.Errorf("read capture: %w", err)
			}
			if errors.Is(err, io.ErrUnexpectedEOF) {
				t.note("the file ends in the middle, after packet %d: it was cut off, or is still being written", t.packets)
			} else {
				t.note("the file is damaged after packet %d: %v", t.packets, err)
			}
			break
		}
		if t.packets == maxPackets {
			t.note("the capture is larger than this program reads: only its first %d packets were used", t.packets)
			break
		}
		t.packet(&f)
	}
	if opt.Progress != nil {
		opt.Progress(counted.n)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if p, ok := source.(*pcapng); ok && p.dropped > 0 {
		t.note("the program that made the capture dropped %d packets: it could not keep up", p.dropped)
	}
	return t.end(), nil
}

// counter counts what is read.
type counter struct {
	in io.Reader
	n  int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	c.n += int64(n)
	return n, err
}

// flow names the two ends of a connection, the lower one first.
type flow struct{ a, b netip.AddrPort }

// table is the connections of a capture.
type table struct {
	opt     Options
	clock   clock
	dissect dissector
	packets int
	streams map[flow]*Stream
	quic    datagrams
	count   int       // of streams so far
	closing []*Stream // that may be ended soon, in order
	doubted []*Stream // that lack bytes which the other end has, in order
	lost    int64
	lossy   int // connections with loss
	notes   []string
	passed  map[string]int // packets passed over, by reason
}

func (t *table) note(format string, args ...any) {
	t.notes = append(t.notes, fmt.Sprintf(format, args...))
}

// settling is how long a connection that was closed is given for packets that
// come late; after it a new one between the same ends is another.
const settling = 5 * time.Second

// packet takes one packet.
func (t *table) packet(f *frame) {
	t.packets++
	at := t.clock.at(f.at)
	for len(t.closing) > 0 && at-t.closing[0].over > settling {
		t.finish(t.closing[0])
		t.closing = t.closing[1:]
	}
	for len(t.doubted) > 0 {
		s := t.doubted[0]
		if s.doubt > 0 && !s.ended && at-s.doubt <= patience {
			break
		}
		if t.doubted = t.doubted[1:]; s.doubt > 0 && !s.ended {
			s.settle()
		}
	}
	d := &t.dissect
	d.dissect(f)
	if d.datagram && t.datagram(d, at) {
		return
	}
	if !d.found {
		if d.why != "" {
			t.passed[d.why]++
		}
		return
	}
	t.add(d, at)
}

// add takes a TCP segment.
func (t *table) add(d *dissector, at time.Duration) {
	key := flow{d.src, d.dst}
	if d.src.Compare(d.dst) > 0 {
		key = flow{d.dst, d.src}
	}
	s := t.streams[key]
	syn, ack := d.flags&flagSYN != 0, d.flags&flagACK != 0
	g := segment{at: at, frame: t.packets, seq: d.seq, ack: d.ack, acks: ack, size: d.size}
	if s != nil {
		g.from = s.index(d.src)
		if t.another(s, &g, syn, ack) {
			t.finish(s)
			s = nil
		}
	}
	if s == nil {
		s = t.stream(key, d, at, syn, ack)
		g.from = s.index(d.src)
	}
	s.Last = max(s.Last, at)
	s.Seen[g.from]++
	if s.ended {
		return // repeated after its end
	}
	if d.flags&(flagFIN|flagRST) != 0 {
		t.close(s, g.from, d.flags)
	}
	if d.flags&flagRST != 0 {
		if t.opt.Live && s.whole() {
			t.finish(s)
		}
		return // what a reset says is no data
	}
	if syn {
		s.syn(g.from, g.seq)
		g.seq++
		if ack {
			s.acknowledge(1-g.from, g.ack)
		}
	}
	if s.elsewhere(&g) {
		t.passed["are far away from the sequence numbers of their connection: left from another one between the same ports"]++
		s.far++
		return
	}
	if g.size > 0 {
		g.data = own(d.payload[:min(len(d.payload), d.size)])
	}
	before := s.doubt
	s.add(g)
	if s.doubts(at); s.doubt > 0 && before == 0 {
		t.doubted = append(t.doubted, s)
	}
	if t.opt.Live && s.closing && s.whole() && int32(g.seq+uint32(g.size)-s.halves[g.from].next) <= 0 {
		t.finish(s)
	}
}

// whole reports whether nothing is waited for.
func (s *Stream) whole() bool {
	return s.doubt == 0 && len(s.held) == 0 && len(s.halves[0].waiting) == 0 && len(s.halves[1].waiting) == 0
}

// another reports whether a segment begins another connection between the same
// ends: ports are used again, seen to be closed or not.
func (t *table) another(s *Stream, g *segment, syn, ack bool) bool {
	h := &s.halves[g.from]
	switch {
	case syn && !ack:
		return h.known && (!h.synced || h.first != g.seq) && (h.got > 0 || s.halves[1-g.from].got > 0 || s.closing || s.ended || h.synced && s.halves[1-g.from].known)
	case syn:
		return h.got > 0 && h.synced && h.first != g.seq
	}
	return s.far >= 8 && s.elsewhere(g)
}

// stream begins a connection.
func (t *table) stream(key flow, d *dissector, at time.Duration, syn, ack bool) *Stream {
	if len(t.streams) >= maxStreams {
		t.forget()
	}
	// What follows may build on what has just ended.
	for _, s := range t.doubted {
		if s.closing && s.doubt > 0 && !s.ended {
			s.settle()
		}
	}
	s := &Stream{Number: t.count, Ends: [2]netip.AddrPort{d.src, d.dst}, Opened: at, Last: at, at: at, SYN: syn, ClosedBy: -1, see: t.see, clock: &t.clock}
	if syn && ack || !syn && serverLike(d.src.Port(), d.dst.Port()) {
		s.Ends = [2]netip.AddrPort{d.dst, d.src}
	}
	t.count++
	t.streams[key] = s
	return s
}

// serverLike guesses from the ports whether a is the server's: a known one, else
// the lower one.
func serverLike(a, b uint16) bool {
	known := []uint16{443, 8443, 636, 993, 995, 465, 990, 989, 563, 853, 5061, 5671, 8883, 6697, 4433, 9443, 3269, 5223}
	if x, y := slices.Contains(known, a), slices.Contains(known, b); x != y {
		return x
	}
	return a < b
}

// close notes that an end says that it is over.
func (t *table) close(s *Stream, from int, flags uint8) {
	if s.ClosedBy < 0 {
		s.ClosedBy = from
	}
	if flags&flagFIN != 0 {
		s.halves[from].fin = true
	}
	if s.closing || flags&flagRST == 0 && !s.halves[1-from].fin {
		return
	}
	s.closing, s.over = true, s.Last
	t.closing = append(t.closing, s)
}

func (t *table) see(s *Stream, p Piece) {
	if t.opt.Data != nil {
		t.opt.Data(s, p)
	}
}

// finish ends a connection.
func (t *table) finish(s *Stream) {
	if s.ended {
		return
	}
	s.finish()
	if n := s.Lost[0] + s.Lost[1]; n > 0 {
		t.lost += int64(n)
		t.lossy++
	}
	if t.opt.End != nil {
		t.opt.End(s)
	}
	s.Sink, s.held = nil, nil
	s.halves = [2]half{{first: s.halves[0].first, synced: s.halves[0].synced, known: true}, {first: s.halves[1].first, synced: s.halves[1].synced, known: true}}
}

// forget makes room: of connections that have ended, else of those that have
// been silent for longest.
func (t *table) forget() {
	list := make([]flow, 0, len(t.streams))
	for key := range t.streams {
		list = append(list, key)
	}
	slices.SortFunc(list, func(a, b flow) int {
		x, y := t.streams[a], t.streams[b]
		if x.ended != y.ended {
			if x.ended {
				return -1
			}
			return 1
		}
		return int(max(-1, min(1, x.Last-y.Last)))
	})
	for _, key := range list[:len(list)/4] {
		t.finish(t.streams[key])
		delete(t.streams, key)
	}
}

// end ends everything, in the order in which the connections began.
func (t *table) end() *Told {
	var list []*Stream
	for _, s := range t.streams {
		if !s.ended {
			list = append(list, s)
		}
	}
	slices.SortFunc(list, func(a, b *Stream) int { return a.Number - b.Number })
	for _, s := range list {
		t.finish(s)
	}
	t.quic.endAll(t)
	if says := t.clock.note(); says != "" {
		t.note("%s", says)
	}
	if f := t.dissect.fragments; f != nil && f.left() > 0 {
		t.passed["are IP fragments whose packet is not whole in the capture"] += f.left()
	}
	for why, n := range t.passed {
		t.note("%d packets %s", n, why)
	}
	slices.Sort(t.notes)
	if t.lost > 0 {
		t.notes = slices.Insert(t.notes, 0, fmt.Sprintf("the capture lacks %s of %s: what they would tell is unknown", protocol.Plural(t.lost, "byte"), protocol.Plural(t.lossy, "TCP connection")))
	}
	return &Told{Start: t.clock.start(), Packets: t.packets, Lost: t.lost, Notes: t.notes}
}
