package widgets_test

import (
	"fmt"
	"testing"

	"fyne.io/fyne/v2"

	"rechallenge/app/widgets"
	"rechallenge/core/timeline"
)

func manyRows(n int) []widgets.Row {
	rows := make([]widgets.Row, 0, n)
	for i := 1; i <= n; i++ {
		c := widgets.ConnectionRow{
			Lane: timeline.Ref{Pass: 1, Connection: i}, Pass: "shared", Target: "https://localhost:8443/alice", Identity: "alice",
			Handshake: "full", Challenged: widgets.WasChallenged, SeenAs: "alice", Status: "200", Millis: fmt.Sprintf("%.2f", float64(i%700)/100),
		}
		if i%3 == 0 {
			c.Handshake, c.Challenged, c.Severity = "resumed", widgets.Expected, widgets.Error
		}
		rows = append(rows, c.Row())
	}
	return rows
}

func bigRows(tb testing.TB, rows []widgets.Row) *widgets.Rows {
	r := widgets.NewRows(widgets.ConnectionColumns()...)
	w := show(tb, r, 1100, 600)
	r.SetRows(rows)
	w.Resize(fyne.NewSize(1101, 600))
	return r
}

// Limit: 50 ms with 100,000 rows, a selected one among them.
func BenchmarkRowsSetRows(b *testing.B) {
	rows := manyRows(100_000)
	r := bigRows(b, rows)
	r.Select("1/99000")
	for b.Loop() {
		r.SetRows(rows)
	}
}

// A step down a list of 100,000 rows that scrolls. Limit: 4 ms.
func BenchmarkRowsStep(b *testing.B) {
	r := bigRows(b, manyRows(100_000))
	for i := 0; b.Loop(); i++ {
		r.Select(fmt.Sprintf("1/%d", 50_000+i%1000))
	}
}

// A page of 100,000 rows, every row in view another one. Limit: 10 ms.
func BenchmarkRowsJump(b *testing.B) {
	r := bigRows(b, manyRows(100_000))
	for i := 0; b.Loop(); i++ {
		r.Select(fmt.Sprintf("1/%d", 1+i*7919%100_000))
	}
}

// What comes in 50 ms at 1,000 connections a second, at the end of 20,000 rows
// that are in view. Limit: 10 ms.
func BenchmarkRowsAppend(b *testing.B) {
	r := bigRows(b, manyRows(20_000))
	r.Select("1/20000")
	more := manyRows(50)
	for b.Loop() {
		r.Append(more...)
	}
}
