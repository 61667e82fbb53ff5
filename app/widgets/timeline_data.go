package widgets

import "time"

// TimelineData is a whole run: all times are offsets from the run's start.
type TimelineData struct {
	Groups []TimelineGroup // one a pass
	Links  []TimelineLink
	Cuts   []TimelineCut // ascending, not overlapping
	End    time.Duration
	// Started is the time of day of offset zero. Data with another start is
	// another run; without it the first lanes tell.
	Started time.Time
}

// TimelineGroup is a pass.
type TimelineGroup struct {
	Pass  int
	Title string
	Lanes []TimelineLane
}

// TimelineLane is a connection.
type TimelineLane struct {
	Pass, Connection int
	Label            string // stays at the left: "#2 bob"
	Detail           string // shown when hovered: the target
	Outcome          string // behind the last span: "403 · CN=alice"
	Bad              bool   // an error finding points at it
	Dim              bool   // drawn weakly
	Spans            []TimelineSpan
	Marks            []TimelineMark

	// Step is the same for the connections of different passes that come from
	// the same step of the plan: they are compared. Empty: the number of the
	// connection.
	Step string
	// Identity, Target and Findings are what a filter looks at; without the
	// first two it looks at Label and Detail.
	Identity string
	Target   string
	Findings []string // ids of rules
}

// TimelineSpan is a stretch of a lane. Phase is one of resolve, dial, proxy,
// tls, tls-1, tls-2 ..., http, wait.
type TimelineSpan struct {
	Phase      string
	Start, End time.Duration
	Label      string
}

// MarkKind is what a mark means; every kind has a shape of its own.
type MarkKind string

// The marks.
const (
	MarkChallenge     MarkKind = "challenge"      // filled diamond
	MarkExpected      MarkKind = "expected"       // hollow diamond
	MarkResumption    MarkKind = "resumption"     // return arrow
	MarkRenegotiation MarkKind = "renegotiation"  // diamond in a circle
	MarkPostHandshake MarkKind = "post-handshake" // diamond with a tail
	MarkError         MarkKind = "error"          // cross
	MarkSession       MarkKind = "session"        // dot
	MarkMessage       MarkKind = "message"        // tick
)

// TimelineMark is a moment on a lane. Event is handed back by OnMark.
type TimelineMark struct {
	Kind  MarkKind
	At    time.Duration
	Label string
	Event int
}

// TimelineLink goes from the connection that made a session to the one of the
// same pass that resumed it.
type TimelineLink struct {
	Pass         int
	From, To     int
	FromAt, ToAt time.Duration
	Bad          bool // the identities differ
}

// TimelineCut is a long wait, shown as a fixed short width.
type TimelineCut struct{ Start, End time.Duration }
