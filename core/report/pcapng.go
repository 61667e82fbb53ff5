package report

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"

	"rechallenge/core/trace"
	"rechallenge/core/wire/pcap"
)

// ErrNoCapture is wrapped when a report is to be written as pcapng that does
// not have the captured bytes.
var ErrNoCapture = errors.New("this report has no captured bytes: only the program that ran the plan can write them")

// writePCAPNG writes the captured bytes, with the TLS secrets where the report
// has them.
func writePCAPNG(w io.Writer, r *Report) error {
	if len(r.Captures) == 0 && r.Log.Run.Tool.Name != "" && connections(r.Log) > 0 {
		if gotToTLS(r.Log) {
			return ErrNoCapture
		}
		return pcap.Write(w, r.Log.Run.Started, nil, r.KeyLog) // LeavesOut says that it is empty
	}
	var list []pcap.Conn
	for i := range r.Captures {
		c := &r.Captures[i]
		client, err1 := netip.ParseAddrPort(c.Client)
		server, err2 := netip.ParseAddrPort(c.Server)
		if err := errors.Join(err1, err2); err != nil {
			return fmt.Errorf("connection %d of pass %d: %w", c.Connection, c.Pass, err)
		}
		conn := pcap.Conn{UDP: c.UDP, Client: client, Server: server, Chunks: c.Chunks}
		if len(c.Chunks) > 0 {
			conn.Opened, conn.Closed = c.Chunks[0].At, c.Chunks[len(c.Chunks)-1].At
		}
		if p := r.Log.Pass(c.Pass); p != nil {
			about(&conn, p, p.Connection(c.Connection))
		}
		list = append(list, conn)
	}
	return pcap.Write(w, r.Log.Run.Started, list, r.KeyLog)
}

// withoutTLS says why the capture of a run holds nothing.
func withoutTLS(r *Report) string {
	if len(r.Captures) > 0 || gotToTLS(r.Log) {
		return ""
	}
	return "holds no packet: no connection got as far as TLS"
}

// gotToTLS reports whether any connection began a handshake.
func gotToTLS(log *trace.Log) bool {
	for _, p := range log.Passes {
		for _, c := range p.Connections {
			if c.Library != nil || c.Proof.ClientHello > 0 || c.Handshake != "" {
				return true
			}
		}
	}
	return false
}

// bytesLeftOut is for people who get the capture of a long run, or of a large
// capture, or an empty one.
func bytesLeftOut(r *Report) string {
	left, captured := 0, false
	for i := range r.Captures {
		left += r.Captures[i].Left
	}
	for _, p := range r.Log.Passes {
		captured = captured || p.Cache == trace.CapturePass
	}
	all := connections(r.Log)
	if len(r.Captures) == 0 || !captured && (leftOut(r.Log) == 0 || len(r.Captures) >= all) {
		return withoutTLS(r)
	}
	if !captured {
		return fmt.Sprintf("has the bytes of %d of %d connections: a long run keeps no others, unless it begins with a capture to write", len(r.Captures), all)
	}
	var says []string
	if len(r.Captures) < all {
		says = append(says, fmt.Sprintf("has the bytes of %d of %d connections", len(r.Captures), all))
	}
	if left > 0 {
		says = append(says, fmt.Sprintf("lacks %d bytes from the later part of connections", left))
	}
	if len(says) == 0 {
		return ""
	}
	return strings.Join(says, " and ") + ": the capture that was read has all"
}

func connections(log *trace.Log) (n int) {
	for _, p := range log.Passes {
		n += len(p.Connections)
	}
	return n
}

// about says which connection of the run it is, when it began and who ended it.
func about(conn *pcap.Conn, p *trace.Pass, c *trace.Connection) {
	if c == nil {
		return
	}
	conn.Name = clean(fmt.Sprintf("pass %s, connection %d: %s at %s", p.Cache, c.Index, c.Identity, c.URL))
	for _, e := range p.Events {
		if e.Connection != c.Index {
			continue
		}
		switch x := e.Payload.(type) {
		case trace.Dial:
			conn.Opened = min(conn.Opened, e.At)
		case trace.Closed:
			conn.Closed = max(conn.Closed, e.At)
			conn.ClosedBy = map[string]pcap.ClosedBy{"client": pcap.ByClient, "server": pcap.ByServer}[x.By]
		}
	}
}
