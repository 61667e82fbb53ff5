package relay

import (
	"sync"
	"time"

	"rechallenge/core/wire"
)

// entry is something that the tap is to be told.
type entry struct {
	conn   *Conn
	opened bool
	chunk  wire.Chunk
	failed error
	end    *End
	mark   chan struct{} // closed when it is reached
}

// queue stands between the connections and the tap. Putting something into it
// never waits for the tap: where there is no room, bytes are let go.
type queue struct {
	tap Tap

	mu      sync.Mutex
	list    []entry
	room    int // bytes that may wait
	total   int // bytes that may still be copied in all
	closed  bool
	more    chan struct{} // of one place: there is something to do
	stopped chan struct{}
}

func newQueue(tap Tap, waiting, total int) *queue {
	q := &queue{tap: tap, room: waiting, total: total, more: make(chan struct{}, 1), stopped: make(chan struct{})}
	go q.work()
	return q
}

// put queues an entry.
func (q *queue) put(e entry) {
	q.mu.Lock()
	q.list = append(q.list, e)
	q.mu.Unlock()
	q.wake()
}

func (q *queue) wake() {
	select {
	case q.more <- struct{}{}:
	default:
	}
}

// copy queues a copy of bytes. It reports whether more of the connection is to
// be copied: bytes that follow a gap would tell less than none.
func (q *queue) copy(c *Conn, at time.Duration, from wire.Side, data []byte) bool {
	n := len(data)
	q.mu.Lock()
	if c.cut != [2]int{} || q.tap == nil || n > c.room || n > q.room || n > q.total {
		c.cut[from] += n
		q.mu.Unlock()
		return false
	}
	c.room, q.room, q.total = c.room-n, q.room-n, q.total-n
	// Under the lock: what the other side says next must not come before it.
	q.list = append(q.list, entry{conn: c, chunk: wire.Chunk{At: at, From: from, Data: append(make([]byte, 0, n), data...)}})
	q.mu.Unlock()
	q.wake()
	return true
}

// let counts bytes that crossed and were not copied.
func (q *queue) let(c *Conn, from wire.Side, n int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	c.cut[from] += int(n)
}

// work tells the tap.
func (q *queue) work() {
	defer close(q.stopped)
	var list []entry
	for {
		clear(list)
		q.mu.Lock()
		list, q.list = q.list, list[:0]
		closed := q.closed
		q.mu.Unlock()
		if len(list) == 0 {
			if closed {
				return
			}
			<-q.more
			continue
		}
		for i := range list {
			q.tell(&list[i])
		}
	}
}

func (q *queue) tell(e *entry) {
	switch {
	case e.mark != nil:
		close(e.mark)
	case q.tap == nil:
	case e.failed != nil:
		q.tap.Failed(e.conn, e.failed)
	case e.end != nil:
		q.tap.Closed(e.conn, *e.end)
	case e.opened:
		q.tap.Opened(e.conn)
	default:
		q.tap.Crossed(e.conn, e.chunk)
		q.mu.Lock()
		q.room += len(e.chunk.Data)
		q.mu.Unlock()
	}
}

// flush waits until everything that is in the queue now was told.
func (q *queue) flush() {
	reached := make(chan struct{})
	q.put(entry{mark: reached})
	select {
	case <-reached:
	case <-q.stopped:
	}
}

// close ends the work once everything was told.
func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.wake()
	<-q.stopped
}

// letGo is how many bytes of a connection were not copied.
func (q *queue) letGo(c *Conn) [2]int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return c.cut
}
