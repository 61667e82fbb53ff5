package capture_test

import (
	"bytes"
	"io"
	"net/netip"
	"strings"
	"testing"
	"time"

	"rechallenge/core/capture"
	"rechallenge/core/protocol"
	"rechallenge/core/report"
	"rechallenge/core/trace"
	"rechallenge/core/wire/pcap"
)

// TestRoom: what is kept of the bytes is bounded, of each connection and in all;
// the file that is made of it says what it lacks, and its handshakes are whole.
func TestRoom(t *testing.T) {
	const rounds, room = 40, 5 << 20
	live, _, err := capture.Read(t.Context(), newRepeated(t, "go-1.2-ticket", rounds, 1<<20), capture.Options{Bytes: true, Room: room, Detailed: trace.Detailed}, nil)
	if err != nil {
		t.Fatal(err)
	}
	kept, left := 0, 0
	var list []pcap.Conn
	for _, c := range live.Captured() {
		own, lost := 0, 0
		for _, k := range c.Chunks {
			own, lost = own+len(k.Data), lost+k.Lost
		}
		if own > 256<<10 || lost != c.Left {
			t.Fatalf("connection %d: %d bytes kept, %d lacking, %d left out", c.Connection, own, lost, c.Left)
		}
		kept, left = kept+own, left+c.Left
		list = append(list, pcap.Conn{Client: netip.MustParseAddrPort(c.Client), Server: netip.MustParseAddrPort(c.Server), Chunks: c.Chunks})
	}
	if kept > room || kept < room/2 || left < kept {
		t.Errorf("%d bytes kept and %d left out", kept, left)
	}
	captured := live.Captured()
	live.View(func(log *trace.Log) {
		r := report.Of(log)
		r.Captures = captured
		f, _ := report.FormatOf("x.pcapng")
		if says := f.LeavesOut(r); !strings.Contains(says, " of 80 connections and lacks ") || !strings.Contains(says, "from the later part of connections: the capture that was read has all") {
			t.Errorf("it says %q", says)
		}
	})
	var file bytes.Buffer
	if err := pcap.Write(&file, time.Unix(0, 0).UTC(), list[:20], nil); err != nil {
		t.Fatal(err)
	}
	again, told, err := capture.Read(t.Context(), io.Reader(&file), capture.Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if told.Lost == 0 {
		t.Error("nothing is missing in the file")
	}
	again.View(func(log *trace.Log) {
		for _, c := range log.Passes[0].Connections {
			if c.Handshake != protocol.Full && c.Handshake != protocol.Resumed {
				t.Errorf("connection %d is %s: %s", c.Index, c.Handshake, c.Incomplete)
			}
		}
	})
}
