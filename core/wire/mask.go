package wire

import (
	"crypto/sha256"
	"encoding/hex"
)

// mask overwrites the tickets and PSK identities of a message, in place, and
// says what was there by length and digest. Of a message that can't be parsed
// it masks all that may be one. h is the message where it is a ClientHello.
func mask(t HandshakeType, version uint16, raw []byte, h *clientHelloBody) []Mask {
	var spans []span
	body := raw[4:]
	switch t {
	case clientHello:
		end := h.rest
		if end == 0 {
			end = min(2+32, len(body)) // it is broken somewhere after the random
		}
		for _, e := range h.extensions {
			end = e.offset + len(e.data)
			switch e.id {
			case extSessionTicket:
				spans = append(spans, span{e.offset, len(e.data)})
			case extPreSharedKey:
				list, whole := pskIdentities(e)
				if !whole {
					list = []span{{e.offset, len(e.data)}}
				}
				spans = append(spans, list...)
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
	var masks []Mask
	for _, s := range spans {
		if s.length == 0 {
			continue
		}
		secret := raw[4+s.offset : 4+s.offset+s.length]
		masks = append(masks, Mask{Offset: 4 + s.offset, Length: s.length, Digest: digest(secret)})
		clear(secret)
	}
	return masks
}

// secret says of which messages mask may overwrite a part.
func secret(t HandshakeType) bool { return t == clientHello || t == newSessionTicket }

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
