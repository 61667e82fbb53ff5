package capture

import (
	"rechallenge/core/trace"
	"rechallenge/core/wire"
)

// maxOwn is how many bytes of a connection are kept where there is little room:
// handshakes and the first requests.
const maxOwn = 256 << 10

// Captured gives the bytes of every row, where Options.Bytes asked to keep them.
func (l *Live) Captured() (list []trace.Captured) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.rows {
		if len(c.bytes) == 0 {
			continue
		}
		chunks := c.bytes
		for side, n := range c.cut {
			if n > 0 {
				chunks = append(chunks[:len(chunks):len(chunks)], wire.Chunk{At: c.at, From: wire.Side(side), Lost: n})
			}
		}
		list = append(list, trace.Captured{Ref: trace.Ref{Pass: 1, Connection: c.index}, Client: c.client(), Server: c.server(), UDP: c.finder.Datagrams, Chunks: chunks, Left: c.let})
	}
	return list
}

// save keeps bytes, as long as there is room.
func (c *Conn) save(k wire.Chunk) {
	l, n := c.live, len(k.Data)
	if l.opt.Room > 0 && (c.room+n > maxOwn || l.bytes+n > l.opt.Room) || c.left {
		c.cut[k.From] += k.Lost + n
		c.let += n
		return
	}
	k.Lost, c.cut[k.From] = k.Lost+c.cut[k.From], 0
	c.room += n
	l.bytes += n
	c.bytes = append(c.bytes, k)
}
