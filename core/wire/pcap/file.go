package pcap

import (
	"context"
	"io"
	"slices"
	"time"

	"rechallenge/core/protocol"
	"rechallenge/core/wire"
)

// File is what a capture holds of TLS.
type File struct {
	Start  time.Time // of the first packet
	Conns  []Conn    // those with TLS in them, in order of time; the bytes from there on
	KeyLog []byte    // from the file's own Decryption Secrets Blocks
	Notes  []string  // what was passed over, in words
}

// Read reads a whole capture into memory: see Scan, which does not.
func Read(r io.Reader) (*File, error) {
	f := &File{}
	type conn struct {
		Conn
		finder Finder
	}
	other := 0
	told, err := Scan(context.Background(), r, Options{
		Secrets: func(lines []byte) { f.KeyLog = append(f.KeyLog, lines...) },
		Data: func(s *Stream, p Piece) {
			c, _ := s.Sink.(*conn)
			if c == nil {
				c = &conn{finder: Finder{Server: 1, Datagrams: s.UDP}}
				c.UDP = s.UDP
				s.Sink = c
			}
			c.finder.Add(p, c.keep)
		},
		End: func(s *Stream) {
			c, _ := s.Sink.(*conn)
			if c == nil {
				return
			}
			if c.finder.End(c.keep); !c.finder.Found() {
				other++
				return
			}
			client := c.finder.Client()
			c.Client, c.Server, c.Opened, c.Closed = s.Ends[client], s.Ends[1-client], s.Opened, s.Last
			switch s.ClosedBy {
			case client:
				c.ClosedBy = ByClient
			case 1 - client:
				c.ClosedBy = ByServer
			}
			f.Conns = append(f.Conns, c.Conn)
		},
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(f.Conns, func(a, b Conn) int { return int(max(-1, min(1, a.Opened-b.Opened))) })
	f.Start, f.Notes = told.Start, told.Notes
	if says := PassedOver(other); says != "" {
		f.Notes = append(f.Notes, says)
	}
	return f, nil
}

// PassedOver says how many TCP connections have no TLS in them; "" = all do.
func PassedOver(n int) string {
	if n == 0 {
		return ""
	}
	return protocol.Plural(n, "TCP connection") + map[bool]string{true: " was", false: " were"}[n == 1] + " passed over: no TLS is in " + map[bool]string{true: "it", false: "them"}[n == 1]
}

func (c *Conn) keep(k wire.Chunk) { c.Chunks = append(c.Chunks, k) }
