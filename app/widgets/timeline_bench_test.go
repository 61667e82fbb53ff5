package widgets_test

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"rechallenge/app/theme"
	"rechallenge/app/widgets"
	"rechallenge/core/timeline"
	"rechallenge/core/trace"
)

// big shows a run in a large window; the run stays the caller's.
func big(tb testing.TB, d widgets.TimelineData) *widgets.Timeline {
	fyne.CurrentApp().Settings().SetTheme(theme.New(theme.Look{Mode: theme.Dark}))
	tl := widgets.NewTimeline()
	w := test.NewTempWindow(tb, tl)
	w.SetPadded(false)
	w.Resize(fyne.NewSize(1400, 900))
	tl.SetData(copied(d))
	return tl
}

// hundred is a run of 100,000 connections, made once.
var hundred = sync.OnceValue(func() widgets.TimelineData { return many(100_000) })

// copied lets a timeline own a run that others are still to get.
func copied(d widgets.TimelineData) widgets.TimelineData {
	d.Groups = slices.Clone(d.Groups)
	for i := range d.Groups {
		d.Groups[i].Lanes = slices.Clone(d.Groups[i].Lanes)
	}
	d.Links = slices.Clone(d.Links)
	return d
}

// Limit: 4 ms for a step on the UI goroutine with 100,000 connections.
func BenchmarkTimelineZoom(b *testing.B) {
	tl := big(b, hundred())
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if i%40 < 20 {
			tl.ZoomBy(1.3)
		} else {
			tl.ZoomBy(1 / 1.3)
		}
	}
}

// Limit: 4 ms.
func BenchmarkTimelinePan(b *testing.B) {
	tl := big(b, hundred())
	tl.Select(timeline.Ref{Pass: 1, Connection: 50_000})
	tl.ZoomToSelection()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		scroll(tl, i, -12)
	}
}

func scroll(tl *widgets.Timeline, i int, dx float32) {
	dy := float32(-37)
	if i%100 >= 50 {
		dx, dy = -dx, 37
	}
	tl.Scrolled(&fyne.ScrollEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(500, 300)}, Scrolled: fyne.Delta{DX: dx, DY: dy}})
}

// BenchmarkTimelineDense steps where every lane in view shows all of its spans
// and marks: 100,000 connections at once. Limit: 4 ms.
func BenchmarkTimelineDense(b *testing.B) {
	tl := big(b, dense(100_000))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		scroll(tl, i, 0)
	}
}

func dense(n int) widgets.TimelineData {
	g := widgets.TimelineGroup{Pass: 1, Title: "shared"}
	d := widgets.TimelineData{End: ms(8)}
	for i := 1; i <= n; i++ {
		g.Lanes = append(g.Lanes, lane(1, i, "alice", "200 · CN=alice", float64(i%40)/20, i > 1, i%9 == 0))
		d.Links = append(d.Links, timeline.Link{From: trace.Ref{Pass: 1, Connection: max(i-3, 1)}, To: trace.Ref{Pass: 1, Connection: i}, FromAt: ms(3), ToAt: ms(4)})
	}
	d.Groups = []widgets.TimelineGroup{g}
	return d
}

// Off the UI goroutine; no limit but the patience of who opens a report, which
// gets 5 s for everything.
func BenchmarkTimelinePrepare(b *testing.B) {
	d := hundred()
	b.ReportAllocs()
	for b.Loop() {
		widgets.PrepareTimeline(d)
	}
}

// Limit: 50 ms, as for everything on the UI goroutine; it should be far below.
func BenchmarkTimelineSetPrepared(b *testing.B) {
	tl := big(b, demo())
	p := widgets.PrepareTimeline(hundred())
	q := widgets.PrepareTimeline(demo())
	for b.Loop() {
		tl.SetPrepared(p)
		tl.SetPrepared(q)
	}
}

// Limit: 50 ms, for who does not prepare.
func BenchmarkTimelineSetData(b *testing.B) {
	tl := big(b, demo())
	d := hundred()
	for b.Loop() {
		tl.SetData(d)
	}
}

// A key press in the filter's field. Limit: 50 ms.
func BenchmarkTimelineFilter(b *testing.B) {
	tl := big(b, hundred())
	filters := []widgets.TimelineFilter{widgets.ParseTimelineFilter("bob"), widgets.ParseTimelineFilter("identity:bob outcome:200 mark:expected 8443"), {}}
	for i := 0; b.Loop(); i++ {
		tl.SetFilter(filters[i%len(filters)])
	}
}

// To side by side and back, with two passes of 50,000. Limit: 50 ms each way.
func BenchmarkTimelineCompare(b *testing.B) {
	d := many(50_000)
	second := widgets.TimelineGroup{Pass: 2, Title: "none"}
	for _, l := range d.Groups[0].Lanes {
		l.Pass = 2
		second.Lanes = append(second.Lanes, l)
	}
	d.Groups = append(d.Groups, second)
	tl := big(b, d)
	for i := 0; b.Loop(); i++ {
		tl.SetCompare(i%2 == 0)
	}
}

// BenchmarkTimelineAppend adds what comes in 50 ms at 1,000 connections a
// second, 50 lanes with their links, to 20,000. Limit: 10 ms.
func BenchmarkTimelineAppend(b *testing.B) {
	for _, filtered := range []bool{false, true} {
		b.Run(fmt.Sprintf("filtered=%v", filtered), func(b *testing.B) {
			d := many(20_000)
			tl := big(b, d)
			if filtered {
				tl.SetFilter(widgets.ParseTimelineFilter("bob"))
			}
			at, n := float64(d.End)/1e6, 20_000
			for b.Loop() {
				tl.Append(batch(&n, &at, 50))
			}
		})
	}
}

// batch is what a run grows by.
func batch(n *int, at *float64, size int) widgets.TimelineData {
	more := widgets.TimelineData{Groups: []widgets.TimelineGroup{{Pass: 1, Title: "shared"}}}
	for range size {
		*n++
		*at++
		more.Groups[0].Lanes = append(more.Groups[0].Lanes, lane(1, *n, "bob", "200", *at, true, false))
		more.Links = append(more.Links, timeline.Link{From: trace.Ref{Pass: 1, Connection: *n - 1}, To: trace.Ref{Pass: 1, Connection: *n}, FromAt: ms(*at - 1), ToAt: ms(*at)})
	}
	more.End = time.Duration(*at * 1e6)
	return more
}

// BenchmarkTimelineMemory reports what 100,000 connections take, their texts,
// spans and marks, the index and the drawing included. Limit: 400 MB for the
// whole program; the timeline's share is to stay under 150 MB.
func BenchmarkTimelineMemory(b *testing.B) {
	for b.Loop() {
		before := heap()
		tl := big(b, many(100_000))
		tl.ZoomBy(2)
		b.ReportMetric(float64(heap()-before)/1e6, "MB")
		runtime.KeepAlive(tl)
	}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
