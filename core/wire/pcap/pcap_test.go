package pcap_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"rechallenge/core/wire"
	"rechallenge/core/wire/pcap"
)

var start = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// conns are two connections at the same time, one of IPv6, with more data in a
// chunk than fits a segment.
func conns() []pcap.Conn {
	rng := rand.New(rand.NewPCG(3, 4))
	random := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(rng.Uint32())
		}
		return b
	}
	answer := func(n int) []byte {
		return append([]byte{22, 3, 3, byte((n - 5) >> 8), byte(n - 5), 2}, random(n-6)...)
	}
	hello := append([]byte{22, 3, 1, 0, 200, 1}, random(199)...)
	ms := time.Millisecond
	return []pcap.Conn{
		{
			Client: netip.MustParseAddrPort("127.0.0.1:40001"), Server: netip.MustParseAddrPort("127.0.0.1:8443"), Name: "connection 1", Opened: ms, Closed: 20 * ms, ClosedBy: pcap.ByServer,
			Chunks: []wire.Chunk{{At: 2 * ms, From: wire.Client, Data: hello}, {At: 4 * ms, From: wire.Server, Data: answer(9000)}, {At: 6 * ms, From: wire.Client, Data: random(3000)}},
		},
		{
			Client: netip.MustParseAddrPort("[::1]:40002"), Server: netip.MustParseAddrPort("[::1]:443"), Opened: 3 * ms, Closed: 9 * ms, ClosedBy: pcap.ByClient,
			Chunks: []wire.Chunk{{At: 3 * ms, From: wire.Client, Data: hello}, {At: 5 * ms, From: wire.Server, Data: answer(1461)}, {At: 7 * ms, From: wire.Client, Data: random(1)}},
		},
	}
}

func write(t testing.TB, conns []pcap.Conn, keylog []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := pcap.Write(&b, start, conns, keylog); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func read(t testing.TB, data []byte) *pcap.File {
	t.Helper()
	f, err := pcap.Read(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// told is what a connection carried, in one comparable value.
func told(c pcap.Conn) string {
	var sides [2][]byte
	lost := 0
	for _, k := range c.Chunks {
		sides[k.From] = append(sides[k.From], k.Data...)
		lost += k.Lost
	}
	return fmt.Sprintf("%v %v %x %x %d", c.Client, c.Server, sides[0], sides[1], lost)
}

func same(t *testing.T, got *pcap.File, want []pcap.Conn) {
	t.Helper()
	if len(got.Conns) != len(want) {
		t.Fatalf("%d connections, want %d; notes: %q", len(got.Conns), len(want), got.Notes)
	}
	for i := range want {
		if a, b := told(got.Conns[i]), told(want[i]); a != b {
			t.Errorf("connection %d:\n got %.300s\nwant %.300s", i+1, a, b)
		}
	}
}

func TestRoundTrip(t *testing.T) {
	want := conns()
	const keylog = "CLIENT_RANDOM 00 11\n"
	f := read(t, write(t, want, []byte(keylog)))
	same(t, f, want)
	if string(f.KeyLog) != keylog {
		t.Errorf("key log %q", f.KeyLog)
	}
	if len(f.Notes) > 0 {
		t.Errorf("notes: %q", f.Notes)
	}
	if !f.Start.Equal(start.Add(time.Millisecond)) {
		t.Errorf("start %v", f.Start)
	}
	c := f.Conns[0]
	if c.ClosedBy != pcap.ByServer || f.Conns[1].ClosedBy != pcap.ByClient || c.Closed != 19*time.Millisecond {
		t.Errorf("closed by %q and %q at %v", c.ClosedBy, f.Conns[1].ClosedBy, c.Closed)
	}
	for _, k := range c.Chunks {
		if k.From == wire.Server && k.At != 3*time.Millisecond {
			t.Errorf("the server's bytes at %v, want 3 ms after the first packet", k.At)
		}
	}
}

func TestNoSecretsUnlessAsked(t *testing.T) {
	if bytes.Contains(write(t, conns(), nil), []byte("CLIENT_RANDOM")) || len(read(t, write(t, conns(), nil)).KeyLog) != 0 {
		t.Error("a key log is in the file")
	}
}

func TestWriteRefuses(t *testing.T) {
	mixed := conns()[:1]
	mixed[0].Client = netip.MustParseAddrPort("[::1]:1")
	for _, c := range [][]pcap.Conn{mixed, {{Chunks: conns()[0].Chunks}}} {
		if err := pcap.Write(io.Discard, start, c, nil); err == nil || !strings.Contains(err.Error(), "connection 1") {
			t.Errorf("error %v", err)
		}
	}
}

// raw gives the packets of a file.
func raw(t testing.TB, data []byte) (list []frame) {
	t.Helper()
	r, err := pcapgo.NewNgReader(bytes.NewReader(data), pcapgo.DefaultNgReaderOptions)
	if err != nil {
		t.Fatal(err)
	}
	for {
		data, ci, err := r.ReadPacketData()
		if err != nil {
			return list
		}
		list = append(list, frame{ci.Timestamp, data})
	}
}

type frame struct {
	at   time.Time
	data []byte
}

// pcapFile writes frames as a pcap file of a link type.
func pcapFile(t testing.TB, link layers.LinkType, frames []frame, wrap func(frame) []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := pcapgo.NewWriterNanos(&b)
	if err := w.WriteFileHeader(65536, link); err != nil {
		t.Fatal(err)
	}
	for _, f := range frames {
		data := f.data
		if wrap != nil {
			data = wrap(f)
		}
		if err := w.WritePacket(gopacket.CaptureInfo{Timestamp: f.at, CaptureLength: len(data), Length: len(data)}, data); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func etherType(f frame) uint16 {
	if f.data[0]>>4 == 6 {
		return 0x86dd
	}
	return 0x0800
}

func TestLinkTypes(t *testing.T) {
	frames := raw(t, write(t, conns(), nil))
	kind := func(f frame) []byte { return binary.BigEndian.AppendUint16(nil, etherType(f)) }
	family := func(f frame) uint32 {
		if etherType(f) == 0x86dd {
			return 30
		}
		return 2
	}
	cases := []struct {
		name string
		link layers.LinkType
		wrap func(frame) []byte
	}{
		{"ethernet", layers.LinkTypeEthernet, func(f frame) []byte {
			data := append(append(make([]byte, 12), kind(f)...), f.data...)
			return append(data, make([]byte, max(0, 60-len(data)))...) // padded, as on the wire
		}},
		{"vlan", layers.LinkTypeEthernet, func(f frame) []byte {
			return append(append(append(make([]byte, 12), 0x81, 0, 0, 7), kind(f)...), f.data...)
		}},
		{"sll", layers.LinkTypeLinuxSLL, func(f frame) []byte {
			return append(append(append([]byte{0, 0, 3, 4, 0, 6}, make([]byte, 8)...), kind(f)...), f.data...)
		}},
		{"null", layers.LinkTypeNull, func(f frame) []byte { return append(binary.LittleEndian.AppendUint32(nil, family(f)), f.data...) }},
		{"loop", layers.LinkTypeLoop, func(f frame) []byte { return append(binary.BigEndian.AppendUint32(nil, family(f)), f.data...) }},
		{"raw", layers.LinkTypeRaw, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { same(t, read(t, pcapFile(t, c.link, frames, c.wrap)), conns()) })
	}
	t.Run("gzip", func(t *testing.T) {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		z.Write(write(t, conns(), []byte("CLIENT_RANDOM 00 11\n")))
		z.Close()
		f := read(t, b.Bytes())
		same(t, f, conns())
		if len(f.KeyLog) == 0 {
			t.Error("no key log")
		}
	})
}

// TestDisorder: packets out of order and twice give the same bytes.
func TestDisorder(t *testing.T) {
	frames := raw(t, write(t, conns(), nil))
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 1))
		var mixed []frame
		for _, f := range frames {
			mixed = append(mixed, f)
			if rng.IntN(3) == 0 {
				mixed = append(mixed, f) // retransmitted
			}
		}
		// Neighbours change places, and far ones too, but not across a SYN.
		for i := range mixed {
			j := min(len(mixed)-1, i+rng.IntN(5))
			if !slices.ContainsFunc(mixed[i:j+1], isSYN) {
				mixed[i], mixed[j] = mixed[j], mixed[i]
			}
		}
		f := read(t, pcapFile(t, layers.LinkTypeRaw, mixed, nil))
		same(t, f, conns())
	}
}

func isSYN(f frame) bool {
	flags := 20 + 13
	if f.data[0]>>4 == 6 {
		flags = 40 + 13
	}
	return f.data[flags]&2 != 0
}

// TestOverlap: a retransmission that carries more than the original.
func TestOverlap(t *testing.T) {
	want := conns()[:1]
	frames := raw(t, write(t, want, nil))
	// The client's hello, cut in two: the first half, then all of it.
	var hello frame
	at := 0
	for i, f := range frames {
		if len(f.data) == 40+205 {
			hello, at = f, i
		}
	}
	p := gopacket.NewPacket(hello.data, layers.LayerTypeIPv4, gopacket.Default)
	ip, tcp := p.Layer(layers.LayerTypeIPv4).(*layers.IPv4), p.Layer(layers.LayerTypeTCP).(*layers.TCP)
	tcp.SetNetworkLayerForChecksum(ip)
	buf := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(buf, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, ip, tcp, gopacket.Payload(tcp.Payload[:77])); err != nil {
		t.Fatal(err)
	}
	frames = append(frames[:at:at], append([]frame{{hello.at, bytes.Clone(buf.Bytes())}}, frames[at:]...)...)
	same(t, read(t, pcapFile(t, layers.LinkTypeRaw, frames, nil)), want)
}

// TestLost: what the capture lacks is said where it lacks.
func TestLost(t *testing.T) {
	frames := raw(t, write(t, conns()[:1], nil))
	lacking := 0
	var rest []frame
	for _, f := range frames {
		if len(f.data) == 1500 && lacking < 2 {
			lacking++
			continue
		}
		rest = append(rest, f)
	}
	f := read(t, pcapFile(t, layers.LinkTypeRaw, rest, nil))
	lost := 0
	for _, c := range f.Conns[0].Chunks {
		lost += c.Lost
	}
	if lost != 2*1460 {
		t.Errorf("%d bytes lost, want %d", lost, 2*1460)
	}
	// Packets captured in part lack their ends.
	for i := range frames {
		frames[i].data = frames[i].data[:min(len(frames[i].data), 700)]
	}
	f = read(t, pcapFile(t, layers.LinkTypeRaw, frames, nil))
	lost, kept := 0, 0
	for _, c := range f.Conns[0].Chunks {
		lost, kept = lost+c.Lost, kept+len(c.Data)
	}
	if kept+lost < 205+9000 || lost == 0 {
		t.Errorf("%d bytes and %d lost", kept, lost)
	}
}

func TestPortUsedAgain(t *testing.T) {
	a, b := conns()[0], conns()[0]
	b.Opened += time.Second
	b.Closed += time.Second
	b.Chunks = nil
	for _, c := range a.Chunks {
		c.At += time.Second
		b.Chunks = append(b.Chunks, c)
	}
	same(t, read(t, write(t, []pcap.Conn{a, b}, nil)), []pcap.Conn{a, b})
}

// TestBeforeTLS: a proxy's CONNECT and STARTTLS come before the ClientHello.
func TestBeforeTLS(t *testing.T) {
	want := conns()[:1]
	c := want[0]
	c.Chunks = append([]wire.Chunk{
		{At: time.Millisecond, From: wire.Client, Data: []byte("CONNECT a.test:443 HTTP/1.1\r\n\r\n")},
		{At: time.Millisecond, From: wire.Server, Data: []byte("HTTP/1.1 200 OK\r\n\r\n")},
	}, c.Chunks...)
	same(t, read(t, write(t, []pcap.Conn{c}, nil)), want)
}

// TestFirstPacketFromTheServer: the client is who sends the ClientHello.
func TestFirstPacketFromTheServer(t *testing.T) {
	frames := raw(t, write(t, conns()[:1], nil))
	frames = frames[1:] // without SYN: the server's SYN-ACK is first
	same(t, read(t, pcapFile(t, layers.LinkTypeRaw, frames, nil)), conns()[:1])
	same(t, read(t, pcapFile(t, layers.LinkTypeRaw, frames[1:], nil)), conns()[:1])
}

func TestNotTLS(t *testing.T) {
	c := conns()[0]
	c.Chunks = []wire.Chunk{{At: 1, From: wire.Client, Data: []byte("GET / HTTP/1.0\r\n\r\n")}}
	f := read(t, write(t, []pcap.Conn{c}, nil))
	if len(f.Conns) != 0 || len(f.Notes) != 1 || !strings.Contains(f.Notes[0], "no TLS is in it") {
		t.Errorf("%d connections, notes %q", len(f.Conns), f.Notes)
	}
}

func TestReadRefuses(t *testing.T) {
	whole := write(t, conns(), nil)
	for name, data := range map[string][]byte{"empty": nil, "text": []byte("this is no capture at all"), "png": []byte("\x89PNG\r\n\x1a\n0000000000000")} {
		if _, err := pcap.Read(bytes.NewReader(data)); !errors.Is(err, pcap.ErrNotCapture) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if _, err := pcap.Read(bytes.NewReader(whole[:40])); err == nil {
		t.Error("a file cut within its first block is read")
	}
	f := read(t, whole[:len(whole)-100])
	if len(f.Conns) != 2 || len(f.Notes) != 1 || !strings.Contains(f.Notes[0], "ends in the middle") {
		t.Errorf("cut short: %d connections, notes %q", len(f.Conns), f.Notes)
	}
}

// FuzzRead: no file breaks the reader, and what it gives is in order.
func FuzzRead(f *testing.F) {
	whole := write(f, conns(), []byte("CLIENT_RANDOM 00 11\n"))
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add(pcapFile(f, layers.LinkTypeRaw, raw(f, whole), nil))
	f.Add(pcapFile(f, layers.LinkTypeEthernet, raw(f, whole)[:6], func(x frame) []byte {
		return append(append(make([]byte, 12), 8, 0), x.data...)
	}))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 2 && data[0] == 0x1f && data[1] == 0x8b {
			return // gzip is the library's
		}
		file, err := pcap.Read(bytes.NewReader(data))
		if err != nil {
			return
		}
		total := 0
		for _, c := range file.Conns {
			at := time.Duration(0)
			for _, k := range c.Chunks {
				if k.At < at || k.Lost < 0 {
					t.Fatalf("a chunk at %v after one at %v, %d lost", k.At, at, k.Lost)
				}
				at = k.At
				total += len(k.Data)
			}
		}
		if total > len(data) {
			t.Fatalf("%d bytes of payload in a file of %d", total, len(data))
		}
	})
}
