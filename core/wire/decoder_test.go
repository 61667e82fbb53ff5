package wire_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"rechallenge/core/wire"
)

// TestProblems: what can't be read is said, with the reason, and once.
func TestProblems(t *testing.T) {
	flow := readFlow(t, "go-1.3")
	chunks := flow.Connections[0]
	record := func(kind byte, payload string) []byte {
		return append([]byte{kind, 3, 3, byte(len(payload) >> 8), byte(len(payload))}, payload...)
	}
	one := func(from wire.Side, data []byte) []wire.Chunk { return []wire.Chunk{{At: 1, From: from, Data: data}} }
	cases := []struct {
		name   string
		chunks []wire.Chunk
		want   string
	}{
		{"not TLS", one(wire.Server, []byte("HTTP/1.1 400 Bad Request\r\n\r\n")), "this is not TLS"},
		{"record too long", one(wire.Server, []byte{22, 3, 3, 0xff, 0xff, 0}), "a record of 65535 bytes is more than TLS allows (18432)"},
		{"message of 16 MiB", one(wire.Server, record(22, "\x0b\xff\xff\xff")), "the connection ended inside a handshake message: 4 bytes left"},
		{"ends inside a record", one(wire.Client, []byte{22, 3, 1, 0, 50, 1}), "the connection ended inside a record: 6 bytes left"},
		{"ends inside a message", one(wire.Client, record(22, "\x01\x00\x00\x20abc")), "the connection ended inside a handshake message: 7 bytes left"},
		{"alert of three bytes", one(wire.Server, record(21, "\x02\x28\x00")), "an alert of 3 bytes"},
		{"application data in clear", one(wire.Client, record(23, "hello")), "cannot decrypt: no keys were agreed on when this was sent"},
		{"bytes lost", []wire.Chunk{chunks[0], {At: 2, From: wire.Server, Data: chunks[1].Data, Lost: 77}}, "the capture lacks 77 bytes that the server sent here"},
		{"no key log", chunks, "cannot decrypt: no secret for this connection is in the key log"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			n := 0
			for _, m := range decode(nil, c.chunks) {
				if m.Problem == c.want {
					n++
				}
			}
			if n == 0 || n > 4 {
				t.Errorf("%d messages say %q:\n%s", n, c.want, said(decode(nil, c.chunks)))
			}
		})
	}
}

func said(list []wire.Message) string {
	var b strings.Builder
	for _, m := range list {
		fmt.Fprintf(&b, "%s %s %q\n", m.From, m.Name(), m.Problem)
	}
	return b.String()
}

// TestWrongKeys: a key log of another session is no reason to show nonsense.
func TestWrongKeys(t *testing.T) {
	for _, name := range flowNames(t) {
		flow := readFlow(t, name)
		wrong := &wire.KeyLog{}
		for line := range strings.Lines(string(flow.KeyLog)) {
			w := strings.Fields(line)
			fmt.Fprintf(wrong, "%s %s %s\n", w[0], w[1], strings.Repeat("5a", len(w[2])/2))
		}
		for i, chunks := range flow.Connections {
			for _, m := range decode(wrong, chunks) {
				if m.Encrypted && m.Raw != nil && m.Content != wire.ChangeCipherSpec {
					t.Errorf("%s, connection %d: %s was decrypted with the wrong keys", name, i+1, m.Name())
				}
			}
		}
	}
}

// TestEndlessUnreadable: a long transfer that can't be decrypted does not make
// a message of every record.
func TestEndlessUnreadable(t *testing.T) {
	flow := readFlow(t, "go-1.3")
	d := wire.NewDecoder(nil)
	n := len(d.Feed(flow.Connections[0]...))
	record := append([]byte{23, 3, 3, 0x40, 0x00}, make([]byte, 0x4000)...)
	for range 5000 {
		n += len(d.Feed(wire.Chunk{At: time.Second, From: wire.Server, Data: record}))
	}
	rest := d.Close()
	if n+len(rest) > 100 {
		t.Errorf("%d messages", n+len(rest))
	}
	if !strings.Contains(said(rest), "more records could not be read") {
		t.Errorf("nobody says how many:\n%s", said(rest))
	}
}

// TestKeyLogFile: what other programs write into a key log file is taken or
// passed over.
func TestKeyLogFile(t *testing.T) {
	k := &wire.KeyLog{}
	fmt.Fprint(k, "# a comment\r\n\nCLIENT_RANDOM 0011 aabb\r\nRSA 00 zz\nSERVER_TRAFFIC_SECRET_0 22 33\nCLIENT_RANDOM 0011 cccc\nnonsense\n")
	if got := k.Secret("CLIENT_RANDOM", []byte{0, 0x11}); !bytes.Equal(got, []byte{0xaa, 0xbb}) {
		t.Errorf("secret %x", got)
	}
	if want := "CLIENT_RANDOM 0011 aabb\nSERVER_TRAFFIC_SECRET_0 22 33\n"; string(k.Lines()) != want {
		t.Errorf("lines %q, want %q", k.Lines(), want)
	}
	for _, f := range []string{"%v", "%+v", "%#v", "%s"} {
		if s := fmt.Sprintf(f, k); strings.Contains(s, "aabb") || strings.Contains(s, "170") {
			t.Errorf("%s prints %q", f, s)
		}
	}
}

// TestCompressedCertificates: each algorithm of RFC 8879, and what is wrong
// with a message that lies about itself.
func TestCompressedCertificates(t *testing.T) {
	flow := readFlow(t, "go-1.3")
	var body []byte
	for _, m := range decode(flow.Keys(), flow.Connections[0]) {
		if m.Name() == "Certificate" && m.From == wire.Server {
			body = m.Raw[4:]
		}
	}
	zipped := unhex(t, deflatedBytes(body))
	var br, zs bytes.Buffer
	w := brotli.NewWriter(&br)
	w.Write(body)
	w.Close()
	z, err := zstd.NewWriter(&zs)
	if err != nil {
		t.Fatal(err)
	}
	z.Write(body)
	z.Close()
	cases := []struct {
		name      string
		algorithm byte
		size      int
		packed    []byte
		want      string
	}{
		{"zlib", 1, len(body), zipped, "cert_data: CN=server"},
		{"brotli", 2, len(body), br.Bytes(), "cert_data: CN=server"},
		{"zstd", 3, len(body), zs.Bytes(), "cert_data: CN=server"},
		{"unknown", 9, len(body), zipped, "algorithm 0x0009 is not known"},
		{"lies", 1, len(body) - 1, zipped, "bytes announced"},
		{"bomb", 1, 1<<24 - 1, zipped, "1048576 at most"},
		{"broken", 1, len(body), zipped[:len(zipped)/2], "compressed certificate: "},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			raw := []byte{0, c.algorithm, byte(c.size >> 16), byte(c.size >> 8), byte(c.size), 0, byte(len(c.packed) >> 8), byte(len(c.packed))}
			raw = append(raw, c.packed...)
			m := wire.Message{From: wire.Server, Content: wire.Handshake, Type: 25, Version: 0x0304, Raw: append([]byte{25, 0, byte(len(raw) >> 8), byte(len(raw))}, raw...)}
			var b bytes.Buffer
			tree(&b, m.Fields(), "")
			if !strings.Contains(b.String(), c.want) {
				t.Errorf("no %q in\n%s", c.want, b.String())
			}
			if err := covers(&m); err != nil {
				t.Error(err)
			}
			var s wire.Summary
			s.Version = 0x0304
			s.Add(&m)
			if ok := strings.HasPrefix(c.want, "cert_data"); ok != (len(s.ServerCertificates) == 2 || len(s.ServerCertificates) == 1) {
				t.Errorf("%d certificates", len(s.ServerCertificates))
			}
		})
	}
}
