package hostile

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"sync"
)

// broken are the reasons of a handshake that the server spoilt; "" where the
// client need not mind.
var broken = []string{"", "tls-malformed", "tls-alert", "internal", "session-refused", "client-certificate-rejected", "closed", "reset", "too-much", "http-malformed", "timeout"}

// tickets: NewSessionTickets that are wrong, RFC 8446 section 4.6.1 and RFC 5077
// section 3.3. The next connection may offer what came.
func tickets() (list []Scenario) {
	const lifetime, head13, head12 = 4, 4 + 4 + 4, 4 + 4
	for _, t := range []struct {
		name, version string
		change        func(m []byte) []byte
	}{
		{"a lifetime of 0", "", func(m []byte) []byte { return put32(m, lifetime, 0) }},
		{"a lifetime of 136 years", "", func(m []byte) []byte { return put32(m, lifetime, 0xffffffff) }},
		{"an age to add of 0", "1.3", func(m []byte) []byte { return put32(m, 8, 0) }},
		{"no ticket in it", "1.2", func(m []byte) []byte { return append(m[:head12:head12], 0, 0) }},
		{"a ticket of 65,535 bytes", "1.2", func(m []byte) []byte {
			return append(append(m[:head12:head12], 0xff, 0xff), make([]byte, 0xffff)...)
		}},
		{"a ticket of noise", "1.2", func(m []byte) []byte { return scrambled(m, head12+2) }},
		{"no ticket in it, after a nonce", "1.3", func(m []byte) []byte { return append(m[:head13:head13], 0, 0, 0, 0, 0) }},
		{"a nonce of 255 bytes", "1.3", func(m []byte) []byte {
			out := append(append(m[:head13:head13], 255), make([]byte, 255)...)
			return append(out, m[head13+1+int(m[head13]):]...)
		}},
		{"a ticket of 65,534 bytes", "1.3", func(m []byte) []byte {
			out := append(m[:head13:head13], 0, 0xff, 0xfe)
			return append(append(out, make([]byte, 0xfffe)...), 0, 0)
		}},
		{"a ticket longer than its message", "1.3", func(m []byte) []byte { return append(m[:head13:head13], 0, 0xff, 0xff, 1, 2, 3) }},
		{"a ticket of noise, after a nonce", "1.3", func(m []byte) []byte { return scrambled(m, head13+1+int(m[head13])+2) }},
		{"early data of 4 GiB", "1.3", func(m []byte) []byte {
			return append(m[:len(m)-2:len(m)-2], 0, 8, 0, 42, 0, 4, 0xff, 0xff, 0xff, 0xff) // RFC 8446 section 4.2.10
		}},
		{"an extension longer than its list", "1.3", func(m []byte) []byte { return append(m[:len(m)-2:len(m)-2], 0, 4, 0, 42, 0xff, 0xff) }},
	} {
		list = append(list, Scenario{ID: "ticket/" + t.name, Version: t.version, Want: broken, Change: func(m []byte) [][]byte {
			if m[0] != 4 || len(m) < 20 {
				return [][]byte{m}
			}
			return [][]byte{sized(t.change(bytes.Clone(m)))}
		}})
	}
	return list
}

// resumptions: what a server does with a session that is offered, or was not.
func resumptions() (list []Scenario) {
	hello := func(name, version string, change func(m []byte) []byte) {
		list = append(list, Scenario{ID: "resumption/" + name, Version: version, Want: broken, Change: func(m []byte) [][]byte {
			if m[0] != 2 || len(m) < 44 {
				return [][]byte{m}
			}
			return [][]byte{sized(change(bytes.Clone(m)))}
		}})
	}
	hello("another session ID is echoed", "", func(m []byte) []byte {
		if m[38] > 0 {
			m[39] ^= 0x55
		}
		return m
	})
	hello("no session ID is echoed", "", func(m []byte) []byte {
		n := int(m[38])
		return append(append(m[:38:38], 0), m[39+n:]...)
	})
	hello("the seventh PSK is taken", "1.3", func(m []byte) []byte { return withPSK(m, 7) })
	hello("a PSK is taken that was not offered, or taken twice", "1.3", func(m []byte) []byte { return withExtension(m, 41, []byte{0, 0}) })
	hello("another cipher suite", "", func(m []byte) []byte {
		at := 39 + int(m[38])
		binary.BigEndian.PutUint16(m[at:], map[uint16]uint16{0x1301: 0x1303, 0xc02b: 0xc02c, 0xc02c: 0xc02b}[binary.BigEndian.Uint16(m[at:])])
		return m
	})
	list = append(list, Scenario{ID: "resumption/a CertificateRequest is put in", Version: "1.3", Want: broken, Change: func(m []byte) [][]byte {
		if m[0] != 8 {
			return [][]byte{m}
		}
		// signature_algorithms with ecdsa_secp256r1_sha256, RFC 8446 section 4.3.2.
		return [][]byte{m, {13, 0, 0, 11, 0, 0, 8, 0, 13, 0, 4, 0, 2, 4, 3}}
	}})
	list = append(list, Scenario{ID: "resumption/every ticket is refused", Want: []string{""}, Tune: func(c *tls.Config) {
		c.UnwrapSession = func([]byte, tls.ConnectionState) (*tls.SessionState, error) { return nil, nil }
	}})
	list = append(list, Scenario{ID: "resumption/of another session's secret", Want: broken, Tune: func(c *tls.Config) {
		var mu sync.Mutex
		var first *tls.SessionState
		inner := &tls.Config{}
		inner.SetSessionTicketKeys([][32]byte{{1}})
		c.WrapSession = func(s tls.ConnectionState, state *tls.SessionState) ([]byte, error) {
			mu.Lock()
			defer mu.Unlock()
			if first == nil {
				first = state
			}
			return inner.EncryptTicket(s, state)
		}
		c.UnwrapSession = func([]byte, tls.ConnectionState) (*tls.SessionState, error) {
			mu.Lock()
			defer mu.Unlock()
			return first, nil
		}
	}})
	return list
}

func put32(m []byte, at int, v uint32) []byte {
	binary.BigEndian.PutUint32(m[at:], v)
	return m
}

func scrambled(m []byte, from int) []byte {
	for i := from; i < len(m)-2; i++ {
		m[i] = byte(i*37 + 11)
	}
	return m
}

// extensions is where the extensions of a ServerHello begin, behind their length.
func extensions(m []byte) int { return 39 + int(m[38]) + 2 + 1 + 2 }

// withExtension puts one more at the end of a ServerHello.
func withExtension(m []byte, kind uint16, data []byte) []byte {
	at := extensions(m)
	m = binary.BigEndian.AppendUint16(m, kind)
	m = append(binary.BigEndian.AppendUint16(m, uint16(len(data))), data...)
	binary.BigEndian.PutUint16(m[at-2:], uint16(len(m)-at))
	return m
}

// withPSK changes which PSK is taken, where one is.
func withPSK(m []byte, which uint16) []byte {
	for at := extensions(m); at+4 <= len(m); {
		size := int(binary.BigEndian.Uint16(m[at+2:]))
		if binary.BigEndian.Uint16(m[at:]) == 41 && size == 2 && at+6 <= len(m) {
			binary.BigEndian.PutUint16(m[at+4:], which)
		}
		at += 4 + size
	}
	return m
}
