package pcap_test

import (
	"bytes"
	"testing"

	"rechallenge/core/wire"
	"rechallenge/core/wire/pcap"
)

// FuzzKeyLog: whatever is in a key log file, its text is no longer than the
// file allows, and reading it ends.
func FuzzKeyLog(f *testing.F) {
	f.Add([]byte("\xef\xbb\xbfCLIENT_RANDOM 00 11\n"))
	f.Add([]byte("\xff\xfeC\x00 \x000\x000\x00 \x001\x001\x00"))
	f.Add([]byte("RSA Session-ID:00 Master-Key:11\nPMS_CLIENT_RANDOM 00 11\nRSA 0011223344556677 00"))
	f.Add([]byte("\x1f\x8b\x08\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		text, err := pcap.KeyLogText(bytes.NewReader(data), 1<<20)
		if err != nil {
			return
		}
		if len(text) > 3<<20 {
			t.Fatalf("%d bytes of text", len(text))
		}
		keys := &wire.KeyLog{}
		keys.Write(text)
		keys.Lines()
	})
}

// FuzzFinder: whatever comes before TLS, what is told is no more than what came.
func FuzzFinder(f *testing.F) {
	f.Add([]byte("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n\x16\x03\x01\x00\x31\x01\x00\x00\x2d\x03\x03"), uint8(7))
	f.Add([]byte("\x17\x03\x03\x00\x02ab\x15\x03\x03\x00\x02\x01\x00"), uint8(3))
	f.Fuzz(func(t *testing.T, data []byte, step uint8) {
		var x pcap.Finder
		came, told := 0, 0
		see := func(k wire.Chunk) { told += len(k.Data) }
		for i := 0; len(data) > 0; i++ {
			n := min(len(data), 1+int(step)%40)
			x.Add(pcap.Piece{From: i / 3 % 2, Data: data[:n:n], Lost: i % 5 / 4}, see)
			came += n
			data = data[n:]
		}
		x.End(see)
		if told > came {
			t.Fatalf("%d bytes of %d", told, came)
		}
	})
}
