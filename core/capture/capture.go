// Package capture makes a trace of connections that other programs made: bytes
// in, events out, so that the one fold of events, the diagnosis, the timeline
// and the reports work on them as on a run of our own. It opens nothing and
// invents nothing: what the bytes can't tell (whom a connection was meant to
// be, whether server trust was evaluated, and without a key log whatever TLS 1.3
// encrypts) stays unknown.
//
// A file, whole:
//
//	file, err := pcap.Read(r)
//	events := capture.Trace(file, capture.Options{Tool: tool, KeyLog: keys})
//
// Connections as they come, from a relay that copies them:
//
//	live := capture.NewLive(capture.Options{Tool: tool, Pass: trace.WatchPass, KeyLog: keys, Follow: true, Observe: show})
//	c := live.Conn(capture.Endpoints{Client: "127.0.0.1:40000", Server: "192.0.2.1:443", At: now()})
//	c.Feed(wire.Chunk{At: now(), From: wire.Client, Data: read}) // whichever side of TCP it came from; Data must not change
//	c.Close(now(), pcap.ByServer)                               // "" = nobody knows who
//	keys.Write(lines); live.Secrets()                           // the key log has grown
//	live.Tick(now())                                            // once a second or so
//	live.Mean(2, capture.Meaning{Identity: "bob", By: trace.MeantByLabel})
//	live.Done(now(), false)
//	events := live.Events()                                     // or report.New(events)
//
// All times are since Options.Started. A connection becomes a row, numbered by
// its ClientHello's arrival (Conn.Index; 0 until then), whatever came before TLS
// (CONNECT, STARTTLS, a PROXY header); one without TLS never does. The packets of
// a capture that comes through a pipe, or of a file that grows, go the same way:
//
//	told, err := live.Packets(ctx, r) // until r ends; then live.Done
package capture

import (
	"cmp"
	"slices"

	"rechallenge/core/trace"
	"rechallenge/core/wire"
	"rechallenge/core/wire/pcap"
)

// Trace gives the events of a capture: one pass, one connection for each TLS
// connection in the file.
func Trace(f *pcap.File, opt Options) []trace.Event {
	if opt.KeyLog == nil {
		opt.KeyLog = &wire.KeyLog{}
	}
	opt.KeyLog.Write(f.KeyLog)
	opt.Started = f.Start
	l := NewLive(opt)
	type step struct {
		conn  *Conn
		chunk *wire.Chunk // nil = it ends
		at    int64
	}
	var steps []step
	for i := range f.Conns {
		x := &f.Conns[i]
		c := l.Conn(Endpoints{Client: x.Client.String(), Server: x.Server.String(), At: x.Opened})
		c.finder.Datagrams = x.UDP
		c.closedBy = x.ClosedBy
		for k := range x.Chunks {
			steps = append(steps, step{c, &x.Chunks[k], int64(x.Chunks[k].At)})
		}
		end := x.Closed
		if n := len(x.Chunks); n > 0 {
			end = max(end, x.Chunks[n-1].At)
		}
		steps = append(steps, step{c, nil, int64(end)})
	}
	slices.SortStableFunc(steps, func(a, b step) int { return cmp.Compare(a.at, b.at) })
	for _, s := range steps {
		if s.chunk == nil {
			s.conn.Close(s.conn.at, s.conn.closedBy)
			continue
		}
		s.conn.Feed(*s.chunk)
	}
	l.Done(0, false)
	return l.Events()
}
