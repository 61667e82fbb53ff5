package identity

import "fmt"

// Limits on what is read from outside.
const (
	maxFile     = 16 << 20 // bytes of a file
	maxText     = 4 << 20  // bytes of a text, which is looked through
	maxElements = 1 << 17  // BER elements of one layer
	maxDepth    = 48       // BER nesting of one layer
)

// Tags as element.tag holds them: class<<28 | number.
const (
	tagBoolean    = 1
	tagInteger    = 2
	tagBitString  = 3
	tagOctets     = 4
	tagNull       = 5
	tagOID        = 6
	tagEnumerated = 10
	tagUTF8       = 12
	tagSequence   = 16
	tagSet        = 17
	tagUTCTime    = 23
	tagTime       = 24
	tagBMP        = 30
	context0      = 2 << 28
	context1      = 2<<28 | 1
	context2      = 2<<28 | 2
	context3      = 2<<28 | 3
)

// layer is one run of bytes that is BER of its own: the file, what an OCTET
// STRING holds, what a decryption gave. Offsets are told within it.
type layer struct {
	name  string // "" for the file itself
	base  int    // offset of its first byte in the file, -1 when it has none
	count int
	ber   bool // something in it is not DER
}

// element is one BER value (X.690 section 8.1). Its slices alias the input.
type element struct {
	tag         int
	constructed bool
	offset      int // of its identifier octet in the layer
	raw         []byte
	body        []byte // contents octets, without end-of-contents
	children    []element
	lay         *layer
}

// parseBER reads the first value of data, of whatever valid BER form, and
// returns what follows it.
func parseBER(data []byte, lay *layer) (element, []byte, error) {
	e, n, err := parseElement(data, 0, 0, lay)
	if err != nil {
		return element{}, nil, err
	}
	return e, data[n:], nil
}

func parseElement(data []byte, at, depth int, lay *layer) (element, int, error) {
	fail := func(pos int, format string, args ...any) (element, int, error) {
		return element{}, 0, lay.damaged(pos, format, args...)
	}
	if depth > maxDepth {
		return fail(at, "values are nested more than %d deep", maxDepth)
	}
	if lay.count++; lay.count > maxElements {
		return fail(at, "there are more than %d values", maxElements)
	}
	p := at
	if p >= len(data) {
		return fail(at, "it ends where a value should begin")
	}
	id := data[p]
	p++
	e := element{constructed: id&0x20 != 0, offset: at, lay: lay}
	number := int(id & 0x1f)
	if number == 0x1f {
		number = 0
		for {
			if p >= len(data) || number >= 1<<20 {
				return fail(at, "a tag number is not complete")
			}
			b := data[p]
			p++
			number = number<<7 | int(b&0x7f)
			if b&0x80 == 0 {
				break
			}
		}
	}
	e.tag = int(id>>6)<<28 | number
	if p >= len(data) {
		return fail(at, "it ends within a length")
	}
	l := int(data[p])
	p++
	if l == 0x80 {
		if !e.constructed {
			return fail(at, "a primitive value has no length")
		}
		lay.ber = true
		start := p
		for {
			if p+2 <= len(data) && data[p] == 0 && data[p+1] == 0 {
				e.body, e.raw = data[start:p], data[at:p+2]
				return e, p + 2, nil
			}
			child, next, err := parseElement(data, p, depth+1, lay)
			if err != nil {
				return element{}, 0, err
			}
			e.children = append(e.children, child)
			p = next
		}
	}
	if l > 0x80 {
		n := l & 0x7f
		if n > 8 || p+n > len(data) {
			return fail(at, "a length of %d octets does not fit", n)
		}
		l = 0
		for _, b := range data[p : p+n] {
			if l > maxFile {
				break
			}
			l = l<<8 | int(b)
		}
		if l < 0x80 || data[p] == 0 {
			lay.ber = true
		}
		p += n
	}
	if l > len(data)-p {
		return fail(at, "a value of %d bytes begins %d bytes before the end", l, len(data)-at)
	}
	end := p + l
	e.body, e.raw = data[p:end], data[at:end]
	if !e.constructed {
		return e, end, nil
	}
	if e.tag != tagSequence && e.tag != tagSet && e.tag < 1<<28 {
		lay.ber = true
	}
	for p < end {
		child, next, err := parseElement(data[:end], p, depth+1, lay)
		if err != nil {
			return element{}, 0, err
		}
		e.children = append(e.children, child)
		p = next
	}
	return e, end, nil
}

const getAgain = "get the file again from where it came from; it may have been cut off or changed by a text-mode transfer"

// damaged is the error for something wrong at an offset of the layer.
func (l *layer) damaged(offset int, format string, args ...any) *Error {
	where := ""
	if l.name != "" {
		where = " of " + l.name
	}
	if l.base >= 0 {
		offset += l.base
		where = ""
	}
	return &Error{
		Code:   Damaged,
		What:   fmt.Sprintf("damaged at offset %d%s: %s", offset, where, fmt.Sprintf(format, args...)),
		Do:     getAgain,
		Offset: offset,
	}
}

func (e element) damaged(format string, args ...any) *Error {
	return e.lay.damaged(e.offset, format, args...)
}

// octets is the value of a string type, whole: the pieces of a constructed
// one joined (X.690 section 8.7.3), also where an implicit tag hides the type.
func (e element) octets() []byte {
	if !e.constructed {
		return e.body
	}
	var out []byte
	for _, c := range e.children {
		out = append(out, c.octets()...)
	}
	return out
}

// inner is the layer an OCTET STRING holds.
func (e element) inner(name string) *layer {
	l := &layer{name: name, base: -1}
	if !e.constructed && e.lay.base >= 0 {
		l.base = e.lay.base + e.offset + len(e.raw) - len(e.body)
	}
	return l
}

// der is the element in DER, but for the order of SET OF.
func (e element) der() []byte { return e.appendDER(nil) }

func (e element) appendDER(out []byte) []byte {
	if !e.constructed {
		return appendTLV(out, e.tag, false, e.body)
	}
	if e.tag == tagBitString {
		return appendTLV(out, e.tag, false, e.bits())
	}
	if e.tag < 1<<28 && e.tag != tagSequence && e.tag != tagSet {
		return appendTLV(out, e.tag, false, e.octets())
	}
	var body []byte
	for _, c := range e.children {
		body = c.appendDER(body)
	}
	return appendTLV(out, e.tag, true, body)
}

// bits joins the pieces of a BIT STRING; only the last may have unused bits.
func (e element) bits() []byte {
	if !e.constructed {
		return e.body
	}
	out := []byte{0}
	for _, c := range e.children {
		if b := c.bits(); len(b) > 0 {
			out[0] = b[0]
			out = append(out, b[1:]...)
		}
	}
	return out
}

// appendTLV appends a DER value with the tag, in as few length octets as can be.
func appendTLV(out []byte, tag int, constructed bool, body []byte) []byte {
	id := byte(tag>>28) << 6
	if constructed {
		id |= 0x20
	}
	if number := tag & (1<<28 - 1); number < 0x1f {
		out = append(out, id|byte(number))
	} else {
		out = append(out, id|0x1f)
		shift := 21
		for shift > 0 && number>>shift == 0 {
			shift -= 7
		}
		for ; shift > 0; shift -= 7 {
			out = append(out, byte(number>>shift)&0x7f|0x80)
		}
		out = append(out, byte(number)&0x7f)
	}
	l := len(body)
	switch {
	case l < 0x80:
		out = append(out, byte(l))
	case l < 1<<8:
		out = append(out, 0x81, byte(l))
	case l < 1<<16:
		out = append(out, 0x82, byte(l>>8), byte(l))
	case l < 1<<24:
		out = append(out, 0x83, byte(l>>16), byte(l>>8), byte(l))
	default:
		out = append(out, 0x84, byte(l>>24), byte(l>>16), byte(l>>8), byte(l))
	}
	return append(out, body...)
}

// cursor walks the children of a constructed element in order.
type cursor struct {
	parent element
	rest   []element
}

// open expects e to be a constructed value of that tag.
func (e element) open(what string, tag int) (*cursor, error) {
	if e.tag != tag || !e.constructed {
		return nil, e.damaged("%s expected", what)
	}
	return &cursor{parent: e, rest: e.children}, nil
}

// take is the next child, which must have that tag.
func (c *cursor) take(what string, tag int) (element, error) {
	if len(c.rest) == 0 {
		return element{}, c.parent.damaged("%s is missing", what)
	}
	e := c.rest[0]
	if e.tag != tag {
		return element{}, e.damaged("%s expected", what)
	}
	c.rest = c.rest[1:]
	return e, nil
}

// enter is take and open.
func (c *cursor) enter(what string, tag int) (*cursor, error) {
	e, err := c.take(what, tag)
	if err != nil {
		return nil, err
	}
	return e.open(what, tag)
}

// maybe is the next child if it has that tag.
func (c *cursor) maybe(tag int) (element, bool) {
	if len(c.rest) == 0 || c.rest[0].tag != tag {
		return element{}, false
	}
	e := c.rest[0]
	c.rest = c.rest[1:]
	return e, true
}

// oid is the next child as dotted text.
func (c *cursor) oid(what string) (string, error) {
	e, err := c.take(what, tagOID)
	if err != nil {
		return "", err
	}
	s := oidString(e.body)
	if s == "" {
		return "", e.damaged("%s is not an object identifier", what)
	}
	return s, nil
}

// number is the next child as an INTEGER that fits 63 bits.
func (c *cursor) number(what string) (int, error) {
	e, err := c.take(what, tagInteger)
	if err != nil {
		return 0, err
	}
	return e.number(what)
}

func (e element) number(what string) (int, error) {
	if len(e.body) == 0 || e.body[0]&0x80 != 0 {
		return 0, e.damaged("%s is not a positive number", what)
	}
	n := 0
	for _, b := range e.body {
		if n >= 1<<54 {
			return 1 << 62, nil
		}
		n = n<<8 | int(b)
	}
	return n, nil
}

// oidString gives dotted text for an OBJECT IDENTIFIER's contents, "" when they are none.
func oidString(b []byte) string {
	if len(b) == 0 || len(b) > 64 || b[len(b)-1]&0x80 != 0 {
		return ""
	}
	out := make([]byte, 0, 40)
	v, first := uint64(0), true
	for _, c := range b {
		if v >= 1<<56 {
			return ""
		}
		v = v<<7 | uint64(c&0x7f)
		if c&0x80 != 0 {
			continue
		}
		if first {
			arc := min(v/40, 2)
			out = fmt.Appendf(out, "%d.%d", arc, v-40*arc)
			first = false
		} else {
			out = fmt.Appendf(out, ".%d", v)
		}
		v = 0
	}
	return string(out)
}
