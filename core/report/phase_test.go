package report_test

import (
	"bytes"
	"encoding/json"
	"image/png"
	"strings"
	"testing"
	"time"

	"rechallenge/core/timeline"
	"rechallenge/core/trace"
)

// TestPhaseEverywhere adds a phase to the table, gives a connection a stretch
// of it, and finds it in every form of the report.
func TestPhaseEverywhere(t *testing.T) {
	r, _ := read(t)
	before := trace.Phases
	t.Cleanup(func() { trace.Phases = before })
	trace.Phases = append(before[:len(before):len(before)], trace.PhaseInfo{
		ID: "ferry", Title: "crossing", Glyph: '~', Color: "proxy", Timed: true, Until: "the ferry was there",
	})
	c := r.Log.Passes[0].Connections[0]
	c.Spans = append(c.Spans, trace.Span{Phase: "ferry", Start: c.Start, End: c.End})
	c.Timing.Set("ferry", 7*time.Millisecond)
	c.Error = &trace.Failure{Phase: "ferry", Reason: trace.ReasonTimeout, Message: "late"}

	var back struct {
		Passes []struct {
			Connections []struct {
				Timing map[string]float64 `json:"timing_ms"`
				Spans  []struct{ Phase string }
				Error  struct{ Phase string }
			}
		}
	}
	data := write(t, r, ".json")
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	got := back.Passes[0].Connections[0]
	if got.Timing["ferry"] != 7 || got.Error.Phase != "ferry" || got.Spans[len(got.Spans)-1].Phase != "ferry" {
		t.Errorf("JSON: %+v", got)
	}
	validate(t, data)
	for ext, want := range map[string]string{".csv": "ferry_ms", ".svg": "crossing", ".html": "crossing"} {
		if !strings.Contains(string(write(t, r, ext)), want) {
			t.Errorf("%s has no %q", ext, want)
		}
	}
	layout := timeline.Lay(r.Log, nil)
	if text := timeline.Text(layout, 120, false); strings.Count(text, "~") < 2 || !strings.Contains(text, "~ crossing") {
		t.Errorf("text:\n%s", text)
	}
	var picture bytes.Buffer
	if err := timeline.PNG(&picture, layout, timeline.PNGOptions{Scale: 1}); err != nil {
		t.Fatal(err)
	}
	if _, err := png.Decode(&picture); err != nil {
		t.Error(err)
	}
}
