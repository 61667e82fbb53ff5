package starttls

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
)

// mqttWhoami connects with an empty client id and a clean session (MQTT 3.1.1
// section 3.1), so that nobody's session is taken over, reads the return code
// and disconnects.
func mqttWhoami(d *Dialog) (a Answer, err error) {
	connect := []byte{0x10, 12, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 30, 0, 0}
	if err := d.bytes(connect, "CONNECT, empty client id, clean session"); err != nil {
		return a, err
	}
	b, err := d.full(4)
	if err != nil {
		return a, err
	}
	if b[0] != 0x20 || b[1] != 2 {
		return a, &Error{Wrong, fmt.Sprintf("this is not MQTT 3.1.1: its answer to CONNECT begins 0x%02x", b[0])}
	}
	codes := []string{"accepted", "unacceptable protocol version", "identifier rejected", "server unavailable", "bad user name or password", "not authorized"}
	words := fmt.Sprintf("CONNACK %d", b[3])
	if int(b[3]) < len(codes) {
		words += " (" + codes[b[3]] + ")"
	}
	d.note("server", words)
	if b[3] == 0 {
		_ = d.bytes([]byte{0xe0, 0}, "DISCONNECT")
	}
	return Answer{Accepted: b[3] == 0, Words: words}, nil
}

// amqpWhoami begins AMQP 0-9-1 with SASL EXTERNAL and breaks off, as section
// 4.2.2 lets a client, once the server has taken it: Tune is its yes.
func amqpWhoami(d *Dialog) (a Answer, err error) {
	if err := d.bytes([]byte{'A', 'M', 'Q', 'P', 0, 0, 9, 1}, "AMQP 0-9-1"); err != nil {
		return a, err
	}
	method, body, err := d.amqp()
	if err != nil {
		return a, err
	}
	if method != amqpStart {
		return a, &Error{Wrong, "this is not AMQP 0-9-1: it does not begin with Start"}
	}
	if !strings.Contains(string(body), "EXTERNAL") {
		d.note("server", "Start, without EXTERNAL")
		return Answer{Untried: true, Words: "the server does not offer SASL EXTERNAL"}, nil
	}
	d.note("server", "Start, with EXTERNAL")
	// Start-Ok: table of properties, short mechanism, long response, short locale.
	args := amqpTable("capabilities", 'F', string(amqpTable("authentication_failure_close", 't', "\x01")))
	args = append(append(args, 8), "EXTERNAL"...)
	args = binary.BigEndian.AppendUint32(args, 0)
	args = append(append(args, 5), "en_US"...)
	if err := d.bytes(amqpFrame(amqpStartOK, args), "Start-Ok EXTERNAL"); err != nil {
		return a, err
	}
	method, body, err = d.amqp()
	if errors.Is(err, io.EOF) {
		// So a server refuses a login that does not know the capability above
		// (AMQP 0-9-1 section 2.2.4).
		return Answer{Words: "the server hung up after Start-Ok, which is AMQP's way to refuse a login"}, nil
	}
	if err != nil {
		return a, err
	}
	switch method {
	case amqpTune:
		d.note("server", "Tune")
		return Answer{Accepted: true, Words: "Tune"}, nil
	case amqpClose:
		words := "Close"
		if len(body) > 3 {
			n := min(int(body[2]), len(body)-3)
			words = fmt.Sprintf("Close %d %s", binary.BigEndian.Uint16(body), Plain(string(body[3:3+n])))
		}
		d.note("server", words)
		_ = d.bytes(amqpFrame(amqpCloseOK, nil), "Close-Ok")
		return Answer{Words: words}, nil
	}
	return a, &Error{Wrong, fmt.Sprintf("this is not AMQP 0-9-1: method 0x%08x answers Start-Ok", method)}
}

// Methods of AMQP's class connection.
const (
	amqpStart   = 10<<16 | 10
	amqpStartOK = 10<<16 | 11
	amqpTune    = 10<<16 | 30
	amqpClose   = 10<<16 | 50
	amqpCloseOK = 10<<16 | 51
)

// amqp reads a method frame: octet type, short channel, long size, payload, octet 0xce.
func (d *Dialog) amqp() (method uint32, args []byte, err error) {
	head, err := d.full(7)
	if err != nil {
		return 0, nil, err
	}
	n := int(binary.BigEndian.Uint32(head[3:]))
	if head[0] != 1 || n < 4 || n > maxSaid/2 {
		return 0, nil, &Error{Wrong, fmt.Sprintf("this is not AMQP 0-9-1: the server said %q", Plain(string(head)))}
	}
	body, err := d.full(n + 1)
	if err != nil {
		return 0, nil, err
	}
	return binary.BigEndian.Uint32(body), body[4:n], nil
}

// amqpTable is a table of one field: short name, octet type, value.
func amqpTable(name string, kind byte, value string) []byte {
	field := append(append([]byte{byte(len(name))}, name...), kind)
	field = append(field, value...)
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(field))), field...)
}

func amqpFrame(method uint32, args []byte) []byte {
	b := binary.BigEndian.AppendUint32([]byte{1, 0, 0}, uint32(4+len(args)))
	b = binary.BigEndian.AppendUint32(b, method)
	return append(append(b, args...), 0xce)
}

// redisWhoami asks ACL WHOAMI (Redis 6) and leaves. A server that maps no
// certificate to a user says "default" to everybody.
func redisWhoami(d *Dialog) (a Answer, err error) {
	if err := d.send("ACL WHOAMI"); err != nil {
		return a, err
	}
	line, err := d.line()
	if err != nil {
		return a, err
	}
	a.Words = line
	switch {
	case strings.HasPrefix(line, "$"):
		name, err := d.line()
		if err != nil {
			return a, err
		}
		a = Answer{Seen: &name, Accepted: true, Words: name}
	case strings.HasPrefix(line, "+"):
		name := line[1:]
		a = Answer{Seen: &name, Accepted: true, Words: name}
	case !strings.HasPrefix(line, "-"):
		return a, d.wrong(line)
	}
	_ = d.send("QUIT")
	return a, nil
}
