// Package pcap puts captured connections into pcapng files and takes them out
// of pcapng and pcap files, whoever made those. It knows TCP and what frames
// it, and of TLS only how it begins; the bytes go to package wire. It opens no
// file. The containers and headers are read by code of its own: gopacket's
// readers keep neither the secrets nor the drop counts, and refuse minor versions;
// its layers name many link types without reading them. What is written is made
// with gopacket.
package pcap

import (
	"net/netip"
	"time"

	"rechallenge/core/wire"
)

// Conn is one TCP connection, or a QUIC one.
type Conn struct {
	UDP            bool // it is QUIC: each chunk is a datagram
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

// Limits of what is read. Memory is bounded by what waits in the connections that
// are open (stream.go), not by the file.
const (
	maxFile    = 1 << 40  // bytes read
	maxPackets = 1 << 31  // packets read
	maxStreams = 200_000  // TCP connections remembered at once
	maxSecrets = 64 << 20 // bytes of key log
)
