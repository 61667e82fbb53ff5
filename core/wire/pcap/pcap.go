// Package pcap puts captured connections into pcapng files and takes them out
// of pcapng and pcap files, whoever made those. It knows TCP and what frames
// it, and of TLS only how it begins; the bytes go to package wire. It opens no
// file.
package pcap

import (
	"net/netip"
	"time"

	"rechallenge/core/wire"
)

// Conn is one TCP connection.
type Conn struct {
	Client, Server netip.AddrPort
	Name           string        // in words; a comment in the file, "" = none
	Opened, Closed time.Duration // first and last packet, since File.Start
	ClosedBy       ClosedBy
	Chunks         []wire.Chunk // in order of time; At since File.Start
}

// ClosedBy says who ended a connection first.
type ClosedBy string

// The values of ClosedBy; "" = the capture does not show the end.
const (
	ByClient ClosedBy = "client"
	ByServer ClosedBy = "server"
)

// File is what a capture holds of TLS.
type File struct {
	Start  time.Time // of the first packet
	Conns  []Conn    // those that begin with a ClientHello, in order of time; the bytes from there on
	KeyLog []byte    // from the file's own Decryption Secrets Blocks
	Notes  []string  // what was passed over, in words
}

// Limits of what is read.
const (
	maxFile     = 4 << 30   // bytes read, decompressed
	maxPackets  = 20 << 20  // packets read
	maxKept     = 512 << 20 // bytes of payload kept at once
	maxConns    = 100_000   // TCP connections
	maxSecrets  = 64 << 20  // bytes of key log
	maxAhead    = 1 << 20   // bytes of one direction that wait for missing ones
	maxSegments = 4096      // segments of one direction that wait
)
