package wire

import (
	"encoding/binary"
	"fmt"
	"strconv"
)

// Versions of QUIC that are read (RFC 9000 section 15, RFC 9369 section 3.1).
const (
	quicVersion1 = 0x00000001
	quicVersion2 = 0x6b3343cf
)

// QUICVersion names a version: "1", "2", "draft 29", "0x51303530".
func QUICVersion(v uint32) string {
	switch {
	case v == quicVersion1:
		return "1"
	case v == quicVersion2:
		return "2"
	case v>>8 == 0xff0000:
		return "draft " + strconv.Itoa(int(v&0xff))
	case v&0x0f0f0f0f == 0x0a0a0a0a: // RFC 9000 section 15: kept to exercise negotiation
		return fmt.Sprintf("0x%08x (reserved)", v)
	}
	return fmt.Sprintf("0x%08x", v)
}

// longHeader is what all long headers begin with:
//
//	struct: uint8 first; uint32 version; opaque destination<0..255>; opaque source<0..255>
//
// of which version 1 allows 20 bytes (RFC 9000 section 17.2, RFC 8999 section 5.1).
type longHeader struct {
	first               byte
	version             uint32
	destination, source []byte
	end                 int // of the part that is read
}

func readLongHeader(b []byte) (h longHeader, ok bool) {
	if len(b) < 7 || b[0]&0x80 == 0 {
		return h, false
	}
	h.first, h.version = b[0], binary.BigEndian.Uint32(b[1:])
	h.end = 5
	for _, id := range []*[]byte{&h.destination, &h.source} {
		if h.end >= len(b) || h.version != 0 && b[h.end] > 20 || h.end+1+int(b[h.end]) > len(b) {
			return h, false
		}
		*id = b[h.end+1 : h.end+1+int(b[h.end])]
		h.end += 1 + len(*id)
	}
	return h, true
}

// What long headers say the packet is, as version 1 numbers it.
const (
	longInitial = iota
	longEarly
	longHandshake
	longRetry
)

// kind is the packet's type; version 2 numbers them one up (RFC 9369 section 3.2).
func (h *longHeader) kind(version uint32) int {
	n := int(h.first >> 4 & 3)
	if version == quicVersion2 {
		n = (n + 3) & 3
	}
	return n
}

// readVarint reads a variable-length integer and its length (RFC 9000 section 16).
func readVarint(b []byte) (v uint64, n int, ok bool) {
	if len(b) == 0 {
		return 0, 0, false
	}
	n = 1 << (b[0] >> 6)
	if len(b) < n {
		return 0, 0, false
	}
	v = uint64(b[0] & 0x3f)
	for _, x := range b[1:n] {
		v = v<<8 | uint64(x)
	}
	return v, n, true
}

// packetNumber restores a packet number of which the last bits were sent (RFC
// 9000 appendix A.3); largest is -1 as long as there is none.
func packetNumber(largest, sent int64, bits int) int64 {
	window := int64(1) << bits
	expected := largest + 1
	number := expected&^(window-1) | sent
	switch {
	case number <= expected-window/2 && number < 1<<62-window:
		return number + window
	case number > expected+window/2 && number >= window:
		return number - window
	}
	return number
}

// BeginsQUIC reports whether a datagram is the beginning of a QUIC connection in
// a version that is read: an Initial packet of a client's, which fills the
// datagram (RFC 9000 section 14.1).
func BeginsQUIC(b []byte) bool {
	h, ok := readLongHeader(b)
	return ok && len(b) >= 1200 && versionOf(h.version) != nil && h.kind(h.version) == longInitial && len(h.destination) >= 8
}

// IsQUIC reports whether a datagram begins with a long header of a version that
// is read.
func IsQUIC(b []byte) bool {
	h, ok := readLongHeader(b)
	return ok && b[0]&0x40 != 0 && versionOf(h.version) != nil
}

// HasEarlyData reports whether a 0-RTT packet is among those of a datagram.
func HasEarlyData(b []byte) bool {
	for {
		h, ok := readLongHeader(b)
		if !ok || versionOf(h.version) == nil {
			return false
		}
		kind := h.kind(h.version)
		if kind == longEarly || kind == longRetry {
			return kind == longEarly
		}
		if kind == longInitial {
			n, size, ok := readVarint(b[h.end:])
			if !ok || n > uint64(len(b)-h.end-size) {
				return false
			}
			h.end += size + int(n)
		}
		n, size, ok := readVarint(b[h.end:])
		if !ok || n > uint64(len(b)-h.end-size) {
			return false
		}
		b = b[h.end+size+int(n):]
	}
}

// QUICIDs are the connection IDs in a datagram's first packet; ok is false where
// it has no long header.
func QUICIDs(b []byte) (destination, source []byte, ok bool) {
	h, ok := readLongHeader(b)
	return h.destination, h.source, ok
}
