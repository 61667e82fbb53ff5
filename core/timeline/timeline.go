// Package timeline lays a folded trace out: groups, lanes, spans, marks and
// links, in time; and draws that layout for a terminal, as SVG and as PNG. The
// window draws the same Layout itself. Pure.
package timeline

import (
	"time"

	"rechallenge/core/trace"
)

// Layout is a whole run laid out. Times are offsets from the run's start with
// long waits folded: Axis maps them to positions.
type Layout struct {
	Groups []Group
	Links  []Link
	Axis   Axis
}

// Group is a pass.
type Group struct {
	Pass       int
	Title      string // "shared", "none (control)"
	Start, End time.Duration
	Lanes      []Lane
}

// Lane is a connection.
type Lane struct {
	trace.Ref
	Label      string // "#2 bob"
	Detail     string // target's path or id
	Outcome    string // "403 · CN=alice", "certificate_required"
	Bad        bool   // a finding of severity error points at it
	Start, End time.Duration
	Spans      []Span
	Marks      []Mark
}

// Span is a stretch of a lane.
type Span struct {
	Phase      string // as trace.Span; TLS is cut by flight, "tls" and "tls-2" in turn
	Start, End time.Duration
	Label      string
}

// MarkKind is what a mark means; each has a shape of its own, so that meaning
// never rests on colour.
type MarkKind string

// The marks.
const (
	MarkChallenge     MarkKind = "challenge"      // filled diamond
	MarkExpected      MarkKind = "expected"       // hollow diamond: a challenge that did not come
	MarkResumption    MarkKind = "resumption"     // return arrow
	MarkRenegotiation MarkKind = "renegotiation"  // diamond in a circle
	MarkPostHandshake MarkKind = "post-handshake" // diamond with a tail
	MarkError         MarkKind = "error"          // cross
	MarkSession       MarkKind = "session"        // small dot: a session was given
	MarkMessage       MarkKind = "message"        // tick
)

// Mark is a moment on a lane.
type Mark struct {
	Kind  MarkKind
	At    time.Duration
	Label string
	Event int // Seq
}

// Link goes from the connection that made a session to the one that resumed it.
type Link struct {
	From, To trace.Ref
	FromAt   time.Duration
	ToAt     time.Duration
	Bad      bool // the identities differ
}

// Axis maps time to a folded position: stretches in which nothing happens are
// cut short to Fold.
type Axis struct {
	Cuts []Cut
	End  time.Duration
	Fold time.Duration
}

// Cut is a stretch of time shown as a fixed short width.
type Cut struct{ Start, End time.Duration }
