package trace_test

import (
	"reflect"
	"testing"
	"time"

	"rechallenge/core/trace"
)

// TestSnapshot: a snapshot stays as it is while the folder goes on, even in a
// connection that was over.
func TestSnapshot(t *testing.T) {
	var f trace.Folder
	seq := 0
	add := func(pass, connection int, p trace.Payload) {
		seq++
		f.Add(trace.Event{Seq: seq, At: time.Duration(seq) * time.Millisecond, Pass: pass, Connection: connection, Payload: p})
	}
	add(0, 0, trace.RunStarted{})
	add(1, 0, trace.PassStarted{Cache: "shared"})
	for c := 1; c <= 3; c++ {
		add(1, c, trace.ConnectionStarted{Target: "a"})
		add(1, c, trace.Dial{Address: "127.0.0.1:1"})
		if c < 3 {
			add(1, c, trace.ConnectionDone{})
		}
	}
	before := f.Snapshot()
	want := []trace.Connection{}
	for _, c := range before.Passes[0].Connections {
		d := *c
		d.Spans = append([]trace.Span(nil), c.Spans...)
		want = append(want, d)
	}
	add(1, 3, trace.Dialed{Remote: "127.0.0.1:1"})
	add(1, 3, trace.ConnectionDone{})
	add(1, 2, trace.Response{Status: 200})
	add(1, 4, trace.ConnectionStarted{Target: "b"})

	if got := before.Passes[0].Connections; len(got) != 3 {
		t.Fatalf("%d connections in the snapshot, want 3", len(got))
	}
	for i, c := range before.Passes[0].Connections {
		if !reflect.DeepEqual(*c, want[i]) {
			t.Errorf("connection %d of the snapshot changed: %+v, was %+v", i+1, *c, want[i])
		}
	}
	now := f.Log().Passes[0].Connections
	if len(now) != 4 || now[2].End == 0 || now[1].HTTP == nil || now[2].RemoteAddr == "" {
		t.Error("the folder did not go on")
	}
}
