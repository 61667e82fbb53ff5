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
	Phase      trace.Phase
	Other      bool // every second flight of a phase that is cut by flights
	Start, End time.Duration
	Label      string
}

// Phase is what there is to know about the phase of a span: its title, sign
// and colour.
type Phase = trace.PhaseInfo

// Ref names a connection: its own name here is for widgets, which know no other room of core.
type Ref = trace.Ref

// The phases that are treated by name.
const (
	PhaseWait = trace.PhaseWait
	PhaseTLS  = trace.PhaseTLS
	PhaseHTTP = trace.PhaseHTTP
)

// Phases are all of them, in the order of a connection's life.
func Phases() []Phase { return trace.Phases }

// Look is how a span looks: the sign that fills it in a terminal, and the name
// of its colour.
func (s Span) Look() trace.PhaseLook {
	p := s.Phase.Info()
	if s.Other && p.Other != nil {
		return *p.Other
	}
	return trace.PhaseLook{Glyph: p.Glyph, Color: p.Color}
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
