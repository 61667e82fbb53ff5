package desk_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rechallenge/app/desk"
	"rechallenge/core/experiment"
	"rechallenge/core/plan"
	"rechallenge/core/report"
	"rechallenge/core/stack"
	"rechallenge/core/stack/gotls"
	"rechallenge/core/target"
	"rechallenge/core/trace"
)

func newDesk(t *testing.T) *desk.Desk {
	d := desk.New(desk.Options{Tool: trace.Tool{Name: "test"}, Stacks: []stack.Stack{gotls.New()}})
	t.Cleanup(func() { shut(t, d) })
	return d
}

func shut(t *testing.T, d *desk.Desk) {
	t.Helper()
	if err := d.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

func newLab(t *testing.T, d *desk.Desk, opt desk.LabOptions) *desk.Lab {
	t.Helper()
	l, err := d.StartLab(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// ended waits for a run that is to begin and to end soon.
func ended(t *testing.T, r *desk.Run) *report.Report {
	t.Helper()
	over(t, r)
	if err := r.Wait(); err != nil {
		t.Fatal(err)
	}
	return r.Report()
}

func over(t *testing.T, r *desk.Run) {
	t.Helper()
	select {
	case <-r.Done():
	case <-time.After(30 * time.Second):
		t.Fatalf("the run is still %s", r.State())
	}
	if r.State() != desk.Over {
		t.Errorf("done, but %s", r.State())
	}
}

// reaches waits until a run is in a state.
func reaches(t *testing.T, r *desk.Run, want desk.State) {
	t.Helper()
	for range 2000 {
		if r.State() == want {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("the run is %s, and not %s", r.State(), want)
}

// TestRun: a short run has its report, bytes, keys and sessions, whoever looks.
func TestRun(t *testing.T) {
	d := newDesk(t)
	l := newLab(t, d, desk.LabOptions{})
	for range 20 {
		var events atomic.Int64
		r := d.Start(l.Case, func(trace.Event) { events.Add(1) })
		rep := ended(t, r)
		if len(rep.Log.Passes) != 2 || len(rep.Captures) != 4 || len(r.KeyLog()) == 0 || len(r.Sessions()["shared"]) == 0 || events.Load() == 0 {
			t.Fatalf("%d passes, %d captures, %d bytes of keys, sessions %v, %d events", len(rep.Log.Passes), len(rep.Captures), len(r.KeyLog()), r.Sessions(), events.Load())
		}
		r.Stop()
		r.Pause()
		r.Resume()
		r.SkipWait()
		if r.State() != desk.Over {
			t.Fatalf("%s after it was over", r.State())
		}
	}
	if len(l.Visits()) == 0 || !strings.HasPrefix(l.Addr(), "127.0.0.1:") {
		t.Errorf("the lab at %s had no visit", l.Addr())
	}
}

// TestStop: a run stops in every state.
func TestStop(t *testing.T) {
	d := newDesk(t)
	l := newLab(t, d, desk.LabOptions{RealTime: true})
	long := l.Case
	long.Plan.Connections = slices.Clone(long.Plan.Connections)
	long.Plan.Connections[1].After = plan.Duration(time.Hour)

	t.Run("running", func(t *testing.T) {
		r := d.Start(long, nil)
		reaches(t, r, desk.Running)
		for len(l.Visits()) == 0 {
			time.Sleep(time.Millisecond)
		}
		r.Stop()
		if rep := ended(t, r); !rep.Log.Done.Interrupted {
			t.Error("the report does not say that it was stopped")
		}
	})
	t.Run("paused", func(t *testing.T) {
		r := d.Start(long, nil)
		r.Pause()
		reaches(t, r, desk.Paused)
		r.Stop()
		ended(t, r)
	})
	t.Run("resumed", func(t *testing.T) {
		r := d.Start(l.Case, nil)
		r.Pause()
		reaches(t, r, desk.Paused)
		r.Resume()
		if rep := ended(t, r); rep.Log.Done.Interrupted {
			t.Error("the report says that it was stopped")
		}
	})
	t.Run("waiting", func(t *testing.T) {
		r := d.Start(long, nil)
		go func() {
			for r.State() != desk.Over {
				r.SkipWait()
				time.Sleep(time.Millisecond)
			}
		}()
		ended(t, r)
	})
	t.Run("over", func(t *testing.T) {
		r := d.Start(l.Case, nil)
		over(t, r)
		r.Stop()
		if rep := ended(t, r); rep.Log.Done.Interrupted {
			t.Error("stopped afterwards")
		}
	})
}

// TestRefused: what is wrong with a case is told, by the name of the plan's key.
func TestRefused(t *testing.T) {
	d := newDesk(t)
	name := filepath.Join(t.TempDir(), "plan.yaml")
	text := "version: 1\ntargets:\n  - {id: a, url: https://127.0.0.1:1/, trust: missing.pem}\nconnections:\n  - {target: a, identity: none}\n"
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := desk.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	r := d.Start(c, nil)
	var refused desk.Refused
	if err := r.Wait(); !errors.As(err, &refused) || !strings.Contains(err.Error(), ":3:") || r.Report() != nil || r.KeyLog() != nil || r.Captures() != nil || r.Cache(1) != nil {
		t.Errorf("%v, %v", err, r.Report())
	}
	c.Plan.Targets[0].Trust, c.Plan.Stack = "none", "schannel"
	if err := d.Start(c, nil).Wait(); !errors.As(err, &refused) {
		t.Errorf("unknown stack: %v", err)
	}
}

// TestClose: closing ends what goes on, and nothing is begun afterwards.
func TestClose(t *testing.T) {
	d := newDesk(t)
	l := newLab(t, d, desk.LabOptions{RealTime: true})
	c := l.Case
	c.Plan.Connections = slices.Clone(c.Plan.Connections)
	c.Plan.Connections[1].After = plan.Duration(time.Hour)
	running, paused := d.Start(c, nil), d.Start(c, nil)
	paused.Pause()
	reaches(t, running, desk.Running)
	done := make(chan error, 1)
	d.Go(func(ctx context.Context) {
		_, err := d.Ask(ctx, c, experiment.Lifetime, experiment.Question{First: 1, Second: 2}, nil)
		done <- err
	})
	shut(t, d)
	for _, r := range []*desk.Run{running, paused} {
		if r.State() != desk.Over {
			t.Errorf("%s after Close", r.State())
		}
	}
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("the question: %v", err)
	}
	r := d.Start(l.Case, nil)
	if err := r.Wait(); !errors.Is(err, context.Canceled) || r.State() != desk.Over {
		t.Errorf("begun after Close: %v, %s", err, r.State())
	}
	if _, err := d.StartLab(t.Context(), desk.LabOptions{}); err == nil {
		t.Error("a lab was started after Close")
	}
}

// TestAsk: an answer with its evidence; what makes no sense is Refused.
func TestAsk(t *testing.T) {
	d := newDesk(t)
	l := newLab(t, d, desk.LabOptions{})
	var steps []string
	q := experiment.Question{First: 1, Second: 2}
	a, err := d.Ask(t.Context(), l.Case, experiment.Levels, q, func(s string) { steps = append(steps, s) })
	if err != nil || a.Mark != experiment.Bad || len(a.Runs) == 0 || len(steps) != len(a.Runs) || a.Limit == 0 || a.Tool.Name != "test" {
		t.Fatalf("%v, %+v, steps %q", err, a, steps)
	}
	for _, f := range report.AnswerFormatsOf(a.Experiment) {
		name := filepath.Join(t.TempDir(), "a"+f.Ext)
		if err := desk.SaveAnswer(t.Context(), name, a); err != nil {
			t.Error(err)
		}
	}
	var refused desk.Refused
	if _, err := d.Ask(t.Context(), l.Case, experiment.Levels, experiment.Question{First: 1, Second: 9}, nil); !errors.As(err, &refused) {
		t.Errorf("a pair that is none: %v", err)
	}
	farm := newLab(t, d, desk.LabOptions{Nodes: 2})
	if n := len(farm.Case.Plan.Targets[0].ConnectTo); n != 2 {
		t.Errorf("%d nodes", n)
	}
}

// TestLabWritten: what a lab writes can be run by somebody else.
func TestLabWritten(t *testing.T) {
	d := newDesk(t)
	l := newLab(t, d, desk.LabOptions{RealTime: true})
	dir := t.TempDir()
	passwords, err := l.Write(dir)
	if err != nil {
		t.Fatal(err)
	}
	for name, password := range passwords {
		id := strings.TrimSuffix(filepath.Base(name), ".p12")
		t.Setenv(strings.ToUpper(id)+"_PASSWORD", password)
	}
	c, err := desk.Open(filepath.Join(dir, "plan.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Load(t.Context(), &c); err != nil {
		t.Fatal(err)
	}
	rep := ended(t, d.Start(c, nil))
	if rep.Result.Verdict.Severity != "error" {
		t.Errorf("%+v", rep.Result.Verdict)
	}
	for _, x := range rep.Log.Run.Plan.Targets {
		if x.Trust != "ca.pem" {
			t.Errorf("trust %s", x.Trust)
		}
	}
}

// TestNoLab: the lab's CA is in no file.
func TestNoLab(t *testing.T) {
	d := newDesk(t)
	c := desk.Case{Plan: plan.Plan{
		Version: plan.Version, Caches: []string{"none"},
		Targets:     []target.Target{{ID: "a", URL: "https://127.0.0.1:1/", Trust: "lab-ca/"}},
		Connections: []plan.Connection{{Target: "a", Identity: plan.NoIdentity}},
	}}
	if err := d.Start(c, nil).Wait(); err == nil || !strings.Contains(err.Error(), "start the lab") {
		t.Errorf("%v", err)
	}
	if _, err := d.StartLab(t.Context(), desk.LabOptions{Behaviour: "sideways"}); !errors.Is(err, desk.ErrBehaviour) {
		t.Errorf("%v", err)
	}
	if list := desk.Behaviours(); len(list) < 2 || fmt.Sprint(list[0].ID) == "" {
		t.Errorf("%v", list)
	}
}
