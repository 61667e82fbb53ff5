// Package hostile is servers and proxies that mean ill: scenarios as values, and
// what they do as functions over a Peer. The program in server plays them, with
// a crypto/tls whose records and handshake messages can be changed: it is built
// from the GOROOT at hand with an overlay (see Overlay). The tests run the
// command line against each. Nothing imports it.
package hostile

import (
	"crypto/tls"
	"io"
	"net"
	"time"
)

// Peer is the client, as a scenario meets it.
type Peer interface {
	// Raw is the connection below TLS.
	Raw() net.Conn
	// TLS shakes hands and gives the connection above; it doesn't come back
	// where that fails.
	TLS() net.Conn
	// Record writes a record of any type under the keys in use, after TLS.
	Record(content byte, data []byte) error
}

// Scenario is one way to mean ill.
type Scenario struct {
	ID      string // stage/what
	Version string // of TLS, where it is possible in one only: "1.2", "1.3"
	ALPN    string // "" = http/1.1
	Proxy   bool   // it plays the proxy
	Serve   func(p Peer)
	// Change is what becomes of a handshake message on its way, nil = nothing.
	Change func(message []byte) [][]byte
	// After is the handshake type after which Then takes over; Flight: once the
	// server waits for the client's answer to its first flight.
	After  byte
	Flight bool
	Then   func(net.Conn)
	// Tune changes the server's configuration, nil = it stays.
	Tune  func(*tls.Config)
	CAs   int // acceptable CAs in its CertificateRequest
	Names string
	// Want are the reasons, any of which must come out for its first connection;
	// "" = none, the connection did what it was asked.
	Want []string
}

// action is what a server does instead of going on.
type action struct {
	name string
	do   func(net.Conn)
	want []string // where it happens before there is an answer
}

// actions are what can be done at every stage.
var actions = []action{
	{"closes", func(c net.Conn) { c.Close() }, []string{"closed", "reset"}},
	{"resets", reset, []string{"reset", "closed"}},
	{"is silent", silence, []string{"timeout"}},
	{"sends a byte now and then", drip, []string{"timeout", "not-tls", "tls-malformed", "internal"}},
	{"floods with zeros", func(c net.Conn) { pour(c, make([]byte, 1<<14)) }, nil},
	{"floods with noise", func(c net.Conn) { pour(c, noise()) }, nil},
}

// reset ends a TCP connection with RST.
func reset(c net.Conn) {
	if t, ok := c.(interface{ SetLinger(int) error }); ok {
		t.SetLinger(0)
	}
	c.Close()
}

// patience is how long a scenario lasts at most, whoever is at the other end.
const patience = 30 * time.Second

// silence waits for the other side to leave.
func silence(c net.Conn) {
	c.SetReadDeadline(time.Now().Add(patience))
	io.Copy(io.Discard, c)
}

// drip sends bytes too slowly to ever come to an end.
func drip(c net.Conn) {
	go silence(c)
	for range 150 {
		if _, err := c.Write([]byte{22}); err != nil {
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// pour writes the same again and again, until the other side has enough.
func pour(w io.Writer, b []byte) {
	for end := time.Now().Add(patience); time.Now().Before(end); {
		if _, err := w.Write(b); err != nil {
			return
		}
	}
}

// noise is bytes without a meaning, the same every time.
func noise() []byte {
	b := make([]byte, 1<<14)
	x := uint32(2463534242)
	for i := range b {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		b[i] = byte(x)
	}
	return b
}

// Hello reads a ClientHello's record off the raw connection.
func Hello(c net.Conn) {
	c.SetReadDeadline(time.Now().Add(patience))
	header := make([]byte, 5)
	if _, err := io.ReadFull(c, header); err == nil {
		io.CopyN(io.Discard, c, int64(header[3])<<8|int64(header[4]))
	}
}

// Request reads a request's head, or what HTTP/2 begins with.
func Request(c net.Conn) {
	c.SetReadDeadline(time.Now().Add(patience))
	b := make([]byte, 4096)
	c.Read(b)
}

// Answer is the ordinary one.
func Answer(c net.Conn) {
	Request(c)
	io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n")
}
