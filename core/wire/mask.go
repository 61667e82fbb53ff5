package wire

import (
	"bytes"

	"rechallenge/core/protocol"
)

// mask overwrites the tickets and PSK identities of a message and says what
// was there by length and digest. Of a message that can't be parsed it masks
// all that may be one. h and list are the message where it is a ClientHello. What
// is shared with others is overwritten in a copy; out is raw or that copy.
func mask(t protocol.HandshakeType, version uint16, raw []byte, h *protocol.ClientHello, list []protocol.Extension, shared bool) (out []byte, masks []Mask) {
	var spans []protocol.Span
	body := raw[4:]
	switch t {
	case protocol.TypeClientHello:
		end := h.Rest
		if end == 0 {
			end = min(2+32, len(body)) // it is broken somewhere after the random
		}
		for _, e := range list {
			end = e.Offset + len(e.Data)
			switch e.ID {
			case protocol.ExtensionSessionTicket:
				spans = append(spans, protocol.Span{Offset: e.Offset, Length: len(e.Data)})
			case protocol.ExtensionPreSharedKey:
				identities, whole := protocol.PSKIdentities(e)
				if !whole {
					identities = []protocol.Span{{Offset: e.Offset, Length: len(e.Data)}}
				}
				spans = append(spans, identities...)
			}
		}
		if !h.Whole {
			spans = append(spans, protocol.Span{Offset: end, Length: len(body) - end})
		}
	case protocol.TypeNewSessionTicket:
		at, _, ok := protocol.ReadTicket(body, version)
		if !ok {
			at = protocol.Span{Length: len(body)}
		}
		spans = append(spans, at)
	}
	for _, s := range spans {
		if s.Length == 0 {
			continue
		}
		if shared {
			raw, shared = bytes.Clone(raw), false
		}
		secret := raw[4+s.Offset : 4+s.Offset+s.Length]
		masks = append(masks, Mask{Offset: 4 + s.Offset, Length: s.Length, Digest: protocol.Digest(secret)})
		clear(secret)
	}
	return raw, masks
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
