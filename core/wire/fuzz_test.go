package wire_test

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"rechallenge/core/protocol"
	"rechallenge/core/wire"
	"rechallenge/core/wire/wiretest"
)

// mostMessages bounds what a decoder may make of its input: an alert of two
// bytes is the smallest message.
func mostMessages(bytes int) int { return bytes/2 + 64 }

// check uses messages in every way that the program does.
func check(t *testing.T, messages []wire.Message, input int) {
	t.Helper()
	if len(messages) > mostMessages(input) {
		t.Fatalf("%d messages from %d bytes", len(messages), input)
	}
	var s wire.Summary
	for i := range messages {
		m := &messages[i]
		if m.Flight == 0 || m.Length < 0 {
			t.Fatalf("%s: flight %d, length %d", m.Name(), m.Flight, m.Length)
		}
		if err := covers(m); err != nil {
			t.Fatalf("%s: %v", m.Name(), err)
		}
		for _, k := range m.Masked {
			if len(bytes.Trim(m.Raw[k.Offset:k.Offset+k.Length], "\x00")) > 0 {
				t.Fatalf("%s shows what is masked", m.Name())
			}
		}
		s.Add(m)
	}
}

// FuzzRecords: any bytes from either side, cut anywhere, give no crash and the
// same messages as uncut.
func FuzzRecords(f *testing.F) {
	for _, name := range flowNames(f) {
		flow := readFlow(f, name)
		for _, chunks := range flow.Connections {
			var in []byte
			for _, c := range chunks {
				in = append(in, byte(c.From))
				in = binary.BigEndian.AppendUint16(in, uint16(min(len(c.Data), 65535)))
				in = append(in, c.Data[:min(len(c.Data), 65535)]...)
			}
			f.Add(in, uint16(7))
		}
	}
	f.Fuzz(func(t *testing.T, in []byte, size uint16) {
		var chunks, cut []wire.Chunk
		for n := 1; len(in) >= 3; n++ {
			side, k := wire.Side(in[0]&1), int(binary.BigEndian.Uint16(in[1:]))
			in = in[3:]
			data := in[:min(k, len(in))]
			in = in[len(data):]
			c := wire.Chunk{At: time.Duration(n), From: side, Data: data}
			chunks = append(chunks, c)
			for step := int(size) + 1; len(c.Data) > step; c.Data = c.Data[step:] {
				cut = append(cut, wire.Chunk{At: c.At, From: side, Data: c.Data[:step]})
			}
			cut = append(cut, c)
		}
		total := 0
		for _, c := range chunks {
			total += len(c.Data)
		}
		whole, pieces := decode(nil, chunks), decode(nil, cut)
		check(t, whole, total)
		if len(whole) != len(pieces) {
			t.Fatalf("%d messages uncut, %d in pieces of %d", len(whole), len(pieces), int(size)+1)
		}
	})
}

// FuzzMessages: any body of any handshake message, alert or extension.
func FuzzMessages(f *testing.F) {
	seen := map[string]int{}
	for _, name := range flowNames(f) {
		flow := readFlow(f, name)
		keys := flow.Keys()
		for _, chunks := range flow.Connections {
			for _, m := range decode(keys, chunks) {
				if m.Content == wire.Handshake && len(m.Raw) >= 4 {
					if seen[m.Name()]++; seen[m.Name()] <= 4 {
						f.Add(uint8(m.Type), uint8(m.From), m.Version, m.CipherSuite, m.Raw[4:])
					}
				}
			}
		}
	}
	for _, m := range rare {
		f.Add(m.kind, uint8(m.from), m.version, m.suite, unhex(f, m.body))
	}
	f.Fuzz(func(t *testing.T, kind, from uint8, version, suite uint16, body []byte) {
		if len(body) > 1<<16 {
			return
		}
		m := wire.Message{
			From: wire.Side(from & 1), Flight: 1, Content: wire.Handshake, Type: protocol.HandshakeType(kind), Version: version, CipherSuite: suite,
			Raw: append([]byte{kind, byte(len(body) >> 16), byte(len(body) >> 8), byte(len(body))}, body...),
		}
		m.Length = len(m.Raw)
		check(t, []wire.Message{m}, len(m.Raw))
		// And on its way through the decoder, which masks.
		if len(m.Raw) <= 16384 {
			check(t, decode(nil, []wire.Chunk{{At: 1, From: m.From, Data: record22(m.Raw)}}), len(m.Raw)+5)
		}
	})
}

// FuzzDecryptor: recorded flows with their keys, other suites and broken bytes.
func FuzzDecryptor(f *testing.F) {
	var list []*wiretest.Flow
	for _, name := range flowNames(f) {
		list = append(list, readFlow(f, name))
	}
	for i := range list {
		f.Add(uint8(i), uint8(0), uint16(0), []byte{0, 0, 0})
		f.Add(uint8(i), uint8(1), uint16(0xc009), []byte{1, 40, 0x80})
		f.Add(uint8(i), uint8(0), uint16(0x1305), []byte{9, 200, 1, 3, 90, 0xff})
	}
	f.Fuzz(func(t *testing.T, which, connection uint8, suite uint16, changes []byte) {
		flow := list[int(which)%len(list)]
		chunks := flow.Connections[int(connection)%len(flow.Connections)]
		total := 0
		var changed []wire.Chunk
		for _, c := range chunks {
			c.Data = bytes.Clone(c.Data)
			total += len(c.Data)
			changed = append(changed, c)
		}
		if suite != 0 {
			replaceSuite(changed, suite)
		}
		// Each change is: chunk, position in 256ths of it, bits to flip.
		for ; len(changes) >= 3; changes = changes[3:] {
			data := changed[int(changes[0])%len(changed)].Data
			if len(data) > 0 {
				data[int(changes[1])*(len(data)-1)/255] ^= changes[2]
			}
		}
		check(t, decode(flow.Keys(), changed), total)
	})
}

// replaceSuite writes another suite into the ServerHello.
func replaceSuite(chunks []wire.Chunk, suite uint16) {
	const session = 5 + 4 + 2 + 32 // where the session ID's length stands
	for _, c := range chunks {
		if c.From == wire.Server && len(c.Data) > session {
			if at := session + 1 + int(c.Data[session]); at+2 <= len(c.Data) {
				binary.BigEndian.PutUint16(c.Data[at:], suite)
			}
			return
		}
	}
}
