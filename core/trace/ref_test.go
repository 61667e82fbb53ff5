package trace_test

import (
	"testing"

	"rechallenge/core/session"
	"rechallenge/core/trace"
)

// TestFresh: of several attempts in the passes without a cache the last one of
// the first pass counts, also while the run goes on.
func TestFresh(t *testing.T) {
	var f trace.Folder
	seq := 0
	add := func(pass, connection int, p trace.Payload) {
		seq++
		f.Add(trace.Event{Seq: seq, Pass: pass, Connection: connection, Payload: p})
	}
	at := func(plan, attempt int) trace.ConnectionStarted {
		return trace.ConnectionStarted{PlanConnection: plan, Iteration: 1, Attempt: attempt}
	}
	add(0, 0, trace.RunStarted{})
	add(1, 0, trace.PassStarted{Cache: "shared"})
	add(1, 1, at(1, 1))
	add(1, 2, at(2, 1))
	for pass := 2; pass <= 3; pass++ {
		add(pass, 0, trace.PassStarted{Cache: "none", Policy: session.Policy{Disabled: true}})
		add(pass, 1, at(1, 1))
		want := trace.Ref{Pass: 2, Connection: pass - 1} // so far
		if c := f.Log().Fresh(f.Log().Passes[0].Connections[0]); c == nil || c.Ref() != want {
			t.Errorf("as pass %d begins: %+v", pass, c)
		}
		add(pass, 2, at(1, 2)) // a second look
	}
	log := f.Log()
	first, second := log.Passes[0].Connections[0], log.Passes[0].Connections[1]
	if c := log.Fresh(first); c == nil || c.Ref() != (trace.Ref{Pass: 2, Connection: 2}) {
		t.Errorf("%+v: want the second look of the first pass without a cache", c)
	}
	if c := f.Snapshot().Fresh(first); c == nil || c.Ref() != (trace.Ref{Pass: 2, Connection: 2}) {
		t.Errorf("%+v in a snapshot", c)
	}
	if c := log.Fresh(second); c != nil {
		t.Errorf("%+v stands for a step that no fresh connection took", c)
	}
	if c := log.Fresh(log.Passes[1].Connections[0]); c != nil {
		t.Errorf("%+v: a fresh connection has no fresh one", c)
	}
}

func TestRefText(t *testing.T) {
	want := trace.Ref{Pass: 3, Connection: 100_000}
	if got, ok := trace.ParseRef(want.String()); !ok || got != want {
		t.Errorf("%v became %v", want, got)
	}
	if _, ok := trace.ParseRef("x"); ok {
		t.Error("x is a reference")
	}
}
