package wire

import (
	"bytes"
	"net"
	"sync"
	"time"
)

// Chunk is what one Read or Write moved, with the time it was seen.
type Chunk struct {
	At   time.Duration
	From Side
	Data []byte
	Lost int // bytes that a capture lacks just before Data; 0 from a tap
}

// Capture records what crosses a connection, in order. It is safe for
// concurrent use. Capturing copies bytes and takes the time, nothing else.
type Capture struct {
	Datagrams bool // each Read and Write is one: what crosses is QUIC

	mu     sync.Mutex
	chunks []Chunk
	block  []byte // room for the next chunks' bytes
	spent  spending
}

// blockSize is how much room is taken at once for what is small: an idle
// connection wastes less than that. What is large gets room of its own size.
const blockSize = 1024

// usualChunks is how many a connection with one HTTP exchange has.
const usualChunks = 14

// Tap returns conn with everything that crosses it recorded in c, as seen by
// the client. now gives the time since the start of the run.
func (c *Capture) Tap(conn net.Conn, now func() time.Duration) net.Conn {
	return &tap{Conn: conn, capture: c, now: now}
}

// Limit makes every further Read of the tap fail with a TooMuch once the server
// sent more than b allows, counted from now.
func (c *Capture) Limit(b Budget) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.spent.budget, c.spent.bytes, c.spent.records, c.spent.over = b, 0, 0, nil
}

// TooMuch is what the server sent too much of, nil = nothing.
func (c *Capture) TooMuch() *TooMuch {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.spent.over
}

// Chunks returns the chunks from index from on. They are shared and never
// change.
func (c *Capture) Chunks(from int) []Chunk {
	c.mu.Lock()
	defer c.mu.Unlock()
	if from < 0 || from >= len(c.chunks) {
		return nil
	}
	return c.chunks[from:len(c.chunks):len(c.chunks)]
}

// add records a copy of data. It reports what there is too much of.
func (c *Capture) add(at time.Duration, from Side, data []byte) *TooMuch {
	c.mu.Lock()
	defer c.mu.Unlock()
	if from == Server && !c.spent.spend(data, c.Datagrams) || len(data) == 0 {
		return c.spent.over
	}
	if c.chunks == nil {
		c.chunks = make([]Chunk, 0, usualChunks)
	}
	if len(data) >= blockSize/2 {
		c.chunks = append(c.chunks, Chunk{At: at, From: from, Data: bytes.Clone(data)})
		return nil
	}
	if len(data) > cap(c.block)-len(c.block) {
		c.block = make([]byte, 0, blockSize)
	}
	start := len(c.block)
	c.block = append(c.block, data...)
	c.chunks = append(c.chunks, Chunk{At: at, From: from, Data: c.block[start:len(c.block):len(c.block)]})
	return nil
}

// tap is a client's connection that is being captured.
type tap struct {
	net.Conn
	capture *Capture
	now     func() time.Duration
}

func (t *tap) Read(b []byte) (int, error) {
	n, err := t.Conn.Read(b)
	if over := t.capture.add(t.now(), Server, b[:n]); over != nil {
		return 0, over
	}
	return n, err
}

// Write records before it writes: an answer must not be captured first.
func (t *tap) Write(b []byte) (int, error) {
	t.capture.add(t.now(), Client, b)
	return t.Conn.Write(b)
}
