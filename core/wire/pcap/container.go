package pcap

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"time"

	"github.com/klauspost/compress/zstd"
)

// ErrNotCapture is wrapped by the error for what is no capture file at all.
var ErrNotCapture = errors.New("this is neither a pcapng nor a pcap file")

// frame is a packet as a file has it.
type frame struct {
	at   time.Time
	link uint32 // LINKTYPE_ value
	data []byte // valid until the next one
	size int    // bytes on the wire
}

// container is a capture file being read; next ends with io.EOF, or with
// io.ErrUnexpectedEOF where the file is cut off.
type container interface {
	next(*frame) error
}

// maxPacket is the longest packet believed: what a snapshot length can be, and
// more.
const maxPacket = 4 << 20

// wrappings are what a capture comes packed in, by how it begins; nil = named
// only, with what unpacks it.
var wrappings = []struct {
	magic, name, tool string
	open              func(io.Reader) (io.Reader, error)
}{
	{"\x1f\x8b", "gzip", "", func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }},
	{"\x28\xb5\x2f\xfd", "zstd", "", func(r io.Reader) (io.Reader, error) {
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(256<<20))
		if err != nil {
			return nil, err
		}
		return z.IOReadCloser(), nil
	}},
	{"BZh", "bzip2", "", func(r io.Reader) (io.Reader, error) { return bzip2.NewReader(r), nil }},
	{"\x04\x22\x4d\x18", "lz4", "lz4 -d", nil},
	{"\xfd7zXZ\x00", "xz", "xz -d", nil},
	{"PK\x03\x04", "zip", "unzip", nil},
	{"snoop\x00\x00\x00", "a snoop capture", "editcap FILE FILE.pcapng", nil},
	{"GMBU", "a Network Monitor capture", "editcap FILE FILE.pcapng", nil},
	{"RTSS", "a Network Monitor capture", "editcap FILE FILE.pcapng", nil},
	{"TRSNIFF data", "a Sniffer capture", "editcap FILE FILE.pcapng", nil},
	{"XCP\x00", "a NetXRay capture", "editcap FILE FILE.pcapng", nil},
}

// open finds out what a capture is, unpacked where it is packed. secrets gets
// the key log lines that come with it.
func open(r io.Reader, secrets func([]byte)) (container, error) {
	in := bufio.NewReaderSize(r, 1<<16)
	for range 2 { // packed twice is still a capture
		head, _ := in.Peek(12)
		packed := false
		for _, w := range wrappings {
			if !bytes.HasPrefix(head, []byte(w.magic)) {
				continue
			}
			if w.open == nil {
				return nil, fmt.Errorf("read capture: %w: it is %s, which this program does not unpack: %s does", ErrNotCapture, w.name, w.tool)
			}
			z, err := w.open(in)
			if err != nil {
				return nil, fmt.Errorf("read capture: unpack %s: %w", w.name, err)
			}
			in, packed = bufio.NewReaderSize(z, 1<<16), true
			break
		}
		if !packed {
			break
		}
	}
	magic, err := in.Peek(4)
	if err != nil {
		return nil, fmt.Errorf("read capture: %w", ErrNotCapture)
	}
	if binary.LittleEndian.Uint32(magic) == blockSection {
		return &pcapng{in: in, secrets: secrets}, nil
	}
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		if v, ok := variants[order.Uint32(magic)]; ok {
			return newClassic(in, order, v)
		}
	}
	return nil, fmt.Errorf("read capture: %w", ErrNotCapture)
}

// variant is a kind of pcap file.
type variant struct {
	nano   bool
	extra  int // bytes after each packet's header
	header int // bytes after the file's
}

// variants are the kinds of pcap file by their magic number, as Wireshark knows
// them (wiretap/libpcap.c).
var variants = map[uint32]variant{
	0xa1b2c3d4: {},
	0xa1b23c4d: {nano: true},
	0xa1b2cd34: {extra: 8},                        // Alexey Kuznetzov's patches
	0x1c0001ac: {nano: true, extra: 4, header: 4}, // IXIA, hardware
	0x1c0001ab: {nano: true, extra: 4, header: 4}, // and software
}

// classic is a pcap file.
type classic struct {
	in    *bufio.Reader
	order binary.ByteOrder
	variant
	minor uint16
	link  uint32
	buf   []byte
}

func newClassic(in *bufio.Reader, order binary.ByteOrder, v variant) (*classic, error) {
	head := make([]byte, 24+v.header)
	if _, err := io.ReadFull(in, head); err != nil {
		return nil, fmt.Errorf("read capture: the file's header: %w", io.ErrUnexpectedEOF)
	}
	// The link type's upper bits tell the length of a frame check sequence.
	return &classic{in: in, order: order, variant: v, minor: order.Uint16(head[6:]), link: order.Uint32(head[20:]) & 0xffff}, nil
}

func (c *classic) next(f *frame) error {
	var head [24]byte
	if _, err := io.ReadFull(c.in, head[:16+c.extra]); err != nil {
		return err
	}
	fraction := int64(c.order.Uint32(head[4:]))
	if !c.nano {
		fraction *= 1000
	}
	size, whole := c.order.Uint32(head[8:]), c.order.Uint32(head[12:])
	if c.minor < 3 || c.minor == 3 && size > whole {
		size, whole = whole, size // as older libraries wrote it
	}
	if size > maxPacket {
		return fmt.Errorf("a packet of %d bytes can't be", size)
	}
	c.buf = room(c.buf, int(size))
	if _, err := io.ReadFull(c.in, c.buf); err != nil {
		return io.ErrUnexpectedEOF
	}
	*f = frame{at: time.Unix(int64(c.order.Uint32(head[:])), fraction), link: c.link, data: c.buf, size: int(max(size, min(whole, 1<<30)))}
	return nil
}

// room is a slice of that length in the same array where it fits.
func room(b []byte, n int) []byte {
	if cap(b) < n {
		return make([]byte, n, max(n, 2*cap(b)))
	}
	return b[:n]
}

// The blocks of pcapng that matter here (draft-ietf-opsawg-pcapng section 4).
const (
	blockSection   = 0x0a0d0d0a
	blockInterface = 1
	blockPacket    = 2 // obsolete
	blockSimple    = 3
	blockStats     = 5
	blockEnhanced  = 6
	blockSecrets   = 0x0000000a

	byteOrder  = 0x1a2b3c4d
	secretsTLS = 0x544c534b // "TLSK"

	maxBlock = maxSecrets + 1<<16
)

// pcapng is a pcapng file.
type pcapng struct {
	in      *bufio.Reader
	order   binary.ByteOrder
	ports   []port // of this section
	secrets func([]byte)
	dropped uint64 // packets, as the capturing program counted them
	buf     []byte
	kept    int // bytes of secrets
}

// port is an interface.
type port struct {
	link   uint32
	snap   uint32
	units  uint64 // of a timestamp, per second
	offset int64  // seconds
}

func (p *pcapng) next(f *frame) error {
	for {
		kind, body, err := p.block()
		if err != nil {
			return err
		}
		switch kind {
		case blockSection:
			p.ports = nil
		case blockInterface:
			p.port(body)
		case blockStats:
			p.stats(body)
		case blockSecrets:
			p.keylog(body)
		case blockEnhanced:
			if len(body) < 20 {
				return errors.New("a packet block is too short")
			}
			if p.packet(f, p.order.Uint32(body), p.order.Uint32(body[4:]), p.order.Uint32(body[8:]), p.order.Uint32(body[12:]), p.order.Uint32(body[16:]), body[20:]) {
				return nil
			}
		case blockPacket:
			if len(body) < 20 {
				return errors.New("a packet block is too short")
			}
			if n := p.order.Uint16(body[2:]); n != 0xffff {
				p.dropped += uint64(n)
			}
			if p.packet(f, uint32(p.order.Uint16(body)), p.order.Uint32(body[4:]), p.order.Uint32(body[8:]), p.order.Uint32(body[12:]), p.order.Uint32(body[16:]), body[20:]) {
				return nil
			}
		case blockSimple:
			if len(body) < 4 || len(p.ports) == 0 {
				return errors.New("a packet block without an interface")
			}
			size := p.order.Uint32(body)
			held := min(size, uint32(len(body)-4))
			if snap := p.ports[0].snap; snap > 0 {
				held = min(held, snap)
			}
			// It has no time: that of the packet before it stays.
			*f = frame{at: f.at, link: p.ports[0].link, data: body[4 : 4+held], size: int(max(held, min(size, 1<<30)))}
			return nil
		}
	}
}

// block reads the next one; its body is valid until the one after.
func (p *pcapng) block() (kind uint32, body []byte, err error) {
	var head [12]byte
	if _, err := io.ReadFull(p.in, head[:8]); err != nil {
		return 0, nil, err
	}
	if kind = binary.LittleEndian.Uint32(head[:]); kind == blockSection { // reads the same in both orders
		if _, err := io.ReadFull(p.in, head[8:]); err != nil {
			return 0, nil, io.ErrUnexpectedEOF
		}
		p.order = binary.BigEndian
		if binary.LittleEndian.Uint32(head[8:]) == byteOrder {
			p.order = binary.LittleEndian
		} else if binary.BigEndian.Uint32(head[8:]) != byteOrder {
			return 0, nil, errors.New("a section has no byte order")
		}
	}
	read := 8
	if kind == blockSection {
		read = 12
	} else {
		kind = p.order.Uint32(head[:])
	}
	size := int64(p.order.Uint32(head[4:]))
	if size < int64(read)+4 || size%4 != 0 {
		return 0, nil, fmt.Errorf("a block of %d bytes can't be", size)
	}
	rest := size - int64(read)
	if size > maxBlock {
		if kind == blockEnhanced || kind == blockPacket || kind == blockSimple {
			return 0, nil, fmt.Errorf("a packet of %d bytes can't be", size)
		}
		if _, err := io.CopyN(io.Discard, p.in, rest); err != nil {
			return 0, nil, io.ErrUnexpectedEOF
		}
		return 0, nil, nil
	}
	if int(rest) > cap(p.buf) {
		// Room grows with what is there, not with what a length says.
		b := bytes.NewBuffer(p.buf[:0])
		if n, err := io.CopyN(b, p.in, rest); err != nil || n < rest {
			return 0, nil, io.ErrUnexpectedEOF
		}
		p.buf = b.Bytes()
	} else {
		p.buf = p.buf[:rest]
		if _, err := io.ReadFull(p.in, p.buf); err != nil {
			return 0, nil, io.ErrUnexpectedEOF
		}
	}
	return kind, p.buf[:rest-4], nil
}

// options hands each option of a block to see.
func (p *pcapng) options(b []byte, see func(code uint16, value []byte)) {
	for len(b) >= 4 {
		code, n := p.order.Uint16(b), int(p.order.Uint16(b[2:]))
		if code == 0 || 4+n > len(b) {
			return
		}
		see(code, b[4:4+n])
		b = b[min(4+(n+3)&^3, len(b)):]
	}
}

func (p *pcapng) port(body []byte) {
	if len(body) < 8 {
		return
	}
	x := port{link: uint32(p.order.Uint16(body)), snap: p.order.Uint32(body[4:]), units: 1e6}
	p.options(body[8:], func(code uint16, value []byte) {
		switch {
		case code == 9 && len(value) == 1 && value[0]&0x80 != 0 && value[0]&0x7f < 64: // if_tsresol
			x.units = 1 << (value[0] & 0x7f)
		case code == 9 && len(value) == 1 && value[0] < 20:
			x.units = 1
			for range value[0] {
				x.units *= 10
			}
		case code == 14 && len(value) == 8: // if_tsoffset
			x.offset = int64(p.order.Uint64(value))
		}
	})
	if len(p.ports) < 1<<16 {
		p.ports = append(p.ports, x)
	}
}

// packet is one of an interface; false = of one that is not there.
func (p *pcapng) packet(f *frame, of, high, low, held, size uint32, data []byte) bool {
	if int64(of) >= int64(len(p.ports)) {
		return false
	}
	x := &p.ports[of]
	stamp := uint64(high)<<32 | uint64(low)
	seconds, rest := stamp/x.units, stamp%x.units
	hi, lo := bits.Mul64(rest, 1e9)
	nanos, _ := bits.Div64(hi, lo, x.units)
	const most = 1 << 40 // seconds; any year that can be written is nearer
	at := time.Unix(int64(min(seconds, most))+max(min(x.offset, most), -most), int64(nanos))
	held = min(held, uint32(len(data)))
	*f = frame{at: at, link: x.link, data: data[:held], size: int(max(held, min(size, 1<<30)))}
	return true
}

// stats counts what the capturing program dropped.
func (p *pcapng) stats(body []byte) {
	if len(body) < 12 {
		return
	}
	p.options(body[12:], func(code uint16, value []byte) {
		if (code == 5 || code == 7) && len(value) == 8 { // isb_ifdrop, isb_osdrop
			if n := p.order.Uint64(value); n < 1<<40 {
				p.dropped += n
			}
		}
	})
}

// keylog takes the key log out of a Decryption Secrets Block: type, length, data.
func (p *pcapng) keylog(body []byte) {
	if len(body) < 8 || p.order.Uint32(body) != secretsTLS {
		return
	}
	n := int64(p.order.Uint32(body[4:]))
	if n > int64(len(body)-8) || p.kept+int(n) > maxSecrets || p.secrets == nil {
		return
	}
	p.kept += int(n)
	p.secrets(bytes.Clone(body[8 : 8+n]))
}
