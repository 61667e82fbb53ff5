package openssl

import (
	"encoding/hex"
	"time"
	"unsafe"

	"rechallenge/core/protocol"
)

// Session is a session that a server gave. DER, Master and Ticket are secrets.
type Session struct {
	DER         []byte // SSL_SESSION, to be offered by ClientConfig.Session
	Version     uint16
	CipherSuite uint16
	ID          []byte // TLS 1.2 session ID; nil when a ticket resumes it
	Ticket      []byte
	Master      []byte // TLS 1.2 master secret
	Lifetime    time.Duration
}

// String keeps the secrets out of %v.
func (Session) String() string { return "[session]" }

// GoString keeps the secrets out of %#v.
func (Session) GoString() string { return "[session]" }

// name tells two sessions apart.
func (s *Session) name() string { return hex.EncodeToString(s.ID) + "/" + string(s.Ticket) }

func (l *Library) sessionID(s uintptr) []byte {
	var n uint32
	p := l.SSL_SESSION_get_id(s, unsafe.Pointer(&n))
	return copyBytes(*(*unsafe.Pointer)(unsafe.Pointer(&p)), int(n))
}

// read reads an SSL_SESSION of the library.
func (l *Library) read(s uintptr) Session {
	out := Session{DER: der(l.I2d_SSL_SESSION, s), Version: uint16(l.SSL_SESSION_get_protocol_version(s))}
	if cipher := l.SSL_SESSION_get0_cipher(s); cipher != 0 {
		out.CipherSuite = l.SSL_CIPHER_get_protocol_id(cipher)
	}
	// A ticket session has a session ID too, made up by the client.
	if l.SSL_SESSION_has_ticket(s) != 0 {
		var p unsafe.Pointer
		var n uintptr
		l.SSL_SESSION_get0_ticket(s, unsafe.Pointer(&p), unsafe.Pointer(&n))
		out.Ticket = copyBytes(p, int(n))
		out.Lifetime = time.Duration(uint32(l.SSL_SESSION_get_ticket_lifetime_hint(s))) * time.Second
	} else {
		out.ID = l.sessionID(s)
	}
	if out.Version < protocol.TLS13 {
		master := make([]byte, 48)
		n := l.SSL_SESSION_get_master_key(s, unsafe.Pointer(&master[0]), uintptr(len(master)))
		out.Master = master[:n]
	}
	return out
}

// events are what a call left behind, to be told when the lock is let go.
type events struct {
	lines    []string
	sessions []Session
}

// events collects them. c.mu is held.
func (c *Conn) events() (e events) {
	e.lines, c.lines = c.lines, nil
	taken := c.sessions
	c.sessions = nil
	for _, s := range taken {
		if session := c.lib.read(s); session.Version >= protocol.TLS13 {
			e.sessions = append(e.sessions, session)
		}
		c.lib.SSL_SESSION_free(s)
	}
	if c.client == nil || c.lib.SSL_is_init_finished(c.ssl) == 0 || uint16(c.lib.SSL_version(c.ssl)) >= protocol.TLS13 {
		return e
	}
	// Up to TLS 1.2 a renewed ticket is not told by the callback: look at the
	// session after every handshake.
	s := c.lib.SSL_get_session(c.ssl)
	if s == 0 || s == c.last {
		return e
	}
	c.lib.SSL_SESSION_up_ref(s)
	if c.last != 0 {
		c.lib.SSL_SESSION_free(c.last)
	}
	c.last = s
	if c.lib.SSL_SESSION_is_resumable(s) == 0 {
		return e
	}
	if session := c.lib.read(s); session.name() != c.offered {
		c.offered = session.name()
		e.sessions = append(e.sessions, session)
	}
	return e
}

func (e events) deliver(c *Conn) {
	keyLog := c.keyLog()
	for _, line := range e.lines {
		if keyLog != nil {
			keyLog([]byte(line + "\n"))
		}
	}
	for _, s := range e.sessions {
		if c.client.NewSession != nil {
			c.client.NewSession(s)
		}
	}
}

func (c *Conn) keyLog() func([]byte) {
	if c.client != nil {
		return c.client.KeyLog
	}
	return c.server.cfg.KeyLog
}
