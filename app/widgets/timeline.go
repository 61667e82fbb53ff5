package widgets

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// TimelineData is a whole run: all times are offsets from the run's start.
type TimelineData struct {
	Groups []TimelineGroup // one a pass
	Links  []TimelineLink
	Cuts   []TimelineCut // ascending, not overlapping
	End    time.Duration
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
	Dim              bool   // a filter leaves it out
	Spans            []TimelineSpan
	Marks            []TimelineMark
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

// Timeline shows connections in time. The wheel scrolls lanes and, with
// Control or where all lanes fit, zooms at the pointer; dragging pans;
// dragging on the ruler chooses a stretch to zoom to. Keys: arrows, Page Up
// and Page Down, + and -, Home (fit), Z (zoom to selection), Enter, Escape.
type Timeline struct {
	widget.BaseWidget

	// OnSelect is called when the user selects a lane, with the zero Ref when
	// he clears the selection.
	OnSelect func(Ref)
	// OnActivate is called for Enter or a double click on a lane.
	OnActivate func(Ref)
	// OnMark is called when the user clicks a mark, after OnSelect.
	OnMark func(lane Ref, event int)
	// OnMenu is called for a secondary click on a lane, with an absolute position.
	OnMenu func(lane Ref, at fyne.Position)
	// OnReadout is called with a line of text for the status bar when what is
	// under the pointer changes, empty when it leaves.
	OnReadout func(text string)
}

// NewTimeline makes an empty timeline.
func NewTimeline() *Timeline {
	t := &Timeline{}
	t.ExtendBaseWidget(t)
	return t
}

// SetData shows a run. The view is kept if the user has zoomed or panned and
// the run is the same or a longer one, else everything is fitted.
func (t *Timeline) SetData(data TimelineData) {}

// UpdateLane replaces the lane of the same pass and connection or appends it;
// an unknown pass gets a group of that title. For growth while a run is live:
// call it for each changed lane, then Flush once.
func (t *Timeline) UpdateLane(groupTitle string, lane TimelineLane) {}

// AppendLink adds a link; Flush shows it.
func (t *Timeline) AppendLink(link TimelineLink) {}

// Flush shows what UpdateLane and AppendLink changed. end is the time so far.
func (t *Timeline) Flush(end time.Duration, cuts []TimelineCut) {}

// SetStarted gives the time of day of offset zero, for the absolute ruler.
func (t *Timeline) SetStarted(at time.Time) {}

// SetAbsolute chooses between the time of day and offsets in the ruler.
func (t *Timeline) SetAbsolute(on bool) {}

// Select selects a lane and scrolls to it, the zero Ref clears. Calls nothing.
func (t *Timeline) Select(r Ref) {}

// Selected is the selected lane, the zero Ref for none.
func (t *Timeline) Selected() Ref { return Ref{} }

// Fit shows the whole time.
func (t *Timeline) Fit() {}

// ZoomBy zooms around the middle: factor 2 shows half the time.
func (t *Timeline) ZoomBy(factor float64) {}

// ZoomToSelection shows the selected lane's time, everything without one.
func (t *Timeline) ZoomToSelection() {}

// ShowLegend shows or hides the legend at the bottom.
func (t *Timeline) ShowLegend(on bool) {}

// CreateRenderer is for Fyne.
func (t *Timeline) CreateRenderer() fyne.WidgetRenderer { return placeholder() }
