package engine_test

import (
	"testing"
	"time"

	"rechallenge/core/engine"
	"rechallenge/core/lab"
	"rechallenge/core/protocol"
	"rechallenge/core/trace"
)

// TestFor: a plan is repeated round by round until the time is over, every pass
// for its part, and repeat is no bound.
func TestFor(t *testing.T) {
	x := newBench(t, lab.Behaviour{})
	x.plan.Repeat = 1
	x.opt.For = 600 * time.Millisecond
	begun := time.Now()
	r, err := engine.Start(t.Context(), x.plan, x.res, x.opt)
	if err != nil {
		t.Fatal(err)
	}
	<-r.Done()
	if took := time.Since(begun); took < x.opt.For {
		t.Errorf("over after %s", took)
	}
	log := r.Log()
	for _, p := range log.Passes {
		n := len(p.Connections)
		if n < 2*len(x.plan.Connections) || n%len(x.plan.Connections) != 0 {
			t.Errorf("pass %s has %d connections, of rounds of %d", p.Cache, n, len(x.plan.Connections))
		}
		for i, c := range p.Connections {
			if want := i/len(x.plan.Connections) + 1; c.Iteration != want {
				t.Fatalf("pass %s, connection %d is of round %d, want %d", p.Cache, c.Index, c.Iteration, want)
			}
		}
	}
	if log.Done == nil || log.Done.Interrupted {
		t.Error("a run whose time is over was not interrupted")
	}
}

// TestLongRun: a long run keeps the bytes and secrets of a bounded number of
// connections, unless it is to keep all; the answers are there.
func TestLongRun(t *testing.T) {
	if testing.Short() {
		t.Skip("it makes some thousand connections")
	}
	for _, bytes := range []bool{false, true} {
		x := newBench(t, lab.Behaviour{MinVersion: 0x0304})
		x.plan.Repeat, x.opt.Bytes = 2000, bytes
		x.plan.Connections = x.plan.Connections[:2]
		x.plan.Caches, x.plan.Stack = []string{"none"}, "go"
		r, err := engine.Start(t.Context(), x.plan, x.res, x.opt)
		if err != nil {
			t.Fatal(err)
		}
		<-r.Done()
		log := r.Log()
		whole, all := 0, log.Passes[0].Connections
		for _, c := range all {
			if c.Handshake != protocol.Full || c.HTTP == nil || c.IdentitySeenByServer == nil {
				t.Fatalf("connection %d lost an answer", c.Index)
			}
			if !c.LeftOut {
				whole++
			}
		}
		captured := len(r.Captures())
		if len(all) != 4000 || whole > trace.Detailed+1100 || !bytes && captured != whole || bytes && captured != len(all) {
			t.Errorf("all bytes %v: of %d connections %d have their events and %d their bytes", bytes, len(all), whole, captured)
		}
	}
}
