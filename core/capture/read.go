package capture

import (
	"context"
	"fmt"
	"io"
	"time"

	"rechallenge/core/wire"
	"rechallenge/core/wire/pcap"
)

// Read makes a trace of a capture as it is read; the file's size does not
// matter. opt.Started is the capture's own. What is to be said of the capture as
// a whole comes with it.
func Read(ctx context.Context, r io.Reader, opt Options, progress func(read int64)) (*Live, *pcap.Told, error) {
	if opt.KeyLog == nil {
		opt.KeyLog = &wire.KeyLog{}
	}
	var l *Live
	told, err := scan(ctx, r, opt.KeyLog, func(start time.Time) *Live {
		if l == nil {
			opt.Started = start
			l = NewLive(opt)
		}
		return l
	}, progress, false)
	if err != nil {
		return nil, nil, err
	}
	if l == nil {
		opt.Started = told.Start
		l = NewLive(opt)
	}
	l.Done(0, false)
	told.Notes = append(told.Notes, l.secrets()...)
	return l, told, nil
}

// Packets feeds the packets of a capture, as they come, to the trace: of a pipe,
// or of a file that grows. It returns when r or ctx ends; then Done ends the trace.
// Times are since the capture's first packet.
func (l *Live) Packets(ctx context.Context, r io.Reader) (*pcap.Told, error) {
	return scan(ctx, r, l.keys, func(time.Time) *Live { return l }, nil, true)
}

// scan hands what a capture holds to the Live that get gives.
func scan(ctx context.Context, r io.Reader, keys *wire.KeyLog, get func(start time.Time) *Live, progress func(int64), live bool) (*pcap.Told, error) {
	var l *Live
	other := 0
	told, err := pcap.Scan(ctx, r, pcap.Options{
		Live:     live,
		Progress: progress,
		Secrets: func(lines []byte) {
			keys.Write(lines)
			if l != nil {
				l.Secrets()
			}
		},
		Data: func(s *pcap.Stream, p pcap.Piece) {
			if l == nil {
				l = get(s.Start())
			}
			c, _ := s.Sink.(*Conn)
			if c == nil {
				c = l.Conn(Endpoints{Client: s.Ends[0].String(), Server: s.Ends[1].String(), At: s.Opened})
				c.packets, c.finder.Datagrams = true, s.UDP
				if number := s.Number; !s.UDP {
					c.stream = &number
				}
				s.Sink = c
			}
			c.piece(s, p)
		},
		End: func(s *pcap.Stream) {
			c, _ := s.Sink.(*Conn)
			if c == nil {
				return
			}
			c.seen = s.Seen
			by := pcap.ClosedBy("")
			switch s.ClosedBy {
			case 0:
				by = pcap.ByClient
			case 1:
				by = pcap.ByServer
			}
			if c.Close(s.Last, by); !c.finder.Found() {
				other++
			}
		},
	})
	if err != nil {
		return nil, err
	}
	if says := pcap.PassedOver(other); says != "" {
		told.Notes = append(told.Notes, says)
	}
	return told, nil
}

// piece takes what a packet brought.
func (c *Conn) piece(s *pcap.Stream, p pcap.Piece) {
	c.live.mu.Lock()
	defer c.live.mu.Unlock()
	if c.ended || c.live.over {
		return
	}
	c.seen = s.Seen
	if p.Frame > 0 {
		c.frame = p.Frame
	}
	c.live.expire(p.At)
	if p.Moved != "" {
		c.moved(p)
		return
	}
	c.finder.Add(p, c.chunk)
}

// moved notes that a QUIC connection's client has another address now.
func (c *Conn) moved(p pcap.Piece) {
	if c.decoder != nil {
		c.decoder.Moved(p.At, p.Moved, c.message)
	}
}

// secrets says how far the key log went.
func (l *Live) secrets() []string {
	if l.keys.Empty() {
		return nil
	}
	found, all := 0, 0
	for _, c := range l.rows {
		if !c.begun {
			continue
		}
		all++
		if c.used || len(c.random) > 0 && l.keys.Has(c.random) {
			found++
		}
	}
	if found == 0 && all > 0 {
		return []string{"none of these secrets belongs to this capture: the key log is of other connections"}
	}
	if all == 0 {
		return nil
	}
	noun := "connections"
	if all == 1 {
		noun = "connection"
	}
	return []string{fmt.Sprintf("secrets for %d of %d %s", found, all, noun)}
}
