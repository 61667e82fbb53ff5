package widgets

import (
	"time"

	"rechallenge/core/timeline"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// Timeline shows connections in time. The wheel scrolls lanes and, with
// Control or where all lanes fit, zooms at the pointer; dragging pans;
// dragging on the ruler chooses a stretch to zoom to. Keys: arrows, Page Up
// and Page Down, + and -, Home (fit), End, Z (zoom to selection), N and Shift+N
// (next problem), Enter, Escape.
type Timeline struct {
	widget.BaseWidget

	// OnSelect is called when the user selects a lane, with the zero Ref when
	// he clears the selection.
	OnSelect func(timeline.Ref)
	// OnActivate is called for Enter or a double click on a lane.
	OnActivate func(timeline.Ref)
	// OnMark is called when the user clicks a mark, after OnSelect.
	OnMark func(lane timeline.Ref, event int)
	// OnMenu is called for a secondary click on a lane, with an absolute position.
	OnMenu func(lane timeline.Ref, at fyne.Position)
	// OnReadout is called with a line of text for the status bar when what is
	// under the pointer changes, empty when it leaves.
	OnReadout func(text string)

	s        *store
	rows     *arrangement
	keep     func(*TimelineLane) bool // the filter, nil for none
	compare  bool
	axis     axis
	view     view
	overview overview
	counted  time.Time // when overview was
	started  time.Time
	absolute bool
	legend   bool
	selected timeline.Ref
	pointer  pointer
	area     area
	labels   map[string]string // cut to the gutter's width
	gutter   float32
	room     float64 // for outcomes, right of the last span
	back     *layer  // rows and labels
	plot     *layer  // spans, links, marks
	heads    *layer  // group titles
	ring     ring
	frame    *layer // ruler, overview, legend
	over     *layer // cursor, hover
}

// NewTimeline makes an empty timeline.
func NewTimeline() *Timeline {
	t := &Timeline{s: newStore(TimelineData{}), axis: newAxis(nil), legend: true}
	t.rows = everything(t.s)
	t.back, t.plot, t.heads, t.frame, t.over = newLayer(), newLayer(), newLayer(), newLayer(), newLayer()
	t.ExtendBaseWidget(t)
	return t
}

// PreparedTimeline is a run made ready to be shown.
type PreparedTimeline struct {
	s        *store
	rows     *arrangement
	overview overview
}

// PrepareTimeline does the part of SetData whose work grows with the run. It
// may be called on any goroutine; the data belongs to the result from then on.
func PrepareTimeline(data TimelineData) *PreparedTimeline {
	p := &PreparedTimeline{s: newStore(data)}
	p.rows = everything(p.s)
	p.overview = p.rows.overview(p.s)
	return p
}

// SetData shows a run: PrepareTimeline and SetPrepared in one.
func (t *Timeline) SetData(data TimelineData) { t.SetPrepared(PrepareTimeline(data)) }

// SetPrepared shows a run, which is the timeline's from then on. The view is
// kept if the user has zoomed or panned and the run is the same or a longer
// one, else everything is fitted; where data tell their start, the last lane
// stays in view if it was. Filter and comparison stay on.
func (t *Timeline) SetPrepared(p *PreparedTimeline) {
	if len(p.s.groups) == 0 { // the same nothing may be shown again, after this one has grown
		p = PrepareTimeline(TimelineData{Started: p.s.started, End: p.s.end})
	}
	same := t.s.continuedBy(p.s)
	follow := same && !p.s.started.IsZero() && t.view.y >= t.maxY()-1
	if !p.s.started.IsZero() {
		t.started = p.s.started
	}
	t.s, t.rows = p.s, p.rows
	if t.keep != nil || t.compare {
		t.s.forget()
		t.rows = arrange(t.s, t.keep, t.compare)
		p.overview = t.rows.overview(t.s)
	}
	t.rescale()
	t.pointer.hit = hit{}
	if !same {
		t.view = view{}
		t.selected = timeline.Ref{}
	} else if t.s.lane(t.selected) == nil {
		t.selected = timeline.Ref{}
	}
	t.counted, t.overview = time.Now(), p.overview
	t.arrange(t.Size())
	if !t.view.moved {
		t.fit()
	}
	if follow {
		t.view.y = t.maxY()
	}
	t.draw()
}

// rescale takes the arrangement's cuts at the present scale.
func (t *Timeline) rescale() {
	a := newAxis(t.rows.cuts)
	a.perPx, a.width = t.axis.perPx, t.axis.width
	t.axis = a
}

// Append adds what a run has grown by: lanes that are new or have changed,
// further links, the end and all the cuts so far. A group of an unknown pass
// is added. The last lane stays in view if it was.
func (t *Timeline) Append(more TimelineData) {
	for g := range more.Groups {
		group := &more.Groups[g]
		t.s.group(group.Pass, group.Title)
		for i := range group.Lanes {
			t.UpdateLane(group.Title, group.Lanes[i])
		}
	}
	for _, l := range more.Links {
		t.AppendLink(l)
	}
	t.Flush(more.End, more.Cuts)
}

// UpdateLane replaces the lane of the same pass and connection or appends it;
// an unknown pass gets a group of that title. For growth while a run is live:
// call it for each changed lane, then Flush once.
func (t *Timeline) UpdateLane(groupTitle string, lane TimelineLane) { t.s.update(groupTitle, lane) }

// AppendLink adds a link; Flush shows it.
func (t *Timeline) AppendLink(link timeline.Link) { t.s.addLink(link) }

// Flush shows what UpdateLane and AppendLink changed. end is the time so far.
// The last lane stays in view if it was.
func (t *Timeline) Flush(end time.Duration, cuts []timeline.Cut) {
	follow := t.view.y >= t.maxY()-1
	t.s.end, t.s.cuts = end, cuts
	t.s.join()
	t.rearrange()
	t.recount(false)
	if !t.view.moved {
		t.fit()
	}
	if follow {
		t.view.y = t.maxY()
	}
	t.draw()
}

// rearrange puts the store's lanes in rows anew.
func (t *Timeline) rearrange() {
	t.rows = arrange(t.s, t.keep, t.compare)
	t.rescale()
}

// SetFilter hides the lanes that do not fit; the zero filter hides none. The
// selection stays, hidden or not.
func (t *Timeline) SetFilter(f TimelineFilter) { t.SetFilterFunc(f.keeps(t)) }

// SetFilterFunc hides the lanes for which keep is false; nil hides none. It is
// called for each lane, and again for lanes that come or change later.
func (t *Timeline) SetFilterFunc(keep func(*TimelineLane) bool) {
	t.keep = keep
	t.s.forget()
	t.rearrange()
	t.recount(true)
	t.clamp()
	t.reveal()
	t.draw()
}

// Shown is how many of the connections the filter leaves.
func (t *Timeline) Shown() (shown, all int) { return t.rows.total, t.s.total }

// Everything tells whether no filter is set.
func (t *Timeline) Everything() bool { return t.keep == nil }

// Keeps tells whether the filter leaves a connection; one that the timeline
// does not have is left.
func (t *Timeline) Keeps(r timeline.Ref) bool {
	at, ok := t.s.find(r)
	return !ok || t.keep == nil || t.s.keeps(at, t.keep)
}

// SetCompare shows the passes side by side: a group for each step of the plan
// with one lane for each pass, every connection from its own beginning, and a
// mark and words where a certificate was asked for in one pass and not in
// another.
func (t *Timeline) SetCompare(on bool) {
	if on == t.compare {
		return
	}
	t.compare = on
	t.rearrange()
	t.view = view{}
	t.recount(true)
	t.fit()
	t.reveal()
	t.draw()
}

// NextProblem selects the next lane, or the one before, that an error finding
// points at or that differs between passes; it goes round at the end.
func (t *Timeline) NextProblem(backwards bool) {
	n, at := t.rows.total, -1
	if p, ok := t.s.find(t.selected); ok {
		at = t.rows.row(p)
	}
	by := 1
	if backwards {
		by = -1
		at = max(at, 0)
	}
	for i := 1; i <= n; i++ {
		row := ((at+by*i)%n + n) % n
		l := t.s.at(t.rows.place(row))
		if l.Bad || t.rows.differs(row) != unknown {
			t.choose(l.Ref)
			return
		}
	}
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
func (t *Timeline) Select(r timeline.Ref) {
	if t.s.lane(r) == nil {
		r = timeline.Ref{}
	}
	t.selected = r
	t.reveal()
	t.draw()
}

// Selected is the selected lane, the zero Ref for none.
func (t *Timeline) Selected() timeline.Ref { return t.selected }

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
	at, ok := t.s.find(t.selected)
	if !ok {
		t.Fit()
		return
	}
	if e := t.extent(at); e.known {
		t.zoomTo(e.from, e.to)
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
func (t *Timeline) CreateRenderer() fyne.WidgetRenderer { return t.ring.around(timelineRenderer{t}) }

type timelineRenderer struct{ t *Timeline }

func (r timelineRenderer) Layout(s fyne.Size) {
	first := r.t.area.h <= 1
	r.t.arrange(s)
	if !r.t.view.moved {
		r.t.fit()
	}
	if first { // what was selected before there was any room
		r.t.view.y = 0
		r.t.reveal()
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
