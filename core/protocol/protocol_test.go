package protocol_test

import (
	"testing"

	"rechallenge/core/protocol"
)

func TestVersions(t *testing.T) {
	for _, test := range []struct {
		number     uint16
		text, name string
	}{
		{protocol.TLS10, "1.0", "TLS 1.0"},
		{protocol.TLS13, "1.3", "TLS 1.3"},
		{protocol.SSL30, "0x0300", "SSL 3.0"},
		{0x7f1c, "0x7f1c", "TLS 1.3 draft 28"},
		{0, "", "0x0000"},
	} {
		if got := protocol.VersionText(test.number); got != test.text {
			t.Errorf("text of 0x%04x: %q, want %q", test.number, got, test.text)
		}
		if got := protocol.VersionName(test.number); got != test.name {
			t.Errorf("name of 0x%04x: %q, want %q", test.number, got, test.name)
		}
	}
	for _, text := range protocol.VersionTexts() {
		number, ok := protocol.VersionNumber(text)
		if !ok || protocol.VersionText(number) != text {
			t.Errorf("%s: number 0x%04x, %v", text, number, ok)
		}
	}
	if n, ok := protocol.VersionNumber("1.4"); ok {
		t.Errorf("1.4 is version 0x%04x", n)
	}
}

// Of a hello that breaks off what came before is known, and that it broke off.
func TestHelloBreaksOff(t *testing.T) {
	body := []byte{3, 3}
	body = append(body, make([]byte, 32)...)
	body = append(body, 2, 7, 8)           // session ID
	body = append(body, 0, 2, 0x13, 1)     // cipher suites
	body = append(body, 1, 0)              // compression
	body = append(body, 0, 8, 0, 43, 0, 4) // extensions: supported_versions ...
	body = append(body, 3, 3, 3, 4)        // ... with the length of its list wrong
	h, list := protocol.ReadClientHello(body, nil)
	if !h.Whole || len(list) != 1 || list[0].ID != protocol.ExtensionSupportedVersions || string(body[list[0].Offset:]) != string(list[0].Data) {
		t.Errorf("whole: %+v %+v", h, list)
	}
	for n := range body {
		h, _ := protocol.ReadClientHello(body[:n], nil)
		if want := n == 43; h.Whole != want { // no extensions at all is whole
			t.Errorf("%d bytes: whole %v, want %v", n, h.Whole, want)
		}
		if want := n >= 37; (len(h.SessionID) == 2) != want {
			t.Errorf("%d bytes: session ID %x", n, h.SessionID)
		}
	}
}

func FuzzHello(f *testing.F) {
	f.Add([]byte{3, 3, 0, 0})
	f.Fuzz(func(t *testing.T, body []byte) {
		var room protocol.Room
		_, list := protocol.ReadClientHello(body, room[:0])
		for _, e := range list {
			if string(body[e.Offset:e.Offset+len(e.Data)]) != string(e.Data) {
				t.Fatalf("extension %d doesn't lie at %d", e.ID, e.Offset)
			}
			protocol.ALPN(e.Data)
			protocol.ServerName(e.Data)
			ids, _ := protocol.PSKIdentities(e)
			for _, at := range ids {
				_ = body[at.Offset : at.Offset+at.Length]
			}
		}
		protocol.ReadServerHello(body)
		for _, v := range []uint16{protocol.TLS12, protocol.TLS13} {
			if at, _, ok := protocol.ReadTicket(body, v); ok {
				_ = body[at.Offset : at.Offset+at.Length]
			}
		}
	})
}
