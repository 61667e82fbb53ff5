package wire

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
)

// mask overwrites the tickets and PSK identities of a message and says what
// was there by length and digest. Of a message that can't be parsed it masks
// all that may be one. h and list are the message where it is a ClientHello. What
// is shared with others is overwritten in a copy; out is raw or that copy.
func mask(t HandshakeType, version uint16, raw []byte, h *clientHelloBody, list []extension, shared bool) (out []byte, masks []Mask) {
	var spans []span
	body := raw[4:]
	switch t {
	case clientHello:
		end := h.rest
		if end == 0 {
			end = min(2+32, len(body)) // it is broken somewhere after the random
		}
		for _, e := range list {
			end = e.offset + len(e.data)
			switch e.id {
			case extSessionTicket:
				spans = append(spans, span{e.offset, len(e.data)})
			case extPreSharedKey:
				identities, whole := pskIdentities(e)
				if !whole {
					identities = []span{{e.offset, len(e.data)}}
				}
				spans = append(spans, identities...)
			}
		}
		if !h.whole {
			spans = append(spans, span{end, len(body) - end})
		}
	case newSessionTicket:
		at, _, ok := ticketOf(body, version)
		if !ok {
			at = span{0, len(body)}
		}
		spans = append(spans, at)
	}
	for _, s := range spans {
		if s.length == 0 {
			continue
		}
		if shared {
			raw, shared = bytes.Clone(raw), false
		}
		secret := raw[4+s.offset : 4+s.offset+s.length]
		masks = append(masks, Mask{Offset: 4 + s.offset, Length: s.length, Digest: digest(secret)})
		clear(secret)
	}
	return raw, masks
}

// digest is the first 16 hexadecimal digits of the SHA-256.
func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

// maskAt is the mask that covers Raw from offset on, nil if none does.
func (m *Message) maskAt(offset, length int) *Mask {
	for i := range m.Masked {
		k := &m.Masked[i]
		if k.Offset < offset+length && offset < k.Offset+k.Length {
			return k
		}
	}
	return nil
}

// digestAt is the digest of what a mask covers at offset into Raw, "" if none does.
func (m *Message) digestAt(offset int) string {
	for _, k := range m.Masked {
		if k.Offset == offset {
			return k.Digest
		}
	}
	return ""
}
