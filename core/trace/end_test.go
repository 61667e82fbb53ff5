package trace_test

import (
	"testing"
	"time"

	"rechallenge/core/trace"
)

// A report keeps no time of the run's end: what is read from one has to be as
// long as what was run.
func TestEndIsThatOfThePasses(t *testing.T) {
	var f trace.Folder
	for i, e := range []trace.Event{
		{At: 0, Payload: trace.RunStarted{}},
		{At: time.Millisecond, Pass: 1, Payload: trace.PassStarted{Cache: "none"}},
		{At: 2 * time.Millisecond, Pass: 1, Payload: trace.PassDone{}},
		{At: 3 * time.Millisecond, Payload: trace.RunDone{}},
	} {
		e.Seq = i + 1
		f.Add(e)
	}
	if log := f.Log(); log.End != 2*time.Millisecond || log.Done == nil {
		t.Errorf("ends at %v, done: %v", log.End, log.Done)
	}
}
