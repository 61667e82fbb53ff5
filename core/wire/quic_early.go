package wire

import (
	"crypto/hkdf"
	"encoding/binary"
)

// earlier is the session that is offered, for the keys of early data.
type earlier struct {
	psk   []byte
	suite uint16
}

// ResumingEarly gives the pre-shared key of the TLS 1.3 session about to be
// offered, and its suite; crypto/tls writes no key log line for early data. Where
// some is offered the decoder adds the line to the key log itself.
func (d *Decoder) ResumingEarly(psk []byte, suite uint16) {
	if d.quic != nil {
		d.quic.earlier = earlier{psk, suite}
	}
}

// earlySecret adds the secret of early data to the key log (RFC 8446 section
// 7.1): hello is the whole ClientHello.
func (d *Decoder) earlySecret(hello []byte, random []byte) {
	e := d.quic.earlier
	s, ok := suiteOf(e.suite)
	if !ok || len(e.psk) == 0 || len(random) == 0 {
		return
	}
	early, err := hkdf.Extract(s.hash.New, e.psk, nil)
	if err != nil {
		return
	}
	sum := s.hash.New()
	sum.Write(hello)
	secret, err := hkdf.Expand(s.hash.New, early, hkdfLabel("c e traffic", sum.Sum(nil), s.hash.Size()), s.hash.Size())
	if err == nil {
		d.keys.Add("CLIENT_EARLY_TRAFFIC_SECRET", random, secret)
	}
}

// hkdfLabel is the info of HKDF-Expand-Label (RFC 8446 section 7.1).
func hkdfLabel(label string, context []byte, n int) string {
	info := binary.BigEndian.AppendUint16(nil, uint16(n))
	info = append(append(info, byte(6+len(label))), "tls13 "+label...)
	return string(append(append(info, byte(len(context))), context...))
}
