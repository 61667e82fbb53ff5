package lab

import (
	"context"
	"net"
	"sync"
	"time"
)

// maxWait is what a client gets for its next word.
const maxWait = 30 * time.Second

// conversations are a listener's connections, each served on a goroutine of
// its own, all of them ended by close.
type conversations struct {
	listener net.Listener
	ctx      context.Context // ends when close begins
	cancel   context.CancelFunc

	wg    sync.WaitGroup
	mu    sync.Mutex
	conns map[net.Conn]bool // nil once closed
}

func newConversations(listener net.Listener) *conversations {
	c := &conversations{listener: listener, conns: map[net.Conn]bool{}}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	return c
}

// begin has converse called for each connection from now on.
func (c *conversations) begin(converse func(raw net.Conn)) {
	c.wg.Go(func() {
		for {
			raw, err := c.listener.Accept()
			if err != nil {
				return
			}
			c.mu.Lock()
			if c.conns == nil {
				c.mu.Unlock()
				raw.Close()
				return
			}
			c.conns[raw] = true
			c.wg.Go(func() {
				defer func() {
					raw.Close()
					c.mu.Lock()
					delete(c.conns, raw)
					c.mu.Unlock()
				}()
				converse(raw)
			})
			c.mu.Unlock()
		}
	})
}

// await gives the client a while, unless the server is closing.
func (c *conversations) await(raw net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conns != nil {
		raw.SetDeadline(time.Now().Add(maxWait))
	}
}

// close ends everything; a client in the middle of an answer loses it.
func (c *conversations) close() error {
	err := c.listener.Close()
	c.cancel()
	c.mu.Lock()
	for raw := range c.conns {
		raw.SetDeadline(time.Unix(1, 0))
	}
	c.conns = nil
	c.mu.Unlock()
	c.wg.Wait()
	return err
}
