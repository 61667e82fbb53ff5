package capture_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"rechallenge/core/capture"
	"rechallenge/core/protocol"
	"rechallenge/core/report"
	"rechallenge/core/trace"
	"rechallenge/core/wire"
	"rechallenge/core/wire/pcap"
	"rechallenge/core/wire/wiretest"
)

// repeated is a capture in which a recorded flow happens again and again, each
// time between other ports, with so many bytes of application data after each.
type repeated struct {
	head   []byte
	blocks [][]byte
	left   int // repetitions
	round  int
	buf    []byte
}

func newRepeated(t testing.TB, name string, rounds, data int) *repeated {
	flow := wiretest.Read(t, flows, name)
	var list []pcap.Conn
	for i, chunks := range flow.Connections {
		c := pcap.Conn{Client: netip.AddrPortFrom(netip.MustParseAddr("10.0.0.1"), uint16(1000+i)), Server: netip.MustParseAddrPort("192.0.2.1:8443")}
		for _, k := range chunks {
			k.At += time.Duration(i) * time.Millisecond
			c.Chunks = append(c.Chunks, k)
		}
		at := c.Chunks[len(c.Chunks)-1].At
		for n := data; n > 0; n -= 16 << 10 {
			record := append([]byte{23, 3, 3, 0x40, 0}, make([]byte, 16<<10)...)
			c.Chunks = append(c.Chunks, wire.Chunk{At: at, From: wire.Server, Data: record})
		}
		list = append(list, c)
	}
	var b bytes.Buffer
	if err := pcap.Write(&b, time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), list, nil); err != nil {
		t.Fatal(err)
	}
	r := &repeated{left: rounds}
	for all := b.Bytes(); len(all) > 0; {
		n := binary.LittleEndian.Uint32(all[4:])
		if binary.LittleEndian.Uint32(all) == 6 {
			r.blocks = append(r.blocks, all[:n])
		} else {
			r.head = append(r.head, all[:n]...)
		}
		all = all[n:]
	}
	r.buf = r.head
	return r
}

func (r *repeated) Read(p []byte) (int, error) {
	if len(r.buf) == 0 {
		if r.left == 0 {
			return 0, io.EOF
		}
		r.left--
		r.round++
		r.buf = nil
		for _, b := range r.blocks {
			b = bytes.Clone(b)
			// Time, in microseconds; the client's address and port, behind 28 bytes of block.
			stamp := uint64(binary.LittleEndian.Uint32(b[12:]))<<32 | uint64(binary.LittleEndian.Uint32(b[16:]))
			stamp += uint64(r.round) * 1e7
			binary.LittleEndian.PutUint32(b[12:], uint32(stamp>>32))
			binary.LittleEndian.PutUint32(b[16:], uint32(stamp))
			ip := b[28:]
			client := 12
			if ip[12] != 10 {
				client = 16
			}
			ip[client+1], ip[client+2] = byte(r.round>>8), byte(r.round)
			r.buf = append(r.buf, b...)
		}
	}
	n := copy(p, r.buf)
	r.buf = r.buf[n:]
	return n, nil
}

// TestLarge: what is kept of a capture does not grow with it.
func TestLarge(t *testing.T) {
	const rounds, most = 3000, 400 << 20
	r := newRepeated(t, "go-1.2-ticket", rounds, 16<<10)
	size, peak := int64(0), uint64(0)
	begun := time.Now()
	live, _, err := capture.Read(t.Context(), r, capture.Options{Detailed: trace.Detailed}, func(read int64) {
		size = read
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		peak = max(peak, m.HeapAlloc)
	})
	if err != nil {
		t.Fatal(err)
	}
	live.View(func(log *trace.Log) {
		rep := report.Of(log)
		took := 0
		for _, c := range log.Passes[0].Connections {
			if c.Handshake == protocol.Resumed {
				took++
			}
		}
		if took != rounds || len(log.Passes[0].Connections) != 2*rounds {
			t.Errorf("%d of %d connections resumed", took, len(log.Passes[0].Connections))
		}
		f, _ := report.FormatOf("x.html")
		if err := f.Write(io.Discard, rep); err != nil {
			t.Error(err)
		}
	})
	t.Logf("%d connections in %d MiB: %v, at most %d MiB held", 2*rounds, size>>20, time.Since(begun), peak>>20)
	if peak > most {
		t.Errorf("%d MiB were held", peak>>20)
	}
}

// TestCancel: reading ends with its context.
func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	_, _, err := capture.Read(ctx, newRepeated(t, "go-1.2-ticket", 1<<30, 0), capture.Options{Detailed: 10}, func(read int64) {
		if read > 1<<20 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
