package pcap

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"rechallenge/core/wire"
)

// Write writes the connections as pcapng, times counted from start. The bytes
// are as they were captured, of QUIC datagram by datagram; the TCP/IP framing around them (handshake,
// segments, acknowledgements, end) is made up, with the real addresses and
// ports. keylog goes into a Decryption Secrets Block, so that Wireshark shows
// everything decrypted; nil leaves the block out. Such a file is a secret.
func Write(w io.Writer, start time.Time, conns []Conn, keylog []byte) error {
	intf := pcapgo.NgInterface{
		Name: "rechallenge", LinkType: layers.LinkTypeRaw, SnapLength: 0,
		Description: "captured above TCP and UDP: payload and times are real, the framing around them is synthesised",
	}
	out, err := pcapgo.NewNgWriterInterface(w, intf, pcapgo.NgWriterOptions{SectionInfo: pcapgo.NgSectionInfo{Application: "Rechallenge", Hardware: runtime.GOARCH, OS: runtime.GOOS}})
	if err != nil {
		return fmt.Errorf("write pcapng: %w", err)
	}
	if len(keylog) > 0 {
		if err := out.WriteDecryptionSecretsBlock(pcapgo.DSB_SECRETS_TYPE_TLS, keylog); err != nil {
			return fmt.Errorf("write pcapng: %w", err)
		}
	}
	var all []packet
	for i := range conns {
		s, err := newSession(&conns[i], i)
		if err != nil {
			return fmt.Errorf("write pcapng: connection %d: %w", i+1, err)
		}
		all = append(all, s.packets()...)
	}
	slices.SortStableFunc(all, func(a, b packet) int { return int(max(-1, min(1, a.at-b.at))) })
	buf := gopacket.NewSerializeBuffer()
	for i := range all {
		p := &all[i]
		data, err := p.frame(buf)
		if err != nil {
			return fmt.Errorf("write pcapng: %w", err)
		}
		ci := gopacket.CaptureInfo{Timestamp: start.Add(p.at), CaptureLength: len(data), Length: len(data)}
		opt := pcapgo.NgPacketOptions{}
		if p.comment != "" {
			opt.Comments = []string{p.comment}
		}
		if err := out.WritePacketWithOptions(ci, data, opt); err != nil {
			return fmt.Errorf("write pcapng: %w", err)
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write pcapng: %w", err)
	}
	return nil
}

// packet is one that is made when it is written, so that a large capture needs
// no room for all of them.
type packet struct {
	at       time.Duration
	src, dst netip.AddrPort
	seq, ack uint32
	flags    uint8
	mss      int
	udp      bool
	data     []byte
	comment  string
}

// session makes the packets of one connection.
type session struct {
	conn *Conn
	ends [2]end // by wire.Side
	mss  int
	list []packet
}

// end is one end of the connection.
type end struct {
	addr netip.AddrPort
	seq  uint32 // of the next byte
}

// Sizes of headers without options, and of what fits an Ethernet frame.
const (
	mtu      = 1500
	ipv4Size = 20
	ipv6Size = 40
	tcpSize  = 20
)

func newSession(c *Conn, index int) (*session, error) {
	client, server := unmap(c.Client), unmap(c.Server)
	if !client.IsValid() || !server.IsValid() {
		return nil, fmt.Errorf("the addresses %v and %v are not both known", c.Client, c.Server)
	}
	if client.Addr().Is4() != server.Addr().Is4() {
		return nil, fmt.Errorf("%v and %v are of different IP versions", client, server)
	}
	s := &session{conn: c, mss: mtu - ipv4Size - tcpSize}
	if client.Addr().Is6() {
		s.mss = mtu - ipv6Size - tcpSize
	}
	// Numbers of its own per connection, so that a reader keeps them apart
	// where a port was used again.
	s.ends[wire.Client] = end{addr: client, seq: 1000 + uint32(index)<<20}
	s.ends[wire.Server] = end{addr: server, seq: 5000 + uint32(index)<<20}
	return s, nil
}

func unmap(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
}

// packets gives everything that crossed, from SYN to FIN.
func (s *session) packets() []packet {
	opened, closed := s.conn.Opened, s.conn.Closed
	if n := len(s.conn.Chunks); n > 0 {
		first, last := s.conn.Chunks[0].At, s.conn.Chunks[n-1].At
		if opened > first || opened == 0 {
			opened = first
		}
		closed = max(closed, last)
	}
	closed = max(closed, opened)
	if s.conn.UDP {
		return s.datagrams()
	}
	const client, server = wire.Client, wire.Server
	s.send(opened, client, flagSYN, nil)
	s.list[0].comment = s.conn.Name
	s.send(opened, server, flagSYN|flagACK, nil)
	s.send(opened, client, flagACK, nil)
	for i := range s.conn.Chunks {
		c := &s.conn.Chunks[i]
		if c.From != client && c.From != server {
			continue
		}
		s.ends[c.From].seq += uint32(c.Lost)
		for data := c.Data; len(data) > 0; {
			n := min(len(data), s.mss)
			flags := uint8(flagACK)
			if n == len(data) {
				flags |= flagPSH
			}
			s.send(c.At, c.From, flags, data[:n])
			data = data[n:]
		}
	}
	first := client
	if s.conn.ClosedBy == ByServer {
		first = server
	}
	for _, from := range []wire.Side{first, 1 - first} {
		s.send(closed, from, flagFIN|flagACK, nil)
	}
	s.send(closed, first, flagACK, nil)
	return s.list
}

// datagrams gives the UDP packets of a QUIC connection.
func (s *session) datagrams() []packet {
	for i := range s.conn.Chunks {
		c := &s.conn.Chunks[i]
		if c.From > wire.Server || len(c.Data) == 0 {
			continue
		}
		s.list = append(s.list, packet{at: c.At, src: s.ends[c.From].addr, dst: s.ends[1-c.From].addr, udp: true, data: c.Data})
	}
	if len(s.list) > 0 {
		s.list[0].comment = s.conn.Name
	}
	return s.list
}

// send adds one packet.
func (s *session) send(at time.Duration, from wire.Side, flags uint8, data []byte) {
	src, dst := &s.ends[from], &s.ends[1-from]
	p := packet{at: at, src: src.addr, dst: dst.addr, seq: src.seq, flags: flags, mss: s.mss, data: data}
	if flags&flagACK != 0 {
		p.ack = dst.seq
	}
	s.list = append(s.list, p)
	src.seq += uint32(len(data))
	if flags&(flagSYN|flagFIN) != 0 {
		src.seq++
	}
}

// frame makes the packet's bytes, which are valid until buf is used again.
func (p *packet) frame(buf gopacket.SerializeBuffer) ([]byte, error) {
	opt := gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}
	if p.udp {
		udp := layers.UDP{SrcPort: layers.UDPPort(p.src.Port()), DstPort: layers.UDPPort(p.dst.Port())}
		ip, network := headerOf(p.src.Addr(), p.dst.Addr(), layers.IPProtocolUDP)
		if err := udp.SetNetworkLayerForChecksum(network); err != nil {
			return nil, err
		}
		err := gopacket.SerializeLayers(buf, opt, ip, &udp, gopacket.Payload(p.data))
		return buf.Bytes(), err
	}
	tcp := layers.TCP{
		SrcPort: layers.TCPPort(p.src.Port()), DstPort: layers.TCPPort(p.dst.Port()), Seq: p.seq, Ack: p.ack, Window: 65535,
		SYN: p.flags&flagSYN != 0, ACK: p.flags&flagACK != 0, PSH: p.flags&flagPSH != 0, FIN: p.flags&flagFIN != 0,
	}
	if tcp.SYN {
		mss := uint16(p.mss)
		tcp.Options = []layers.TCPOption{{OptionType: layers.TCPOptionKindMSS, OptionLength: 4, OptionData: []byte{byte(mss >> 8), byte(mss)}}}
	}
	ip, network := headerOf(p.src.Addr(), p.dst.Addr(), layers.IPProtocolTCP)
	if err := tcp.SetNetworkLayerForChecksum(network); err != nil {
		return nil, err
	}
	err := gopacket.SerializeLayers(buf, opt, ip, &tcp, gopacket.Payload(p.data))
	return buf.Bytes(), err
}

// headerOf is the IP header of the right version.
func headerOf(src, dst netip.Addr, carries layers.IPProtocol) (gopacket.SerializableLayer, gopacket.NetworkLayer) {
	if src.Is4() {
		ip := &layers.IPv4{Version: 4, TTL: 64, Protocol: carries, Flags: layers.IPv4DontFragment, SrcIP: net.IP(src.AsSlice()), DstIP: net.IP(dst.AsSlice())}
		return ip, ip
	}
	ip := &layers.IPv6{Version: 6, HopLimit: 64, NextHeader: carries, SrcIP: net.IP(src.AsSlice()), DstIP: net.IP(dst.AsSlice())}
	return ip, ip
}
