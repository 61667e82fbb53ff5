package pcap

import (
	"bytes"
	"encoding/binary"
	"time"

	"rechallenge/core/wire"
)

// Piece is what one packet brought to one end of a TCP connection: from end 0,
// which opened it where that was seen, or from end 1.
type Piece struct {
	At   time.Duration
	From int
	Data []byte // never changes afterwards; may be empty at the end, after a loss
	Lost int    // bytes that are missing just before Data
	// Moved is the address to which a QUIC connection's client has moved, "" = it has
	// not; there is no data then.
	Moved string
	// Frame is the number of the packet in its file, from 1; 0 = unknown.
	Frame int
}

// Finder finds TLS in a TCP connection: at its beginning, after a PROXY header,
// a proxy's CONNECT or STARTTLS, or, where the beginning was not captured, at
// the first record that begins with a packet. The zero value is ready.
type Finder struct {
	// Server says which end is likely the server where no ClientHello does: 0 or 1.
	Server int
	// Datagrams says that it is QUIC, which is found already: end 0 is the client.
	Datagrams bool

	found  bool
	client int // the end that is TLS's client
	tails  [2][]byte
	early  []Piece // records before any ClientHello
	size   int     // bytes in early
	last   time.Duration

	missing [2]int // bytes that were missing before TLS was found, or instead of it
}

// What waits for a ClientHello that may come late.
const (
	maxEarly      = 16       // pieces
	maxEarlyBytes = 64 << 10 // and bytes
)

// Found reports whether TLS was found.
func (f *Finder) Found() bool { return f.found || f.Datagrams }

// Client is the end that is TLS's client, once TLS was found.
func (f *Finder) Client() int { return f.client }

// Add takes the next piece and tells see what belongs to TLS, in order of time.
func (f *Finder) Add(p Piece, see func(wire.Chunk)) {
	if f.Found() {
		f.tell(p, see)
		return
	}
	if len(p.Data) == 0 {
		f.missing[p.From] += p.Lost
		return
	}
	data := p.Data
	at := hello(data)
	if tail := f.tails[p.From]; at < 0 && len(tail) > 0 && p.Lost == 0 {
		// It may be cut anywhere.
		whole := append(bytes.Clone(tail), data...)
		if at = hello(whole); at >= 0 || isRecord(whole) {
			data = whole
		}
	}
	if at >= 0 {
		f.found, f.client = true, p.From
		early := f.early
		f.early = nil
		p.Data = data[at:]
		f.tell(p, see)
		// The server's first records stand before the ClientHello where the capture
		// has packets out of order; the client's belong to something else.
		for _, e := range early {
			if e.From != f.client {
				f.tell(e, see)
			}
		}
		return
	}
	if f.size > 0 && len(f.early) > 0 || isRecord(data) {
		p.Data = data
		f.tails[p.From] = nil // they are among the early ones now
		f.early = append(f.early, p)
		if f.size += len(data); len(f.early) >= maxEarly || f.size > maxEarlyBytes {
			f.End(see)
		}
		return
	}
	tail := append(bytes.Clone(f.tails[p.From]), data...)
	f.tails[p.From] = tail[max(0, len(tail)-strict+1):]
}

// End says that no more comes, or that it takes too long: what was found
// without a ClientHello is told.
func (f *Finder) End(see func(wire.Chunk)) {
	if f.Found() || len(f.early) == 0 {
		return
	}
	f.found, f.client = true, 1-f.Server
	for _, p := range f.early {
		if side, ok := speaker(p.Data); ok {
			f.client = p.From
			if side == wire.Server {
				f.client = 1 - p.From
			}
			break
		}
	}
	early := f.early
	f.early = nil
	for _, p := range early {
		f.tell(p, see)
	}
	for from, n := range f.missing {
		if n > 0 {
			f.tell(Piece{At: f.last, From: from, Lost: n}, see)
		}
	}
}

func (f *Finder) tell(p Piece, see func(wire.Chunk)) {
	f.last = max(f.last, p.At)
	k := wire.Chunk{At: f.last, From: wire.Server, Data: p.Data, Lost: p.Lost}
	if p.From == f.client {
		k.From = wire.Client
	}
	see(k)
}

// strict is how many bytes of a ClientHello are looked at where it does not
// begin a packet.
const strict = 11

// hello finds the record, or the SSL 2.0 message, in which a ClientHello
// begins; -1 = none. At the beginning of b less has to be there.
func hello(b []byte) int {
	if isHello(b) || isHelloV2(b) {
		return 0
	}
	for at := 0; at+strict <= len(b); at++ {
		i := bytes.Index(b[at:len(b)-strict+1], []byte{22, 3})
		if i < 0 {
			return -1
		}
		at += i
		r := b[at:]
		// RFC 8446 sections 5.1 and 4: record header, handshake header, legacy_version.
		record, message := int(binary.BigEndian.Uint16(r[3:])), int(r[6])<<16+int(r[7])<<8+int(r[8])
		if r[2] <= 4 && r[5] == 1 && message >= 39 && message+4 >= record && record > 0 && record <= 1<<14 && r[9] == 3 && r[10] <= 4 {
			return at
		}
	}
	return -1
}

// isHello says whether a record with a ClientHello begins here (RFC 8446 section 5.1).
func isHello(b []byte) bool {
	return len(b) >= 6 && bytes.Equal(b[:2], []byte{22, 3}) && b[2] <= 4 && b[5] == 1
}

// isHelloV2 says whether a ClientHello in the format of SSL 2.0 is here (RFC 5246
// appendix E.2).
func isHelloV2(b []byte) bool {
	if len(b) < 11 || b[0]&0x80 == 0 || b[2] != 1 {
		return false
	}
	length := int(b[0]&0x7f)<<8 + int(b[1])
	version := binary.BigEndian.Uint16(b[3:])
	suites, id, challenge := int(binary.BigEndian.Uint16(b[5:])), int(binary.BigEndian.Uint16(b[7:])), int(binary.BigEndian.Uint16(b[9:]))
	return (version == 2 || version>>8 == 3 && version&0xff <= 4) && suites > 0 && suites%3 == 0 &&
		(id == 0 || id == 16) && challenge >= 16 && challenge <= 32 && length == 9+suites+id+challenge
}

// isRecord says whether a packet begins with a TLS record.
func isRecord(b []byte) bool {
	if len(b) < 5 || b[1] != 3 || b[2] > 4 {
		return false
	}
	n := int(binary.BigEndian.Uint16(b[3:]))
	switch wire.ContentType(b[0]) {
	case wire.ChangeCipherSpec:
		return n == 1
	case wire.AlertRecord:
		return n >= 2 && n <= 256
	case wire.Handshake:
		return n >= 4 && n <= maxRecord
	case wire.ApplicationData:
		// The most common of all: the next record has to begin where this one ends.
		next := 5 + n
		return n > 0 && n <= maxRecord && (len(b) <= next || b[next] >= 20 && b[next] <= 24 && (len(b) < next+2 || b[next+1] == 3))
	}
	return false
}

// maxRecord is the longest record (RFC 5246 section 6.2.3).
const maxRecord = 16384 + 2048

// speaker says who sends a record in clear that only one side does.
func speaker(b []byte) (wire.Side, bool) {
	if len(b) < 6 || wire.ContentType(b[0]) != wire.Handshake {
		return 0, false
	}
	switch b[5] {
	case 2, 4, 12, 13, 14, 22: // ServerHello, NewSessionTicket, ServerKeyExchange, CertificateRequest, ServerHelloDone, CertificateStatus
		return wire.Server, true
	case 1, 15, 16: // ClientHello, CertificateVerify, ClientKeyExchange
		return wire.Client, true
	}
	return 0, false
}
