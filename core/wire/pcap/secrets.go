package pcap

import (
	"encoding/binary"
	"io"
)

// The blocks of pcapng that matter here (draft-ietf-opsawg-pcapng section 4).
const (
	blockSection = 0x0a0d0d0a
	blockSecrets = 0x0000000a
	byteOrder    = 0x1a2b3c4d
	secretsTLS   = 0x544c534b // "TLSK"
)

// blocks hands a pcapng stream on and picks the TLS key log out of its
// Decryption Secrets Blocks, which the library reads but does not give out.
type blocks struct {
	r      io.Reader
	order  binary.ByteOrder
	head   []byte // of the block under way, up to 12 bytes
	left   int    // bytes of it that are still to come
	body   []byte // of a Decryption Secrets Block
	keep   bool   // it is one
	broken bool
	keylog []byte
}

func (b *blocks) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	b.scan(p[:n])
	return n, err
}

// scan follows the blocks in what is read.
func (b *blocks) scan(p []byte) {
	for len(p) > 0 && !b.broken {
		if b.left > 0 {
			n := min(b.left, len(p))
			if b.keep {
				b.body = append(b.body, p[:n]...)
			}
			p, b.left = p[n:], b.left-n
			if b.left == 0 && b.keep {
				b.secrets()
			}
			continue
		}
		// Type, length, and of a section header also its byte order.
		b.head = append(b.head, p[0])
		p = p[1:]
		if len(b.head) == 12 {
			b.begin()
		}
	}
}

// begin starts a block whose first twelve bytes are known.
func (b *blocks) begin() {
	kind := binary.LittleEndian.Uint32(b.head)
	if kind == blockSection { // reads the same in both orders
		b.order = binary.BigEndian
		if binary.LittleEndian.Uint32(b.head[8:]) == byteOrder {
			b.order = binary.LittleEndian
		}
	}
	if b.order == nil {
		b.broken = true
		return
	}
	size := int64(b.order.Uint32(b.head[4:]))
	if size < 12 || size%4 != 0 {
		b.broken = true
		return
	}
	b.left = int(size - 12)
	b.keep = b.order.Uint32(b.head) == blockSecrets && len(b.keylog)+b.left <= maxSecrets
	if b.keep {
		b.body = append(b.body[:0], b.head[8:]...)
	}
	b.head = b.head[:0]
}

// secrets takes the key log out of a whole block: type, length, data.
func (b *blocks) secrets() {
	if len(b.body) < 8 || b.order.Uint32(b.body) != secretsTLS {
		return
	}
	n := int64(b.order.Uint32(b.body[4:]))
	if n > int64(len(b.body)-8) {
		return
	}
	b.keylog = append(b.keylog, b.body[8:8+n]...)
	if n > 0 && b.body[7+n] != '\n' {
		b.keylog = append(b.keylog, '\n')
	}
}
