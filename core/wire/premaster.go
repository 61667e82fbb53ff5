package wire

import (
	"crypto"

	"rechallenge/core/protocol"
)

// Labels of premaster secrets in key logs, as NSS and Wireshark have them
// (NSS Key Log Format; "RSA" is named by the first eight bytes of the encrypted
// secret).
const (
	labelPremaster    = "PMS_CLIENT_RANDOM"
	labelRSAPremaster = "RSA"
)

// transcribe keeps the handshake's bytes up to ClientKeyExchange where a
// premaster secret needs them, and then makes the master secret of it.
func (d *Decoder) transcribe(from Side, raw []byte, hello *protocol.ClientHello) {
	switch t := protocol.HandshakeType(raw[0]); {
	case t == protocol.TypeClientHello && from == Client:
		if d.premastered = d.keys.premasters(hello.Random); d.premastered {
			d.transcript = append([]byte(nil), raw...)
		}
	case !d.premastered || t == protocol.TypeHelloRequest:
	case t == protocol.TypeClientKeyExchange && from == Client:
		d.transcript = append(d.transcript, raw...)
		d.keyExchange(raw[4:])
		d.transcript, d.premastered = nil, false
	case len(d.transcript)+len(raw) > maxWaiting:
		d.transcript, d.premastered = nil, false
	default:
		d.transcript = append(d.transcript, raw...)
	}
}

// keyExchange makes the master secret of a premaster secret that the key log
// has: RFC 5246 section 8.1, RFC 7627 section 4.
func (d *Decoder) keyExchange(body []byte) {
	n := &d.next
	premaster := d.keys.Secret(labelPremaster, n.clientRandom)
	if premaster == nil && len(body) >= 10 {
		// An encrypted premaster secret has its length before it since TLS 1.0.
		premaster = d.keys.Secret(labelRSAPremaster, body[2:10])
	}
	s, ok := suiteOf(n.suite)
	if premaster == nil || !ok || n.version < protocol.TLS10 || n.version >= protocol.TLS13 {
		return
	}
	label, seed := "master secret", append(append([]byte(nil), n.clientRandom...), n.serverRandom...)
	if n.ems {
		label, seed = "extended master secret", transcriptHash(n.version, s.hash, d.transcript)
	}
	n.master = prf(n.version, s.hash, premaster, label, seed, 48)
}

// transcriptHash is the session hash of RFC 7627 section 3.
func transcriptHash(version uint16, hash crypto.Hash, transcript []byte) []byte {
	sum := func(h crypto.Hash) []byte {
		x := h.New()
		x.Write(transcript)
		return x.Sum(nil)
	}
	if version >= protocol.TLS12 {
		return sum(hash)
	}
	return append(sum(crypto.MD5), sum(crypto.SHA1)...)
}

// premasters reports whether there may be a premaster secret for a connection.
// Of an RSA line that shows only at the ClientKeyExchange.
func (k *KeyLog) premasters(clientRandom []byte) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.rsa || k.find(labelPremaster, clientRandom) != nil
}
