package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rechallenge/app/desk"
	"rechallenge/core/report/reporttest"
)

// BenchmarkOpen opens the report of 100,000 connections in the real window, from
// the start of the program to the moment at which it is shown. The limits are 5 s
// and 400 MB. The memory is the program's own (anonymous pages), without the
// libraries that are mapped, of which a software OpenGL brings 90 MB.
//
//	go test -run '^$' -bench Open -benchtime 1x ./app/e2e
func BenchmarkOpen(b *testing.B) {
	recorded, err := desk.OpenReport(b.Context(), filepath.Join("..", "..", "core", "report", "testdata", "demo.json"), nil)
	if err != nil {
		b.Fatal(err)
	}
	path := filepath.Join(b.TempDir(), "long.json")
	if err := desk.SaveReport(b.Context(), path, reporttest.Long(recorded, 100_000)); err != nil {
		b.Fatal(err)
	}
	var took, kept, most float64
	for b.Loop() {
		d := newDesktop(b)
		started := time.Now()
		w := d.open(path)
		w.until("the report", func(s shown) bool { return len(s.Results) > 0 && !s.Busy })
		took = max(took, time.Since(started).Seconds())
		time.Sleep(2 * time.Second) // what is left to do after it is shown
		kept = max(kept, w.memory(b, "RssAnon"))
		most = max(most, w.memory(b, "VmHWM"))
		w.stop()
	}
	b.ReportMetric(took, "s-shown")
	b.ReportMetric(kept, "MB-own")
	b.ReportMetric(most, "MB-peak-with-libraries")
}

// memory is a figure of the program's in MB, by the kernel's account.
func (w *window) memory(b *testing.B, what string) float64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", w.pid))
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		var kB float64
		if n, _ := fmt.Sscanf(line, what+": %f kB", &kB); n == 1 {
			return kB * 1024 / 1e6
		}
	}
	b.Fatalf("no %s in /proc/%d/status", what, w.pid)
	return 0
}
