package pcap_test

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"flag"
	"fmt"
	"hash/crc32"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"rechallenge/core/wire/pcap"
	"rechallenge/core/wire/wiretest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// wrap puts an IP packet into something.
type wrap struct {
	name string
	link uint16
	six  bool // the packet is of IPv6
	in   func(ip []byte) []byte
}

func hexed(s string) []byte {
	var b []byte
	fmt.Sscanf(strings.ReplaceAll(s, " ", ""), "%x", &b)
	return b
}

// before puts bytes before the packet.
func before(s string) func([]byte) []byte {
	head := hexed(s)
	return func(ip []byte) []byte { return slices.Concat(head, ip) }
}

const macs = "020000000001020000000002"

// ip4 is an outer packet of IPv4 around b.
func ip4(kind byte, b []byte) []byte {
	h := hexed("45000000000000004000000005050505 06060606")
	h[9] = kind
	binary.BigEndian.PutUint16(h[2:], uint16(20+len(b)))
	sum := uint32(0)
	for i := 0; i < 20; i += 2 {
		sum += uint32(binary.BigEndian.Uint16(h[i:]))
	}
	binary.BigEndian.PutUint16(h[10:], ^uint16(sum+sum>>16))
	return append(h, b...)
}

func ip6(kind byte, b []byte) []byte {
	h := append(hexed("60000000 0000 00 40"), make([]byte, 32)...)
	binary.BigEndian.PutUint16(h[4:], uint16(len(b)))
	h[6], h[8], h[23], h[24], h[39] = kind, 0x20, 1, 0x20, 2
	return append(h, b...)
}

func udp(port uint16, b []byte) []byte {
	h := make([]byte, 8)
	binary.BigEndian.PutUint16(h, 50000)
	binary.BigEndian.PutUint16(h[2:], port)
	binary.BigEndian.PutUint16(h[4:], uint16(8+len(b)))
	return append(h, b...)
}

// ether is Ethernet around b.
func ether(kind string, b []byte) []byte { return slices.Concat(hexed(macs+kind), b) }

// outer is a tunnel in Ethernet and IPv4.
func outer(kind byte, inner func(ip []byte) []byte) func([]byte) []byte {
	return func(ip []byte) []byte { return ether("0800", ip4(kind, inner(ip))) }
}

func overUDP(port uint16, inner func(ip []byte) []byte) func([]byte) []byte {
	return outer(17, func(ip []byte) []byte { return udp(port, inner(ip)) })
}

// wraps are the link types and tunnels that people's captures have.
var wraps = []wrap{
	{"NULL", 0, false, before("02000000")},
	{"NULL, IPv6 of macOS", 0, true, before("1e000000")},
	{"Ethernet", 1, false, before(macs + "0800")},
	{"Ethernet, IPv6", 1, true, before(macs + "86dd")},
	{"Ethernet, VLAN", 1, false, before(macs + "8100 0001 0800")},
	{"Ethernet, two VLANs", 1, false, before(macs + "88a8 0001 8100 0002 0800")},
	{"Ethernet, MPLS", 1, false, before(macs + "8847 00010040 00020140")},
	{"Ethernet, PPPoE", 1, false, func(ip []byte) []byte {
		b := hexed(macs + "8864 11 00 0001 0000 0021")
		binary.BigEndian.PutUint16(b[18:], uint16(2+len(ip)))
		return append(b, ip...)
	}},
	{"PPP", 9, false, before("ff03 0021")},
	{"RAW (12)", 12, false, before("")},
	{"RAW (14)", 14, true, before("")},
	{"PPP_HDLC", 50, false, before("ff03 0021")},
	{"PPP_ETHER", 51, false, func(ip []byte) []byte {
		b := hexed("11 00 0001 0000 0021")
		binary.BigEndian.PutUint16(b[4:], uint16(2+len(ip)))
		return append(b, ip...)
	}},
	{"ATM_RFC1483", 100, false, before("aaaa03 000000 0800")},
	{"RAW", 101, false, before("")},
	{"C_HDLC", 104, false, before("0f00 0800")},
	{"IEEE802_11", 105, false, before("0801 0000 020000000001 020000000002 020000000003 0000 aaaa03 000000 0800")},
	{"IEEE802_11, QoS", 105, false, before("8801 0000 020000000001 020000000002 020000000003 0000 0000 aaaa03 000000 0800")},
	{"FRELAY", 107, false, before("1841 03 cc")},
	{"LOOP", 108, false, before("00000002")},
	{"ENC", 109, false, before("02000000 00000000 00000000")},
	{"LINUX_SLL", 113, false, before("0000 0001 0006 020000000001 0000 0800")},
	{"IEEE802_11_RADIOTAP", 127, false, before("0000 0800 00000000 0801 0000 020000000001 020000000002 020000000003 0000 aaaa03 000000 0800")},
	{"IEEE802_11_RADIOTAP, FCS", 127, false, func(ip []byte) []byte {
		b := slices.Concat(hexed("0801 0000 020000000001 020000000002 020000000003 0000 aaaa03 000000 0800"), ip)
		return slices.Concat(hexed("0000 0900 02000000 10"), b, binary.LittleEndian.AppendUint32(nil, crc32.ChecksumIEEE(b)))
	}},
	{"APPLE_IP_OVER_IEEE1394", 138, false, before("0200000000000001 0200000000000002 0800")},
	{"PPI", 192, false, before("00 00 0800 01000000" + macs + "0800")},
	{"PPP_WITH_DIR", 204, false, before("00 ff03 0021")},
	{"IPV4", 228, false, before("")},
	{"IPV6", 229, true, before("")},
	{"NFLOG", 239, false, func(ip []byte) []byte {
		b := binary.LittleEndian.AppendUint16(hexed("02 00 0000"), uint16(4+len(ip)))
		return append(binary.LittleEndian.AppendUint16(b, 9), ip...)
	}},
	{"PKTAP", 258, false, func(ip []byte) []byte {
		b := make([]byte, 108)
		binary.LittleEndian.PutUint32(b, 108)
		binary.LittleEndian.PutUint32(b[4:], 1)
		binary.LittleEndian.PutUint32(b[8:], 1)
		copy(b[12:], "en0")
		return slices.Concat(b, hexed(macs+"0800"), ip)
	}},
	{"LINUX_SLL2", 276, false, before("0800 0000 00000001 0001 00 06 0200000000010000")},
	{"IP in IP", 1, false, outer(4, before(""))},
	{"6in4", 1, true, outer(41, before(""))},
	{"4in6", 1, false, func(ip []byte) []byte { return ether("86dd", ip6(4, ip)) }},
	{"6in6, destination options", 1, true, func(ip []byte) []byte { return ether("86dd", ip6(60, slices.Concat(hexed("2900 010400000000"), ip))) }},
	{"GRE", 1, false, outer(47, before("0000 0800"))},
	{"GRE, key and sequence", 1, false, outer(47, before("3000 0800 00000001 00000002"))},
	{"GRE, Ethernet", 1, false, outer(47, before("0000 6558"+macs+"0800"))},
	{"ERSPAN II", 1, false, outer(47, before("1000 88be 00000001 10010001 00000000"+macs+"0800"))},
	{"ERSPAN III", 1, false, outer(47, before("1000 22eb 00000001 20010001 00000000 00000000"+macs+"0800"))},
	{"VXLAN", 1, false, overUDP(4789, before("0800000000000100"+macs+"0800"))},
	{"VXLAN (8472)", 1, false, overUDP(8472, before("0800000000000100"+macs+"0800"))},
	{"Geneve", 1, false, overUDP(6081, before("0000 6558 00000100"+macs+"0800"))},
	{"Geneve, option", 1, false, overUDP(6081, before("0200 6558 00000100 0101000100000000"+macs+"0800"))},
	{"GTP-U", 1, false, overUDP(2152, func(ip []byte) []byte {
		b := hexed("30ff 0000 00000001")
		binary.BigEndian.PutUint16(b[2:], uint16(len(ip)))
		return append(b, ip...)
	})},
	{"Teredo", 1, true, overUDP(3544, before(""))},
	{"VXLAN in GRE", 1, false, outer(47, func(ip []byte) []byte {
		return slices.Concat(hexed("0000 0800"), ip4(17, udp(4789, slices.Concat(hexed("0800000000000100"+macs+"0800"), ip))))
	})},
}

// TestWraps: a connection in every link type and tunnel, each on an interface
// of its own of one file, is read as it is without, with the innermost
// addresses; and tshark sees the same ClientHellos.
func TestWraps(t *testing.T) {
	flow := wiretest.Read(t, flows, "go-1.2-ticket")
	var file bytes.Buffer
	block := func(kind uint32, body []byte) {
		body = append(body, make([]byte, (4-len(body)%4)%4)...)
		for _, v := range []uint32{kind, uint32(12 + len(body))} {
			binary.Write(&file, binary.LittleEndian, v)
		}
		file.Write(body)
		binary.Write(&file, binary.LittleEndian, uint32(12+len(body)))
	}
	block(0x0a0d0d0a, hexed("4d3c2b1a 0100 0000 ffffffffffffffff"))
	for _, w := range wraps {
		block(1, binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(nil, w.link), 0), 0))
	}
	want := map[uint16]string{}
	for i, w := range wraps {
		client, server := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("192.0.2.1")
		if w.six {
			client, server = netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::2")
		}
		port := uint16(40000 + i)
		c := pcap.Conn{Client: netip.AddrPortFrom(client, port), Server: netip.AddrPortFrom(server, 443), Chunks: flow.Connections[0]}
		want[port] = told(c)
		for n, f := range raw(t, write(t, []pcap.Conn{c}, nil)) {
			b := w.in(f.data)
			stamp := uint64(time.Date(2026, 11, 23, 12, i, 0, n*1000, time.UTC).UnixMicro())
			var head []byte
			for _, v := range []uint32{uint32(i), uint32(stamp >> 32), uint32(stamp), uint32(len(b)), uint32(len(b))} {
				head = binary.LittleEndian.AppendUint32(head, v)
			}
			block(6, append(head, b...))
		}
	}
	got := read(t, file.Bytes())
	found := map[uint16]string{}
	for _, c := range got.Conns {
		found[c.Client.Port()] = told(c)
	}
	for i, w := range wraps {
		if port := uint16(40000 + i); found[port] != want[port] {
			t.Errorf("%s (link type %d): got %.120q, want %.120q", w.name, w.link, found[port], want[port])
		}
	}
	if len(got.Notes) > 0 {
		t.Errorf("notes %q", got.Notes)
	}
	name := filepath.Join(t.TempDir(), "wraps.pcapng")
	if err := os.WriteFile(name, file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(lookTshark(t), "-r", name, "-d", "udp.port==8472,vxlan", "-Y", "tls.handshake.type == 1", "-T", "fields", "-e", "tcp.srcport").Output()
	if err != nil {
		t.Fatal(err)
	}
	theirs := map[string]bool{}
	for _, line := range strings.Fields(string(out)) {
		theirs[line] = true
	}
	for i, w := range wraps {
		if !theirs[strconv.Itoa(40000+i)] {
			t.Errorf("tshark does not find the ClientHello in %s: is it made right?", w.name)
		}
	}
	document(t)
}

// document holds the list in docs/captures.md against what was just read.
func document(t *testing.T) {
	var b strings.Builder
	for _, w := range wraps {
		what := fmt.Sprintf("link type %d", w.link)
		if w.link == 1 {
			what = "Ethernet"
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", w.name, what, cmp.Or(map[bool]string{true: "IPv6"}[w.six], "IPv4"))
	}
	section(t, "wraps", "| what | around it | inside |\n|---|---|---|\n"+b.String())
}

// section holds a part of docs/captures.md, between its marks, against text.
func section(t *testing.T, name, text string) {
	t.Helper()
	const page = "../../../docs/captures.md"
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	begin, end := "<!-- "+name+" -->\n", "<!-- end of "+name+" -->"
	head, rest, ok1 := strings.Cut(string(data), begin)
	old, tail, ok2 := strings.Cut(rest, end)
	switch {
	case !ok1 || !ok2:
		t.Fatalf("%s has no part %q", page, name)
	case old == text:
	case *update:
		if err := os.WriteFile(page, []byte(head+begin+text+end+tail), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s: %s is not what was read: go test ./core/wire/pcap -run Wraps -args -update", page, name)
	}
}
