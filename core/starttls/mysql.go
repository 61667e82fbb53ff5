package starttls

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// Capability flags and limits of the MySQL protocol.
const (
	mysqlLongPassword = 1 << 0
	mysqlProtocol41   = 1 << 9
	mysqlSSL          = 1 << 11
	mysqlSecure       = 1 << 15
	mysqlPluginAuth   = 1 << 19
	mysqlUTF8         = 45
	mysqlFlags        = mysqlLongPassword | mysqlProtocol41 | mysqlSSL | mysqlSecure | mysqlPluginAuth
)

// mysqlPacket reads one: a length of 3 bytes, a number, a payload.
func (d *Dialog) mysqlPacket() (seq byte, payload []byte, err error) {
	head, err := d.full(4)
	if err != nil {
		return 0, nil, err
	}
	n := int(head[0]) | int(head[1])<<8 | int(head[2])<<16
	if n == 0 || n > maxSaid/2 {
		return 0, nil, d.wrong(string(head))
	}
	payload, err = d.full(n)
	return head[3], payload, err
}

func mysqlFrame(seq byte, payload []byte) []byte {
	n := len(payload)
	return append([]byte{byte(n), byte(n >> 8), byte(n >> 16), seq}, payload...)
}

// mysqlHead begins SSLRequest and HandshakeResponse41 alike: int<4> flags, int<4>
// greatest packet, int<1> character set, 23 zeros.
func mysqlHead() []byte {
	b := binary.LittleEndian.AppendUint32(nil, mysqlFlags)
	b = binary.LittleEndian.AppendUint32(b, 1<<24)
	return append(append(b, mysqlUTF8), make([]byte, 23)...)
}

// mysqlBegin reads the server's greeting (HandshakeV10) and sends SSLRequest.
func mysqlBegin(d *Dialog) error {
	if err := d.clear(); err != nil {
		return err
	}
	if first, err := d.in.Peek(4); err == nil && (first[3] != 0 || first[0] >= ' ' && first[1] >= ' ' && first[2] >= ' ') {
		line, _ := d.line()
		return d.wrong(line)
	}
	_, p, err := d.mysqlPacket()
	if err != nil {
		return err
	}
	if p[0] == 0xff {
		return refused("to talk", d.mysqlError(p))
	}
	version, rest, ok := bytes.Cut(p[1:], []byte{0})
	if p[0] != 10 || !ok || len(rest) < 4+8+1+2 {
		return d.wrong(string(p))
	}
	d.note("server", "Handshake: version "+string(version))
	if flags := binary.LittleEndian.Uint16(rest[13:]); flags&mysqlSSL == 0 {
		return &Error{NotOffered, "the server speaks MySQL and does not offer TLS: see its settings ssl_cert and ssl_key"}
	}
	return d.bytes(mysqlFrame(1, mysqlHead()), "SSLRequest")
}

// mysqlWhoami logs in with the user and no password, reads the server's OK or
// ERR packet, and leaves with COM_QUIT: a host whose handshakes break off is
// blocked after a hundred.
func mysqlWhoami(d *Dialog) (a Answer, err error) {
	user := d.User
	body := append(append(mysqlHead(), user...), 0)
	body = append(body, 0) // an empty password's answer
	body = append(append(body, "mysql_native_password"...), 0)
	if err := d.bytes(mysqlFrame(2, body), "HandshakeResponse user="+user); err != nil {
		return a, err
	}
	for range 8 {
		seq, p, err := d.mysqlPacket()
		if err != nil {
			return a, err
		}
		switch p[0] {
		case 0x00:
			d.note("server", "OK")
			_ = d.bytes(mysqlFrame(0, []byte{1}), "COM_QUIT")
			return d.taken("OK"), nil
		case 0xff:
			words := d.mysqlError(p)
			return Answer{Words: words}, nil
		case 0xfe:
			plugin, _, _ := bytes.Cut(p[1:], []byte{0})
			d.note("server", "AuthSwitchRequest "+string(plugin))
			if err := d.bytes(mysqlFrame(seq+1, nil), "no password"); err != nil {
				return a, err
			}
		case 0x01:
			// caching_sha2_password: 3 = it knows the password, 4 = it wants to be told.
			if len(p) > 1 && p[1] == 4 {
				if err := d.bytes(mysqlFrame(seq+1, []byte{0}), "no password"); err != nil {
					return a, err
				}
			}
		default:
			return a, &Error{Wrong, fmt.Sprintf("this is not MySQL: a packet of type 0x%02x", p[0])}
		}
	}
	return a, ErrTooMuch
}

// mysqlError reads an ERR packet: int<2> code, '#' and int<5> state, a text.
func (d *Dialog) mysqlError(p []byte) string {
	words := "an error without a number"
	if len(p) >= 3 {
		text := p[3:]
		if len(text) >= 6 && text[0] == '#' {
			text = text[6:]
		}
		words = fmt.Sprintf("%d %s", binary.LittleEndian.Uint16(p[1:]), Plain(string(text)))
	}
	d.note("server", "ERR "+words)
	return words
}
