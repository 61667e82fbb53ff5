package openssl

import (
	"encoding/binary"
	"slices"
	"time"
	"unsafe"
)

// kept is a session in the library's cache, a reference of ours, and when it was made.
type kept struct {
	session uintptr
	at      time.Time
}

// farFuture is when an overlong session was made: it never grows old.
const farFuture = 1 << 33

// stamp notes in a session how old it is by whose clock. It runs in callbacks.
func (s *Server) stamp(session uintptr) {
	if session == 0 {
		return
	}
	if s.cfg.Overlong {
		s.lib.SSL_SESSION_set_time(session, farFuture)
	}
	if s.cfg.Now != nil {
		at := binary.BigEndian.AppendUint64(nil, uint64(s.cfg.Now().Unix()))
		s.lib.SSL_SESSION_set1_ticket_appdata(session, unsafe.Pointer(&at[0]), uintptr(len(at)))
	}
}

// young reports whether the session of a ticket may still be resumed. It runs in callbacks.
func (s *Server) young(session uintptr) bool {
	if s.cfg.Now == nil || s.cfg.Overlong || s.cfg.SessionTimeout == 0 {
		return true
	}
	var data unsafe.Pointer
	var n uintptr
	if s.lib.SSL_SESSION_get0_ticket_appdata(session, unsafe.Pointer(&data), unsafe.Pointer(&n)) != 1 || n != 8 {
		return true
	}
	at := time.Unix(int64(binary.BigEndian.Uint64(copyBytes(data, 8))), 0)
	return s.cfg.Now().Before(at.Add(s.cfg.SessionTimeout))
}

// maxKept bounds the sessions that are watched; it is also the library's own bound.
const maxKept = 20480

// made takes note of a session in the library's cache; 1 keeps the reference.
// It runs in callbacks.
func (s *Server) made(session uintptr) uintptr {
	if s.cfg.Overlong {
		s.lib.SSL_SESSION_set_time(session, farFuture)
		return 0
	}
	if s.cfg.Now == nil || s.cfg.SessionTimeout == 0 {
		return 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.kept) >= maxKept {
		return 0
	}
	s.kept = append(s.kept, kept{session, s.cfg.Now()})
	return 1
}

// expire takes the sessions that are too old out of the library's cache.
func (s *Server) expire() {
	if s.cfg.Now == nil {
		return
	}
	now := s.cfg.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept = slices.DeleteFunc(s.kept, func(k kept) bool {
		if now.Before(k.at.Add(s.cfg.SessionTimeout)) {
			return false
		}
		s.lib.SSL_CTX_remove_session(s.ctx, k.session)
		s.lib.SSL_SESSION_free(k.session)
		return true
	})
}
