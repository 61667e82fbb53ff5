package gotls

import (
	"bytes"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"rechallenge/core/protocol"
	"rechallenge/core/wire"
)

// sniffer sees the handshake's clear part on its way to and from crypto/tls:
// the ClientHello, the ServerHello and a TLS 1.2 NewSessionTicket, in which
// stands what crypto/tls keeps to itself.
type sniffer struct {
	net.Conn
	mu       sync.Mutex
	out, in  flight
	expect   []byte // session ID that must stand in the ClientHello; nil = any
	ticket   []byte // looked for in the ClientHello; nil = none
	mismatch bool   // expect didn't stand there, and nothing was sent
	client   helloMessage
	server   helloMessage
	lifetime time.Duration // of a TLS 1.2 ticket, as the server hints
	closing  atomic.Bool
}

// goodbye is how long a close_notify may wait for a peer that doesn't read.
const goodbye = 200 * time.Millisecond

// SetWriteDeadline lets nothing wait longer than that once the connection is being closed.
func (s *sniffer) SetWriteDeadline(t time.Time) error {
	if s.closing.Load() {
		if end := time.Now().Add(goodbye); t.After(end) {
			t = end
		}
	}
	return s.Conn.SetWriteDeadline(t)
}

func (s *sniffer) Write(b []byte) (int, error) {
	s.mu.Lock()
	s.out.feed(b, func(kind protocol.HandshakeType, body []byte) {
		if kind == protocol.TypeClientHello && s.client.random == nil {
			s.client.readClient(body, s.ticket)
			s.mismatch = s.expect != nil && !bytes.Equal(s.expect, s.client.sessionID)
			s.out.stop() // nothing more is looked for
		}
	})
	mismatch := s.mismatch
	s.mu.Unlock()
	if mismatch {
		return 0, errNotOffered
	}
	return s.Conn.Write(b)
}

func (s *sniffer) Read(b []byte) (int, error) {
	n, err := s.Conn.Read(b)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.in.feed(b[:n], func(kind protocol.HandshakeType, body []byte) {
		switch {
		case kind == protocol.TypeServerHello && s.server.random == nil:
			s.server.readServer(body)
			if s.server.tls13 {
				s.in.stop() // what follows is encrypted
			}
		case kind == protocol.TypeNewSessionTicket:
			if _, hint, ok := protocol.ReadTicket(body, protocol.TLS12); ok {
				s.lifetime = time.Duration(hint) * time.Second
			}
		}
	})
	return n, err
}

// hellos returns what has been seen.
func (s *sniffer) hellos() (client, server helloMessage, lifetime time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.client, s.server, s.lifetime
}

// helloMessage is what is of interest of a ClientHello or ServerHello.
type helloMessage struct {
	random, sessionID []byte
	extendedMaster    bool
	tls13             bool // a ServerHello that chose TLS 1.3
	ticket            bool // a ClientHello with the ticket looked for
	psk               bool
}

// readClient keeps what is of interest of a ClientHello, of a malformed one
// what came before. ticket is what to look for.
func (h *helloMessage) readClient(body, ticket []byte) {
	var room protocol.Room
	hello, list := protocol.ReadClientHello(body, room[:0])
	h.keep(hello.Random, hello.SessionID)
	for _, e := range list {
		switch e.ID {
		case protocol.ExtensionMasterSecret:
			h.extendedMaster = true
		case protocol.ExtensionSessionTicket:
			h.ticket = len(ticket) > 0 && bytes.Equal(e.Data, ticket)
		case protocol.ExtensionPreSharedKey:
			h.psk = true
		}
	}
}

// readServer keeps what is of interest of a ServerHello.
func (h *helloMessage) readServer(body []byte) {
	hello, ok := protocol.ReadServerHello(body)
	if !ok && hello.CipherSuite == 0 {
		return
	}
	h.keep(hello.Random, hello.SessionID)
	h.extendedMaster, h.psk, h.tls13 = hello.ExtendedMaster, hello.PSK, hello.Version == protocol.TLS13
}

func (h *helloMessage) keep(random, sessionID []byte) {
	kept := append(bytes.Clone(random), sessionID...)
	h.random, h.sessionID = kept[:len(random):len(random)], kept[len(random):]
}

// Limits of what is kept while a message is incomplete.
const (
	maxHandshake = 1 << 17
	maxRecord    = wire.HeaderLength + 1<<14 + 2048
)

// flight reassembles one direction's handshake messages up to the first record
// that is neither a clear handshake record nor a warning, with which a server
// may begin that knows nothing of the name it was called by (RFC 6066 section 3).
type flight struct {
	records wire.Records
	message []byte
	done    bool
}

// feed takes more bytes. What each is given is valid only during the call; it
// may stop the flight.
func (f *flight) feed(b []byte, each func(kind protocol.HandshakeType, body []byte)) {
	for len(b) > 0 && !f.done {
		var record []byte
		var whole bool
		record, b, whole = f.records.Take(b)
		alert := wire.ContentType(record[0]) == wire.AlertRecord
		switch {
		case wire.ContentType(record[0]) != wire.Handshake && !alert, wire.RecordSize(record) > maxRecord, len(f.message) > maxHandshake:
			f.stop()
		case !whole:
		case !alert:
			f.handshake(record[wire.HeaderLength:], each)
		case len(record) != wire.HeaderLength+2 || record[wire.HeaderLength] != protocol.LevelWarning:
			f.stop()
		}
	}
}

// handshake takes the payload of a handshake record.
func (f *flight) handshake(in []byte, each func(kind protocol.HandshakeType, body []byte)) {
	if len(f.message) > 0 {
		f.message = append(f.message, in...)
		in = f.message
	}
	for len(in) >= 4 && !f.done {
		size := int(in[1])<<16 | int(in[2])<<8 | int(in[3])
		if len(in) < 4+size {
			break
		}
		each(protocol.HandshakeType(in[0]), in[4:4+size])
		in = in[4+size:]
	}
	if !f.done && (len(in) > 0 || len(f.message) > 0) {
		f.message = append(f.message[:0], in...)
	}
}

func (f *flight) stop() { *f = flight{done: true} }
