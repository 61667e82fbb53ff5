package wire

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"rechallenge/core/protocol"
)

// Limits of a field tree.
const (
	maxFields = 20000 // of one message; what follows is shown as bytes
	maxHex    = 32    // bytes that a field shows in Hex
)

// reader makes fields of a range of bytes, one after the other. What it reads
// past the end it shows as cut short, and then reads nothing more.
type reader struct {
	m      *Message
	kind   protocol.HandshakeType // what is read: m.Type, or what m holds in compressed form
	src    []byte
	at     int // of the next byte in src
	end    int
	from   *protocol.Span // where in m.Raw src came from, when it is not m.Raw itself
	fields []Field
	left   *int // fields that this message may still have
}

// sub reads a part of the range.
func (r *reader) sub(at, end int) *reader {
	return &reader{m: r.m, kind: r.kind, src: r.src, at: at, end: end, from: r.from, left: r.left}
}

func (r *reader) empty() bool { return r.at >= r.end }

// add adds a field for src[at:end].
func (r *reader) add(f Field, at, end int) {
	*r.left--
	f.Offset, f.Length = at, end-at
	if r.from != nil {
		f.Offset, f.Length = r.from.Offset, r.from.Length
	} else if k := r.m.maskAt(at, end-at); k != nil && len(f.Fields) == 0 {
		f.Value, f.Hex = fmt.Sprintf("%s, not shown: SHA-256 %s...", protocol.Plural(k.Length, "byte"), k.Digest), ""
	}
	r.fields = append(r.fields, f)
}

// take steps over n bytes; where they are missing it adds what is left as a
// field of that name, and the range is at its end.
func (r *reader) take(name string, n int) ([]byte, bool) {
	if r.end-r.at >= n && *r.left > 0 {
		b := r.src[r.at : r.at+n]
		r.at += n
		return b, true
	}
	if *r.left > -10 {
		value := fmt.Sprintf("cut short: %s where %d are announced or needed", protocol.Plural(r.end-r.at, "byte"), n)
		if *r.left <= 0 {
			value = "more fields than this program shows"
		}
		r.add(Field{Name: name, Value: value, Hex: hexOf(r.src[r.at:r.end])}, r.at, r.end)
	}
	r.at = r.end
	return nil, false
}

// number reads an unsigned integer of size bytes, shown by word (nil = decimal).
func (r *reader) number(name string, size int, word func(uint64) string) uint64 {
	if r.empty() && len(r.fields) > 0 && r.cut() {
		return 0
	}
	at := r.at
	b, ok := r.take(name, size)
	if !ok {
		return 0
	}
	v := uint64(0)
	for _, x := range b {
		v = v<<8 | uint64(x)
	}
	f := Field{Name: name, Value: strconv.FormatUint(v, 10), Hex: fmt.Sprintf("0x%0*x", 2*size, v)}
	if word != nil {
		f.Value = word(v)
	}
	r.add(f, at, r.at)
	return v
}

// cut says whether the last field was cut short, so that nothing can follow.
func (r *reader) cut() bool {
	last := r.fields[len(r.fields)-1]
	return strings.HasPrefix(last.Value, "cut short") || *r.left <= 0
}

func (r *reader) u8(name string, word func(uint8) string) uint8 {
	return uint8(r.number(name, 1, widen(word)))
}

func (r *reader) u16(name string, word func(uint16) string) uint16 {
	return uint16(r.number(name, 2, widen(word)))
}

func widen[N uint8 | uint16](word func(N) string) func(uint64) string {
	if word == nil {
		return nil
	}
	return func(v uint64) string { return word(N(v)) }
}

// bytes reads n bytes, shown by word (nil = how many).
func (r *reader) bytes(name string, n int, word func([]byte) string) []byte {
	if r.empty() && len(r.fields) > 0 && r.cut() {
		return nil
	}
	at := r.at
	b, ok := r.take(name, n)
	if ok {
		r.add(leaf(name, b, word), at, r.at)
	}
	return b
}

func leaf(name string, b []byte, word func([]byte) string) Field {
	f := Field{Name: name, Value: protocol.Plural(len(b), "byte"), Hex: hexOf(b)}
	if word != nil {
		f.Value = word(b)
	}
	return f
}

// rest reads what is left as bytes, also when nothing is.
func (r *reader) rest(name string) { r.bytes(name, r.end-r.at, nil) }

// unknown reads what nobody has read.
func (r *reader) unknown() {
	if !r.empty() {
		at := r.at
		r.at = r.end
		r.add(leaf("unknown", r.src[at:r.end], nil), at, r.end)
	}
}

// vector reads a vector with a length of size bytes; read makes the fields of
// its content and says in words what it holds. The field covers the length too.
func (r *reader) vector(name string, size int, read func(*reader) string) {
	at, n, ok := r.length(name, size)
	if !ok {
		return
	}
	in := r.sub(r.at, r.at+n)
	r.at += n
	f := Field{Name: name, Value: read(in)}
	in.unknown()
	f.Fields = in.fields
	if f.Value == "" {
		f.Value = protocol.Plural(n, "byte")
	}
	r.add(f, at, r.at)
}

// length reads a vector's length and makes sure that so much is there; at is
// where the length stands.
func (r *reader) length(name string, size int) (at, n int, ok bool) {
	at = r.at
	if r.empty() && len(r.fields) > 0 && r.cut() {
		return at, 0, false
	}
	b, ok := r.take(name, size)
	if !ok {
		return at, 0, false
	}
	for _, x := range b {
		n = n<<8 | int(x)
	}
	if r.end-r.at < n {
		r.at = at
		_, ok = r.take(name, size+n)
		return at, 0, ok
	}
	return at, n, true
}

// opaque reads a vector of bytes, shown by word (nil = how many).
func (r *reader) opaque(name string, size int, word func([]byte) string) []byte {
	at, n, ok := r.length(name, size)
	if !ok {
		return nil
	}
	b := r.src[r.at : r.at+n]
	r.at += n
	r.add(leaf(name, b, word), at, r.at)
	return b
}

// list reads a vector of equal items; the value is the items' values.
func (r *reader) list(name string, size int, item func(*reader)) {
	r.vector(name, size, func(in *reader) string {
		for !in.empty() && *in.left > 0 {
			item(in)
		}
		return joined(in.fields)
	})
}

// group makes one field of what read reads.
func (r *reader) group(name string, read func(*reader) string) {
	if r.empty() && len(r.fields) > 0 && r.cut() {
		return
	}
	in := r.sub(r.at, r.end)
	f := Field{Name: name, Value: read(in)}
	f.Fields = in.fields
	at := r.at
	r.at = in.at
	r.add(f, at, r.at)
}

// joined is the values of a list's items in one line, cut where it gets long.
func joined(fields []Field) string {
	const room = 120
	var b strings.Builder
	for i, f := range fields {
		if i > 0 {
			b.WriteString(", ")
		}
		if b.Len() > room && i+1 < len(fields) {
			fmt.Fprintf(&b, "... %d in all", len(fields))
			break
		}
		b.WriteString(f.Value)
	}
	if len(fields) == 0 {
		return "empty"
	}
	return b.String()
}

// hexOf is b in hexadecimal, cut where it gets long.
func hexOf(b []byte) string {
	if len(b) > maxHex {
		return hex.EncodeToString(b[:maxHex]) + "..."
	}
	return hex.EncodeToString(b)
}

// text is b as text where it is, with what is no printable character quoted.
func text(b []byte) string {
	if utf8.Valid(b) && strings.IndexFunc(string(b), func(c rune) bool { return !unicode.IsPrint(c) }) < 0 {
		return string(b)
	}
	return strconv.Quote(string(b))
}

func bytesWord(n uint64) string { return protocol.Plural(int(n), "byte") }

func names8(names map[uint8]string) func(uint8) string {
	return func(v uint8) string { return protocol.Name8(names, v) }
}

func names16(names map[uint16]string) func(uint16) string {
	return func(v uint16) string { return protocol.Name16(names, v) }
}
