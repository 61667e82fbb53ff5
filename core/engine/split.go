package engine

import (
	"net"
	"time"
)

// between is how long a ClientHello's second segment waits for the first one to
// be read by itself.
const between = 30 * time.Millisecond

// split sends its first write in two segments.
type split struct {
	net.Conn
	done bool
}

func (s *split) Write(p []byte) (int, error) {
	half := len(p) / 2
	if s.done || half == 0 {
		return s.Conn.Write(p)
	}
	s.done = true
	n, err := s.Conn.Write(p[:half]) // TCP_NODELAY is Go's default
	if err != nil {
		return n, err
	}
	time.Sleep(between)
	m, err := s.Conn.Write(p[half:])
	return n + m, err
}
