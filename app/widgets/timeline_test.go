package widgets_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"rechallenge/app/theme"
	"rechallenge/app/widgets"
	"rechallenge/core/timeline"
)

func show(t testing.TB, o fyne.CanvasObject, w, h float32) fyne.Window {
	t.Helper()
	fyne.CurrentApp().Settings().SetTheme(theme.New(theme.Look{Mode: theme.Dark}))
	win := test.NewTempWindow(t, o)
	win.SetPadded(false)
	win.Resize(fyne.NewSize(w, h))
	return win
}

func TestTimelineMarkup(t *testing.T) {
	for name, data := range map[string]widgets.TimelineData{"demo": demo(), "waits": waits(), "empty": {}} {
		t.Run(name, func(t *testing.T) {
			tl := widgets.NewTimeline()
			tl.SetData(data)
			w := show(t, tl, 800, 260)
			same(t, "timeline-"+name, w.Canvas())
		})
	}
}

func TestTimelineKeys(t *testing.T) {
	tl := widgets.NewTimeline()
	var chosen []timeline.Ref
	var active timeline.Ref
	tl.OnSelect = func(r timeline.Ref) { chosen = append(chosen, r) }
	tl.OnActivate = func(r timeline.Ref) { active = r }
	tl.SetData(demo())
	show(t, tl, 800, 260)
	key := func(n fyne.KeyName) { tl.TypedKey(&fyne.KeyEvent{Name: n}) }
	key(fyne.KeyDown)
	key(fyne.KeyDown)
	key(fyne.KeyDown)
	key(fyne.KeyUp)
	key(fyne.KeyReturn)
	want := []timeline.Ref{{Pass: 1, Connection: 1}, {Pass: 1, Connection: 2}, {Pass: 2, Connection: 1}, {Pass: 1, Connection: 2}}
	if len(chosen) != len(want) {
		t.Fatalf("selected %v, want %v", chosen, want)
	}
	for i := range want {
		if chosen[i] != want[i] {
			t.Errorf("selection %d is %v, want %v", i, chosen[i], want[i])
		}
	}
	if active != (timeline.Ref{Pass: 1, Connection: 2}) {
		t.Errorf("Enter activated %v", active)
	}
	key(fyne.KeyEscape)
	if tl.Selected() != (timeline.Ref{}) {
		t.Error("Escape keeps the selection")
	}
}

// clickFor looks for the place where a click gives want, on a lane's height.
func clickFor(t *testing.T, tl *widgets.Timeline, y float32, hit func() bool) bool {
	t.Helper()
	for x := float32(90); x < 800; x += 2 {
		tl.Tapped(&fyne.PointEvent{Position: fyne.NewPos(x, y)})
		if hit() {
			return true
		}
	}
	return false
}

func TestTimelineMarkIsClicked(t *testing.T) {
	tl := widgets.NewTimeline()
	var lane timeline.Ref
	var event int
	tl.OnMark = func(r timeline.Ref, e int) { lane, event = r, e }
	tl.SetData(demo())
	show(t, tl, 800, 260)
	if !clickFor(t, tl, 77, func() bool { return event == 2 }) {
		t.Fatal("no click on the second lane hits the expected challenge")
	}
	if lane != (timeline.Ref{Pass: 1, Connection: 2}) || tl.Selected() != lane {
		t.Errorf("mark of %v, selected %v", lane, tl.Selected())
	}
}

// Marks at the same moment do not hide each other.
func TestTimelineKeepsMarksApart(t *testing.T) {
	d := demo()
	l := &d.Groups[0].Lanes[1]
	for i := range l.Marks {
		l.Marks[i].At, l.Marks[i].Event = ms(5), i+1
	}
	tl := widgets.NewTimeline()
	hit := map[int]bool{}
	tl.OnMark = func(_ timeline.Ref, e int) { hit[e] = true }
	tl.SetData(d)
	show(t, tl, 800, 260)
	for x := float32(90); x < 800; x += 2 {
		tl.Tapped(&fyne.PointEvent{Position: fyne.NewPos(x, 77)})
	}
	for i, m := range l.Marks {
		if kind := m.Kind; kind != timeline.MarkMessage && kind != timeline.MarkSession && !hit[i+1] {
			t.Errorf("%s can't be clicked", kind)
		}
	}
}

func TestTimelineShowsWhatWasSelectedBefore(t *testing.T) {
	for _, c := range []int{2, 150} {
		tl := widgets.NewTimeline()
		tl.SetData(many(300))
		tl.Select(timeline.Ref{Pass: 1, Connection: c})
		w := show(t, tl, 800, 260)
		if !strings.Contains(test.RenderToMarkup(w.Canvas()), fmt.Sprintf(">#%d ", c)) {
			t.Errorf("#%d is not in view", c)
		}
	}
}

func TestTimelineReadout(t *testing.T) {
	tl := widgets.NewTimeline()
	said := map[string]bool{}
	tl.OnReadout = func(s string) { said[s] = true }
	tl.SetData(demo())
	show(t, tl, 800, 260)
	for x := float32(90); x < 800; x += 3 {
		tl.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(x, 56)}})
	}
	tl.MouseOut()
	if !said[""] || len(said) < 5 {
		t.Errorf("read out %v", said)
	}
}

func TestTimelineKeepsTheViewOfALongerRun(t *testing.T) {
	tl := widgets.NewTimeline()
	tl.SetData(demo())
	w := show(t, tl, 800, 260)
	fitted := test.RenderToMarkup(w.Canvas())
	tl.ZoomBy(4)
	zoomed := test.RenderToMarkup(w.Canvas())
	if fitted == zoomed {
		t.Fatal("zooming shows the same")
	}
	tl.SetData(demo())
	if test.RenderToMarkup(w.Canvas()) != zoomed {
		t.Error("the same run again loses the view")
	}
	tl.Fit()
	if test.RenderToMarkup(w.Canvas()) != fitted {
		t.Error("Fit does not come back to the first view")
	}
}

// Where data tell their start, the end of a run that grows stays in view, and
// another run begins at its beginning.
func TestTimelineFollowsARunWithAStart(t *testing.T) {
	tl := widgets.NewTimeline()
	w := show(t, tl, 800, 260)
	d := many(300)
	part := func(n int, at time.Time) widgets.TimelineData {
		p := copied(d)
		p.Started, p.Links = at, nil
		p.Groups[0].Lanes = p.Groups[0].Lanes[:n]
		return p
	}
	sees := func(text string) bool { return strings.Contains(test.RenderToMarkup(w.Canvas()), text) }
	day := time.Date(2026, 11, 23, 20, 0, 0, 0, time.UTC)
	for n := 1; n <= 40; n++ {
		tl.SetPrepared(widgets.PrepareTimeline(part(n, day)))
	}
	if !sees(">#40 ") {
		t.Error("the last of 40 connections is not in view")
	}
	tl.TypedKey(&fyne.KeyEvent{Name: fyne.KeyHome})
	tl.SetData(part(41, day))
	if sees(">#41 ") {
		t.Error("who looked at the beginning is taken to the end")
	}
	tl.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEnd})
	tl.SetData(part(300, day.Add(time.Hour)))
	if !sees(">#1 ") {
		t.Error("another run does not begin at its beginning")
	}
}

func TestTimelineGrows(t *testing.T) {
	whole, grown := widgets.NewTimeline(), widgets.NewTimeline()
	d := demo()
	whole.SetData(d)
	a := show(t, whole, 800, 260)
	for _, g := range d.Groups {
		for _, l := range g.Lanes {
			early := l
			early.Spans = l.Spans[:1]
			early.Marks = nil
			grown.UpdateLane(g.Title, early)
			grown.UpdateLane(g.Title, l)
		}
	}
	for _, l := range d.Links {
		grown.AppendLink(l)
	}
	grown.Flush(d.End, nil)
	want := test.RenderToMarkup(a.Canvas())
	b := show(t, grown, 800, 260)
	if got := test.RenderToMarkup(b.Canvas()); got != want {
		t.Error("a run that grew is drawn otherwise than the same run as a whole")
	}
}
