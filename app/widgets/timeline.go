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

	x        *index
	axis     axis
	view     view
	overview overview
	counted  time.Time // when overview was
	started  time.Time
	absolute bool
	legend   bool
	selected Ref
	pointer  pointer
	area     area
	labels   map[string]string // cut to the gutter's width
	gutter   float32
	room     float64 // for outcomes, right of the last span
	back     *layer  // rows and labels
	plot     *layer  // spans, links, marks
	heads    *layer  // group titles
	frame    *layer  // ruler, overview, legend
	over     *layer  // cursor, hover
}

// NewTimeline makes an empty timeline.
func NewTimeline() *Timeline {
	t := &Timeline{x: newIndex(TimelineData{}), axis: newAxis(nil), legend: true}
	t.back, t.plot, t.heads, t.frame, t.over = newLayer(), newLayer(), newLayer(), newLayer(), newLayer()
	t.ExtendBaseWidget(t)
	return t
}

// SetData shows a run. The view is kept if the user has zoomed or panned and
// the run is the same or a longer one, else everything is fitted.
func (t *Timeline) SetData(data TimelineData) {
	same := t.continues(data)
	t.x = newIndex(data)
	t.rescale(data.Cuts)
	t.pointer.hit = hit{}
	if !same {
		t.view = view{}
		t.selected = Ref{}
	} else if t.x.lane(t.selected) == nil {
		t.selected = Ref{}
	}
	t.recount(true)
	if !t.view.moved {
		t.fit()
	}
	t.draw()
}

// rescale takes new cuts at the present scale.
func (t *Timeline) rescale(cuts []TimelineCut) {
	a := newAxis(cuts)
	a.perPx, a.width = t.axis.perPx, t.axis.width
	t.axis = a
}

// continues tells whether data is a later state of the run that is shown.
func (t *Timeline) continues(data TimelineData) bool {
	old := t.x.data
	if len(old.Groups) == 0 || len(data.Groups) < len(old.Groups) || data.End < old.End {
		return false
	}
	a, b := old.Groups[0], data.Groups[0]
	return a.Pass == b.Pass && a.Title == b.Title && len(b.Lanes) >= len(a.Lanes) &&
		(len(a.Lanes) == 0 || a.Lanes[0].Label == b.Lanes[0].Label)
}

// UpdateLane replaces the lane of the same pass and connection or appends it;
// an unknown pass gets a group of that title. For growth while a run is live:
// call it for each changed lane, then Flush once.
func (t *Timeline) UpdateLane(groupTitle string, lane TimelineLane) { t.x.update(groupTitle, lane) }

// AppendLink adds a link; Flush shows it.
func (t *Timeline) AppendLink(link TimelineLink) {
	t.x.data.Links = append(t.x.data.Links, link)
	t.x.noteLink(len(t.x.data.Links) - 1)
}

// Flush shows what UpdateLane and AppendLink changed. end is the time so far.
// The last lane stays in view if it was.
func (t *Timeline) Flush(end time.Duration, cuts []TimelineCut) {
	follow := t.view.y >= t.maxY()-1
	t.x.data.End, t.x.data.Cuts = end, cuts
	t.x.count()
	t.rescale(cuts)
	t.recount(false)
	if !t.view.moved {
		t.fit()
	}
	if follow {
		t.view.y = t.maxY()
	}
	t.draw()
}

// SetStarted gives the time of day of offset zero, for the absolute ruler.
func (t *Timeline) SetStarted(at time.Time) {
	t.started = at
	t.draw()
}

// SetAbsolute chooses between the time of day and offsets in the ruler.
func (t *Timeline) SetAbsolute(on bool) {
	t.absolute = on
	t.draw()
}

// Select selects a lane and scrolls to it, the zero Ref clears. Calls nothing.
func (t *Timeline) Select(r Ref) {
	if t.x.lane(r) == nil {
		r = Ref{}
	}
	t.selected = r
	t.reveal()
	t.draw()
}

// Selected is the selected lane, the zero Ref for none.
func (t *Timeline) Selected() Ref { return t.selected }

// Fit shows the whole time.
func (t *Timeline) Fit() {
	t.view.moved = false
	t.fit()
	t.draw()
}

// ZoomBy zooms around the middle: factor 2 shows half the time.
func (t *Timeline) ZoomBy(factor float64) { t.zoomAt(float64(t.area.w)/2, factor) }

// ZoomToSelection shows the selected lane's time, everything without one.
func (t *Timeline) ZoomToSelection() {
	l := t.x.lane(t.selected)
	if l == nil {
		t.Fit()
		return
	}
	if from, to, ok := l.extent(); ok {
		t.zoomTo(from, to)
	}
}

// ShowLegend shows or hides the legend at the bottom.
func (t *Timeline) ShowLegend(on bool) {
	t.legend = on
	t.arrange(t.Size())
	t.draw()
}

// MinSize is small: the timeline shows what fits.
func (t *Timeline) MinSize() fyne.Size { return fyne.NewSize(240, 110) }

// Refresh draws anew, in the theme's present colours.
func (t *Timeline) Refresh() {
	t.labels = nil
	t.arrange(t.Size())
	t.draw()
}

// CreateRenderer is for Fyne.
func (t *Timeline) CreateRenderer() fyne.WidgetRenderer { return timelineRenderer{t} }

type timelineRenderer struct{ t *Timeline }

func (r timelineRenderer) Layout(s fyne.Size) {
	r.t.arrange(s)
	if !r.t.view.moved {
		r.t.fit()
	}
	r.t.draw()
}
func (r timelineRenderer) MinSize() fyne.Size { return r.t.MinSize() }
func (r timelineRenderer) Refresh()           { r.t.Refresh() }
func (r timelineRenderer) Destroy()           {}
func (r timelineRenderer) Objects() []fyne.CanvasObject {
	t := r.t
	return []fyne.CanvasObject{t.back.clip, t.plot.clip, t.heads.clip, t.frame.clip, t.over.clip}
}
