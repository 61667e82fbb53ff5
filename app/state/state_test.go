package state_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"rechallenge/app/desk"
	"rechallenge/app/state"
	"rechallenge/core/identity"
	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/report"
	"rechallenge/core/session"
	"rechallenge/core/stack"
	"rechallenge/core/stack/gotls"
	"rechallenge/core/target"
	"rechallenge/core/trace"
)

func person(name string) *identity.Identity {
	id := &identity.Identity{}
	id.Subject, id.NotAfter = "CN="+name, time.Now().Add(time.Hour)
	return id
}

// connections writes the plan's connections in one line.
func connections(s *state.State) string {
	var list []string
	for _, c := range s.Plan.Connections {
		text := c.Identity + "@" + c.Target
		if c.Muted {
			text = "(" + text + ")"
		}
		list = append(list, text)
	}
	return strings.Join(list, " ")
}

func TestBuildingATest(t *testing.T) {
	s := state.New()
	if !s.Empty() || s.Runnable() == "" {
		t.Error("a new state is not empty")
	}
	s.AddIdentity(person("alice"), "/x/alice.p12", false)
	s.AddIdentity(person("bob"), "/x/bob.p12", false)
	if id := s.AddIdentity(person("other"), "/y/bob.p12", false); id != "bob-2" {
		t.Errorf("a second bob is called %q", id)
	}
	s.RemoveIdentity("bob-2")
	for _, url := range []string{"https://a.test/alice", "https://a.test/bob"} {
		if _, err := s.AddTarget(target.Target{URL: url}); err != nil {
			t.Fatal(err)
		}
	}
	if got := connections(s); got != "alice@alice bob@alice alice@bob bob@bob" {
		t.Errorf("two identities, two URLs: %s", got)
	}
	if why := s.Runnable(); why != "" {
		t.Error(why)
	}
	if _, err := s.AddTarget(target.Target{URL: "gopher://x"}); err == nil {
		t.Error("a target without https was added")
	}
}

func TestURLFirst(t *testing.T) {
	s := state.New()
	s.AddTarget(target.Target{URL: "https://a.test/"})
	if got := connections(s); got != "none@a.test" {
		t.Errorf("a URL alone: %s", got)
	}
	s.AddIdentity(person("alice"), "alice.p12", false)
	s.AddIdentity(person("bob"), "bob.p12", false)
	if got := connections(s); got != "alice@a.test bob@a.test" {
		t.Errorf("the URL first: %s", got)
	}
}

func TestEdits(t *testing.T) {
	s := state.New()
	s.AddIdentity(person("a"), "a.p12", false)
	s.AddIdentity(person("b"), "b.p12", false)
	s.AddTarget(target.Target{ID: "t", URL: "https://a.test/"})
	for _, step := range []struct {
		do   func()
		want string
	}{
		{func() { s.MoveConnection(0, 1) }, "b@t a@t"},
		{func() { s.DuplicateConnection(0) }, "b@t b@t a@t"},
		{func() { s.MuteConnection(1) }, "b@t (b@t) a@t"},
		{func() { s.RemoveConnection(0) }, "(b@t) a@t"},
		{func() { s.SetConnection(9, plan.Connection{Target: "t", Identity: plan.NoIdentity}) }, "(b@t) a@t none@t"},
		{func() { s.ReplaceTarget("t", target.Target{ID: "u", URL: "https://b.test/"}) }, "(b@u) a@u none@u"},
		{func() { s.Everyone() }, "a@u b@u"},
		{func() { s.Undo() }, "(b@u) a@u none@u"},
		{func() { s.Undo() }, "(b@t) a@t none@t"},
		{func() { s.Redo() }, "(b@u) a@u none@u"},
		{func() { s.RemoveIdentity("b") }, "a@u none@u"},
		{func() { s.RemoveTarget("u") }, ""},
		{func() { s.RemoveConnection(5); s.MoveConnection(-1, 3); s.MuteConnection(7) }, ""},
	} {
		step.do()
		if got := connections(s); got != step.want {
			t.Fatalf("got %q, want %q", got, step.want)
		}
	}
}

func TestDirtyIsDifferentFromDisk(t *testing.T) {
	s := state.New()
	s.AddTarget(target.Target{URL: "https://a.test/"})
	if !s.Dirty {
		t.Error("an edit is not unsaved")
	}
	s.Saved("/x/plan.yaml")
	s.SetCaches("per-identity", "none")
	s.Undo()
	if s.Dirty {
		t.Error("undone back to what is on disk, and still unsaved")
	}
	s.Redo()
	if !s.Dirty {
		t.Error("redone, and not unsaved")
	}
}

// TestRunShown runs the demo and looks at what the window would show.
func TestRunShown(t *testing.T) {
	d := desk.New(desk.Options{Stacks: []stack.Stack{gotls.New()}})
	defer d.Close()
	l, err := d.StartLab(t.Context(), desk.LabOptions{})
	if err != nil {
		t.Fatal(err)
	}
	s := state.New()
	s.SetPlan(l.Case.Plan, "", nil)
	s.Identities = l.Case.Identities
	if _, ok := s.Verdict(); ok {
		t.Error("there is a verdict before the first run")
	}
	s.Begin()
	var events []trace.Event
	if err := d.Start(l.Case, func(e trace.Event) { events = append(events, e) }).Wait(); err != nil {
		t.Fatal(err)
	}
	for n := range events { // as it grows
		if n++; n%7 != 0 && n < len(events) {
			continue
		}
		s.Show(state.Live(trace.Connections(events[:n])))
		s.ConnectionRows(100)
		s.Summary()
		s.CacheRows(time.Now())
	}
	look(t, s)
	begins := func(p []state.Pair) bool {
		return slices.ContainsFunc(p, func(x state.Pair) bool { return strings.HasPrefix(x.Value, "path=\"/") })
	}
	if !begins(s.HTTP()) {
		t.Errorf("the answer's beginning is not shown: %v", s.HTTP())
	}

	var b strings.Builder
	for _, f := range report.Formats {
		if f.Ext == ".json" {
			if err := f.Write(&b, s.Report()); err != nil {
				t.Fatal(err)
			}
		}
	}
	again, err := report.Read(strings.NewReader(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	reopened := state.New()
	reopened.Open(state.Look(again), "report.json")
	look(t, reopened)
	if begins(reopened.HTTP()) || strings.Contains(b.String(), "path=\\\"/") {
		t.Error("the answer's beginning is in the report")
	}
}

// look checks what is shown after the demo.
func look(t *testing.T, s *state.State) {
	t.Helper()
	v, ok := s.Verdict()
	if !ok || !strings.Contains(v.Title, "bob was never asked") || len(v.Evidence) < 4 {
		t.Errorf("verdict %q with %d pieces of evidence", v.Title, len(v.Evidence))
	}
	if s.Running() || s.Selected != (trace.Ref{Pass: 1, Connection: 2}) {
		t.Errorf("running %v, selected %+v", s.Running(), s.Selected)
	}
	rows := s.ConnectionRows(100)
	if len(rows) != 4 || !rows[1].Missing || rows[1].Challenged || !rows[1].SeenWrong || rows[1].Handshake != "resumed" || !rows[3].Challenged {
		t.Errorf("rows %+v", rows)
	}
	pages := map[string][]state.Pair{"summary": s.Summary(), "session": s.Session(), "certificates": s.Certificates(), "http": s.HTTP()}
	for name, pairs := range pages {
		if len(pairs) < 2 {
			t.Errorf("the page %s has %d lines", name, len(pairs))
		}
	}
	text, _ := json.Marshal(pages)
	for _, want := range []string{"}localhost", "403", "a fresh connection is asked", "skipped-by-resumption"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no page says %q", want)
		}
	}
	if len(s.Messages()) < 4 || s.Message(s.Messages()[0].Seq) == nil {
		t.Errorf("%d messages", len(s.Messages()))
	}
	s.Selected = trace.Ref{Pass: 2, Connection: 2}
	if len(s.Challenge(time.Now())) < 4 {
		t.Error("the challenge of the control connection is not shown")
	}
	if !strings.HasPrefix(s.Status(), "4 connections, 3 challenges, 1 resumption") {
		t.Error(s.Status())
	}
}

// TestCacheRows: whom a session carries is told, nobody and unknown apart, and
// long times in a form that is read at a glance.
func TestCacheRows(t *testing.T) {
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	made := func(serial int, ago time.Duration, o session.Origin) session.Info {
		return session.Info{Serial: serial, Key: "k", Mechanism: protocol.PSK, Created: now.Add(-ago), Expires: now.Add(-ago + 7*24*time.Hour), Origin: o}
	}
	s := state.New()
	s.Open(state.ViewOf(&trace.Log{End: 28142 * time.Millisecond, Passes: []*trace.Pass{{Index: 1, Done: true, Entries: []session.Info{
		made(1, 90*time.Second, session.Origin{EstablishedBy: "alice", AuthKnown: true}),
		made(2, 115*time.Hour, session.Origin{AuthKnown: true}),
		made(3, 200*time.Hour, session.Origin{}),
	}}}}), "long.json")
	if !strings.HasSuffix(s.Status(), ", 28.1 s (from long.json)") {
		t.Error(s.Status())
	}
	var got []string
	for _, r := range s.CacheRows(now) {
		got = append(got, r.Identity+" "+r.Age+" "+r.Expires)
	}
	want := []string{"alice 1m30s 6d23h", "nobody 4d19h 2d5h", "unknown 8d8h over"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
