package report_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/netip"
	"testing"
	"time"

	"rechallenge/core/capture"
	"rechallenge/core/report"
	"rechallenge/core/timeline"
	"rechallenge/core/trace"
	"rechallenge/core/wire/pcap"
	"rechallenge/core/wire/wiretest"
)

// flows are recorded connections.
const flows = "../wire/testdata/flows"

// FuzzCapture: whatever is in a capture, its trace, its timeline and every
// format of its report come to an end, and stay in proportion to it.
func FuzzCapture(f *testing.F) {
	for _, name := range []string{"openssl-1.2-id", "go-1.3"} {
		f.Add(captured(f, name, 0), uint8(0))
	}
	// Times of the year 2554, a connection that lasts a century.
	f.Add(captured(f, "go-1.2-ticket", 100*366*24*time.Hour), uint8(1))
	f.Fuzz(func(t *testing.T, data []byte, format uint8) {
		file, err := pcap.Read(bytes.NewReader(data))
		if err != nil {
			return
		}
		r := report.New(capture.Trace(file, capture.Options{}))
		timeline.Text(timeline.Lay(r.Log, nil), 80, false)
		for i := range file.Conns {
			x := &file.Conns[i]
			r.Captures = append(r.Captures, trace.Captured{Ref: trace.Ref{Pass: 1, Connection: i + 1}, Client: x.Client.String(), Server: x.Server.String(), Chunks: x.Chunks})
		}
		// A picture takes as long as all the rest together, so one format a turn.
		w := report.Formats[int(format)%len(report.Formats)]
		var size counter
		if err := w.Write(&size, r); err != nil && !w.Captured {
			t.Fatalf("%s: %v", w.Ext, err)
		}
		if room := 10<<20 + 2000*len(data); int(size) > room {
			t.Fatalf("%s: %d bytes of a capture of %d", w.Ext, size, len(data))
		}
	})
}

type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// captured is a flow as a capture file, its last connection drawn out to last
// that long.
func captured(t testing.TB, name string, last time.Duration) []byte {
	flow := wiretest.Read(t, flows, name)
	var list []pcap.Conn
	for i, chunks := range flow.Connections {
		at := time.Duration(i+1) * time.Second
		c := pcap.Conn{
			Client: netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(40000+i)), Server: netip.MustParseAddrPort("127.0.0.1:8443"), Opened: at,
		}
		for _, k := range chunks {
			k.At += at
			c.Chunks = append(c.Chunks, k)
		}
		c.Closed = c.Chunks[len(c.Chunks)-1].At + last
		list = append(list, c)
	}
	var b bytes.Buffer
	if err := pcap.Write(&b, time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), list, flow.KeyLog); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestWritersStop: each format ends when its context does.
func TestWritersStop(t *testing.T) {
	r, _ := read(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, f := range report.Formats {
		if f.Captured {
			continue
		}
		if err := f.Write(report.Until(ctx, io.Discard), r); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", f.Ext, err)
		}
	}
}
