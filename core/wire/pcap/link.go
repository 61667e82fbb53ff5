package pcap

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// links are the link types that are read, by their LINKTYPE_ value
// (tcpdump.org/linktypes.html), and how.
var links map[uint32]func(*dissector, []byte)

// Some hold others, which an initialiser may not say.
func init() {
	links = map[uint32]func(*dissector, []byte){
		0:   func(d *dissector, b []byte) { d.family(b) },               // NULL: address family in the capturing machine's order
		1:   (*dissector).ethernet,                                      // EN10MB
		6:   (*dissector).tokenRing,                                     // IEEE802_5
		8:   (*dissector).raw,                                           // SLIP
		9:   (*dissector).ppp,                                           // PPP
		10:  func(d *dissector, b []byte) { d.llc(after(b, 13)) },       // FDDI
		12:  (*dissector).raw,                                           // RAW, as DLT_RAW is written by mistake
		14:  (*dissector).raw,                                           // and on OpenBSD
		50:  (*dissector).ppp,                                           // PPP_HDLC
		51:  (*dissector).pppoe,                                         // PPP_ETHER
		100: (*dissector).llc,                                           // ATM_RFC1483
		101: (*dissector).raw,                                           // RAW
		104: (*dissector).chdlc,                                         // C_HDLC
		105: (*dissector).wifi,                                          // IEEE802_11
		107: (*dissector).frameRelay,                                    // FRELAY
		108: func(d *dissector, b []byte) { d.family(b) },               // LOOP: the same in network order
		109: func(d *dissector, b []byte) { d.raw(after(b, 12)) },       // ENC: family, SPI, flags
		113: func(d *dissector, b []byte) { d.cooked(b, 2, 14, 16) },    // LINUX_SLL
		117: (*dissector).pflog,                                         // PFLOG
		119: func(d *dissector, b []byte) { d.wifi(after(b, 144)) },     // IEEE802_11_PRISM
		122: func(d *dissector, b []byte) { d.llc(after(b, 16)) },       // IP_OVER_FC
		127: (*dissector).radiotap,                                      // IEEE802_11_RADIOTAP
		138: func(d *dissector, b []byte) { d.typed(b, 16, 18) },        // APPLE_IP_OVER_IEEE1394
		149: (*dissector).pktap,                                         // USER2, which Apple used for PKTAP
		163: func(d *dissector, b []byte) { d.avs(b) },                  // IEEE802_11_AVS
		166: func(d *dissector, b []byte) { d.pppDirected(b) },          // PPP_PPPD
		192: (*dissector).ppi,                                           // PPI
		197: (*dissector).erf,                                           // ERF
		204: func(d *dissector, b []byte) { d.ppp(after(b, 1)) },        // PPP_WITH_DIR
		205: func(d *dissector, b []byte) { d.chdlc(after(b, 1)) },      // C_HDLC_WITH_DIR
		206: func(d *dissector, b []byte) { d.frameRelay(after(b, 1)) }, // FRELAY_WITH_DIR
		228: (*dissector).raw,                                           // IPV4
		229: (*dissector).raw,                                           // IPV6
		239: (*dissector).nflog,                                         // NFLOG
		258: (*dissector).pktap,                                         // PKTAP
		276: func(d *dissector, b []byte) { d.cooked(b, 8, 0, 20) },     // LINUX_SLL2
	}
}

// linkNames are those that are not read but may turn up.
var linkNames = map[uint32]string{
	3: "AX25", 7: "ARCNET_BSD", 99: "SYMANTEC_FIREWALL", 112: "SITA", 114: "LTALK", 118: "CISCO_IOS", 123: "SUNATM", 129: "ARCNET_LINUX",
	139: "MTP2_WITH_PHDR", 140: "MTP2", 141: "MTP3", 142: "SCCP", 143: "DOCSIS", 144: "LINUX_IRDA", 147: "USER0", 148: "USER1", 150: "USER3",
	165: "BACNET_MS_TP", 169: "GPRS_LLC", 170: "GPF_T", 177: "LINUX_LAPD", 182: "MFR", 187: "BLUETOOTH_HCI_H4", 189: "USB_LINUX", 190: "CAN20B",
	195: "IEEE802_15_4_WITHFCS", 196: "SITA", 201: "BLUETOOTH_HCI_H4_WITH_PHDR", 202: "AX25_KISS", 203: "LAPD", 209: "I2C_LINUX", 212: "LIN",
	214: "SCCP", 220: "USB_LINUX_MMAPPED", 226: "IPNET", 227: "CAN_SOCKETCAN", 230: "IEEE802_15_4_NOFCS", 231: "DBUS", 240: "NETANALYZER",
	242: "IPOIB", 247: "INFINIBAND", 249: "USBPCAP", 251: "BLUETOOTH_LE_LL", 252: "WIRESHARK_UPPER_PDU", 253: "NETLINK", 254: "BLUETOOTH_LINUX_MONITOR",
	256: "BLUETOOTH_LE_LL_WITH_PHDR", 266: "USB_DARWIN", 270: "LORATAP", 271: "VSOCK", 272: "NORDIC_BLE", 274: "ETHERNET_MPACKET", 283: "IEEE802_15_4_TAP",
}

// linkName is a link type that is not read, with what can be done.
func linkName(link uint32) string {
	name := linkNames[link]
	if name == "" {
		name = "unknown to this program"
	}
	return fmt.Sprintf("have the link type %d (%s), which is not read: capture on another interface, or turn it into Ethernet (tcprewrite --dlt=enet, editcap -T ether)", link, name)
}

// after is what follows the first n bytes, nothing where there are none.
func after(b []byte, n int) []byte {
	if n < 0 || n > len(b) {
		return nil
	}
	return b[n:]
}

// family is a frame that begins with an address family of four bytes, in
// whatever order (RFC 4291 does not number them; the systems do).
func (d *dissector) family(b []byte) {
	if len(b) < 4 {
		return
	}
	if af := min(binary.LittleEndian.Uint32(b), binary.BigEndian.Uint32(b)); af > 1<<16 {
		d.why = "have an address family that is unknown"
		return
	}
	d.raw(b[4:])
}

// raw is an IP packet of either version.
func (d *dissector) raw(b []byte) {
	if len(b) == 0 {
		return
	}
	switch b[0] >> 4 {
	case 4:
		d.ip4(b)
	case 6:
		d.ip6(b)
	}
}

// ethernet is an Ethernet frame, or IEEE 802.3 with LLC.
func (d *dissector) ethernet(b []byte) {
	if len(b) < 14 {
		return
	}
	d.etherType(binary.BigEndian.Uint16(b[12:]), b[14:])
}

// typed is a frame with an EtherType at at and its payload from body on.
func (d *dissector) typed(b []byte, at, body int) {
	if len(b) >= body {
		d.etherType(binary.BigEndian.Uint16(b[at:]), b[body:])
	}
}

// etherType is the payload of an EtherType.
func (d *dissector) etherType(t uint16, b []byte) {
	if d.deep() {
		return
	}
	switch t {
	case 0x0800:
		d.ip4(b)
	case 0x86dd:
		d.ip6(b)
	case 0x8100, 0x88a8, 0x9100, 0x9200: // IEEE 802.1Q, 802.1ad
		d.typed(b, 2, 4)
	case 0x8847, 0x8848: // MPLS (RFC 3032)
		d.mpls(b)
	case 0x8864: // PPPoE (RFC 2516)
		d.pppoe(b)
	case 0x880b:
		d.pppProtocol(b)
	case 0x6558: // Transparent Ethernet Bridging
		d.ethernet(b)
	case 0x88be, 0x22eb: // ERSPAN
		d.erspan(t, b)
	case 0x8926: // VN-Tag
		d.typed(b, 4, 6)
	case 0x8909: // Cisco MetaData
		d.typed(b, 6, 8)
	case 0x88e5: // MACsec: only where it is not encrypted (E and C bits)
		if len(b) > 6 && b[0]&0x0c == 0 {
			n := 6
			if b[0]&0x20 != 0 {
				n = 14
			}
			d.typed(after(b, n), 0, 2)
		}
	default:
		if t < 0x600 {
			d.llc(b)
		}
	}
}

// llc is IEEE 802.2 with SNAP.
func (d *dissector) llc(b []byte) {
	switch {
	case len(b) >= 8 && b[0] == 0xaa && b[1] == 0xaa:
		d.etherType(binary.BigEndian.Uint16(b[6:]), b[8:])
	case len(b) >= 3 && b[0] == 0x06: // IP (RFC 1042)
		d.raw(b[3:])
	case len(b) >= 4 && b[0] == 0xfe && b[2] == 0x03: // NLPID (RFC 2684)
		d.nlpid(b[3:])
	}
}

// mpls is a label stack (RFC 3032) and what is below it: IP, or Ethernet with
// or without a control word (RFC 4448).
func (d *dissector) mpls(b []byte) {
	for len(b) >= 4 {
		bottom := b[2]&1 != 0
		b = b[4:]
		if !bottom {
			continue
		}
		if len(b) == 0 {
			return
		}
		switch b[0] >> 4 {
		case 4, 6:
			d.raw(b)
		case 0:
			d.ethernet(after(b, 4))
		default:
			d.ethernet(b)
		}
		return
	}
}

// cooked is Linux's capture of "any": the protocol at at; behind a loopback's
// hardware type it is the same.
func (d *dissector) cooked(b []byte, hardware, at, body int) {
	if len(b) < body {
		return
	}
	switch t := binary.BigEndian.Uint16(b[at:]); {
	case t == 4 || t == 1: // 802.2, 802.3
		d.llc(b[body:])
	case binary.BigEndian.Uint16(b[hardware:]) == 778: // GRE: a protocol of its own
		d.gre(b[body:])
	default:
		d.etherType(t, b[body:])
	}
}

// ppp is a PPP frame, in HDLC-like framing or not (RFC 1661, 1662).
func (d *dissector) ppp(b []byte) {
	if len(b) > 2 && b[0] == 0xff && b[1] == 0x03 {
		b = b[2:]
	}
	d.pppProtocol(b)
}

func (d *dissector) pppProtocol(b []byte) {
	if len(b) < 2 || d.deep() {
		return
	}
	p, n := uint16(b[0]), 1
	if p&1 == 0 { // not compressed to a byte
		p, n = binary.BigEndian.Uint16(b), 2
	}
	switch p {
	case 0x21, 0x57:
		d.raw(b[n:])
	case 0x281, 0x283:
		d.mpls(b[n:])
	case 0x31: // bridging (RFC 3518)
		d.ethernet(after(b, n+2))
	case 0x3d: // multilink (RFC 1990): a packet in one piece
		if len(b) > n+4 && b[n]&0xc0 == 0xc0 {
			d.pppProtocol(b[n+4:])
		} else {
			d.why = "are PPP fragments, which are not put together"
		}
	}
}

// pppDirected is a direction byte before PPP; pppd leaves address and control out.
func (d *dissector) pppDirected(b []byte) { d.ppp(after(b, 1)) }

// pppoe is a session's packet: version, code, session, length (RFC 2516).
func (d *dissector) pppoe(b []byte) {
	if len(b) >= 6 && b[1] == 0 {
		d.pppProtocol(b[6:])
	}
}

// chdlc is Cisco's HDLC: address, control, EtherType.
func (d *dissector) chdlc(b []byte) { d.typed(b, 2, 4) }

// frameRelay is Q.922 with RFC 2427 inside; Cisco's has an EtherType instead.
func (d *dissector) frameRelay(b []byte) {
	n := 0
	for n < len(b) && n < 4 && b[n]&1 == 0 {
		n++
	}
	b = after(b, n+1)
	switch {
	case len(b) >= 2 && b[0] == 0x03:
		b = b[1:]
		if b[0] == 0 { // padding
			b = b[1:]
		}
		d.nlpid(b)
	case len(b) >= 2:
		d.typed(b, 0, 2)
	}
}

// nlpid is what ISO 9577 numbers.
func (d *dissector) nlpid(b []byte) {
	if len(b) < 2 {
		return
	}
	switch b[0] {
	case 0xcc, 0x8e:
		d.raw(b[1:])
	case 0x80: // SNAP
		if len(b) >= 6 {
			oui := b[1:4]
			if bytes.Equal(oui, []byte{0, 0x80, 0xc2}) { // bridged
				switch binary.BigEndian.Uint16(b[4:]) {
				case 1:
					d.ethernet(after(b, 8))
				case 7:
					d.ethernet(after(b, 6))
				}
				return
			}
			d.etherType(binary.BigEndian.Uint16(b[4:]), b[6:])
		}
	case 0xcf:
		d.pppProtocol(b[1:])
	}
}

// tokenRing is IEEE 802.5 with its routing information.
func (d *dissector) tokenRing(b []byte) {
	if len(b) < 15 {
		return
	}
	n := 14
	if b[8]&0x80 != 0 {
		n += int(b[14] & 0x1f)
	}
	d.llc(after(b, n))
}

// pflog is OpenBSD's log of its packet filter: a header of its own length.
func (d *dissector) pflog(b []byte) {
	if len(b) > 4 {
		d.raw(after(b, (int(b[0])+3)&^3))
	}
}

// nflog is netfilter's log: a list of type, length and value in the capturing
// machine's order; the packet is NFULA_PAYLOAD.
func (d *dissector) nflog(b []byte) {
	if len(b) < 4 {
		return
	}
	b = b[4:]
	for len(b) >= 4 {
		n, t := int(binary.LittleEndian.Uint16(b)), binary.LittleEndian.Uint16(b[2:])
		if n < 4 || n > len(b) {
			n, t = int(binary.BigEndian.Uint16(b)), binary.BigEndian.Uint16(b[2:])
		}
		if n < 4 {
			return
		}
		if t&0x7fff == 9 {
			d.raw(b[4:min(n, len(b))])
			return
		}
		b = after(b, (n+3)&^3)
	}
}

// pktap is Apple's header before any other link type: its length, a type that
// is 1 for packets, and the link type of what follows.
func (d *dissector) pktap(b []byte) {
	if len(b) < 12 || d.deep() {
		return
	}
	order := binary.ByteOrder(binary.LittleEndian)
	if order.Uint32(b) > 1<<16 {
		order = binary.BigEndian
	}
	n, link := order.Uint32(b), order.Uint32(b[8:])
	if n < 12 || int64(n) > int64(len(b)) || link == 258 {
		return
	}
	d.link(link, b[n:])
}

// radiotap is a header of its own length before IEEE 802.11.
func (d *dissector) radiotap(b []byte) {
	if len(b) >= 4 {
		d.wifi(after(b, int(binary.LittleEndian.Uint16(b[2:]))))
	}
}

// avs is the same with the length as a number of four bytes.
func (d *dissector) avs(b []byte) {
	if len(b) >= 8 {
		d.wifi(after(b, int(binary.BigEndian.Uint32(b[4:])&0xffff)))
	}
}

// ppi is a header with its length and the link type of what follows.
func (d *dissector) ppi(b []byte) {
	if len(b) >= 8 && !d.deep() {
		d.link(binary.LittleEndian.Uint32(b[4:]), after(b, int(binary.LittleEndian.Uint16(b[2:]))))
	}
}

// erf is Endace's record before the frame: Ethernet behind two bytes of padding.
func (d *dissector) erf(b []byte) {
	if len(b) < 18 {
		return
	}
	n, kind := 16, b[8]
	for more := kind; more&0x80 != 0; n += 8 {
		if len(b) < n+8 {
			return
		}
		more = b[n]
	}
	switch kind & 0x7f {
	case 2, 11, 16, 20: // Ethernet in its colours
		d.ethernet(after(b, n+2))
	case 22:
		d.ip4(after(b, n))
	case 23:
		d.ip6(after(b, n))
	case 1, 5, 10: // HDLC
		d.chdlc(after(b, n))
	}
}

// wifi is an IEEE 802.11 data frame with LLC inside; what is encrypted stays so.
// A frame check sequence at the end is behind what IP's length covers.
func (d *dissector) wifi(b []byte) {
	if len(b) < 24 {
		return
	}
	control := binary.LittleEndian.Uint16(b)
	if control>>2&3 != 2 { // not data
		return
	}
	if control&0x4000 != 0 {
		d.why = "are encrypted IEEE 802.11 frames: capture inside (on the interface, not in monitor mode), or let airdecap-ng decrypt them"
		return
	}
	n := 24
	if control&0x0300 == 0x0300 { // four addresses
		n += 6
	}
	if control&0x80 != 0 { // QoS
		if n+2 > len(b) {
			return
		}
		amsdu := b[n]&0x80 != 0
		n += 2
		if control&0x8000 != 0 { // HT control
			n += 4
		}
		if amsdu {
			d.amsdu(after(b, n))
			return
		}
	}
	d.llc(after(b, n))
}

// amsdu is the first of several frames in one: addresses, length, LLC.
func (d *dissector) amsdu(b []byte) {
	if len(b) > 14 {
		d.llc(b[14:])
	}
}
