package wire_test

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rechallenge/core/protocol"
	"rechallenge/core/wire"
)

// vector is a packet of RFC 9001 appendix A or, where it says v2, of RFC 9369
// appendix A. Its client's first destination ID is 8394c8f03e515708.
func vector(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "quic", name+".hex"))
	if err != nil {
		t.Fatal(err)
	}
	return unhex(t, strings.ReplaceAll(string(text), "\n", ""))
}

func feed(d *wire.Decoder, from wire.Side, data ...[]byte) (list []wire.Message) {
	for _, b := range data {
		list = append(list, d.Feed(wire.Chunk{At: 1, From: from, Data: b})...)
	}
	return list
}

// TestQUICVectors: the Initial packets of the RFCs' examples, which need no secret.
func TestQUICVectors(t *testing.T) {
	for _, version := range []string{"v1", "v2"} {
		d := wire.NewDatagrams(nil)
		var s wire.Summary
		var hello, answer *wire.Message
		list := append(feed(d, wire.Client, vector(t, "client-"+version)), feed(d, wire.Server, vector(t, "server-"+version))...)
		for i := range list {
			s.Add(&list[i])
			switch list[i].Type {
			case protocol.TypeClientHello:
				hello = &list[i]
			case protocol.TypeServerHello:
				answer = &list[i]
			}
		}
		if hello == nil || answer == nil || s.ServerName != "example.com" || s.Version != protocol.TLS13 || s.CipherSuite != 0x1301 {
			t.Fatalf("%s: %d messages, server name %q, version %04x", version, len(list), s.ServerName, s.Version)
		}
		if p := hello.Packet; p.Type != wire.PacketInitial || p.Number != 2 || hello.Encrypted || hello.Epoch != 0 {
			t.Errorf("%s: the ClientHello is in %+v", version, *p)
		}
		if p := answer.Packet; p.Type != wire.PacketInitial || p.Number != 1 {
			t.Errorf("%s: the ServerHello is in %+v", version, *p)
		}
		if named := strings.Contains(strings.Join(s.Transport, "\n"), "QUIC version 2"); named != (version == "v2") {
			t.Errorf("%s: said %q", version, s.Transport)
		}
		if list := d.Close(); len(list) != 0 {
			t.Errorf("%s: at the end %d messages", version, len(list))
		}
	}
}

// TestQUICRetry: a Retry whose tag is right is told, and what follows is under
// keys from its source; a wrong one is passed over.
func TestQUICRetry(t *testing.T) {
	for version, retry := range map[string]string{
		"v1": "ff000000010008f067a5502a4262b5746f6b656e04a265ba2eff4d829058fb3f0f2496ba",
		"v2": "cf6b3343cf0008f067a5502a4262b5746f6b656ec8646ce8bfe33952d955543665dcc7b6",
	} {
		d := wire.NewDatagrams(nil)
		feed(d, wire.Client, vector(t, "client-"+version))
		wrong := unhex(t, retry)
		wrong[len(wrong)-1] ^= 1
		if m := feed(d, wire.Server, wrong); len(m) != 1 || !strings.Contains(m[0].Said, "tag is wrong") {
			t.Errorf("%s: of a wrong Retry: %+v", version, m)
		}
		m := feed(d, wire.Server, unhex(t, retry))
		if len(m) != 1 || m[0].Name() != "Retry" || m[0].Packet.Type != wire.PacketRetry {
			t.Errorf("%s: of a Retry: %+v", version, m)
		}
		if strings.Contains(m[0].Said, "token") {
			t.Errorf("%s shows the token", version)
		}
		// Under the old keys nothing is opened any more.
		if m := feed(d, wire.Server, vector(t, "server-"+version)); len(m) != 0 {
			t.Errorf("%s: %d messages under the keys before the Retry", version, len(m))
		}
	}
}

// TestQUICChaCha is RFC 9001 appendix A.5.
func TestQUICChaCha(t *testing.T) {
	secret := unhex(t, "9ac312a7f877468ebe69422748ad00a15443f18203a07d6060f688f30f21632b")
	data := unhex(t, "4cfe4189655e5cd55c41f69080575d7999c25a5bfb")
	n, text, ok := wire.OpenShort(1, 0x1303, secret, data, 654360564-1)
	if !ok || n != 654360564 || hex.EncodeToString(text) != "01" {
		t.Errorf("packet %d, %x, %v", n, text, ok)
	}
	if _, _, ok := wire.OpenShort(1, 0x1303, secret, append(data[:20:20], 0), 654360563); ok {
		t.Error("a changed packet opens")
	}
}

// TestQUICPacketNumber is the example of RFC 9000 appendix A.3, and the edges.
func TestQUICPacketNumber(t *testing.T) {
	for _, x := range []struct {
		largest, sent int64
		bits          int
		want          int64
	}{
		{0xa82f30ea, 0x9b32, 16, 0xa82f9b32},
		{-1, 0, 8, 0},
		{0xfe, 0x00, 8, 0x100},
		{0x100, 0xff, 8, 0xff},
		{1<<62 - 2, 0xff, 8, 1<<62 - 1},
	} {
		if got := wire.PacketNumber(x.largest, x.sent, x.bits); got != x.want {
			t.Errorf("after %x, %x of %d bits is %x, want %x", x.largest, x.sent, x.bits, got, x.want)
		}
	}
}

// TestQUICNegotiation: versions that are offered are named, and what is read in
// none is said.
func TestQUICNegotiation(t *testing.T) {
	d := wire.NewDatagrams(nil)
	feed(d, wire.Client, vector(t, "client-v1"))
	m := feed(d, wire.Server, unhex(t, "ca00000000088394c8f03e51570801ab6b3343cfff00001d1a2a3a4a"))
	if len(m) != 1 || m[0].Packet.Type != wire.PacketNegotiation || m[0].Said != "Version Negotiation: the server offers 2, draft 29, 0x1a2a3a4a (reserved)" {
		t.Fatalf("%+v", m)
	}
	d = wire.NewDatagrams(nil)
	odd := vector(t, "client-v1")
	copy(odd[1:], "Q046")
	if m := feed(d, wire.Client, odd, odd); len(m) != 1 || m[0].Said != "QUIC version 0x51303436, which is not read" {
		t.Fatalf("%+v", m)
	}
}

// TestQUICMiddle: of a connection whose first packet is not there that is said.
func TestQUICMiddle(t *testing.T) {
	d := wire.NewDatagrams(nil)
	m := append(feed(d, wire.Server, vector(t, "server-v1")), d.Close()...)
	if len(m) != 1 || !strings.Contains(m[0].Problem, "first packet is not in the capture") {
		t.Fatalf("%+v", m)
	}
	d = wire.NewDatagrams(nil)
	if m := feed(d, wire.Client, append([]byte{0x41}, make([]byte, 60)...)); len(m) != 1 || !strings.Contains(m[0].Problem, "begins in the middle") {
		t.Fatalf("%+v", m)
	}
}

// FuzzDatagrams: any datagrams give no crash, and a bounded number of messages.
func FuzzDatagrams(f *testing.F) {
	for _, v := range []string{"v1", "v2"} {
		client, server := vector(f, "client-"+v), vector(f, "server-"+v)
		f.Add(client, server, true)
		f.Add(append(client[:len(client):len(client)], server...), server, false)
	}
	f.Fuzz(func(t *testing.T, first, second []byte, answered bool) {
		d := wire.NewDatagrams(nil)
		from := wire.Client
		if answered {
			from = wire.Server
		}
		m := append(feed(d, wire.Client, first), feed(d, from, second, first)...)
		check(t, append(m, d.Close()...), 3*(len(first)+len(second)))
		wire.HasEarlyData(first)
	})
}

// TestQUICMissing: what was acknowledged and not seen, in any order.
func TestQUICMissing(t *testing.T) {
	for _, x := range []struct {
		acked, seen [][2]int64
		want        int64
	}{
		{[][2]int64{{0, 9}}, [][2]int64{{0, 9}}, 0},
		{[][2]int64{{0, 9}}, [][2]int64{{0, 2}, {5, 9}}, 2},
		{[][2]int64{{5, 9}, {0, 2}}, [][2]int64{{9, 9}, {0, 0}, {7, 7}, {8, 8}, {1, 2}, {6, 6}}, 1},
		{[][2]int64{{0, 9}}, [][2]int64{{4, 4}}, 5}, // the capture begins with 4
		{[][2]int64{{0, 9}}, nil, 0},
		{[][2]int64{{3, 3}, {1, 1}, {2, 2}}, [][2]int64{{1, 1}, {3, 3}}, 1},
	} {
		if got := wire.Missing(x.acked, x.seen); got != x.want {
			t.Errorf("acknowledged %v, seen %v: %d are missing, want %d", x.acked, x.seen, got, x.want)
		}
	}
}
