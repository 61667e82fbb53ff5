package widgets_test

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"rechallenge/app/widgets"
)

// mouse drives a timeline and reads what it says of the place under the pointer.
type mouse struct {
	tl   *widgets.Timeline
	said string
}

func newMouse(t *testing.T, d widgets.TimelineData) (*mouse, fyne.Window) {
	t.Helper()
	m := &mouse{tl: widgets.NewTimeline()}
	m.tl.OnReadout = func(s string) { m.said = s }
	m.tl.SetData(d)
	return m, show(t, m.tl, 800, 260)
}

func (m *mouse) over(x, y float32) string {
	m.tl.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(x, y)}})
	return m.said
}

// cursor is the time that the ruler shows at the pointer.
func (m *mouse) cursor(t *testing.T, w fyne.Window, x float32) string {
	t.Helper()
	m.over(x, 240)
	m.over(x, 180)
	// It is what is drawn last.
	s := test.RenderToMarkup(w.Canvas())
	_, s, _ = strings.Cut(s[strings.LastIndex(s, "<text"):], ">")
	s, _, _ = strings.Cut(s, "<")
	return s
}

func (m *mouse) wheel(x, y, dx, dy float32) {
	m.tl.Scrolled(&fyne.ScrollEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(x, y)}, Scrolled: fyne.Delta{DX: dx, DY: dy}})
}

func (m *mouse) drag(from, to fyne.Position) {
	m.tl.MouseDown(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: from}})
	m.tl.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: to}, Dragged: fyne.Delta{DX: to.X - from.X, DY: to.Y - from.Y}})
	m.tl.DragEnd()
}

func TestTimelineZoomsAtThePointer(t *testing.T) {
	m, w := newMouse(t, demo())
	const x = 400
	before := m.cursor(t, w, x)
	m.wheel(x, 180, 0, 90)
	if got := m.cursor(t, w, x); got[:3] != before[:3] {
		t.Errorf("zooming moved the time under the pointer from %s to %s", before, got)
	}
	if left, right := m.cursor(t, w, x-100), m.cursor(t, w, x+100); left == right {
		t.Errorf("%s is both left and right of the pointer", left)
	}
}

func TestTimelinePansByDragging(t *testing.T) {
	m, w := newMouse(t, demo())
	m.tl.ZoomBy(4)
	before := m.cursor(t, w, 400)
	m.drag(fyne.NewPos(400, 180), fyne.NewPos(300, 180))
	if got := m.cursor(t, w, 300); got != before {
		t.Errorf("the time at the pointer was %s, after dragging it along %s", before, got)
	}
	m.tl.Fit()
	if strings.Contains(test.RenderToMarkup(w.Canvas()), "µs") {
		t.Error("Fit shows a stretch")
	}
}

func TestTimelineZoomsToAStretchOfTheRuler(t *testing.T) {
	m, w := newMouse(t, demo())
	from := m.cursor(t, w, 300)
	m.drag(fyne.NewPos(300, 8), fyne.NewPos(360, 8))
	if got := m.cursor(t, w, 95); got[:3] != from[:3] {
		t.Errorf("the stretch from %s begins at %s now", from, got)
	}
}

func TestTimelineOverview(t *testing.T) {
	m, w := newMouse(t, many(300))
	m.tl.ZoomBy(50)
	m.tl.Tapped(&fyne.PointEvent{Position: fyne.NewPos(790, 222)})
	late := m.cursor(t, w, 400)
	m.tl.Tapped(&fyne.PointEvent{Position: fyne.NewPos(110, 222)})
	if early := m.cursor(t, w, 400); len(early) >= len(late) || early == late {
		t.Errorf("the strip's ends lead to %s and %s", early, late)
	}
}

func TestTimelineHomeAndEnd(t *testing.T) {
	m, w := newMouse(t, many(300))
	fitted := test.RenderToMarkup(w.Canvas())
	m.tl.ZoomBy(8)
	m.tl.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEnd})
	if s := test.RenderToMarkup(w.Canvas()); !strings.Contains(s, ">#300 ") {
		t.Error("End does not show the last connection")
	}
	m.tl.TypedKey(&fyne.KeyEvent{Name: fyne.KeyHome})
	if test.RenderToMarkup(w.Canvas()) != fitted {
		t.Error("Home does not come back to the first view")
	}
}

func TestTimelineAbsoluteTime(t *testing.T) {
	m, w := newMouse(t, demo())
	m.tl.SetStarted(time.Date(2026, 11, 23, 20, 15, 30, 0, time.UTC))
	m.tl.SetAbsolute(true)
	if s := test.RenderToMarkup(w.Canvas()); !strings.Contains(s, ">20:15:30.005") || !strings.Contains(s, ">2026-11-23<") {
		t.Error("the ruler shows no time of day")
	}
	if got := m.cursor(t, w, 300); !strings.HasPrefix(got, "20:15:30.") {
		t.Errorf("the time at the pointer is %s", got)
	}
}

func TestTimelineTellsWhatIsUnderThePointer(t *testing.T) {
	d := differing()
	d.Groups[0].Lanes[0].Spans[2].Label = "TLS flight 1 from the client"
	d.Groups[0].Lanes[0].Spans[3].Label = "the server's"
	d.Groups[1].Lanes[0].Marks[0].Label = "challenge, answered with alice"
	m, _ := newMouse(t, d)
	m.tl.SetCompare(true)
	seen := map[string]bool{}
	for y := float32(24); y < 230; y += 9 {
		for x := float32(0); x < 800; x += 4 {
			for part := range strings.SplitSeq(m.over(x, y), "   ") {
				seen[part] = true
			}
		}
	}
	for _, want := range []string{
		"shared", "none (control)", "#2 bob", "https://127.0.0.1:8443/bob", "TLS", "resumption", "challenge",
		"challenge that did not come", "asked here, not in another pass", "not asked here, but in another pass", "403 · CN=alice", "refused",
		"TLS flight 1 from the client", "TLS: the server's", "challenge, answered with alice",
	} {
		if !seen[want] {
			t.Errorf("nothing under the pointer says %q", want)
		}
	}
}
