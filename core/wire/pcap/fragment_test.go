package pcap_test

import (
	"encoding/binary"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gopacket/gopacket/layers"

	"rechallenge/core/wire/pcap"
	"rechallenge/core/wire/wiretest"
)

// pieces cuts a packet of IP into fragments of at most so many bytes.
func pieces(ip []byte, size, id int) (list [][]byte) {
	six := ip[0]>>4 == 6
	head := 20
	if six {
		head = 40
	}
	if len(ip)-head <= size {
		return [][]byte{ip}
	}
	for at := 0; at < len(ip)-head; at += size {
		end := min(at+size, len(ip)-head)
		more := end < len(ip)-head
		h := slices.Clone(ip[:head])
		if six {
			place := uint16(at)
			if more {
				place |= 1
			}
			h[6] = 44
			binary.BigEndian.PutUint16(h[4:], uint16(8+end-at))
			h = append(h, ip[6], 0)
			h = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint16(h, place), uint32(id))
		} else {
			place := uint16(at / 8)
			if more {
				place |= 0x2000
			}
			binary.BigEndian.PutUint16(h[2:], uint16(20+end-at))
			binary.BigEndian.PutUint16(h[4:], uint16(id))
			binary.BigEndian.PutUint16(h[6:], place)
			h[10], h[11] = 0, 0
			sum := uint32(0)
			for i := 0; i < 20; i += 2 {
				sum += uint32(binary.BigEndian.Uint16(h[i:]))
			}
			sum = sum&0xffff + sum>>16
			binary.BigEndian.PutUint16(h[10:], ^uint16(sum+sum>>16))
		}
		list = append(list, append(h, ip[head+at:head+end]...))
	}
	return list
}

// TestFragments: packets in pieces, in order and not, some twice, are read as
// they are whole, and tshark finds the same; what stays in pieces is said.
func TestFragments(t *testing.T) {
	flow := wiretest.Read(t, flows, "go-1.2-ticket")
	tshark := lookTshark(t)
	for name, c := range map[string]pcap.Conn{
		"IPv4": {Client: netip.MustParseAddrPort("10.0.0.1:40000"), Server: netip.MustParseAddrPort("192.0.2.1:443"), Chunks: flow.Connections[0]},
		"IPv6": {Client: netip.MustParseAddrPort("[2001:db8::1]:40000"), Server: netip.MustParseAddrPort("[2001:db8::2]:443"), Chunks: flow.Connections[0]},
	} {
		var all, holes []frame
		for n, f := range raw(t, write(t, []pcap.Conn{c}, nil)) {
			list := pieces(f.data, 160, 100+n)
			switch n % 3 {
			case 1:
				slices.Reverse(list)
			case 2:
				list = append(list[:1:1], list...)
			}
			for i, p := range list {
				g := f
				g.data = p
				all = append(all, g)
				if len(list) == 1 || i != len(list)-1 {
					holes = append(holes, g)
				}
			}
		}
		plain := func(f frame) []byte { return f.data }
		file := pcapFile(t, layers.LinkTypeRaw, all, plain)
		got := read(t, file)
		if len(got.Conns) != 1 || told(got.Conns[0]) != told(c) || len(got.Notes) > 0 {
			t.Errorf("%s: %d connections, notes %q", name, len(got.Conns), got.Notes)
		}
		path := filepath.Join(t.TempDir(), "fragments.pcap")
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(tshark, "-r", path, "-Y", "tls.handshake.type == 11", "-T", "fields", "-e", "tcp.srcport").Output()
		if err != nil || !strings.Contains(string(out), "443") {
			t.Errorf("%s: tshark does not find the server's Certificate: are they made right? %v", name, err)
		}
		got = read(t, pcapFile(t, layers.LinkTypeRaw, holes, plain))
		if !slices.ContainsFunc(got.Notes, func(s string) bool {
			return strings.HasSuffix(s, "are IP fragments whose packet is not whole in the capture")
		}) {
			t.Errorf("%s with holes: notes %q", name, got.Notes)
		}
	}
}
