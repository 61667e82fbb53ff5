package capture_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rechallenge/core/capture"
	"rechallenge/core/protocol"
	"rechallenge/core/trace"
	"rechallenge/core/wire"
	"rechallenge/core/wire/pcap"
)

// readQUIC reads a capture of the lab's HTTP/3: alice, bob who resumes her
// session, and both again on fresh connections; under a key log or none.
func readQUIC(t *testing.T, keylog bool) (*trace.Log, *pcap.Told) {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "quic", "http3.pcapng"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	opt := capture.Options{KeyLog: &wire.KeyLog{}}
	if keylog {
		lines, err := os.ReadFile(filepath.Join("testdata", "quic", "http3.keys"))
		if err != nil {
			t.Fatal(err)
		}
		opt.KeyLog.Write(lines)
	}
	l, told, err := capture.Read(context.Background(), f, opt, nil)
	if err != nil {
		t.Fatal(err)
	}
	return trace.Connections(l.Events()), told
}

// TestQUICWithKeys: everything is read.
func TestQUICWithKeys(t *testing.T) {
	log, told := readQUIC(t, true)
	list := log.Pass(1).Connections
	if len(list) != 4 {
		t.Fatalf("%d connections; %q", len(list), told.Notes)
	}
	for i, want := range []struct {
		handshake protocol.Handshake
		asked     bool
		carries   string
	}{{protocol.Full, true, "alice"}, {protocol.Resumed, false, "alice"}, {protocol.Full, true, "alice"}, {protocol.Full, true, "bob"}} {
		c := list[i]
		if c.Handshake != want.handshake || c.Challenged() != want.asked || !c.ChallengeKnown || !c.LaterKnown || c.IdentityAuthenticated == nil || *c.IdentityAuthenticated != want.carries || !c.AuthenticatedKnown {
			t.Errorf("connection %d: %s, asked %v (known %v), carries %v (known %v), %q", i+1, c.Handshake, c.Challenged(), c.ChallengeKnown, c.IdentityAuthenticated, c.AuthenticatedKnown, c.Wire.Unreadable)
		}
		if c.Wire.QUIC != 1 || c.ServerName != "localhost" || c.ALPN != "h3" || c.Frame == 0 || c.Error != nil {
			t.Errorf("connection %d: QUIC %d, %s, %s, frame %d, %v", i+1, c.Wire.QUIC, c.ServerName, c.ALPN, c.Frame, c.Error)
		}
	}
	if r := list[1].Resumption; r == nil || r.Mechanism != protocol.PSK || r.FromConnection != 1 {
		t.Errorf("connection 2 resumed %+v", r)
	}
	found := false
	for _, m := range log.Pass(1).MessagesOf(list[1]) {
		if m.Name() == "ClientHello" && m.Packet != nil && m.Packet.Type == wire.PacketInitial {
			found = hasField(m.Fields(), "pre_shared_key")
		}
	}
	if !found {
		t.Error("no pre_shared_key inside an Initial packet")
	}
}

func hasField(list []wire.Field, name string) bool {
	return slices.ContainsFunc(list, func(f wire.Field) bool { return f.Name == name || hasField(f.Fields, name) })
}

// TestQUICWithoutKeys: ClientHello and ServerHello are read, the rest is said to
// be unknown.
func TestQUICWithoutKeys(t *testing.T) {
	log, told := readQUIC(t, false)
	list := log.Pass(1).Connections
	if len(list) != 4 {
		t.Fatalf("%d connections; %q", len(list), told.Notes)
	}
	for i, c := range list {
		want := protocol.Full
		if i == 1 {
			want = protocol.Resumed
		}
		if c.Handshake != want || c.ServerName != "localhost" || c.TLSVersion != protocol.TLS13 || c.ChallengeKnown != (i == 1) || c.AuthenticatedKnown || c.IdentityAuthenticated != nil || c.Error != nil {
			t.Errorf("connection %d: %s, %s, asked known %v, carries %v (known %v), %v", i+1, c.Handshake, c.ServerName, c.ChallengeKnown, c.IdentityAuthenticated, c.AuthenticatedKnown, c.Error)
		}
	}
	if r := list[1].Resumption; r == nil || !r.Accepted || r.Mechanism != protocol.PSK {
		t.Errorf("connection 2 resumed %+v", r)
	}
}

// TestQUICMoves: a client that sends from another address with the same
// connection ID is the same connection, and that is said; what has no ID that is
// known is passed over.
func TestQUICMoves(t *testing.T) {
	read := func(name string) []byte {
		text, err := os.ReadFile(filepath.Join("..", "wire", "testdata", "quic", name+".hex"))
		if err != nil {
			t.Fatal(err)
		}
		return unhex(t, strings.ReplaceAll(string(text), "\n", ""))
	}
	at := netip.MustParseAddrPort
	short := append(unhex(t, "41f067a5502a4262b5"), bytes.Repeat([]byte{7}, 40)...)
	other := append([]byte{0x41}, bytes.Repeat([]byte{9}, 48)...)
	var file bytes.Buffer
	chunk := func(n int, from wire.Side, data []byte) wire.Chunk {
		return wire.Chunk{At: time.Duration(n) * time.Millisecond, From: from, Data: data}
	}
	err := pcap.Write(&file, time.Unix(1_700_000_000, 0), []pcap.Conn{
		{UDP: true, Client: at("192.0.2.1:5000"), Server: at("192.0.2.9:4444"), Chunks: []wire.Chunk{chunk(1, wire.Client, read("client-v1")), chunk(2, wire.Server, read("server-v1"))}},
		{UDP: true, Client: at("192.0.2.7:6000"), Server: at("192.0.2.9:4444"), Chunks: []wire.Chunk{chunk(3, wire.Client, short)}},
		{UDP: true, Client: at("192.0.2.8:7000"), Server: at("192.0.2.9:4444"), Chunks: []wire.Chunk{chunk(4, wire.Client, other)}},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	l, _, err := capture.Read(context.Background(), &file, capture.Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	list := trace.Connections(l.Events()).Pass(1).Connections
	if len(list) != 1 || list[0].ServerName != "example.com" || !slices.ContainsFunc(list[0].Wire.Transport, func(s string) bool { return strings.Contains(s, "sends from 192.0.2.7:6000") }) {
		t.Fatalf("%d connections, said %q", len(list), list[0].Wire.Transport)
	}
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
