package pcap

import (
	"encoding/binary"
	"net/netip"

	"rechallenge/core/wire"
)

// dissector finds the innermost TCP segment of a frame, through tunnels. Of the
// frames before it keeps fragments of IP packets alone.
type dissector struct {
	fragments *fragments

	cut   int // bytes of the frame that were not captured
	depth int
	why   string // why there is no TCP segment, where that is worth a word

	found    bool // a TCP segment
	datagram bool // a UDP datagram that may be QUIC's
	src, dst netip.AddrPort
	seq, ack uint32
	flags    uint8
	payload  []byte
	size     int // of the payload on the wire
}

// TCP's flags (RFC 9293 section 3.1).
const (
	flagFIN = 0x01
	flagSYN = 0x02
	flagRST = 0x04
	flagPSH = 0x08
	flagACK = 0x10
)

// maxDepth is how many headers may stand in each other.
const maxDepth = 24

// dissect looks into a frame.
func (d *dissector) dissect(f *frame) {
	if d.fragments == nil {
		d.fragments = &fragments{}
	}
	*d = dissector{fragments: d.fragments, cut: f.size - len(f.data)}
	d.link(f.link, f.data)
}

func (d *dissector) link(link uint32, b []byte) {
	if read := links[link]; read != nil {
		read(d, b)
		return
	}
	d.why = linkName(link)
}

// deep counts a header and says when there are too many.
func (d *dissector) deep() bool {
	d.depth++
	return d.depth > maxDepth
}

// ip4 is an IPv4 packet (RFC 791).
func (d *dissector) ip4(b []byte) {
	if len(b) < 20 || b[0]>>4 != 4 || d.deep() {
		return
	}
	header, total := int(b[0]&15)*4, int(binary.BigEndian.Uint16(b[2:]))
	if header < 20 || header > len(b) {
		return
	}
	src, dst := netip.AddrFrom4([4]byte(b[12:])), netip.AddrFrom4([4]byte(b[16:]))
	if fragment := binary.BigEndian.Uint16(b[6:]); fragment&0x3fff != 0 {
		key := origin{src, dst, b[9], uint32(binary.BigEndian.Uint16(b[4:]))}
		d.fragment(key, int(fragment&0x1fff)*8, b[header:], total-header, fragment&0x2000 != 0)
		return
	}
	size := total - header
	if total == 0 { // the network card cuts it later
		size = len(b) + d.cut - header
	}
	if size < 0 {
		return
	}
	d.transport(b[9], src, dst, b[header:min(len(b), header+size)], size)
}

// ip6 is an IPv6 packet with its extension headers (RFC 8200).
func (d *dissector) ip6(b []byte) {
	if len(b) < 40 || b[0]>>4 != 6 || d.deep() {
		return
	}
	size := int(binary.BigEndian.Uint16(b[4:]))
	if size == 0 { // a jumbogram, or the network card cuts it later
		size = len(b) + d.cut - 40
	}
	src, dst := netip.AddrFrom16([16]byte(b[8:])), netip.AddrFrom16([16]byte(b[24:]))
	next, rest := b[6], b[40:min(len(b), 40+size)]
	for range maxDepth {
		n := 0
		switch next {
		case 0, 43, 60, 135, 139, 140: // hop-by-hop, routing, destination, mobility, HIP, shim6
			if len(rest) < 8 {
				return
			}
			n = 8 + 8*int(rest[1])
		case 51: // authentication
			if len(rest) < 8 {
				return
			}
			n = 8 + 4*int(rest[1])
		case 44: // fragment
			if len(rest) < 8 {
				return
			}
			if place := binary.BigEndian.Uint16(rest[2:]); place&0xfff9 != 0 {
				key := origin{src.Unmap(), dst.Unmap(), rest[0], binary.BigEndian.Uint32(rest[4:])}
				d.fragment(key, int(place&0xfff8), rest[8:], size-8, place&1 != 0)
				return
			}
			n = 8
		default:
			d.transport(next, src.Unmap(), dst.Unmap(), rest, size)
			return
		}
		if n > len(rest) {
			return
		}
		next, rest, size = rest[0], rest[n:], size-n
	}
}

// fragment takes a part of an IP packet of so many bytes on the wire, and goes on
// with the packet where that is whole now.
func (d *dissector) fragment(key origin, at int, b []byte, size int, more bool) {
	if size <= 0 || len(b) < size {
		d.why = "are IP fragments that were captured in part"
		return
	}
	if whole := d.fragments.add(key, at, b[:size], more); whole != nil {
		d.transport(key.kind, key.src, key.dst, whole, len(whole))
	}
}

// transport is what an IP packet carries; size is its length on the wire.
func (d *dissector) transport(kind byte, src, dst netip.Addr, b []byte, size int) {
	switch kind {
	case 6:
		d.tcp(src, dst, b, size)
	case 17:
		d.udp(src, dst, b, size)
	case 4:
		d.ip4(b)
	case 41:
		d.ip6(b)
	case 47:
		d.gre(b)
	case 51: // authentication header in IPv4 (RFC 4302)
		if n := 8; len(b) > n {
			if n += 4 * int(b[1]); n <= len(b) && !d.deep() {
				d.transport(b[0], src, dst, b[n:], size-n)
			}
		}
	case 97: // Ethernet within IP (RFC 3378)
		d.ethernet(after(b, 2))
	case 115: // L2TPv3 (RFC 3931): a session's data, without a cookie
		d.ethernet(after(b, 4))
	case 137:
		d.mpls(b)
	case 50:
		d.why = "are IPsec (ESP), which is encrypted: capture inside the tunnel"
	case 132:
		d.why = "are SCTP, over which TLS is not read"
	}
}

// tcp is a segment (RFC 9293).
func (d *dissector) tcp(src, dst netip.Addr, b []byte, size int) {
	if len(b) < 20 {
		d.why = "are too short for their TCP header: captured with too small a snap length"
		return
	}
	header := int(b[12]>>4) * 4
	if header < 20 || size < header {
		return
	}
	d.found = true
	d.src = netip.AddrPortFrom(src, binary.BigEndian.Uint16(b))
	d.dst = netip.AddrPortFrom(dst, binary.BigEndian.Uint16(b[2:]))
	d.seq, d.ack, d.flags = binary.BigEndian.Uint32(b[4:]), binary.BigEndian.Uint32(b[8:]), b[13]
	d.payload, d.size = b[min(header, len(b)):], size-header
}

// udp is a datagram (RFC 768): a tunnel, or something with TLS inside that is not TCP.
func (d *dissector) udp(from, to netip.Addr, b []byte, size int) {
	if len(b) < 8 || d.deep() {
		return
	}
	src, dst := binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
	if n := int(binary.BigEndian.Uint16(b[4:])); n >= 8 {
		size = min(size, n)
	}
	b = b[8:min(len(b), max(size, 8))]
	for _, port := range [2]uint16{dst, src} {
		switch port {
		case 4789, 8472, 4790: // VXLAN (RFC 7348), as Linux had it, GPE
			if d.vxlan(b, port == 4790) {
				return
			}
		case 6081:
			if d.geneve(b) {
				return
			}
		case 2152:
			if d.gtp(b) {
				return
			}
		case 3544:
			if d.teredo(b) {
				return
			}
		case 1701:
			if d.l2tp(b) {
				return
			}
		case 6635: // MPLS in UDP (RFC 7510)
			d.mpls(b)
			return
		}
	}
	switch {
	case isDTLS(b):
		d.why = "are DTLS, which is not read: this program reads TLS over TCP"
		return
	case isQUIC(b) && !wire.IsQUIC(b):
		d.why = "are QUIC of a version that is not read: versions 1 and 2 are"
	case src == 443 || dst == 443:
		d.why = "are UDP on port 443, probably QUIC, of connections that began before the capture"
	}
	d.datagram, d.payload, d.size = true, b, size-8
	d.src, d.dst = netip.AddrPortFrom(from, src), netip.AddrPortFrom(to, dst)
}

// isDTLS knows a DTLS record (RFC 6347 section 4.1, RFC 9147 section 4).
func isDTLS(b []byte) bool {
	return len(b) > 13 && b[0] >= 20 && b[0] <= 25 && (b[1] == 0xfe && (b[2] == 0xff || b[2] == 0xfd || b[2] == 0xfc) || b[1] == 1 && b[2] == 0) &&
		int(binary.BigEndian.Uint16(b[11:])) <= 16384+2048
}

// isQUIC knows a long header of a version in use (RFC 9000 section 17.2, RFC 9369,
// the drafts).
func isQUIC(b []byte) bool {
	if len(b) < 20 || b[0]&0xc0 != 0xc0 {
		return false
	}
	v := binary.BigEndian.Uint32(b[1:])
	return v == 1 || v == 0x6b3343cf || v>>8 == 0xff0000 || v>>24 == 'Q'
}

// gre is RFC 2784 and 2890; version 1 is PPTP's (RFC 2637).
func (d *dissector) gre(b []byte) {
	if len(b) < 4 || d.deep() {
		return
	}
	flags, protocol := binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
	n := 4
	if flags&7 == 1 {
		n = 8
		if flags&0x1000 != 0 {
			n += 4
		}
		if flags&0x80 != 0 {
			n += 4
		}
		if protocol == 0x880b {
			d.ppp(after(b, n))
		}
		return
	}
	if flags&0xc000 != 0 { // checksum or routing
		n += 4
	}
	if flags&0x2000 != 0 { // key
		n += 4
	}
	if flags&0x1000 != 0 { // sequence number
		n += 4
	}
	b = after(b, n)
	if protocol == 0x88be && flags&0x1000 == 0 { // ERSPAN I has no header of its own
		d.ethernet(b)
		return
	}
	d.etherType(protocol, b)
}

// erspan is type II or III before an Ethernet frame (draft-foschiano-erspan).
func (d *dissector) erspan(t uint16, b []byte) {
	if len(b) < 8 {
		return
	}
	switch {
	case t == 0x88be && b[0]>>4 == 1:
		d.ethernet(b[8:])
	case b[0]>>4 == 2 && len(b) >= 12:
		n := 12
		if b[11]&1 != 0 { // platform specific
			n += 8
		}
		// The frame's type: IP without Ethernet is 2.
		if b[10]>>3&0x1f == 2 {
			d.raw(after(b, n))
			return
		}
		d.ethernet(after(b, n))
	default:
		d.ethernet(b)
	}
}

// vxlan is RFC 7348; its generic protocol extension tells what is inside.
func (d *dissector) vxlan(b []byte, generic bool) bool {
	if len(b) < 8 || b[0]&0x08 == 0 {
		return false
	}
	if generic && b[0]&0x04 != 0 {
		switch b[3] {
		case 1:
			d.ip4(b[8:])
			return true
		case 2:
			d.ip6(b[8:])
			return true
		}
	}
	d.ethernet(b[8:])
	return true
}

// geneve is RFC 8926.
func (d *dissector) geneve(b []byte) bool {
	if len(b) < 8 || b[0]>>6 != 0 {
		return false
	}
	d.etherType(binary.BigEndian.Uint16(b[2:]), after(b, 8+4*int(b[0]&0x3f)))
	return true
}

// gtp is a user's packet in GTPv1-U (3GPP TS 29.281).
func (d *dissector) gtp(b []byte) bool {
	if len(b) < 8 || b[0]>>5 != 1 || b[0]&0x10 == 0 || b[1] != 255 {
		return false
	}
	n := 8
	if b[0]&7 != 0 { // sequence number, N-PDU number, extension
		n = 12
		if len(b) < n {
			return true
		}
		next := b[11]
		for range maxDepth {
			if next == 0 || b[0]&4 == 0 {
				break
			}
			if len(b) <= n || b[n] == 0 {
				return true
			}
			size := 4 * int(b[n])
			if len(b) < n+size {
				return true
			}
			next = b[n+size-1]
			n += size
		}
	}
	d.raw(after(b, n))
	return true
}

// teredo is IPv6 in UDP (RFC 4380), behind an authentication and an origin or not.
func (d *dissector) teredo(b []byte) bool {
	if len(b) >= 4 && b[0] == 0 && b[1] == 1 { // authentication
		b = after(b, 13+int(b[2])+int(b[3]))
	}
	if len(b) >= 8 && b[0] == 0 && b[1] == 0 { // origin
		b = b[8:]
	}
	if len(b) < 40 || b[0]>>4 != 6 {
		return false
	}
	d.ip6(b)
	return true
}

// l2tp is a data message of L2TPv2 (RFC 2661) with PPP inside.
func (d *dissector) l2tp(b []byte) bool {
	if len(b) < 8 || b[0]&0x80 != 0 || b[1]&15 != 2 {
		return false
	}
	n := 6
	if b[0]&0x40 != 0 { // length
		n += 2
	}
	if b[0]&0x08 != 0 { // Ns, Nr
		n += 4
	}
	if b[0]&0x02 != 0 { // offset
		if len(b) < n+2 {
			return true
		}
		n += 2 + int(binary.BigEndian.Uint16(b[n:]))
	}
	d.ppp(after(b, n))
	return true
}
