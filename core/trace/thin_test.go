package trace_test

import (
	"slices"
	"testing"

	"rechallenge/core/plan"
	"rechallenge/core/trace"
	"rechallenge/core/wire"
)

// TestThin: a long run keeps the answers of all, and the events of a bounded
// number: the rare ones', the first ones', and a sample from beginning to end.
func TestThin(t *testing.T) {
	const runs, detailed, rare = 30_000, 300, 1000
	var left int
	r := trace.NewRecorder(trace.RecorderOptions{Detailed: detailed, Left: func(list []trace.Ref, _ [][]byte) { left += len(list) }})
	r.Add(0, 0, trace.RunStarted{Plan: plan.Plan{Version: 1}})
	r.Add(1, 0, trace.PassStarted{Cache: "shared"})
	most := 0
	var early *trace.Log
	for n := 1; n <= runs; n++ {
		r.Add(1, n, trace.ConnectionStarted{PlanConnection: 1, Iteration: n, Attempt: 1, Identity: "none"})
		r.Add(1, n, trace.Dial{Address: "127.0.0.1:1"})
		r.Add(1, n, trace.Dialed{Remote: "127.0.0.1:1"})
		r.Add(1, n, trace.Message{Message: wire.Message{Content: wire.Handshake, Type: 1, Raw: make([]byte, 50)}})
		var failure *trace.Failure
		if n%rare == 0 {
			failure = &trace.Failure{Phase: trace.PhaseTLS, Reason: trace.ReasonTLSAlert, Message: "rare"}
		}
		r.Add(1, n, trace.ConnectionDone{Error: failure})
		if n == 200 {
			early = r.Log()
		}
		most = max(most, len(r.Events())-n)
	}
	r.Add(1, 0, trace.PassDone{})
	log := r.Log()
	p := log.Passes[0]
	if len(p.Connections) != runs {
		t.Fatalf("%d connections, want all", len(p.Connections))
	}
	whole, late := 0, 0
	for i, c := range p.Connections {
		if c.Index != i+1 || c.End == 0 || c.RemoteAddr == "" || (c.Error != nil) != (c.Index%rare == 0) {
			t.Fatalf("connection %d lost an answer: %+v", i+1, c)
		}
		if c.LeftOut {
			if len(c.Messages) > 0 {
				t.Fatalf("connection %d is left out and has messages", c.Index)
			}
			if c.Index%rare == 0 {
				t.Errorf("connection %d is rare and left out", c.Index)
			}
			continue
		}
		whole++
		if c.Index > runs/2 {
			late++
		}
		n := 0
		for range p.MessagesOf(c) {
			n++
		}
		if n != 1 {
			t.Fatalf("connection %d keeps its events and has %d messages", c.Index, n)
		}
	}
	if whole+left != runs || whole > detailed+1100 || late < detailed/10 {
		t.Errorf("%d keep their events, %d of them late ones, %d don't", whole, late, left)
	}
	if most > 8*(detailed+1300) {
		t.Errorf("%d events were there at a time, beside one for each", most)
	}
	if !slices.IsSortedFunc(p.Events, func(a, b trace.Event) int { return a.Seq - b.Seq }) {
		t.Error("the events are out of order")
	}
	again := trace.Connections(r.Events())
	if len(again.Passes[0].Connections) != runs {
		t.Errorf("folded again: %d connections", len(again.Passes[0].Connections))
	}
	for _, c := range early.Passes[0].Connections {
		if c.LeftOut || len(c.Messages) != 1 {
			t.Fatal("a snapshot from before has changed")
		}
	}
}
