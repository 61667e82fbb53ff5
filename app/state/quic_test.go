package state_test

import (
	"testing"

	"rechallenge/app/state"
	"rechallenge/core/protocol"
	"rechallenge/core/wire"
)

// TestWithin: of QUIC the packet is named, over TCP nothing is added.
func TestWithin(t *testing.T) {
	hello := wire.Message{Content: wire.Handshake, Type: protocol.TypeClientHello, Raw: make([]byte, 40)}
	if got := state.Within(&hello); got != "ClientHello" {
		t.Errorf("over TCP: %q", got)
	}
	hello.Packet = &wire.Packet{Type: wire.PacketInitial, Number: 1}
	if got := state.Within(&hello); got != "ClientHello (Initial packet 1)" {
		t.Errorf("over QUIC: %q", got)
	}
	said := wire.Message{Content: wire.Transport, Said: "Retry: the server wants the client's address proved first", Packet: &wire.Packet{Type: wire.PacketRetry, Number: -1}}
	if got := state.Within(&said); got != said.Said {
		t.Errorf("%q", got)
	}
}
