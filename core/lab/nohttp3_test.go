package lab_test

import (
	"net"
	"testing"

	"rechallenge/core/lab"
)

// TestNoUDPPort: a server whose UDP port is taken serves over TCP, and says that
// it has no HTTP/3.
func TestNoUDPPort(t *testing.T) {
	taken, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	l, err := lab.New()
	if err != nil {
		t.Fatal(err)
	}
	s, err := l.Start(lab.Behaviour{HTTP3: true}, taken.LocalAddr().(*net.UDPAddr).Port)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if s.NoHTTP3() == nil {
		t.Error("it says that it serves HTTP/3 on a port that is not its own")
	}
	c, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
}
