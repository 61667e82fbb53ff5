package wire

import (
	"fmt"
	"slices"
	"strings"

	"rechallenge/core/protocol"
)

// Frame types (RFC 9000 section 19, RFC 9221 section 4).
const (
	framePadding            = 0x00
	framePing               = 0x01
	frameACK                = 0x02
	frameACKWithECN         = 0x03
	frameResetStream        = 0x04
	frameStopSending        = 0x05
	frameCrypto             = 0x06
	frameNewToken           = 0x07
	frameStream             = 0x08 // to 0x0f: bits for offset, length, end
	frameMaxData            = 0x10
	frameMaxStreamData      = 0x11
	frameDataBlocked        = 0x14
	frameStreamDataBlocked  = 0x15
	frameStreamsBlockedUni  = 0x17
	frameNewConnectionID    = 0x18
	frameRetireConnectionID = 0x19
	framePathChallenge      = 0x1a
	framePathResponse       = 0x1b
	frameClose              = 0x1c
	frameCloseApplication   = 0x1d
	frameHandshakeDone      = 0x1e
	frameDatagram           = 0x30
	frameDatagramLength     = 0x31
)

// frameReader reads a packet's frames; bad once something is not there.
type frameReader struct {
	in  []byte
	bad bool
}

func (r *frameReader) varint() uint64 {
	v, n, ok := readVarint(r.in)
	if !ok {
		r.bad, r.in = true, nil
		return 0
	}
	r.in = r.in[n:]
	return v
}

func (r *frameReader) bytes(n uint64) []byte {
	if n > uint64(len(r.in)) {
		r.bad, r.in = true, nil
		return nil
	}
	b := r.in[:n]
	r.in = r.in[n:]
	return b
}

func (r *frameReader) skip(n int) {
	for range n {
		r.varint()
	}
}

// frames reads what a packet holds: CRYPTO, what ends the connection, and how
// much application data there is.
func (d *Decoder) frames(p *packet, text []byte) {
	r := &frameReader{in: text}
	data, any := 0, false
	for len(r.in) > 0 && !r.bad {
		switch kind := r.varint(); kind {
		case framePadding, framePing:
		case frameACK, frameACKWithECN:
			d.acknowledged(p, r)
			if kind == frameACKWithECN {
				r.skip(3)
			}
		case frameResetStream:
			r.skip(3)
		case frameStopSending, frameMaxStreamData, frameStreamDataBlocked:
			r.skip(2)
		case frameMaxData, 0x12, 0x13, frameDataBlocked, 0x16, frameStreamsBlockedUni, frameRetireConnectionID:
			r.skip(1)
		case frameCrypto:
			offset := r.varint()
			if b := r.bytes(r.varint()); !r.bad {
				d.crypto(p, offset, b)
			}
		case frameNewToken:
			r.bytes(r.varint())
		case frameNewConnectionID:
			r.skip(2)
			if n := r.bytes(1); len(n) == 1 {
				if id := r.bytes(uint64(n[0])); !r.bad && len(id) > 0 {
					d.quic.chose(p.from, id)
				}
			}
			r.bytes(16) // the token of a stateless reset
		case framePathChallenge, framePathResponse:
			r.bytes(8)
			if kind == framePathChallenge {
				d.remark(p, "PATH_CHALLENGE: the "+p.from.String()+" asks whether the other end is reached by another path")
			}
		case frameClose, frameCloseApplication:
			code := r.varint()
			if kind == frameClose {
				r.skip(1)
			}
			r.bytes(r.varint())
			if !r.bad {
				d.closed(p, kind, code)
			}
		case frameHandshakeDone:
			d.remark(p, "HANDSHAKE_DONE")
		case frameDatagram:
			any, data = true, data+len(r.bytes(uint64(len(r.in))))
		case frameDatagramLength:
			any, data = true, data+len(r.bytes(r.varint()))
		default:
			if kind < frameStream || kind > frameStream|7 {
				m := d.packetMessage(p, Transport)
				m.Problem = fmt.Sprintf("a frame of the unknown type 0x%x: what follows it in the packet was not read", kind)
				d.out = append(d.out, m)
				r.in = nil
				continue
			}
			r.skip(1)
			if kind&4 != 0 {
				r.skip(1)
			}
			n := uint64(len(r.in))
			if kind&2 != 0 {
				n = r.varint()
			}
			any, data = true, data+len(r.bytes(n))
		}
	}
	if r.bad {
		m := d.packetMessage(p, Transport)
		m.Problem = "the packet ends inside a frame"
		d.out = append(d.out, m)
	}
	if any {
		m := d.packetMessage(p, ApplicationData)
		m.Length = data
		d.out = append(d.out, m)
	}
}

// acknowledged reads the numbers of an ACK frame (RFC 9000 section 19.3): from
// largest down, ranges and the gaps between them.
func (d *Decoder) acknowledged(p *packet, r *frameReader) {
	const most = 1 << 62
	largest := r.varint()
	r.skip(1)
	more := r.varint()
	length := r.varint()
	acked := &d.quic.numbers[1-p.from][p.level.space()].acked
	for !r.bad && length <= largest && largest < most {
		acked.add(int64(largest-length), int64(largest))
		if more == 0 {
			return
		}
		more--
		gap := r.varint()
		if largest -= length; gap+2 > largest {
			break
		}
		largest -= gap + 2
		length = r.varint()
	}
	for ; more > 0 && !r.bad; more-- {
		r.skip(2)
	}
}

// closed tells of a CONNECTION_CLOSE. A TLS alert is one of its codes (RFC 9001
// section 4.8).
func (d *Decoder) closed(p *packet, kind, code uint64) {
	const crypto = 0x0100
	if kind == frameClose && code >= crypto && code < crypto+0x100 {
		m := d.packetMessage(p, AlertRecord)
		alert := uint8(code)
		m.Alert = &Alert{Level: protocol.LevelFatal, Description: alert, Name: protocol.AlertName(alert)}
		d.out = append(d.out, m)
		return
	}
	name := fmt.Sprintf("0x%x", code)
	switch {
	case kind == frameClose && code < uint64(len(transportErrors)):
		name = transportErrors[code]
	case kind == frameCloseApplication && d.quic.http3 && http3Errors[code] != "":
		name = http3Errors[code]
	case kind == frameCloseApplication:
		name = "application error " + name
	}
	d.remark(p, "CONNECTION_CLOSE "+name)
}

// transportErrors are RFC 9000 section 20.1's.
var transportErrors = []string{
	"NO_ERROR", "INTERNAL_ERROR", "CONNECTION_REFUSED", "FLOW_CONTROL_ERROR", "STREAM_LIMIT_ERROR", "STREAM_STATE_ERROR", "FINAL_SIZE_ERROR", "FRAME_ENCODING_ERROR",
	"TRANSPORT_PARAMETER_ERROR", "CONNECTION_ID_LIMIT_ERROR", "PROTOCOL_VIOLATION", "INVALID_TOKEN", "APPLICATION_ERROR", "CRYPTO_BUFFER_EXCEEDED", "KEY_UPDATE_ERROR",
	"AEAD_LIMIT_REACHED", "NO_VIABLE_PATH",
}

// http3Errors are RFC 9114 section 8.1's and RFC 9204 section 6's.
var http3Errors = map[uint64]string{
	0x100: "H3_NO_ERROR", 0x101: "H3_GENERAL_PROTOCOL_ERROR", 0x102: "H3_INTERNAL_ERROR", 0x103: "H3_STREAM_CREATION_ERROR", 0x104: "H3_CLOSED_CRITICAL_STREAM",
	0x105: "H3_FRAME_UNEXPECTED", 0x106: "H3_FRAME_ERROR", 0x107: "H3_EXCESSIVE_LOAD", 0x108: "H3_ID_ERROR", 0x109: "H3_SETTINGS_ERROR", 0x10a: "H3_MISSING_SETTINGS",
	0x10b: "H3_REQUEST_REJECTED", 0x10c: "H3_REQUEST_CANCELLED", 0x10d: "H3_REQUEST_INCOMPLETE", 0x10e: "H3_MESSAGE_ERROR", 0x10f: "H3_CONNECT_ERROR", 0x110: "H3_VERSION_FALLBACK",
	0x200: "QPACK_DECOMPRESSION_FAILED", 0x201: "QPACK_ENCODER_STREAM_ERROR", 0x202: "QPACK_DECODER_STREAM_ERROR",
}

// cryptoStream is the CRYPTO frames of one side and level, put in order (RFC 9000
// section 19.6).
type cryptoStream struct {
	next    uint64 // offset of the byte that comes next
	pieces  []piece
	held    int    // bytes in pieces
	hs      []byte // of a handshake message that is not whole
	counted int
	over    bool // more was ahead than is kept
}

type piece struct {
	offset uint64
	data   []byte
}

// Bounds of what may wait for earlier bytes.
const (
	maxAhead  = 256 << 10 // bytes
	maxPieces = 512
)

// crypto takes the bytes of a CRYPTO frame, and hands on what is in order.
func (d *Decoder) crypto(p *packet, offset uint64, data []byte) {
	s := &d.quic.streams[p.from][p.level]
	end := offset + uint64(len(data))
	switch {
	case s.over:
		return
	case end <= s.next:
		d.quic.again[p.from] += len(data)
		return
	case offset > s.next:
		if end-s.next > maxAhead || s.held+len(data) > maxAhead || len(s.pieces) == maxPieces {
			s.over = true
			m := d.packetMessage(p, Transport)
			m.Problem = fmt.Sprintf("handshake messages with a gap before over %d KiB: they are not kept", maxAhead>>10)
			d.out = append(d.out, m)
			return
		}
		s.pieces = append(s.pieces, piece{offset, slices.Clone(data)})
		s.held += len(data)
		return
	}
	d.inOrder(p, s, data[s.next-offset:])
	for {
		i := slices.IndexFunc(s.pieces, func(x piece) bool { return x.offset <= s.next })
		if i < 0 {
			return
		}
		x := s.pieces[i]
		s.pieces = slices.Delete(s.pieces, i, i+1)
		s.held -= len(x.data)
		if x.offset+uint64(len(x.data)) > s.next {
			d.inOrder(p, s, x.data[s.next-x.offset:])
		}
	}
}

// inOrder hands bytes to the reader of handshake messages, which is TCP's too.
func (d *Decoder) inOrder(p *packet, s *cryptoStream, data []byte) {
	s.next += uint64(len(data))
	h := &d.halves[p.from]
	h.hs, h.counted = s.hs, s.counted
	r := record{at: p.at, from: p.from, flight: p.flight, content: Handshake, version: protocol.TLS13, payload: data}
	d.handshake(&r, p.level != levelInitial)
	s.hs, s.counted = h.hs, h.counted
	h.hs, h.counted = nil, 0
}

// gap is how many bytes are missing before those that wait, 0 = none.
func (s *cryptoStream) gap() int {
	if len(s.pieces) == 0 {
		return 0
	}
	first := s.pieces[0].offset
	for _, x := range s.pieces[1:] {
		first = min(first, x.offset)
	}
	return int(first - s.next)
}

// offersHTTP3 reports whether a ClientHello offers HTTP/3 and nothing else.
func offersHTTP3(list []protocol.Extension) bool {
	for _, e := range list {
		if e.ID == protocol.ExtensionALPN {
			names := protocol.ProtocolNames(e.Data)
			return len(names) > 0 && !slices.ContainsFunc(names, func(n string) bool { return n != "h3" && !strings.HasPrefix(n, "h3-") })
		}
	}
	return false
}

// offersEarly reports whether a ClientHello says that early data follows.
func offersEarly(list []protocol.Extension) bool {
	return slices.ContainsFunc(list, func(e protocol.Extension) bool { return e.ID == protocol.ExtensionEarlyData })
}
