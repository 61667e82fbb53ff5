package widgets_test

import (
	"fmt"
	"testing"
	"time"

	"rechallenge/app/widgets"
	"rechallenge/core/timeline"
)

// What the UI goroutine does with 100,000 connections, each thing beside the
// longest it may take: the figure that counts is "of-limit", below 1.
func BenchmarkLimits(b *testing.B) {
	const step, task = 4 * time.Millisecond, 50 * time.Millisecond
	tl := big(b, hundred())
	tl.Select(timeline.Ref{Pass: 1, Connection: 50_000})
	tl.ZoomToSelection()
	prepared := []*widgets.PreparedTimeline{widgets.PrepareTimeline(copied(hundred())), widgets.PrepareTimeline(demo())}
	filters := []string{"bob", "identity:alice outcome:200 8443", ""}
	rows := manyRows(100_000)
	list := bigRows(b, rows)
	live, n, at := big(b, many(20_000)), 20_000, float64(many(20_000).End)/1e6
	for _, c := range []struct {
		name  string
		limit time.Duration
		do    func(i int)
	}{
		{"zoom", step, func(i int) { tl.ZoomBy([]float64{1.4, 1 / 1.3}[i%2]) }},
		{"pan", step, func(i int) { scroll(tl, i, -12) }},
		{"prepared", task, func(i int) { tl.SetPrepared(prepared[(i+1)%2]) }},
		{"filter", task, func(i int) { tl.SetFilter(widgets.ParseTimelineFilter(filters[i%3])) }},
		{"compare", task, func(i int) { tl.SetCompare(i%2 == 0) }},
		{"append-50-lanes", 10 * time.Millisecond, func(int) { live.Append(batch(&n, &at, 50)) }},
		{"rows", task, func(i int) { list.SetRows(rows[:100_000-i%100]) }},
		{"next-row", step, func(i int) { list.Select(fmt.Sprintf("1/%d", 50_000+i%1000)) }},
		{"append-50-rows", 10 * time.Millisecond, func(int) { list.Append(rows[:50]...) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				c.do(i)
			}
			b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(c.limit), "of-limit")
		})
	}
}
