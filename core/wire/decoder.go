package wire

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"time"

	"rechallenge/core/protocol"
)

// Limits of what is put together from it.
const (
	maxMessage = 4 + 1<<24 - 1 // of one handshake message: as long as its length can say
	usual      = 1 << 18       // of one that needs no budget; real chains stay under 64 KiB
	maxLarge   = 64 << 20      // bytes of larger ones being put together, in the whole program
	maxUnread  = 16            // records of one epoch that are each said to be unreadable; more are counted
)

// Decoder turns the chunks of one connection into Messages. It is not safe for
// concurrent use. What waits for a secret is kept and decoded when it comes.
type Decoder struct {
	keys     *KeyLog
	resuming []byte
	halves   [2]half

	next    params // being negotiated
	block   block  // of the direction that changed its keys first
	version uint16 // negotiated; 0 until ServerHello

	waiting      []record // for a secret, in order of arrival
	waitingBytes int
	moved        bool // keys or parameters changed: what waits may be readable now
	known        int  // secrets in the key log when last tried
	closing      bool // no secret and no byte comes any more
	final        bool // no secret comes any more
	retried      bool // a HelloRetryRequest came

	premastered bool   // the key log has a premaster secret for this connection
	transcript  []byte // then: the handshake up to ClientKeyExchange

	quic *quic // nil = TLS records over TCP

	flight     int
	flightFrom Side
	count      count
	*room      // during Feed and Close
}

// params is what a handshake agreed on, as far as keys depend on it.
type params struct {
	clientRandom []byte
	serverRandom []byte
	version      uint16
	suite        uint16
	draft        int    // of TLS 1.3, 0 = none
	clientID     []byte // session ID of the ClientHello
	sessionID    []byte // of the ServerHello
	offered      string // digest of the ticket in the ClientHello
	issued       string // digest of the ticket in the NewSessionTicket
	etm          bool   // encrypt_then_mac was agreed
	ems          bool   // extended_master_secret was agreed
	master       []byte // made of a premaster secret that the key log has
	full         bool   // the server said more than ServerHello and NewSessionTicket
}

// half is one direction.
type half struct {
	records Records
	at      time.Duration // of the last chunk
	params  params        // under which the keys in use were made
	label   string        // of the TLS 1.3 secret in use, "" in clear and before TLS 1.3
	secret  []byte        // TLS 1.3: current traffic secret
	opener  opener
	secure  bool // records are protected from here on
	early   bool // these may be early data (RFC 8446 section 4.2.10)
	waits   bool // records wait for a secret
	epoch   int
	hs      []byte // handshake bytes not yet a whole message
	broken  bool   // this direction can't be read any further, and it was said

	lossy   bool // the capture lacks bytes of it
	losses  int  // how often that was said
	seeking bool // for the next record after a loss
	greeted bool // a ClientHello in the format of SSL 2.0 was there
	counted int  // bytes of hs that count as large

	said   string // the problem of this epoch
	unread int    // records of this epoch that could not be read
	silent int    // of them, how many got no message of their own
}

// NewDecoder returns a Decoder that looks its secrets up in keys; nil = it has none.
func NewDecoder(keys *KeyLog) *Decoder {
	if keys == nil {
		keys = &KeyLog{}
	}
	return &Decoder{keys: keys}
}

// Resuming gives the master secret of the TLS 1.2 session about to be offered;
// crypto/tls writes no key log line when it resumes one. When the session is
// accepted the decoder adds the CLIENT_RANDOM line to the key log itself.
func (d *Decoder) Resuming(master []byte) { d.resuming = master }

// ClientRandom is the connection's client random once a ClientHello was seen.
func (d *Decoder) ClientRandom() []byte { return d.next.clientRandom }

// Final says that no secret comes any more which is not there when it is
// needed: nothing waits for one.
func (d *Decoder) Final() { d.final = true }

// Waiting reports whether something waits for a secret.
func (d *Decoder) Waiting() bool {
	return len(d.waiting) > 0 || d.quic != nil && len(d.quic.waiting) > 0
}

// SessionID is the ServerHello's session ID in TLS 1.2 and before; nil if none or not yet seen.
func (d *Decoder) SessionID() []byte {
	if d.version == 0 || d.version >= protocol.TLS13 || len(d.next.sessionID) == 0 {
		return nil
	}
	return d.next.sessionID
}

// Feed takes more bytes, which must not change afterwards, and returns the
// messages that became readable.
func (d *Decoder) Feed(chunks ...Chunk) (list []Message) {
	d.FeedTo(func(m *Message) { list = append(list, *m) }, chunks...)
	return list
}

// FeedTo is Feed for callers that need no list: see gets each message, which is
// valid only during the call.
func (d *Decoder) FeedTo(see func(*Message), chunks ...Chunk) {
	d.borrow()
	defer d.giveBack()
	if n := d.keys.size(); n != d.known {
		d.known = n
		d.retry()
	}
	for i := range chunks {
		d.chunk(&chunks[i])
		d.tell(see) // what one read brought is bounded; all of a flood's messages are not
	}
	d.tell(see)
}

// Close says that no more bytes come and returns what is left, as messages
// with a Problem where something stayed unread.
func (d *Decoder) Close() (list []Message) {
	d.CloseTo(func(m *Message) { list = append(list, *m) })
	return list
}

// CloseTo is to Close as FeedTo is to Feed.
func (d *Decoder) CloseTo(see func(*Message)) {
	d.borrow()
	defer d.giveBack()
	d.retry()
	d.closing = true
	d.retry()
	if d.quic != nil {
		d.closeDatagrams()
	}
	for side := range d.halves {
		h := &d.halves[side]
		d.uncounted(Side(side))
		switch {
		case h.broken:
		case h.records.Begun() > 0:
			d.problem(record{at: h.at, from: Side(side), payload: h.records.part}, fmt.Sprintf("the connection ended inside a record: %d bytes left", h.records.Begun()))
		case len(h.hs) > 0:
			d.problem(record{at: h.at, from: Side(side), payload: h.hs}, fmt.Sprintf("the connection ended inside a handshake message: %d bytes left", len(h.hs)))
		}
		h.records = Records{}
		h.drop()
	}
	d.tell(see)
	d.tellTogether(see)
}

// Limit makes the decoder give up, saying why, when a connection has more
// messages than b allows.
func (d *Decoder) Limit(b Budget) { d.count.budget = b }

// Owner says for whom what follows is counted; a new one begins a new count.
func (d *Decoder) Owner(n int) {
	if d.count.owner != n && d.count.over == nil {
		d.count = count{budget: d.count.budget, owner: n, untold: d.count.untold}
	}
}

// TooMuch is what the server sent too many of, nil = nothing.
func (d *Decoder) TooMuch() *TooMuch { return d.count.over }

// tell hands on what was decoded.
func (d *Decoder) tell(see func(*Message)) {
	for i := range d.out {
		m := &d.out[i]
		if d.count.over != nil {
			break
		}
		if d.count.told(m) {
			see(m)
		} else if d.count.over != nil {
			end := Message{At: m.At, From: m.From, Flight: m.Flight, Content: m.Content, Version: m.Version, CipherSuite: m.CipherSuite, Encrypted: m.Encrypted, Epoch: m.Epoch}
			end.Problem = d.count.over.What + ": what follows was not looked at"
			see(&end)
		}
	}
	clear(d.out)
	d.out = d.out[:0]
	if d.count.over != nil {
		for side := range d.halves {
			h := &d.halves[side]
			h.broken, h.records, h.silent = true, Records{}, 0
			h.drop()
		}
		d.waiting, d.waitingBytes = nil, 0
		if d.quic != nil {
			d.quic.waiting, d.quic.bytes = nil, 0
		}
	}
}

// tellTogether tells of the application data that got no Message of its own.
func (d *Decoder) tellTogether(see func(*Message)) {
	for side := range d.count.untold {
		if m := &d.count.untold[side]; m.More > 0 {
			see(m)
			*m = Message{}
		}
	}
}

// chunk cuts whole records off a direction's bytes.
func (d *Decoder) chunk(c *Chunk) {
	if c.From != Client && c.From != Server {
		return
	}
	h := &d.halves[c.From]
	h.at = c.At
	if h.broken {
		return
	}
	if d.quic != nil {
		d.datagram(c)
		return
	}
	in := c.Data
	if c.Lost > 0 {
		d.lose(c.From, c.Lost)
	} else if c.From == Client && h.epoch == 0 && h.records.Begun() == 0 && h.version2(in) {
		in = d.helloV2(c)
	}
	if h.seeking {
		if !begins(in) {
			return
		}
		h.seeking = false
	}
	for len(in) > 0 && !h.broken {
		var part []byte
		var whole bool
		part, in, whole = h.records.Take(in)
		if why := nonsense(part); why != "" {
			if h.lossy { // what looked like a record was none
				h.seeking, h.records = true, Records{}
				return
			}
			d.stop(c.From, why)
			return
		}
		if !whole {
			continue
		}
		r := &d.current
		*r = record{
			at: c.At, from: c.From, content: ContentType(part[0]), version: binary.BigEndian.Uint16(part[1:3]),
			header: [HeaderLength]byte(part), payload: part[HeaderLength:], lasting: true, own: h.records.owned,
		}
		r.flight = d.flightOf(r.from)
		d.record(r)
		for d.moved && len(d.waiting) > 0 {
			d.moved = false
			d.retry()
		}
	}
}

// stop gives a direction up, saying why.
func (d *Decoder) stop(from Side, why string) {
	h := &d.halves[from]
	d.problem(record{at: h.at, from: from, payload: h.records.part}, why)
	h.broken, h.records = true, Records{}
	h.drop()
}

// process decrypts a record where needed and hands it on; false while its
// secret is not known.
func (d *Decoder) process(r *record) bool {
	h := &d.halves[r.from]
	if h.broken {
		return true
	}
	// In TLS 1.3 what is protected looks like application data (RFC 8446 section 5.2).
	tls13 := h.params.version == protocol.TLS13
	switch {
	case !h.secure && h.lossy && r.content == ApplicationData,
		// What is protected reads as alerts of any kind where the ChangeCipherSpec is not in the capture.
		!h.secure && (h.lossy || d.version == 0) && r.content == AlertRecord && protectedAlert(r.payload):
		d.blind(r.from)
		d.unreadable(r, h.opener.(refuse).err.Error())
		return true
	case !h.secure && r.content == ApplicationData:
		// Early data before a HelloRetryRequest (RFC 8446 section 4.2.10), or nothing TLS knows.
		d.unreadable(r, "no keys were agreed on when this was sent")
		return true
	case !h.secure || (tls13 && r.content != ApplicationData):
		d.plain(r, false)
		return true
	}
	if h.early {
		return d.processEarly(r)
	}
	if !d.arm(r.from) {
		if !d.closing && !d.final {
			return false
		}
		d.unreadable(r, "no secret for this connection is in the key log")
		return true
	}
	if n, ok := h.opener.skip(r); ok {
		m := d.message(r, true)
		m.Length = n
		d.out = append(d.out, m)
		return true
	}
	content, text, err := h.opener.open(d.scratch[:0], r)
	if err != nil {
		d.unreadable(r, err.Error())
		return true
	}
	h.params.proved(d.keys, h.opener)
	r.content, r.payload, r.lasting = content, text, false
	d.plain(r, true)
	return true
}

// processEarly handles a record that is either early data or, when the server
// did not accept it, already under the handshake keys.
func (d *Decoder) processEarly(r *record) bool {
	h := &d.halves[r.from]
	if d.version == 0 && !d.closing {
		return false
	}
	if d.arm(r.from) {
		if content, text, err := h.opener.open(d.scratch[:0], r); err == nil {
			r.content, r.payload, r.lasting = content, text, false
			d.plain(r, true)
			return true
		}
	}
	later := half{params: d.next, label: "CLIENT_HANDSHAKE_TRAFFIC_SECRET", secure: true}
	if !d.armHalf(&later, r.from) && !d.closing {
		return false
	}
	if later.opener != nil {
		if content, text, err := later.opener.open(d.scratch[:0], r); err == nil {
			d.secure(r.from, later.label)
			h.secret, h.opener = later.secret, later.opener
			r.content, r.payload, r.lasting = content, text, false
			d.plain(r, true)
			return true
		}
	}
	d.unreadable(r, "early data, and its secret is not in the key log")
	return true
}

// plain handles a record in clear.
func (d *Decoder) plain(r *record, encrypted bool) {
	switch r.content {
	case Handshake:
		d.handshake(r, encrypted)
	case AlertRecord:
		if len(r.payload) == 0 || len(r.payload)%2 != 0 {
			m := d.message(r, encrypted)
			m.Problem = fmt.Sprintf("an alert of %d bytes", len(r.payload))
			d.out = append(d.out, m)
			return
		}
		for p := r.payload; len(p) > 0; p = p[2:] {
			m := d.message(r, encrypted)
			m.Length, m.Raw = 2, bytes.Clone(p[:2])
			m.Alert = &Alert{Level: p[0], Description: p[1], Name: protocol.AlertName(p[1])}
			d.out = append(d.out, m)
		}
	case ChangeCipherSpec:
		m := d.message(r, encrypted)
		m.Raw = bytes.Clone(r.payload)
		d.out = append(d.out, m)
		if d.version != 0 && d.version < protocol.TLS13 {
			d.changeCipher(r.from)
		} else if d.version == 0 && r.from == Client && !d.retried && !d.halves[Client].early {
			d.blind(r.from) // only this side was captured, or the other one's hello is lost
		}
	case ApplicationData, Heartbeat:
		d.out = append(d.out, d.message(r, encrypted))
	default:
		m := d.message(r, encrypted)
		m.Problem = fmt.Sprintf("a record of the unknown type 0x%02x", uint8(r.content))
		d.out = append(d.out, m)
	}
}

// message begins a Message for a record.
func (d *Decoder) message(r *record, encrypted bool) Message {
	flight := r.flight
	if flight == 0 {
		flight = d.flightOf(r.from)
	}
	version := d.version
	if version == 0 {
		version = r.version
	}
	m := Message{
		At: r.at, From: r.from, Flight: flight, Content: r.content, Version: version, CipherSuite: d.next.suite,
		Encrypted: encrypted, Epoch: d.halves[r.from].epoch, Length: len(r.payload),
	}
	if d.quic != nil {
		m.Packet = d.quic.current
	}
	return m
}

// flightOf counts flights: a new one begins when the direction changes.
func (d *Decoder) flightOf(from Side) int {
	if d.flight == 0 || d.flightFrom != from {
		d.flight++
		d.flightFrom = from
	}
	return d.flight
}

// problem says that something could not be read.
func (d *Decoder) problem(r record, what string) {
	m := d.message(&r, d.halves[r.from].secure)
	m.Problem = what
	d.out = append(d.out, m)
}

// unreadable says that a record could not be decrypted: the first of its
// epoch; later ones too where their type is in clear, but not without end.
func (d *Decoder) unreadable(r *record, why string) {
	h := &d.halves[r.from]
	h.unread++
	clearType := h.params.version < protocol.TLS13
	switch {
	case h.said == "":
		h.said = "cannot decrypt: " + why
		d.problem(*r, h.said)
	case clearType && r.content == ApplicationData:
		d.out = append(d.out, d.message(r, true))
	case clearType && h.unread <= maxUnread:
		d.problem(*r, h.said)
	default:
		h.silent++
	}
}

// uncounted says, at the end of an epoch, how many records were passed over.
func (d *Decoder) uncounted(side Side) {
	h := &d.halves[side]
	if h.silent > 0 {
		d.problem(record{at: h.at, from: side}, fmt.Sprintf("%d more records could not be read: %s", h.silent, h.said))
	}
	h.said, h.unread, h.silent = "", 0, 0
}
