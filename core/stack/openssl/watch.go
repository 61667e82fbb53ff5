package openssl

import (
	"bytes"
	"encoding/hex"
	"net"
	"sync"

	"rechallenge/core/protocol"
	"rechallenge/core/session"
)

// watched keeps the first bytes that are sent, in which the ClientHello is.
type watched struct {
	net.Conn
	mu    sync.Mutex
	first []byte
}

const maxFirst = 1 << 16

func (w *watched) Write(b []byte) (int, error) {
	w.mu.Lock()
	if len(w.first) == 0 {
		w.first = bytes.Clone(b[:min(len(b), maxFirst)])
	}
	w.mu.Unlock()
	return w.Conn.Write(b)
}

// carries reports whether the ClientHello has the session's ID or ticket in
// it: both are long and random, so finding the bytes is proof enough.
func (w *watched) carries(s *session.Session) bool {
	needle := s.Secret.Ticket
	if s.Mechanism == protocol.SessionID {
		needle, _ = hex.DecodeString(s.SessionID)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(needle) > 0 && bytes.Contains(w.first, needle)
}
