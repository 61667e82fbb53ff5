package report_test

import (
	"bytes"
	"os"
	"testing"

	"rechallenge/core/report"
	"rechallenge/core/timeline"
)

// FuzzStory: whatever a report holds, the diagnosis of it, its timeline, its
// redaction and its comparison with another come to an end.
func FuzzStory(f *testing.F) {
	data, err := os.ReadFile(recorded)
	if err != nil {
		f.Fatal(err)
	}
	good, err := report.Read(bytes.NewReader(data))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"schema":"rechallenge.report/1","passes":[{"events":[{"seq":1,"kind":"pass-started"},{"seq":2,"at_ms":1e300,"connection":1,"kind":"connection-started"},{"seq":3,"at_ms":-1,"connection":1,"kind":"connection-done"}]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := report.Read(bytes.NewReader(data))
		if err != nil {
			return
		}
		again := report.New(report.Events(r.Log))
		layout := timeline.Lay(again.Log, again.Result.Bad())
		timeline.Text(layout, 100, true)
		report.Redact(again, report.Everything)
		report.Compare(good, again)
		report.Compare(again, good)
		if changes := report.Compare(r, r); len(changes) > 0 {
			t.Errorf("a report differs from itself: %v", changes[0])
		}
	})
}
