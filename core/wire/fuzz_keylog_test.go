package wire_test

import (
	"bytes"
	"testing"

	"rechallenge/core/wire"
)

// FuzzKeyLog: whatever stands in a key log's text, what is kept of it says the
// same when it is read again, and takes no more room than the text.
func FuzzKeyLog(f *testing.F) {
	for _, text := range []string{
		"CLIENT_RANDOM 0000000000000000000000000000000000000000000000000000000000000001 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n",
		"# comment\r\n\ufeffSERVER_TRAFFIC_SECRET_0 00 11\n", "RSA Session-ID:00 Master-Key:11\n", "RSA 0011 2233\n", "\x00\xff CLIENT_RANDOM", "CLIENT_RANDOM " + string(bytes.Repeat([]byte("0"), 5000)) + " 11",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		k := &wire.KeyLog{}
		k.Write(text)
		lines := k.Lines()
		if len(lines) > 8*len(text)+200 {
			t.Fatalf("%d bytes of lines out of %d", len(lines), len(text))
		}
		again := &wire.KeyLog{}
		again.Write(lines)
		if got := again.Lines(); !bytes.Equal(got, lines) {
			t.Fatalf("%q became %q", lines, got)
		}
	})
}

// FuzzBudget: however a flood is cut, what is told of it stays within the budget.
func FuzzBudget(f *testing.F) {
	f.Add([]byte{22, 3, 3, 0, 4, 0, 0, 0, 0}, uint16(400))
	f.Add([]byte{23, 3, 3, 0, 0}, uint16(2000))
	f.Add([]byte{21, 3, 3, 0, 2, 1, 0, 20, 3, 3, 0, 1, 1}, uint16(900))
	f.Fuzz(func(t *testing.T, piece []byte, times uint16) {
		d := wire.NewDecoder(nil)
		d.Limit(wire.Usual)
		d.Owner(1)
		n := 0
		see := func(*wire.Message) { n++ }
		for range min(int(times), 4000) {
			d.FeedTo(see, wire.Chunk{From: wire.Server, Data: piece})
		}
		d.CloseTo(see)
		if n > 2*(40*wire.Usual.Same+wire.Usual.Told) {
			t.Fatalf("%d messages", n)
		}
	})
}
