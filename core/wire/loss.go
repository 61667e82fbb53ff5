package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"

	"rechallenge/core/protocol"
)

// maxLosses is how many losses of one direction are each told; more are added up.
const maxLosses = 16

// errMissing is why nothing can be decrypted after a loss: records are counted.
var errMissing = errors.New("bytes before it are missing in the capture")

// lose says that bytes of a direction are missing, and looks for the next
// record. What was encrypted can't be read any more (RFC 8446 section 5.3, RFC
// 5246 section 6.1: the number of a record goes into its protection); what is in
// clear can.
func (d *Decoder) lose(from Side, n int) {
	h := &d.halves[from]
	if h.losses++; h.losses <= maxLosses {
		m := d.message(&record{at: h.at, from: from, payload: h.records.part}, h.secure)
		m.Lost, m.Problem = n, fmt.Sprintf("the capture lacks %d bytes that the %s sent here", n, from)
		d.out = append(d.out, m)
	}
	h.lossy, h.seeking, h.records = true, true, Records{}
	h.drop()
	if h.secure {
		h.opener = refuse{errMissing}
	}
}

// blind says that a direction is protected though it was not seen to become so.
func (d *Decoder) blind(from Side) {
	d.secure(from, "")
	d.halves[from].opener = refuse{errMissing}
}

// begins reports whether a record may begin here.
func begins(b []byte) bool {
	if len(b) < HeaderLength || b[1] != 3 || b[2] > 4 {
		return false
	}
	n := RecordSize(b)
	if n > HeaderLength+maxRecord || n == HeaderLength {
		return false
	}
	switch ContentType(b[0]) {
	case ChangeCipherSpec:
		return n == HeaderLength+1
	case AlertRecord, Handshake, ApplicationData, Heartbeat:
		// Where the next one begins it has to look like one.
		return len(b) <= n || ContentType(b[n]) >= ChangeCipherSpec && ContentType(b[n]) <= Heartbeat
	}
	return false
}

// protectedAlert reports whether an alert's record may be a protected one: its
// two bytes (RFC 5246 section 7.2) and a tag of 8 bytes at least (RFC 6655).
func protectedAlert(b []byte) bool { return len(b) >= 2+8 }

// large is how many bytes of handshake messages longer than usual are being put
// together, of all connections.
var large atomic.Int64

// grown counts the bytes of a message being put together, and reports whether
// there is room for it.
func (h *half) grown(whole int) bool {
	if whole <= usual || h.counted > 0 {
		return true
	}
	if large.Add(int64(whole)) > maxLarge {
		large.Add(-int64(whole))
		return false
	}
	h.counted = whole
	return true
}

// drop lets go of a handshake message that is not whole.
func (h *half) drop() {
	h.hs = nil
	large.Add(-int64(h.counted))
	h.counted = 0
}

// plausible reports whether a handshake message in clear may begin like b.
func plausible(b []byte) bool {
	return len(b) < 4 || protocol.KnownHandshake(protocol.HandshakeType(b[0])) && b[1] < 4
}

// version2 reports whether a ClientHello in the format of SSL 2.0 is here (RFC
// 5246 appendix E.2).
func (h *half) version2(b []byte) bool {
	return h.opener == nil && !h.lossy && !h.greeted && len(b) >= 11 && b[0]&0x80 != 0 && b[2] == 1 && (b[3] == 3 || b[3] == 0 && b[4] == 2)
}

// helloV2 names a ClientHello in the format of SSL 2.0, and gives what follows
// it. Its challenge is the client random, in the last bytes.
func (d *Decoder) helloV2(c *Chunk) []byte {
	b := c.Data
	n := 2 + int(b[0]&0x7f)<<8 + int(b[1])
	if n > len(b) {
		return b
	}
	suites, id := int(binary.BigEndian.Uint16(b[5:])), int(binary.BigEndian.Uint16(b[7:]))
	if challenge := b[min(11+suites+id, n):n]; len(challenge) <= 32 {
		random := make([]byte, 32)
		copy(random[32-len(challenge):], challenge)
		d.next = params{clientRandom: random}
	}
	version := binary.BigEndian.Uint16(b[3:])
	offers := protocol.VersionName(version)
	if version == 2 {
		offers = "SSL 2.0"
	}
	m := d.message(&record{at: c.At, from: Client, content: Handshake, version: version, payload: b[:n]}, false)
	m.Type, m.Length = protocol.TypeClientHello, n
	m.Problem = "a ClientHello in the format of SSL 2.0 (RFC 5246 appendix E.2), which offers " + offers + ": it is named, not taken apart; that format can't offer a session ticket or name a server"
	d.out = append(d.out, m)
	d.halves[Client].greeted = true
	return b[n:]
}
