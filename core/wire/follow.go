package wire

import (
	"bytes"
	"fmt"
)

// handshake puts handshake messages together and handles each.
func (d *Decoder) handshake(r *record, encrypted bool) {
	h := &d.halves[r.from]
	in := r.payload
	if len(h.hs) > 0 {
		h.hs = append(h.hs, in...)
		in = h.hs
	}
	for len(in) >= 4 {
		n := 4 + int(in[1])<<16 + int(in[2])<<8 + int(in[3])
		if n > maxMessage {
			d.stop(r.from, fmt.Sprintf("a handshake message of %d bytes is more than this program reads (%d)", n, maxMessage))
			return
		}
		if len(in) < n {
			break
		}
		raw := in[:n:n]
		lasting := r.lasting && len(h.hs) == 0
		if !lasting {
			raw = bytes.Clone(raw)
		}
		in = in[n:]
		m := d.message(r, encrypted)
		m.Type, m.Length = HandshakeType(raw[0]), n
		epoch := h.epoch
		var hello clientHelloBody
		var list []extension
		if m.Type == clientHello {
			hello, list = parseClientHello(raw[4:], d.room.extensions[:0])
		}
		m.Raw, m.Masked = mask(m.Type, m.Version, raw, &hello, list, lasting && !r.own)
		d.follow(&m, &hello, list)
		if d.version != 0 {
			m.Version = d.version
		}
		m.CipherSuite = d.next.suite
		if m.isRetry() {
			m.Version = tls13
		}
		d.out = append(d.out, m)
		// Messages must not cross a change of keys (RFC 8446 section 5.1).
		if h.epoch != epoch && len(in) > 0 {
			d.problem(record{at: r.at, from: r.from, content: Handshake, version: r.version, payload: in},
				fmt.Sprintf("%d bytes follow in the record after which the keys changed", len(in)))
			in = nil
		}
	}
	if len(in) == 0 {
		h.hs = nil
		return
	}
	if len(in) < len(h.hs) || len(h.hs) == 0 {
		h.hs = append(h.hs[:0], in...)
	}
}

// follow keeps up with what a handshake message changes: randoms, version,
// suite, keys. hello and list are the message where it is a ClientHello.
func (d *Decoder) follow(m *Message, hello *clientHelloBody, list []extension) {
	from, t := m.From, m.Type
	h := &d.halves[from]
	if from == Server && t != serverHello && t != newSessionTicket && t != helloRequest {
		d.next.full = true
	}
	switch t {
	case clientHello:
		if from == Client {
			d.followClientHello(m, hello, list)
		}
	case serverHello:
		if from == Server {
			d.followServerHello(m.Raw[4:])
		}
	case newSessionTicket:
		if at, _, ok := ticketOf(m.Raw[4:], d.version); ok && d.version < tls13 && at.length > 0 {
			d.next.issued = m.digestAt(4 + at.offset)
		}
	case endOfEarlyData:
		if from == Client && h.early {
			d.secure(from, "CLIENT_HANDSHAKE_TRAFFIC_SECRET")
		}
	case finished:
		// A client also sends Finished after it was asked later on; only the
		// first one changes the keys (RFC 8446 section 4.6.2).
		switch {
		case h.params.version != tls13:
		case h.label == "SERVER_HANDSHAKE_TRAFFIC_SECRET":
			d.secure(from, "SERVER_TRAFFIC_SECRET_0")
		case h.label == "CLIENT_HANDSHAKE_TRAFFIC_SECRET":
			d.secure(from, "CLIENT_TRAFFIC_SECRET_0")
		}
	case keyUpdate:
		if h.params.version == tls13 && h.secret != nil {
			h.secret = nextSecret(h.params.suite, h.secret)
			d.uncounted(from)
			h.opener, h.epoch = nil, h.epoch+1
		}
	}
}

func (d *Decoder) followClientHello(m *Message, c *clientHelloBody, list []extension) {
	if len(c.random) == 0 || (d.version == tls13 && d.halves[Client].secure) {
		return
	}
	d.next = params{clientRandom: c.random, clientID: c.sessionID}
	early := false
	for _, e := range list {
		switch {
		case e.id == extEarlyData:
			early = true
		case e.id == extSessionTicket && len(e.data) > 0:
			d.next.offered = m.digestAt(4 + e.offset)
		}
	}
	if h := &d.halves[Client]; early && !h.secure {
		h.secure, h.early, h.label, h.params.version = true, true, "CLIENT_EARLY_TRAFFIC_SECRET", tls13
		h.epoch++
	}
}

func (d *Decoder) followServerHello(body []byte) {
	s, ok := parseServerHello(body)
	if !ok && s.suite == 0 {
		return
	}
	client := &d.halves[Client]
	if s.retry {
		if client.early {
			*client = half{at: client.at, buf: client.buf}
		}
		return
	}
	n := &d.next
	n.serverRandom, n.suite, n.version = s.random, s.suite, s.version
	n.sessionID, n.etm, n.full = s.sessionID, s.etm, false
	d.version, d.moved = s.version, true
	switch {
	case s.version < tls13:
		if client.early {
			client.early, client.secure, client.label = false, false, ""
		}
	case d.halves[Server].secure:
		// There is no second handshake in TLS 1.3.
	default:
		d.secure(Server, "SERVER_HANDSHAKE_TRAFFIC_SECRET")
		if client.early {
			client.params = d.next
		} else {
			d.secure(Client, "CLIENT_HANDSHAKE_TRAFFIC_SECRET")
		}
	}
}
