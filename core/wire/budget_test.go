package wire_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"rechallenge/core/wire"
)

// TestTapBudget: reading ends where a server sends too much, and what came
// until then is kept.
func TestTapBudget(t *testing.T) {
	record := func(n int) []byte { return append([]byte{23, 3, 3, byte(n >> 8), byte(n)}, make([]byte, n)...) }
	for _, test := range []struct {
		name   string
		budget wire.Budget
		send   []byte
		want   string
	}{
		{"within", wire.Budget{Bytes: 1 << 20, Records: 10}, bytes.Repeat(record(100), 10), ""},
		{"no bound", wire.Budget{}, bytes.Repeat(record(0), 100_000), ""},
		{"bytes", wire.Budget{Bytes: 1 << 20}, bytes.Repeat(record(1<<14), 100), "the server sent more than 1 MiB"},
		{"empty records", wire.Budget{Bytes: 1 << 20, Records: 1000}, bytes.Repeat(record(0), 1001), "the server sent more than 1000 TLS records"},
	} {
		t.Run(test.name, func(t *testing.T) {
			client, server := net.Pipe()
			defer client.Close()
			go func() {
				defer server.Close()
				for in := test.send; len(in) > 0; in = in[min(777, len(in)):] {
					if _, err := server.Write(in[:min(777, len(in))]); err != nil {
						return
					}
				}
			}()
			var c wire.Capture
			c.Limit(test.budget)
			n, err := io.Copy(io.Discard, c.Tap(client, func() time.Duration { return 0 }))
			var over *wire.TooMuch
			if got := errors.As(err, &over); got != (test.want != "") || got && over.Error() != test.want {
				t.Errorf("after %d bytes: %v, not %q", n, err, test.want)
			}
			kept := 0
			for _, chunk := range c.Chunks(0) {
				kept += len(chunk.Data)
			}
			if int64(kept) != n {
				t.Errorf("%d bytes were read, %d are kept", n, kept)
			}
			if again := c.TooMuch(); (again != nil) != (test.want != "") {
				t.Errorf("later it says %v", again)
			}
			c.Limit(test.budget)
			if c.TooMuch() != nil {
				t.Error("a new budget begins where the old one ended")
			}
		})
	}
}

// TestDecoderBudget: of a flood as many messages are told as the budget has
// room for, then one that says so, and nothing more.
func TestDecoderBudget(t *testing.T) {
	handshake := func(kind byte, n int) []byte {
		return append([]byte{kind, 0, byte(n >> 8), byte(n)}, make([]byte, n)...)
	}
	record := func(content byte, p []byte) []byte {
		return append([]byte{content, 3, 3, byte(len(p) >> 8), byte(len(p))}, p...)
	}
	for _, test := range []struct {
		name string
		send []byte
		from wire.Side
		want string
	}{
		{"HelloRequest, many in a record", bytes.Repeat(record(22, bytes.Repeat(handshake(0, 0), 4000)), 100), wire.Server, "the server sent more than 128 messages HelloRequest"},
		{"NewSessionTicket", bytes.Repeat(record(22, handshake(4, 30)), 5000), wire.Server, "the server sent more than 128 messages NewSessionTicket"},
		{"KeyUpdate of the client", bytes.Repeat(record(22, handshake(24, 1)), 5000), wire.Client, "the server caused more than 128 messages KeyUpdate from the client"},
		{"warnings", bytes.Repeat(record(21, []byte{1, 112}), 5000), wire.Server, "the server sent more than 128 messages Alert unrecognized_name"},
		{"ChangeCipherSpec", bytes.Repeat(record(20, []byte{1}), 5000), wire.Server, "the server sent more than 128 messages ChangeCipherSpec"},
		{"large messages", bytes.Repeat(record(22, handshake(11, 16000)), 100), wire.Server, "the server sent more than 512 KiB of handshake messages"},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := wire.NewDecoder(nil)
			d.Limit(wire.Usual)
			d.Owner(1)
			list := append(d.Feed(wire.Chunk{From: test.from, Data: test.send}), d.Close()...)
			if len(list) > wire.Usual.Same+1 || len(list) < 10 {
				t.Fatalf("%d messages", len(list))
			}
			if last := list[len(list)-1]; !strings.HasPrefix(last.Problem, test.want+": ") {
				t.Errorf("it ends with %q, not %q", last.Problem, test.want)
			}
			if over := d.TooMuch(); over == nil || over.Error() != test.want {
				t.Errorf("it says %v", over)
			}
		})
	}
	t.Run("application data", func(t *testing.T) {
		d := wire.NewDecoder(nil)
		d.Limit(wire.Budget{Told: 3})
		var list []wire.Message
		for i := range 5 {
			list = append(list, d.Feed(wire.Chunk{From: wire.Server, At: time.Duration(i), Data: record(24, make([]byte, 7))})...)
		}
		if len(list) != 5 {
			t.Errorf("%d heartbeats are told of 5", len(list))
		}
	})
}
