package wire

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"rechallenge/core/protocol"
)

// Transport is the content type of what QUIC itself says, which no TLS record
// holds: Message.Said has it in words.
const Transport ContentType = 0xff

// Packet is the QUIC packet that brought a message, or its last byte (RFC 9000
// section 17).
type Packet struct {
	Type    string `json:"type"`              // PacketInitial ...
	Number  int64  `json:"number"`            // -1 where it has none, or none that can be read
	Version uint32 `json:"version,omitempty"` // of QUIC
}

// The types of packets.
const (
	PacketInitial     = "Initial"
	PacketEarly       = "0-RTT"
	PacketHandshake   = "Handshake"
	PacketApplication = "1-RTT"
	PacketRetry       = "Retry"
	PacketNegotiation = "Version Negotiation"
)

// level is an encryption level (RFC 9001 section 2.1); it is also the epoch of
// its messages, until keys are updated.
type level uint8

const (
	levelInitial level = iota
	levelEarly
	levelHandshake
	levelApplication
	levels
)

var levelPackets = [levels]string{PacketInitial, PacketEarly, PacketHandshake, PacketApplication}

// space is the packet number space of a level (RFC 9000 section 12.3).
func (l level) space() int { return [levels]int{0, 2, 1, 2}[l] }

// quic is what a Decoder of datagrams knows of its connection: it opens packets
// and puts the CRYPTO frames' bytes together, which are handshake messages as
// over TCP.
type quic struct {
	version  uint32
	original []byte      // the client's first destination ID
	initial  []byte      // that Initial keys come from: original, or the source of a Retry
	ids      [2][][]byte // connection IDs that a side chose for itself
	http3    bool        // nothing else was offered
	keys     [2][levels]*packetKeys
	streams  [2][levels]cryptoStream
	numbers  [2][3]numbers
	waiting  []packet
	bytes    int // of what waits
	retried  bool
	answered bool   // a packet of the server's could be opened
	foreign  uint32 // a version that is not read, once it was said

	said    [2][levels]bool // that its packets can't be read
	silent  [2][levels]int  // of those, how many got no message
	again   [2]int          // bytes of CRYPTO frames that had come before
	dropped [2]int          // packets that did not open under the keys at hand
	current *Packet         // being read
	earlier earlier
	level   level // of it
}

// numbers is what was seen of a packet number space.
type numbers struct {
	largest int64  // -1 = none
	seen    ranges // numbers
	acked   ranges // by the other side
}

// packet is one packet of a datagram.
type packet struct {
	at     time.Duration
	from   Side
	flight int
	level  level
	data   []byte // from its first byte to its last
	number int    // where its packet number begins
	short  bool
}

// maxWaitingPackets bounds what waits for a secret, beside maxWaiting.
const maxWaitingPackets = 4096

// NewDatagrams returns a Decoder of QUIC: each Chunk is the payload of one UDP
// datagram. It reads versions 1 and 2 (RFC 9000, 9369).
func NewDatagrams(keys *KeyLog) *Decoder {
	d := NewDecoder(keys)
	d.quic = &quic{}
	for side := range d.quic.numbers {
		for space := range d.quic.numbers[side] {
			d.quic.numbers[side][space].largest = -1
		}
	}
	return d
}

// datagram takes the packets of one datagram apart (RFC 9000 section 12.2).
func (d *Decoder) datagram(c *Chunk) {
	q := d.quic
	flight := d.flightOf(c.From)
	for in := c.Data; len(in) > 0 && !d.halves[c.From].broken; {
		p := packet{at: c.At, from: c.From, flight: flight}
		n, ok := d.cut(&p, in)
		if !ok {
			break
		}
		in = in[n:]
		if p.data == nil {
			continue
		}
		if !d.open(&p) {
			d.keep(p)
		}
		for d.moved && len(q.waiting) > 0 {
			d.moved = false
			d.retryPackets()
		}
	}
}

// cut finds the packet that b begins with and its length. A packet that is
// read here, or passed over, has no data.
func (d *Decoder) cut(p *packet, b []byte) (n int, ok bool) {
	q := d.quic
	if b[0]&0x80 == 0 {
		return d.cutShort(p, b)
	}
	h, ok := readLongHeader(b)
	if !ok {
		return 0, false
	}
	if h.version == 0 {
		if p.from == Server {
			d.transport(p, PacketNegotiation, -1, negotiationWords(b[h.end:]))
		}
		return 0, false
	}
	if versionOf(h.version) == nil {
		if q.foreign != h.version {
			q.foreign = h.version
			d.transport(p, "", -1, "QUIC version "+QUICVersion(h.version)+", which is not read")
		}
		return 0, false
	}
	if q.version != h.version && !q.answered {
		q.version = h.version
		if q.initial != nil {
			q.derive(q.initial) // another one was agreed on (RFC 9368)
		}
		if h.version != quicVersion1 {
			d.transport(p, "", -1, "QUIC version "+QUICVersion(h.version))
		}
	}
	q.chose(p.from, h.source)
	switch h.kind(h.version) {
	case longRetry:
		if p.from == Server {
			d.cutRetry(p, b, &h)
		}
		return 0, false
	case longInitial:
		p.level = levelInitial
		token, size, ok := readVarint(b[h.end:])
		if !ok || token > uint64(len(b)-h.end-size) {
			return 0, false
		}
		h.end += size + int(token)
		if p.from == Client && q.original == nil {
			q.original = bytes.Clone(h.destination)
			q.derive(q.original)
		}
	case longEarly:
		p.level = levelEarly
	case longHandshake:
		p.level = levelHandshake
	}
	length, size, ok := readVarint(b[h.end:])
	if !ok || length > uint64(len(b)-h.end-size) {
		return 0, false
	}
	p.number = h.end + size
	n = p.number + int(length)
	p.data = b[:n:n]
	if p.level == levelInitial && p.from == Client && !q.answered {
		// Whoever sends another first packet (after a Retry that was not seen, or in
		// another version) is told by the keys.
		if again := initialKeys(h.version, h.destination, Client); q.keys[Client][levelInitial] != nil && !q.keys[Client][levelInitial].opens(p, q) && again.opens(p, q) {
			q.original = bytes.Clone(h.destination)
			q.derive(q.original)
		}
	}
	return n, true
}

// cutShort is cut for a packet that says nothing of its length: it is the rest
// of the datagram (RFC 9000 section 17.3.1).
func (d *Decoder) cutShort(p *packet, b []byte) (int, bool) {
	ids := d.quic.ids[1-p.from]
	at := -1
	for _, id := range ids {
		if bytes.HasPrefix(b[1:], id) {
			at = max(at, len(id))
		}
	}
	if at < 0 && len(ids) > 0 {
		at = len(ids[len(ids)-1]) // one that was not seen given: they have one length, as a rule
	}
	if at < 0 || len(b) < 1+at+4+16 {
		if len(ids) == 0 && b[0]&0x40 != 0 {
			d.lacking(p, levelApplication, "the capture begins in the middle of this connection")
		}
		return 0, false
	}
	p.level, p.short, p.number, p.data = levelApplication, true, 1+at, b
	return len(b), true
}

// chose notes a connection ID that a side gave itself.
func (q *quic) chose(side Side, id []byte) {
	if len(q.ids[side]) < 64 && !slices.ContainsFunc(q.ids[side], func(x []byte) bool { return bytes.Equal(x, id) }) {
		q.ids[side] = append(q.ids[side], bytes.Clone(id))
	}
}

// derive makes the keys of Initial packets, which anybody can make (RFC 9001
// section 5.2).
func (q *quic) derive(id []byte) {
	q.initial = id
	for _, side := range []Side{Client, Server} {
		q.keys[side][levelInitial] = initialKeys(q.version, id, side)
	}
}

// cutRetry reads a Retry packet (RFC 9000 section 17.2.5, RFC 9001 section 5.8).
func (d *Decoder) cutRetry(p *packet, b []byte, h *longHeader) {
	q := d.quic
	switch {
	case q.retried || q.answered || q.original == nil:
		return
	case !retryGenuine(h.version, q.original, b):
		d.transport(p, PacketRetry, -1, "Retry whose integrity tag is wrong: clients pass it over")
		return
	}
	q.retried = true
	q.derive(bytes.Clone(h.source))
	d.transport(p, PacketRetry, -1, "Retry: the server wants the client's address proved first")
}

// open opens a packet and reads its frames; false while its secret is not known.
func (d *Decoder) open(p *packet) bool {
	q := d.quic
	keys, known := d.packetKeys(p)
	if keys == nil {
		if known || p.level == levelInitial || d.closing || d.final && d.next.suite != 0 {
			why := "no secret for this connection is in the key log"
			if p.level == levelInitial {
				why = "the client's first packet is not in the capture"
			}
			d.lacking(p, p.level, why)
			return true
		}
		return false
	}
	space := &q.numbers[p.from][p.level.space()]
	number, text, updated, ok := keys.open(d.scratch[:0], p, space.largest)
	if !ok && p.level == levelEarly {
		number, text, ok = d.openEarly(p, space.largest)
	}
	if !ok {
		q.dropped[p.from]++
		return true
	}
	if p.from == Server {
		q.answered = true
	}
	space.seen.add(number, number)
	space.largest = max(space.largest, number)
	q.current, q.level = &Packet{Type: levelPackets[p.level], Number: number, Version: q.version}, p.level
	d.halves[p.from].epoch = int(p.level) + keys.updates
	if updated {
		d.remark(p, "key update: from here on the "+p.from.String()+" uses new keys")
	}
	d.frames(p, text)
	q.current = nil
	return true
}

// packetKeys are those of a packet's level; nil where they are not at hand:
// known says that no secret will help.
func (d *Decoder) packetKeys(p *packet) (keys *packetKeys, known bool) {
	q := d.quic
	if keys = q.keys[p.from][p.level]; keys != nil || p.level == levelInitial {
		return keys, false
	}
	secret := d.secretOf(p.from, p.level)
	if secret == nil || d.next.suite == 0 {
		return nil, false
	}
	s, ok := suiteOf(d.next.suite)
	if !ok || s.aead == nil {
		return nil, true
	}
	keys, err := newPacketKeys(q.version, d.next.suite, s, secret)
	if err != nil {
		return nil, true
	}
	q.keys[p.from][p.level] = keys
	return keys, false
}

func (d *Decoder) secretOf(side Side, l level) []byte {
	label := map[level][2]string{
		levelEarly:       {"CLIENT_EARLY_TRAFFIC_SECRET", ""},
		levelHandshake:   {"CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET"},
		levelApplication: {"CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0"},
	}[l][side]
	return d.keys.Secret(label, d.next.clientRandom)
}

// openEarly tries the other suites: early data is under that of the session
// that was offered, which need not be the one agreed on when it was refused.
func (d *Decoder) openEarly(p *packet, largest int64) (number int64, text []byte, ok bool) {
	q := d.quic
	secret := d.secretOf(Client, levelEarly)
	for _, id := range []uint16{0x1301, 0x1302, 0x1303} {
		s, _ := suiteOf(id)
		if id == d.next.suite || len(secret) != s.hash.Size() {
			continue
		}
		if keys, err := newPacketKeys(q.version, id, s, secret); err == nil {
			if number, text, _, ok = keys.open(d.scratch[:0], p, largest); ok {
				q.keys[Client][levelEarly] = keys
				return number, text, true
			}
		}
	}
	return 0, nil, false
}

// keep keeps a packet until its secret comes.
func (d *Decoder) keep(p packet) {
	q := d.quic
	if q.bytes+len(p.data)+overhead > maxWaiting || len(q.waiting) == maxWaitingPackets {
		d.lacking(&p, p.level, "no secret for this connection is in the key log")
		return
	}
	q.waiting = append(q.waiting, p)
	q.bytes += len(p.data) + overhead
}

// retryPackets opens what had waited for a secret.
func (d *Decoder) retryPackets() {
	q := d.quic
	waiting := q.waiting
	q.waiting, q.bytes = nil, 0
	for i := range waiting {
		if !d.open(&waiting[i]) {
			q.waiting = append(q.waiting, waiting[i])
			q.bytes += len(waiting[i].data) + overhead
		}
	}
}

// lacking says that a level's packets can't be read: once, then they are counted.
func (d *Decoder) lacking(p *packet, l level, why string) {
	q := d.quic
	if q.said[p.from][l] {
		q.silent[p.from][l]++
		return
	}
	q.said[p.from][l] = true
	m := d.packetMessage(p, Handshake)
	if l == levelEarly || l == levelApplication {
		m.Content = ApplicationData
	}
	m.Packet = &Packet{Type: levelPackets[l], Number: -1, Version: q.version}
	m.Encrypted, m.Epoch, m.Length = true, int(l), len(p.data)
	m.Problem = "cannot decrypt: " + why
	d.out = append(d.out, m)
}

// packetMessage begins a Message for what a packet brought.
func (d *Decoder) packetMessage(p *packet, content ContentType) Message {
	r := record{at: p.at, from: p.from, flight: p.flight, content: content, version: protocol.TLS13}
	return d.message(&r, d.quic.current != nil && d.quic.level != levelInitial)
}

// transport tells what a packet is that holds no frames.
func (d *Decoder) transport(p *packet, kind string, number int64, says string) {
	m := d.packetMessage(p, Transport)
	if m.Said = says; kind != "" {
		m.Packet = &Packet{Type: kind, Number: number, Version: d.quic.version}
	}
	d.out = append(d.out, m)
}

// remark tells what the packet being read shows.
func (d *Decoder) remark(p *packet, says string) {
	m := d.packetMessage(p, Transport)
	m.Said = says
	d.out = append(d.out, m)
}

// closeDatagrams says what stayed unread, and what is missing.
func (d *Decoder) closeDatagrams() {
	q := d.quic
	for side := range d.halves {
		h := &d.halves[side]
		p := &packet{at: h.at, from: Side(side), flight: max(d.flight, 1)}
		for l := range levels {
			s := &q.streams[side][l]
			if n := s.gap(); n > 0 {
				m := d.packetMessage(p, 0)
				m.Packet = &Packet{Type: levelPackets[l], Number: -1, Version: q.version}
				m.Lost, m.Problem = n, fmt.Sprintf("the capture lacks %d bytes of handshake messages that the %s sent in %s packets", n, Side(side), levelPackets[l])
				d.out = append(d.out, m)
			} else if len(s.hs) > 0 {
				m := d.packetMessage(p, 0)
				m.Problem = fmt.Sprintf("the connection ended inside a handshake message: %d bytes left", len(s.hs))
				d.out = append(d.out, m)
			}
			h.hs, h.counted = s.hs, s.counted
			h.drop()
			*s = cryptoStream{}
			if n := q.silent[side][l]; n > 0 {
				q.silent[side][l] = 0
				d.remark(p, fmt.Sprintf("%d more %s packets could not be read", n, levelPackets[l]))
			}
		}
		if n := q.dropped[side]; n > 0 {
			q.dropped[side] = 0
			d.remark(p, fmt.Sprintf("%s did not open under the connection's keys: the ends pass such packets over", packets(int64(n))))
		}
		missing := int64(0)
		for _, n := range q.numbers[side] {
			missing += n.acked.without(n.seen)
		}
		if missing > 0 && d.count.over == nil {
			d.remark(p, fmt.Sprintf("%s of the %s that the other end has can't be read here, or are not in the capture", packets(missing), Side(side)))
		}
		if n := q.again[side]; n > 0 {
			d.remark(p, fmt.Sprintf("the %s sent %d bytes of its handshake messages again", Side(side), n))
		}
	}
	q.waiting, q.bytes = nil, 0
}

func packets(n int64) string {
	if n == 1 {
		return "1 packet"
	}
	return fmt.Sprintf("%d packets", n)
}

// negotiationWords are what a Version Negotiation packet offers (RFC 9000
// section 17.2.1).
func negotiationWords(b []byte) string {
	says := "Version Negotiation: the server offers"
	sep := " "
	for i := 0; len(b) >= 4 && i < 16; i++ {
		says += sep + QUICVersion(binary.BigEndian.Uint32(b))
		sep, b = ", ", b[4:]
	}
	return says
}

// Moved notes that the client sends from another address now (RFC 9000 section 9).
func (d *Decoder) Moved(at time.Duration, address string, see func(*Message)) {
	d.borrow()
	defer d.giveBack()
	d.transport(&packet{at: at, from: Client, flight: d.flightOf(Client)}, "", -1, "migration: the client sends from "+address+" now")
	d.tell(see)
}
