package wire

import "fmt"

// Budget bounds what one connection can make its reader keep. Zero, in any of
// them, is no bound.
type Budget struct {
	Bytes     int // from the server, as they crossed
	Records   int // from the server
	Same      int // handshake messages of one type, warnings, or other records, of one side
	Handshake int // bytes of handshake messages, of both sides
	Told      int // records of application data of one side that get a Message each; more become one together
}

// Usual is the Budget of a connection with one exchange. Real ones stay far
// below it: a chain has under 64 KiB, a list of acceptable CAs too, and
// servers give two or four tickets.
var Usual = Budget{Bytes: 8 << 20, Records: 1 << 14, Same: 128, Handshake: 512 << 10, Told: 1000}

// TooMuch says which bound of a Budget a connection went past.
type TooMuch struct{ What string }

func (e *TooMuch) Error() string { return e.What }

// tooMuch is an error about the server.
func tooMuch(format string, args ...any) *TooMuch {
	return &TooMuch{What: "the server sent more than " + fmt.Sprintf(format, args...)}
}

// size is n bytes in words.
func size(n int) string {
	if n >= 1<<20 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d KiB", n>>10)
}

// spending is what a connection used of a Budget while it was captured.
type spending struct {
	budget         Budget
	bytes, records int
	header         []byte // of the record that is under way
	rest           int    // bytes of it still to come
	over           *TooMuch
}

// spend counts bytes of the server and reports whether the budget holds.
func (s *spending) spend(data []byte, datagram bool) bool {
	s.bytes += len(data)
	what := "TLS records"
	if datagram {
		s.records, data, what = s.records+1, nil, "datagrams"
	}
	for len(data) > 0 {
		if s.rest > 0 {
			n := min(s.rest, len(data))
			data, s.rest = data[n:], s.rest-n
			continue
		}
		n := min(HeaderLength-len(s.header), len(data))
		s.header, data = append(s.header, data[:n]...), data[n:]
		if len(s.header) == HeaderLength {
			s.rest, s.header = RecordSize(s.header)-HeaderLength, s.header[:0]
			s.records++
		}
	}
	switch {
	case s.over != nil:
	case s.budget.Bytes > 0 && s.bytes > s.budget.Bytes:
		s.over = tooMuch("%s", size(s.budget.Bytes))
	case s.budget.Records > 0 && s.records > s.budget.Records:
		s.over = tooMuch("%d %s", s.budget.Records, what)
	}
	return s.over == nil
}

// count is what a decoder has told of a connection.
type count struct {
	budget    Budget
	owner     int
	handshake int
	same      [2][kinds]uint32
	untold    [2]Message // application data that got no Message of its own
	over      *TooMuch
}

// kinds are what is counted together: handshake messages by type, those of
// unknown types as one, then alerts by level and the other contents.
const kinds = 32 + 8

func kind(m *Message) int {
	switch {
	case m.Content == Handshake:
		return min(int(m.Type), 31)
	case m.Alert != nil:
		return 32 + min(int(m.Alert.Level), 2)
	}
	return 35 + min(int(m.Content)%5, 4)
}

// told counts a message. It reports whether the message is to be told.
func (c *count) told(m *Message) bool {
	if c.budget == (Budget{}) {
		return true
	}
	limit := c.budget.Same
	switch m.Content {
	case Handshake:
		c.handshake += m.Length
	case ApplicationData:
		limit = c.budget.Told
	}
	same := &c.same[m.From][kind(m)]
	*same++
	switch {
	case limit > 0 && int(*same) > limit && m.Content == ApplicationData:
		c.gather(m)
		return false
	case limit > 0 && int(*same) > limit:
		c.over = tooMuch("%d messages %s", limit, m.Name())
	case c.budget.Handshake > 0 && c.handshake > c.budget.Handshake:
		c.over = tooMuch("%s of handshake messages", size(c.budget.Handshake))
	}
	if c.over != nil && m.From == Client {
		c.over = &TooMuch{What: "the server caused " + c.over.What[len("the server sent "):] + " from the client"}
	}
	return c.over == nil
}

// gather puts a record of application data to those that are told together.
func (c *count) gather(m *Message) {
	u := &c.untold[m.From]
	if u.More > 0 {
		m.Length += u.Length
	}
	more := u.More + 1
	*u = *m
	u.More = more
}
