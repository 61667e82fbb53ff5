package pcap

import (
	"bufio"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// ErrNotCapture is wrapped by Read's error for what is no capture file at all.
var ErrNotCapture = errors.New("this is neither a pcapng nor a pcap file")

// Read reads a capture: pcapng or pcap, gzip around it or not. Bytes that the
// capture lacks are said (wire.Chunk.Lost). A file that is cut short gives what
// is there, and a note.
func Read(r io.Reader) (*File, error) {
	in := bufio.NewReader(r)
	if magic, _ := in.Peek(2); len(magic) == 2 && magic[0] == 0x1f && magic[1] == 0x8b {
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, fmt.Errorf("read capture: %w", err)
		}
		in = bufio.NewReader(z)
	}
	limited := &io.LimitedReader{R: in, N: maxFile}
	magic, err := in.Peek(4)
	if err != nil {
		return nil, fmt.Errorf("read capture: %w", ErrNotCapture)
	}
	t := &table{streams: map[flow]*stream{}}
	var scan blocks
	var source packets
	switch m := binary.LittleEndian.Uint32(magic); {
	case m == blockSection:
		scan.r = limited
		source, err = pcapgo.NewNgReader(&scan, pcapgo.NgReaderOptions{WantMixedLinkType: true, SkipUnknownVersion: true})
	case isPcap(m):
		source, err = pcapgo.NewReader(limited)
	default:
		return nil, fmt.Errorf("read capture: %w", ErrNotCapture)
	}
	if err != nil {
		return nil, fmt.Errorf("read capture: %w", err)
	}
	if err := t.read(source); err != nil {
		if t.packets == 0 {
			return nil, fmt.Errorf("read capture: %w", err)
		}
		t.note("the file ends in the middle or is damaged after packet %d: %v", t.packets, err)
	}
	if limited.N <= 0 {
		t.note("only the first %d GiB of the file were read", maxFile>>30)
	}
	return t.file(scan.keylog), nil
}

// isPcap knows the magic numbers of pcap, in both byte orders, with times in
// micro- and nanoseconds.
func isPcap(m uint32) bool {
	return slices.Contains([]uint32{0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1}, m)
}

// packets is what both readers of the library are.
type packets interface {
	ReadPacketData() ([]byte, gopacket.CaptureInfo, error)
}

// flow names the two ends of a connection, the lower one first.
type flow struct{ a, b netip.AddrPort }

// table is the connections of a capture.
type table struct {
	clock   clock
	at      time.Duration // of the packet being read
	packets int
	kept    int
	streams map[flow]*stream
	all     []*stream
	notes   []string
	seen    map[string]int // packets passed over, by reason
}

func (t *table) note(format string, args ...any) {
	t.notes = append(t.notes, fmt.Sprintf(format, args...))
}

// pass counts a packet that is passed over.
func (t *table) pass(why string) {
	if t.seen == nil {
		t.seen = map[string]int{}
	}
	t.seen[why]++
}

// read takes all packets.
func (t *table) read(source packets) error {
	link := layers.LinkTypeNull
	if r, ok := source.(interface{ LinkType() layers.LinkType }); ok {
		link = r.LinkType()
	}
	for {
		data, ci, err := source.ReadPacketData()
		if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if err != nil {
			return err
		}
		t.packets++
		t.at = t.clock.at(ci.Timestamp)
		if t.packets > maxPackets || t.kept > maxKept || len(t.all) > maxConns {
			t.note("the capture is larger than this program reads: only its first %d packets were used", t.packets-1)
			return nil
		}
		kind := link
		if len(ci.AncillaryData) > 0 {
			if l, ok := ci.AncillaryData[0].(layers.LinkType); ok {
				kind = l
			}
		}
		t.packet(data, kind)
	}
}

// packet takes one packet.
func (t *table) packet(data []byte, link layers.LinkType) {
	p := gopacket.NewPacket(data, link, gopacket.DecodeOptions{Lazy: true, NoCopy: true})
	network := p.NetworkLayer()
	tcp, _ := p.Layer(layers.LayerTypeTCP).(*layers.TCP)
	if tcp == nil || network == nil {
		t.passed(p, network)
		return
	}
	src, ok1 := netip.AddrFromSlice(network.NetworkFlow().Src().Raw())
	dst, ok2 := netip.AddrFromSlice(network.NetworkFlow().Dst().Raw())
	if !ok1 || !ok2 {
		t.pass("have addresses that are none")
		return
	}
	g := segment{at: t.at, seq: tcp.Seq, data: tcp.Payload, size: len(tcp.Payload)}
	if n := payloadSize(network, tcp); n > g.size {
		g.size = n
	}
	t.add(netip.AddrPortFrom(src.Unmap(), uint16(tcp.SrcPort)), netip.AddrPortFrom(dst.Unmap(), uint16(tcp.DstPort)), tcp, g)
}

// passed says of a packet without TCP why it is passed over, where that matters.
func (t *table) passed(p gopacket.Packet, network gopacket.NetworkLayer) {
	ip, _ := network.(*layers.IPv4)
	udp, _ := p.TransportLayer().(*layers.UDP)
	switch {
	case ip != nil && (ip.FragOffset != 0 || ip.Flags&layers.IPv4MoreFragments != 0):
		t.pass("are IP fragments, which are not put together")
	case udp != nil && (udp.SrcPort == 443 || udp.DstPort == 443):
		t.pass("are UDP on port 443, probably QUIC, which is not read")
	case p.ErrorLayer() != nil:
		t.pass("could not be read")
	}
}

// payloadSize is how many bytes the packet carried, also where they were not
// all captured; 0 = the headers don't say.
func payloadSize(network gopacket.NetworkLayer, tcp *layers.TCP) int {
	header := 4 * int(tcp.DataOffset)
	switch ip := network.(type) {
	case *layers.IPv4:
		return int(ip.Length) - 4*int(ip.IHL) - header
	case *layers.IPv6:
		if ip.NextHeader == layers.IPProtocolTCP {
			return int(ip.Length) - header
		}
	}
	return 0
}

// add takes a TCP segment.
func (t *table) add(src, dst netip.AddrPort, tcp *layers.TCP, g segment) {
	key := flow{src, dst}
	if src.Compare(dst) > 0 {
		key = flow{dst, src}
	}
	s := t.streams[key]
	// A port is used again once a connection is over, seen or not.
	if s != nil && tcp.SYN && !tcp.ACK && s.started {
		if h := &s.halves[s.index(src)]; !h.synced || h.first != tcp.Seq {
			s = nil
		}
	}
	if s == nil {
		if tcp.RST || (tcp.FIN && g.size == 0) {
			return // the end of something that was not captured
		}
		s = &stream{ends: [2]netip.AddrPort{src, dst}, opened: g.at, closedBy: -1}
		if tcp.SYN && tcp.ACK {
			s.ends = [2]netip.AddrPort{dst, src}
		}
		t.streams[key] = s
		t.all = append(t.all, s)
	}
	from := s.index(src)
	s.last = max(s.last, g.at)
	s.started = s.started || !tcp.SYN
	if !tcp.RST {
		t.kept += len(g.data) + 64
		s.add(from, g, tcp.SYN)
	}
	if (tcp.FIN || tcp.RST) && s.closedBy < 0 {
		s.closedBy = from
	}
}

// index is the place of an address in ends.
func (s *stream) index(a netip.AddrPort) int {
	if s.ends[0] == a {
		return 0
	}
	return 1
}

// file puts the result together.
func (t *table) file(keylog []byte) *File {
	f := &File{Start: t.clock.start(), KeyLog: keylog}
	other := 0
	for _, s := range t.all {
		if c, ok := s.finish(); ok {
			f.Conns = append(f.Conns, c)
		} else if len(s.chunks) > 0 {
			other++
		}
	}
	slices.SortStableFunc(f.Conns, func(a, b Conn) int { return int(max(-1, min(1, a.Opened-b.Opened))) })
	switch other {
	case 0:
	case 1:
		t.note("1 TCP connection was passed over: no ClientHello is in it")
	default:
		t.note("%d TCP connections were passed over: no ClientHello is in them", other)
	}
	if says := t.clock.note(); says != "" {
		t.note("%s", says)
	}
	for why, n := range t.seen {
		t.note("%d packets %s", n, why)
	}
	slices.Sort(t.notes)
	f.Notes = t.notes
	return f
}
