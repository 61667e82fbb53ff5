package engine

import (
	"encoding/binary"
	"fmt"
	"net"
	"sync"

	"golang.org/x/net/http2"

	"rechallenge/core/trace"
	"rechallenge/core/wire"
)

// tooMuch is the failure of a connection on which the server sent more than
// wire.Usual or maxFrames allow; nil = it did not. What was recorded until then
// is kept.
func (a *attempt) tooMuch(phase trace.Phase) *trace.Failure {
	if a.link == nil {
		return nil
	}
	over := a.link.tooMuch()
	if over == nil {
		return nil
	}
	return &trace.Failure{Phase: phase, Reason: trace.ReasonTooMuch, Message: over.Error()}
}

func (l *link) tooMuch() *wire.TooMuch {
	if over := l.capture.TooMuch(); over != nil {
		return over
	}
	if l.http != nil && l.http.frames != nil {
		return l.http.frames.tooMuch()
	}
	return nil
}

// maxFrames is how many HTTP/2 frames of one type a connection of the plan may
// bring, but for DATA with something in it, which maxBody bounds.
const maxFrames = 256

// frames counts the HTTP/2 frames that are read from a connection and ends the
// reading where there are too many.
type frames struct {
	net.Conn

	mu     sync.Mutex
	header []byte // of the frame that is under way
	rest   int    // bytes of it still to come
	seen   [256]int
	over   *wire.TooMuch
}

// HTTP/2's frame types, RFC 9113 section 6.
var frameNames = map[byte]string{
	0: "empty DATA", 1: "HEADERS", 2: "PRIORITY", 3: "RST_STREAM", 4: "SETTINGS", 5: "PUSH_PROMISE", 6: "PING", 7: "GOAWAY", 8: "WINDOW_UPDATE", 9: "CONTINUATION",
}

func (f *frames) Read(b []byte) (int, error) {
	n, err := f.Conn.Read(b)
	if over := f.count(b[:n]); over != nil {
		return 0, over
	}
	return n, err
}

// count takes bytes that were read.
func (f *frames) count(data []byte) *wire.TooMuch {
	f.mu.Lock()
	defer f.mu.Unlock()
	for len(data) > 0 && f.over == nil {
		if f.rest > 0 {
			n := min(f.rest, len(data))
			data, f.rest = data[n:], f.rest-n
			continue
		}
		// Frame, RFC 9113 section 4.1: uint24 length, uint8 type, uint8 flags, uint32 stream.
		n := min(9-len(f.header), len(data))
		f.header, data = append(f.header, data[:n]...), data[n:]
		if len(f.header) < 9 {
			break
		}
		f.rest = int(binary.BigEndian.Uint32(f.header) >> 8)
		kind := f.header[3]
		f.header = f.header[:0]
		if kind == 0 && f.rest > 0 {
			continue
		}
		if f.seen[kind]++; f.seen[kind] > maxFrames {
			name := frameNames[kind]
			if name == "" {
				name = fmt.Sprintf("0x%02x", kind)
			}
			f.over = &wire.TooMuch{What: fmt.Sprintf("the server sent more than %d HTTP/2 frames %s", maxFrames, name)}
		}
	}
	return f.over
}

func (f *frames) tooMuch() *wire.TooMuch {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.over
}

// goneAway reports whether the server sent a GOAWAY (RFC 9113 section 6.8).
func (l *link) goneAway() bool {
	if l == nil || l.http == nil || l.http.frames == nil {
		return false
	}
	f := l.http.frames
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.seen[http2.FrameGoAway] > 0
}

// renew begins the count anew, for the next connection of the plan.
func (f *frames) renew() {
	if f != nil {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.seen = [256]int{}
	}
}
