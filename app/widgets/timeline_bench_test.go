package widgets_test

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"rechallenge/app/theme"
	"rechallenge/app/widgets"
)

func big(tb testing.TB, n int) *widgets.Timeline {
	fyne.CurrentApp().Settings().SetTheme(theme.New(theme.Dark))
	tl := widgets.NewTimeline()
	w := test.NewTempWindow(tb, tl)
	w.SetPadded(false)
	w.Resize(fyne.NewSize(1400, 900))
	tl.SetData(many(n))
	return tl
}

func BenchmarkTimelineZoom(b *testing.B) {
	tl := big(b, 100_000)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if i%40 < 20 {
			tl.ZoomBy(1.3)
		} else {
			tl.ZoomBy(1 / 1.3)
		}
	}
}

func BenchmarkTimelinePan(b *testing.B) {
	tl := big(b, 100_000)
	tl.Select(widgets.Ref{Pass: 1, Connection: 50_000})
	tl.ZoomToSelection()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		dy := float32(-37)
		if i%100 >= 50 {
			dy = 37
		}
		tl.Scrolled(&fyne.ScrollEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(500, 300)},
			Scrolled: fyne.Delta{DX: -dy / 3, DY: dy}})
	}
}

func BenchmarkTimelineSetData(b *testing.B) {
	tl := big(b, 1)
	d := many(100_000)
	for b.Loop() {
		tl.SetData(d)
	}
}

func BenchmarkTimelineGrow(b *testing.B) {
	tl := big(b, 1000)
	at := 1000.0
	for n := 1001; b.Loop(); n++ {
		tl.UpdateLane("shared", lane(1, n, "alice", "200", at, true, false))
		tl.AppendLink(widgets.TimelineLink{Pass: 1, From: n - 1, To: n, FromAt: ms(at - 1), ToAt: ms(at)})
		at++
		tl.Flush(time.Duration(at*1e6), nil)
	}
}

// BenchmarkTimelineDense steps where every lane in view shows all of its spans
// and marks: 100,000 connections at once.
func BenchmarkTimelineDense(b *testing.B) {
	tl := big(b, 1)
	g := widgets.TimelineGroup{Pass: 1, Title: "shared"}
	d := widgets.TimelineData{End: ms(8)}
	for i := 1; i <= 100_000; i++ {
		g.Lanes = append(g.Lanes, lane(1, i, "alice", "200 · CN=alice", float64(i%40)/20, i > 1, i%9 == 0))
		d.Links = append(d.Links, widgets.TimelineLink{Pass: 1, From: max(i-3, 1), To: i, FromAt: ms(3), ToAt: ms(4)})
	}
	d.Groups = []widgets.TimelineGroup{g}
	tl.SetData(d)
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; b.Loop(); i++ {
		dy := float32(-37)
		if i%100 >= 50 {
			dy = 37
		}
		tl.Scrolled(&fyne.ScrollEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(500, 300)}, Scrolled: fyne.Delta{DY: dy}})
	}
}
