package pcap_test

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"strings"
	"testing"
	"time"

	"rechallenge/core/wire"
	"rechallenge/core/wire/pcap"
)

// TestClock: one damaged time, or a clock that is set, moves nothing else; and
// no time, whatever it is, makes a capture longer than it can be.
func TestClock(t *testing.T) {
	const (
		year  = 365 * 24 * time.Hour
		never = int64(-1) << 63 // as it is
	)
	for _, c := range []struct {
		name  string
		times []int64 // packet by packet in ns; never = as it was
		note  string
	}{
		{"as it was", nil, ""},
		{"one in 2554", []int64{never, never, -1}, "1 packet has a time over a year away"},
		{"the first in 2554", []int64{-1}, "1 packet has a time over a year away"},
		{"one in 1970", []int64{never, never, never, 0}, "1 packet has a time over a year away"},
		{"one ten years later", []int64{never, never, never, 1<<60 + 10*int64(year)}, "packet has a time over a year away"},
		{"booted in 1970, then set", []int64{0, 1, 2, 3}, "4 packets have times over a year away"},
		{"a year apart each", []int64{0, int64(2 * year), int64(4 * year), int64(6 * year), int64(8 * year)}, "packets have times over a year away"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := pcap.Read(bytes.NewReader(stamped(t, c.times)))
			if err != nil {
				t.Fatal(err)
			}
			if len(f.Conns) != 1 {
				t.Fatalf("%d connections", len(f.Conns))
			}
			notes := strings.Join(f.Notes, "; ")
			if (c.note == "") != (notes == "") || !strings.Contains(notes, c.note) {
				t.Errorf("notes %q, want %q", notes, c.note)
			}
			x := f.Conns[0]
			if last := x.Chunks[len(x.Chunks)-1].At; last > 17*year || last < 0 || x.Closed > 17*year || x.Opened < 0 {
				t.Errorf("from %v to %v, last bytes at %v", x.Opened, x.Closed, last)
			}
			if len(c.times) < 5 && x.Closed > 3*time.Second {
				t.Errorf("a capture of two seconds lasts %v", x.Closed)
			}
			if year := f.Start.Year(); len(c.times) < 5 && year != 2026 {
				t.Errorf("it starts in %d", year)
			}
		})
	}
}

// stamped is a capture of one connection whose packets, nine or more, have
// these times.
func stamped(t testing.TB, times []int64) []byte {
	t.Helper()
	conn := pcap.Conn{
		Client: netip.MustParseAddrPort("127.0.0.1:4000"), Server: netip.MustParseAddrPort("127.0.0.1:443"), Closed: 2 * time.Second,
		Chunks: []wire.Chunk{
			{At: time.Second, From: wire.Client, Data: []byte("\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00")},
			{At: time.Second, From: wire.Server, Data: []byte("\x16\x03\x03\x00\x05\x02\x00\x00\x01\x00")},
			{At: 2 * time.Second, From: wire.Server, Data: []byte("\x15\x03\x03\x00\x02\x02\x28")},
		},
	}
	var b bytes.Buffer
	if err := pcap.Write(&b, time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), []pcap.Conn{conn}, nil); err != nil {
		t.Fatal(err)
	}
	data := b.Bytes()
	for at, n := 0, 0; at+12 <= len(data) && n < len(times); at += int(binary.LittleEndian.Uint32(data[at+4:])) {
		if binary.LittleEndian.Uint32(data[at:]) != 6 { // Enhanced Packet Block
			continue
		}
		if v := uint64(times[n]); v != 1<<63 {
			binary.LittleEndian.PutUint32(data[at+12:], uint32(v>>32))
			binary.LittleEndian.PutUint32(data[at+16:], uint32(v))
		}
		n++
	}
	return data
}
