package gotls

import (
	"errors"
	"net"
	"testing"

	"rechallenge/core/protocol"
)

// A ClientHello without the session ID that was meant must not leave.
func TestAssertion(t *testing.T) {
	hello := make([]byte, 5+4+2+32+1+32)
	hello[0], hello[4], hello[5], hello[8], hello[43] = 22, 4+2+32+1+32, byte(protocol.TypeClientHello), 2+32+1+32, 32
	for _, test := range []struct {
		expect []byte
		want   error
	}{
		{nil, nil},
		{make([]byte, 32), nil},
		{append(make([]byte, 31), 1), errNotOffered},
	} {
		client, server := net.Pipe()
		got := make(chan int, 1)
		go func() {
			n, _ := server.Read(make([]byte, 256))
			got <- n
		}()
		_, err := (&sniffer{Conn: client, expect: test.expect}).Write(hello)
		client.Close()
		if sent := <-got > 0; !errors.Is(err, test.want) || sent != (test.want == nil) {
			t.Errorf("expecting %x: error %v, sent %v", test.expect, err, sent)
		}
		server.Close()
	}
}

// A server may begin with a warning; anything else than handshake messages ends
// what is in the clear.
func TestWarningFirst(t *testing.T) {
	hello := []byte{22, 3, 3, 0, 4, byte(protocol.TypeServerHello), 0, 0, 0}
	for _, test := range []struct {
		name  string
		first []byte
		seen  int
	}{
		{"nothing", nil, 1},
		{"a warning", []byte{21, 3, 3, 0, 2, 1, 112}, 1},
		{"a fatal alert", []byte{21, 3, 3, 0, 2, 2, 40}, 0},
		{"ChangeCipherSpec", []byte{20, 3, 3, 0, 1, 1}, 0},
	} {
		for step := 1; step <= 16; step += 15 {
			var fl flight
			seen := 0
			for data := append(test.first, hello...); len(data) > 0; data = data[min(step, len(data)):] {
				fl.feed(data[:min(step, len(data))], func(protocol.HandshakeType, []byte) { seen++ })
			}
			if seen != test.seen {
				t.Errorf("%s first, %d bytes at a time: %d messages, want %d", test.name, step, seen, test.seen)
			}
		}
	}
}

func FuzzSniffer(f *testing.F) {
	f.Add([]byte{22, 3, 3, 0, 8, 2, 0, 0, 4, 3, 3, 0, 0}, 3)
	f.Add([]byte{22, 3, 3, 0, 8, 4, 0, 0, 4, 0, 0, 1, 0, 20, 3, 3, 0, 1, 1}, 1)
	f.Fuzz(func(t *testing.T, data []byte, step int) {
		if step <= 0 {
			step = 1
		}
		var fl flight
		for len(data) > 0 {
			n := min(step, len(data))
			fl.feed(data[:n], func(kind protocol.HandshakeType, body []byte) {
				if kind == protocol.TypeClientHello {
					new(helloMessage).readClient(body, nil)
				} else {
					new(helloMessage).readServer(body)
				}
			})
			data = data[n:]
			if fl.records.Begun() > maxRecord+step || len(fl.message) > maxHandshake+maxRecord {
				t.Fatalf("keeps %d and %d bytes", fl.records.Begun(), len(fl.message))
			}
		}
	})
}

func FuzzState(f *testing.F) {
	state := idState{version: protocol.TLS12, suite: 0xc02f, master: make([]byte, 48)}
	data, _ := state.bytes()
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		if h, ok := readStateHead(data); ok {
			pskLifetime(data, h.created)
			notAfter(h.leaf)
		}
	})
}
