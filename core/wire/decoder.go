package wire

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"time"
)

// Limits of the record layer and of what is put together from it.
const (
	maxRecord  = 16384 + 2048 // RFC 5246 section 6.2.3
	maxMessage = 1 << 18      // of one handshake message; real chains stay under 64 KiB
)

// Decoder turns the chunks of one connection into Messages. It is not safe for
// concurrent use. What waits for a secret is kept and decoded when it comes.
type Decoder struct {
	keys     *KeyLog
	resuming []byte
	halves   [2]half

	hello        bool
	clientRandom []byte
	serverRandom []byte
	version      uint16 // negotiated; 0 until ServerHello
	suite        uint16
	sessionID    []byte
	etm          bool // encrypt_then_mac was agreed

	flight     int
	flightFrom Side
	out        []Message
}

// half is one direction.
type half struct {
	buf     []byte
	at      time.Duration // of the last chunk
	pending []record      // waiting for a secret
	label   string        // of the TLS 1.3 secret in use, "" in clear and before TLS 1.3
	secret  []byte        // TLS 1.3: current traffic secret
	opener  opener
	secure  bool // records are protected from here on
	epoch   int
	hs      []byte // handshake bytes not yet a whole message
	broken  bool   // this direction can't be read any further, and it was said
	said    bool   // a problem of this epoch was said
}

// record is one TLS record.
type record struct {
	at      time.Duration
	content ContentType
	version uint16
	header  []byte
	payload []byte
}

// NewDecoder returns a Decoder that looks its secrets up in keys.
func NewDecoder(keys *KeyLog) *Decoder { return &Decoder{keys: keys} }

// Resuming gives the master secret of the TLS 1.2 session about to be offered;
// crypto/tls writes no key log line when it resumes one. When the session is
// accepted the decoder adds the CLIENT_RANDOM line to the key log itself.
func (d *Decoder) Resuming(master []byte) { d.resuming = master }

// ClientRandom is the connection's client random once a ClientHello was seen.
func (d *Decoder) ClientRandom() []byte { return d.clientRandom }

// SessionID is the ServerHello's session ID in TLS 1.2 and before; nil if none or not yet seen.
func (d *Decoder) SessionID() []byte { return d.sessionID }

// Feed takes more bytes and returns the messages that became readable.
func (d *Decoder) Feed(chunks ...Chunk) []Message {
	d.retry()
	for _, c := range chunks {
		h := &d.halves[c.From]
		h.at = c.At
		if h.broken {
			continue
		}
		h.buf = append(h.buf, c.Data...)
		d.records(c.From)
	}
	return d.take()
}

// Close says that no more bytes come and returns what is left, as messages
// with a Problem where something stayed unread.
func (d *Decoder) Close() []Message {
	d.retry()
	for side := range d.halves {
		h := &d.halves[side]
		switch {
		case len(h.pending) > 0:
			d.problem(Side(side), h.pending[0], fmt.Sprintf("cannot decrypt %d records: no secret for this connection", len(h.pending)))
			h.pending = nil
		case len(h.buf) > 0 && !h.broken:
			d.problem(Side(side), record{at: h.at, payload: h.buf}, fmt.Sprintf("the connection ended inside a record: %d bytes left", len(h.buf)))
		case len(h.hs) > 0 && !h.broken:
			d.problem(Side(side), record{at: h.at, payload: h.hs}, fmt.Sprintf("the connection ended inside a handshake message: %d bytes left", len(h.hs)))
		}
		h.buf, h.hs = nil, nil
	}
	return d.take()
}

func (d *Decoder) take() []Message {
	out := d.out
	d.out = nil
	return out
}

// records cuts whole records off a direction's buffer.
func (d *Decoder) records(from Side) {
	h := &d.halves[from]
	for len(h.buf) >= 5 {
		n := int(binary.BigEndian.Uint16(h.buf[3:5]))
		content := ContentType(h.buf[0])
		if content < ChangeCipherSpec || content > Heartbeat || h.buf[1] != 3 || n > maxRecord {
			d.problem(from, record{at: h.at, payload: h.buf}, "this is not TLS")
			h.broken, h.buf = true, nil
			return
		}
		if len(h.buf) < 5+n {
			return
		}
		r := record{
			at: h.at, content: content, version: binary.BigEndian.Uint16(h.buf[1:3]),
			header: bytes.Clone(h.buf[:5]), payload: bytes.Clone(h.buf[5 : 5+n]),
		}
		h.buf = h.buf[5+n:]
		d.record(from, r)
	}
}

// retry decodes what had waited for a secret.
func (d *Decoder) retry() {
	for side := range d.halves {
		h := &d.halves[side]
		if len(h.pending) == 0 || !d.arm(Side(side)) {
			continue
		}
		pending := h.pending
		h.pending = nil
		for _, r := range pending {
			d.record(Side(side), r)
		}
	}
}

// record handles one record: decrypt where needed, then hand on.
func (d *Decoder) record(from Side, r record) {
	h := &d.halves[from]
	encrypted := h.secure && !(d.version == 0x0304 && (r.content == ChangeCipherSpec || r.content == AlertRecord && len(r.payload) == 2))
	if !encrypted {
		d.plain(from, r, false)
		return
	}
	if len(h.pending) > 0 || !d.arm(from) {
		if h.broken {
			return
		}
		h.pending = append(h.pending, r)
		return
	}
	content, text, err := h.opener.open(r)
	if err != nil {
		if !h.said {
			d.problem(from, r, "cannot decrypt: "+err.Error())
			h.said = true
		}
		return
	}
	r.content, r.payload = content, text
	d.plain(from, r, true)
}

// plain handles a record in clear.
func (d *Decoder) plain(from Side, r record, encrypted bool) {
	switch r.content {
	case Handshake:
		d.handshake(from, r, encrypted)
	case AlertRecord:
		m := d.message(from, r, encrypted)
		if len(r.payload) == 2 {
			m.Alert = &Alert{Level: r.payload[0], Description: r.payload[1], Name: AlertName(r.payload[1])}
			m.Raw = r.payload
		} else {
			m.Problem = fmt.Sprintf("an alert of %d bytes", len(r.payload))
		}
		d.out = append(d.out, m)
	case ChangeCipherSpec:
		m := d.message(from, r, encrypted)
		m.Raw = r.payload
		d.out = append(d.out, m)
		if d.version != 0 && d.version < 0x0304 {
			d.changeCipher(from)
		}
	default:
		d.out = append(d.out, d.message(from, r, encrypted))
	}
}

// message begins a Message for a record.
func (d *Decoder) message(from Side, r record, encrypted bool) Message {
	if d.flight == 0 || d.flightFrom != from {
		d.flight++
		d.flightFrom = from
	}
	version := d.version
	if version == 0 {
		version = r.version
	}
	return Message{
		At: r.at, From: from, Flight: d.flight, Content: r.content, Version: version,
		Encrypted: encrypted, Epoch: d.halves[from].epoch, Length: len(r.payload),
	}
}

// problem says that something could not be read.
func (d *Decoder) problem(from Side, r record, what string) {
	m := d.message(from, r, d.halves[from].secure)
	m.Problem = what
	d.out = append(d.out, m)
}

// handshake puts handshake messages together and handles each.
func (d *Decoder) handshake(from Side, r record, encrypted bool) {
	h := &d.halves[from]
	h.hs = append(h.hs, r.payload...)
	for len(h.hs) >= 4 {
		n := 4 + int(h.hs[1])<<16 + int(h.hs[2])<<8 + int(h.hs[3])
		if n > maxMessage {
			d.problem(from, r, fmt.Sprintf("a handshake message of %d bytes is more than this program reads (%d)", n, maxMessage))
			h.broken, h.hs = true, nil
			return
		}
		if len(h.hs) < n {
			return
		}
		raw := bytes.Clone(h.hs[:n])
		h.hs = h.hs[n:]
		m := d.message(from, r, encrypted)
		m.Type, m.Length = HandshakeType(raw[0]), n
		d.follow(from, raw)
		if d.version != 0 {
			m.Version = d.version
		}
		m.Raw, m.Masked = mask(m.Type, m.Version, raw)
		d.out = append(d.out, m)
	}
}

// follow keeps up with what a handshake message changes: randoms, version,
// suite, keys.
func (d *Decoder) follow(from Side, raw []byte) {
	switch HandshakeType(raw[0]) {
	case clientHello:
		if len(raw) >= 4+2+32 {
			d.clientRandom = bytes.Clone(raw[6:38])
			d.hello = true
		}
	case serverHello:
		h, ok := parseServerHello(raw[4:])
		if !ok || h.retry {
			return
		}
		d.serverRandom, d.suite, d.version = h.random, h.suite, h.version
		d.etm = h.etm
		if h.version < 0x0304 {
			d.sessionID = h.sessionID
			return
		}
		d.secure(Server, "SERVER_HANDSHAKE_TRAFFIC_SECRET")
		d.secure(Client, "CLIENT_HANDSHAKE_TRAFFIC_SECRET")
	case finished:
		if d.version == 0x0304 {
			label := "CLIENT_TRAFFIC_SECRET_0"
			if from == Server {
				label = "SERVER_TRAFFIC_SECRET_0"
			}
			d.secure(from, label)
		}
	case keyUpdate:
		if h := &d.halves[from]; d.version == 0x0304 && h.secret != nil {
			h.secret = nextSecret(d.suite, h.secret)
			h.opener, h.epoch = nil, h.epoch+1
		}
	}
}
