package wire

import (
	"encoding/binary"
	"fmt"
	"slices"
	"time"
)

// maxRecord is the longest payload of a record (RFC 5246 section 6.2.3).
const maxRecord = 16384 + 2048

// record is one TLS record (RFC 8446 section 5.1):
//
//	struct {
//	    ContentType type;
//	    ProtocolVersion legacy_record_version;
//	    uint16 length;
//	    opaque fragment[TLSPlaintext.length];
//	} TLSPlaintext;
type record struct {
	at      time.Duration
	from    Side
	flight  int // as it arrived, whenever it is decoded
	content ContentType
	version uint16
	header  [HeaderLength]byte
	payload []byte
	lasting bool // payload stays as it is
	own     bool // and nobody else has it
}

// HeaderLength is that of a record's header (RFC 8446 section 5.1).
const HeaderLength = 5

// RecordSize is the length of the record that b begins with, its header
// included; as long as the header isn't all there, the header's.
func RecordSize(b []byte) int {
	if len(b) < HeaderLength {
		return HeaderLength
	}
	return HeaderLength + int(binary.BigEndian.Uint16(b[3:5]))
}

// nonsense says why no record begins like b; "" while one may.
func nonsense(b []byte) string {
	if len(b) < HeaderLength {
		return ""
	}
	if content := ContentType(b[0]); content < ChangeCipherSpec || content > Heartbeat || b[1] != 3 {
		if len(b) > 4 && b[0]&0x80 != 0 && b[2] == 4 {
			return "this is SSL 2.0, which this program does not read"
		}
		return "this is not TLS"
	}
	if n := RecordSize(b) - HeaderLength; n > maxRecord {
		return fmt.Sprintf("a record of %d bytes is more than TLS allows (%d)", n, maxRecord)
	}
	return ""
}

// Records puts the records of one direction together from the pieces that they
// come in. The zero value is ready.
type Records struct {
	part  []byte // of a record that is not yet whole
	owned bool   // the record that was taken last is a copy, and nobody else's
}

// Begun is how many bytes there are of a record that is not yet whole.
func (r *Records) Begun() int { return len(r.part) }

// Take takes the next bytes, at least one, up to the end of the record under way.
// It gives what there is of that record, with its header, what is left of in, and
// whether the record is whole; a whole one may be a part of in. Nothing says yet
// that this is TLS.
func (r *Records) Take(in []byte) (record, rest []byte, whole bool) {
	r.owned = len(r.part) > 0
	if !r.owned {
		n := RecordSize(in)
		if len(in) >= n {
			return in[:n:n], in[n:], true
		}
		r.part = append(make([]byte, 0, n), in...)
		return r.part, nil, false
	}
	n := min(RecordSize(r.part)-len(r.part), len(in))
	r.part = append(r.part, in[:n]...)
	if missing := RecordSize(r.part) - len(r.part); missing > 0 {
		r.part = slices.Grow(r.part, missing)
		return r.part, in[n:], false
	}
	record, r.part = r.part, nil
	return record, in[n:], true
}
