package wire

import (
	"bytes"
	"fmt"

	"rechallenge/core/protocol"
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
		if !encrypted && h.lossy && !plausible(in) {
			// After a loss what is not in clear may look so: the change of keys was lost.
			d.blind(r.from)
			d.unreadable(r, errMissing.Error())
			return
		}
		if n > maxMessage || len(in) < n && !h.grown(n) {
			d.stop(r.from, fmt.Sprintf("a handshake message of %d bytes: those that are under way already take the %d MiB that this program gives them", n, maxLarge>>20))
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
		m.Type, m.Length = protocol.HandshakeType(raw[0]), n
		epoch := h.epoch
		var hello protocol.ClientHello
		var list []protocol.Extension
		if m.Type == protocol.TypeClientHello {
			hello, list = protocol.ReadClientHello(raw[4:], d.room.extensions[:0])
		}
		if !encrypted {
			d.transcribe(r.from, raw, &hello) // before it is masked
			if d.quic != nil && m.Type == protocol.TypeClientHello && offersEarly(list) {
				d.earlySecret(raw, hello.Random)
			}
		}
		m.Raw, m.Masked = mask(m.Type, m.Version, raw, &hello, list, lasting && !r.own)
		d.follow(&m, &hello, list)
		if d.version != 0 {
			m.Version = d.version
		}
		m.CipherSuite = d.next.suite
		if m.isRetry() {
			m.Version = protocol.TLS13
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
		h.drop()
		return
	}
	if len(in) < len(h.hs) || len(h.hs) == 0 {
		h.hs = append(h.hs[:0], in...)
	}
}

// follow keeps up with what a handshake message changes: randoms, version,
// suite, keys. hello and list are the message where it is a ClientHello.
func (d *Decoder) follow(m *Message, hello *protocol.ClientHello, list []protocol.Extension) {
	from, t := m.From, m.Type
	h := &d.halves[from]
	if from == Server && t != protocol.TypeServerHello && t != protocol.TypeNewSessionTicket && t != protocol.TypeHelloRequest {
		d.next.full = true
	}
	switch t {
	case protocol.TypeClientHello:
		if from == Client {
			d.followClientHello(m, hello, list)
		}
	case protocol.TypeServerHello:
		if from == Server {
			d.followServerHello(m.Raw[4:])
		}
	case protocol.TypeNewSessionTicket:
		if at, _, ok := protocol.ReadTicket(m.Raw[4:], d.version); ok && d.version < protocol.TLS13 && at.Length > 0 {
			d.next.issued = m.digestAt(4 + at.Offset)
		}
	case protocol.TypeEndOfEarlyData:
		if from == Client && h.early {
			d.secure(from, "CLIENT_HANDSHAKE_TRAFFIC_SECRET")
		}
	case protocol.TypeFinished:
		// A client also sends Finished after it was asked later on; only the
		// first one changes the keys (RFC 8446 section 4.6.2).
		switch {
		case h.params.version != protocol.TLS13:
		case h.label == "SERVER_HANDSHAKE_TRAFFIC_SECRET":
			d.secure(from, "SERVER_TRAFFIC_SECRET_0")
		case h.label == "CLIENT_HANDSHAKE_TRAFFIC_SECRET":
			d.secure(from, "CLIENT_TRAFFIC_SECRET_0")
		}
	case protocol.TypeKeyUpdate:
		if h.params.version == protocol.TLS13 && h.secret != nil {
			h.secret = nextSecret(h.params.suite, h.secret)
			d.uncounted(from)
			h.opener, h.epoch = nil, h.epoch+1
		}
	}
}

func (d *Decoder) followClientHello(m *Message, c *protocol.ClientHello, list []protocol.Extension) {
	if len(c.Random) == 0 || d.version == protocol.TLS13 && (d.halves[Client].secure || d.quic != nil) {
		return
	}
	d.next = params{clientRandom: c.Random, clientID: c.SessionID}
	early := false
	for _, e := range list {
		switch {
		case e.ID == protocol.ExtensionEarlyData:
			early = true
		case e.ID == protocol.ExtensionSessionTicket && len(e.Data) > 0:
			d.next.offered = m.digestAt(4 + e.Offset)
		}
	}
	if d.quic != nil {
		d.quic.http3 = offersHTTP3(list)
		return
	}
	if h := &d.halves[Client]; early && !h.secure {
		h.secure, h.early, h.label, h.params.version = true, true, "CLIENT_EARLY_TRAFFIC_SECRET", protocol.TLS13
		h.epoch++
	}
}

func (d *Decoder) followServerHello(body []byte) {
	s, ok := protocol.ReadServerHello(body)
	if !ok && s.CipherSuite == 0 {
		return
	}
	client := &d.halves[Client]
	if s.Retry {
		d.retried = true
		if client.early {
			*client = half{at: client.at, records: client.records}
		}
		return
	}
	n := &d.next
	n.serverRandom, n.suite, n.version = s.Random, s.CipherSuite, s.Version
	n.draft, n.ems = s.Draft, s.ExtendedMaster
	n.sessionID, n.etm, n.full = s.SessionID, s.EncryptThenMAC, false
	d.version, d.moved = s.Version, true
	switch {
	case s.Version < protocol.TLS13:
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
