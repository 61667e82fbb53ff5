package engine_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"rechallenge/core/engine"
	"rechallenge/core/lab"
	"rechallenge/core/session"
	"rechallenge/core/trace"
	"rechallenge/core/wire"
)

// TestDelay: when what happened is decoded makes no difference to what a run
// does, what it answers, and what its sessions are said to carry.
func TestDelay(t *testing.T) {
	for _, test := range []struct {
		name   string
		lab    lab.Behaviour
		change func(*bench)
	}{
		{"1.2", lab.Behaviour{MaxVersion: 0x0303}, func(*bench) {}},
		{"1.3", lab.Behaviour{}, func(*bench) {}},
		{"keep-alive", lab.Behaviour{}, func(x *bench) { x.plan.HTTPReuse = "keep-alive" }},
		{"a cache that looks at whom a session carries", lab.Behaviour{}, func(x *bench) { x.plan.Caches = []string{"firefox"} }},
		{"a failure", lab.Behaviour{}, func(x *bench) { x.plan.Targets[1].Trust = "system" }},
		{"saved sessions", lab.Behaviour{}, func(x *bench) {
			r, err := engine.Start(t.Context(), x.plan, x.res, x.opt)
			if err != nil {
				t.Fatal(err)
			}
			r.Wait()
			x.opt.Sessions = map[string][]session.Session{"shared": r.Cache(1).Sessions()}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var want []string
			for _, delay := range []time.Duration{engine.AtOnce, time.Millisecond, 0, time.Hour} {
				x := newBench(t, test.lab)
				x.plan.Repeat = 3
				test.change(x)
				x.opt.Delay = delay
				got := x.tell(t)
				switch {
				case want == nil:
					want = got
				case !slices.Equal(got, want):
					t.Errorf("after %s:\n%s\nat once:\n%s", delay, strings.Join(got, "\n"), strings.Join(want, "\n"))
				}
			}
			if len(want) == 0 {
				t.Error("nothing happened")
			}
		})
	}
}

// tell runs the plan and tells of every connection and session in a line.
func (x *bench) tell(t *testing.T) (lines []string) {
	t.Helper()
	var seen []trace.Event
	x.opt.Observe = func(e trace.Event) { seen = append(seen, e) }
	r, err := engine.Start(t.Context(), x.plan, x.res, x.opt)
	if err != nil {
		t.Fatal(err)
	}
	events := r.Wait()
	if len(seen) != len(events) {
		t.Errorf("%d of %d events were observed", len(seen), len(events))
	}
	for i := range seen {
		if seen[i].Seq != i+1 || seen[i].Seq != events[i].Seq {
			t.Fatalf("event %d was observed as number %d", seen[i].Seq, i+1)
		}
	}
	log := trace.Connections(events)
	for i, p := range log.Passes {
		for _, c := range p.Connections {
			lines = append(lines, fmt.Sprintf("%s #%d: %s", p.Cache, c.Index, story(c)))
		}
		for _, s := range p.Entries {
			lines = append(lines, fmt.Sprintf("%s: session %d carries %+v", p.Cache, s.Serial, s.Origin))
		}
		for _, s := range r.Sessions()[p.Cache] {
			lines = append(lines, fmt.Sprintf("%s: session %d holds %+v", p.Cache, s.Serial, s.Origin))
		}
		held := []int{} // by the cache itself
		for _, s := range r.Cache(i + 1).Entries() {
			held = append(held, s.Serial)
		}
		for j, s := range p.Entries {
			if len(held) != len(p.Entries) || held[j] != s.Serial {
				t.Errorf("%s: the cache holds %v, its events tell of %d, among them %d", p.Cache, held, len(p.Entries), s.Serial)
			}
		}
		for _, e := range p.Events {
			if c, ok := e.Payload.(trace.Cache); ok && c.Info != nil {
				lines = append(lines, fmt.Sprintf("%s: %d %s %s session %d carries %+v", p.Cache, e.Connection, c.Op, c.Reason, c.Info.Serial, c.Info.Origin))
			}
		}
	}
	return lines
}

// TestDelayEnds: what happened is observed within the delay though nothing else happens.
func TestDelayEnds(t *testing.T) {
	x := newBench(t, lab.Behaviour{})
	x.plan.Connections[1].After = x.plan.Connections[1].After + 3600e9
	waiting := make(chan struct{})
	x.opt.Observe = func(e trace.Event) {
		if e.Pass == 1 && e.Payload.Kind() == trace.KindWait {
			close(waiting)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, err := engine.Start(ctx, x.plan, x.res, x.opt)
	if err != nil {
		t.Fatal(err)
	}
	<-waiting
	r.Stop()
	r.Wait()
}

// TestLookEarly: whoever looks during a handshake sees what has come by then,
// and looking changes nothing.
func TestLookEarly(t *testing.T) {
	x := newBench(t, lab.Behaviour{})
	r, err := engine.Start(t.Context(), x.plan, x.res, x.opt)
	if err != nil {
		t.Fatal(err)
	}
	events := r.Wait()
	var f trace.Folder
	asked := false
	for _, e := range events {
		f.Add(e)
		log := f.Log()
		if e.Pass != 1 || e.Connection != 1 {
			continue
		}
		c := log.Pass(1).Connection(1)
		if m, ok := e.Payload.(trace.Message); ok && m.From == wire.Server && m.Type == 13 {
			asked = len(c.Challenges) == 1 && len(c.Challenges[0].CANames) > 0 && c.TLSVersion == 0x0304 && c.Handshake == ""
		}
	}
	if !asked {
		t.Error("the challenge was not there when it came")
	}
	for i, p := range trace.Connections(events).Passes {
		for j, c := range p.Connections {
			if got, want := story(f.Log().Passes[i].Connections[j]), story(c); got != want {
				t.Errorf("%s #%d: %s, looked at all the time: %s", p.Cache, c.Index, want, got)
			}
		}
	}
}
