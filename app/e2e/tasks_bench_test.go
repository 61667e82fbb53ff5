package e2e

import (
	"strings"
	"testing"
)

// BenchmarkTasks walks through the window with a program that times the tasks
// of its UI goroutine, and reports the longest one. The limit is 50 ms; painting
// is Fyne's and not among them.
//
//	go test -run '^$' -bench Tasks -benchtime 1x ./app/e2e
func BenchmarkTasks(b *testing.B) {
	path, err := buildTagged("rechallenge-timed", "..", "timed")
	if err != nil {
		b.Fatal(err)
	}
	worst, what := 0.0, ""
	for b.Loop() {
		d := newDesktop(b)
		d.path = path
		w := d.open()
		w.demo()
		w.verdict()
		for _, key := range []string{"alt+1", "alt+2", "alt+3", "alt+4", "alt+5", "alt+6", "alt+7", "ctrl+2", "ctrl+3", "ctrl+4", "ctrl+5", "ctrl+1", "ctrl+shift+y", "ctrl+shift+y"} {
			w.press(key)
		}
		w.find("Which clients")
		w.until("the answer", func(s shown) bool { return strings.HasPrefix(s.Answer, "clients: ") })
		w.press("ctrl+1")
		s := w.until("the test", func(s shown) bool { return s.Page == pageTest })
		if s.SlowestMS > worst {
			worst, what = s.SlowestMS, s.Slowest
		}
		w.stop()
	}
	b.Logf("the longest: %s", what)
	b.ReportMetric(worst, "ms-longest")
	b.ReportMetric(worst/50, "of-50ms")
}
