package desk

import (
	"rechallenge/core/capture"
	"rechallenge/core/relay"
	"rechallenge/core/trace"
	"rechallenge/core/wire"
	"rechallenge/core/wire/pcap"
)

// row is one relayed connection.
type row struct {
	conn   *relay.Conn
	live   *capture.Conn
	chunks []wire.Chunk
}

// listen opens every way.
func (x *Watching) listen() error {
	for _, a := range x.watch.Proxies {
		at, err := x.relay.Proxy(a, "")
		if err != nil {
			return err
		}
		x.listening = append(x.listening, at)
	}
	for _, f := range x.watch.Forwards {
		at, err := x.relay.Forward(f.Listen, f.To, "")
		if err != nil {
			return err
		}
		x.listening = append(x.listening, at)
	}
	for _, c := range x.watch.Commands {
		at, err := x.relay.Proxy("127.0.0.1:0", c.Label)
		if err != nil {
			return err
		}
		x.proxies = append(x.proxies, at)
	}
	return nil
}

// Mean says whom connections that begin from now on are meant to be; "" = that
// is not known any more.
func (x *Watching) Mean(id string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.label = id
}

// Opened, Crossed, Closed and Failed are what the relay tells.
func (x *Watching) Opened(c *relay.Conn) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.asked++
	if x.last {
		return
	}
	x.rows[c] = &row{conn: c, live: x.live.Conn(capture.Endpoints{Client: c.Client, Server: x.server(c), At: c.Opened})}
}

// server is the address that a client connected to: a place's servers have others
// of their own, which are nobody's business.
func (x *Watching) server(c *relay.Conn) string {
	if x.site != nil && x.site.inner[c.Server] {
		return c.At
	}
	return c.Server
}

// Crossed hands bytes on to be decoded.
func (x *Watching) Crossed(c *relay.Conn, k wire.Chunk) {
	x.mu.Lock()
	defer x.mu.Unlock()
	r := x.rows[c]
	if r == nil || x.last {
		return
	}
	begun := r.live.Index() > 0
	r.chunks = append(r.chunks, k)
	r.live.Feed(k)
	if n := r.live.Index(); n > 0 && !begun {
		x.order = append(x.order, r)
		label := c.Label
		if label == "" {
			label = x.label
		}
		if label != "" && x.watch.Meant[n] == "" {
			x.live.Mean(n, capture.Meaning{Identity: label, By: trace.MeantByLabel})
		}
	}
}

// Closed ends a row.
func (x *Watching) Closed(c *relay.Conn, e relay.End) {
	x.mu.Lock()
	defer x.mu.Unlock()
	r := x.rows[c]
	if r == nil || x.last {
		return
	}
	delete(x.rows, c)
	r.live.Cut(e.Cut)
	r.live.Close(e.At, closedBy[e.By])
	if r.live.Index() == 0 {
		return
	}
	if x.ended++; x.ended == x.watch.Connections {
		close(x.reached)
	}
}

// Failed says that a server could not be reached.
func (x *Watching) Failed(_ *relay.Conn, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.asked++
	text := err.Error()
	if x.failed[text]++; x.failed[text] == 1 {
		x.watch.Say(text)
	}
}

var closedBy = map[string]pcap.ClosedBy{"client": pcap.ByClient, "server": pcap.ByServer}
