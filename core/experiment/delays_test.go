package experiment_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"rechallenge/core/experiment"
	"rechallenge/core/lab"
	"rechallenge/core/plan"
	"rechallenge/core/session"
)

// TestDelays: the same answers whether the clock is moved or each wait is made.
func TestDelays(t *testing.T) {
	const minute = time.Minute
	for _, test := range []struct {
		name      string
		behaviour lab.Behaviour
		delays    []time.Duration
		cache     string
		lost      string // title of the run that finds nobody
		title     string
		mark      experiment.Mark
		words     string
		detail    string
		realTitle string // where it differs: a run for real is titled otherwise
		realWords string
	}{
		{name: "QA1727", title: "Not asked after 9m, asked after 11m", mark: experiment.Bad, words: "not asked, asked", detail: "the client no longer offers the session"},
		{name: "in any order, each once", delays: []time.Duration{11 * minute, 5 * minute, 5 * minute, 9 * minute}, title: "Not asked after 5m, asked after 11m", mark: experiment.Bad, words: "not asked, not asked, asked"},
		{name: "the server forgets", behaviour: lab.Behaviour{Lifetime: minute}, delays: []time.Duration{minute / 2, 2 * minute}, title: "Not asked after 30s, asked after 2m", mark: experiment.Bad, words: "not asked, asked", detail: "it is the server that ends it"},
		{name: "longer", delays: []time.Duration{minute, 2 * minute}, title: "Still not asked after 2m", mark: experiment.Bad, words: "not asked, not asked"},
		{name: "a client without a cache for others", cache: "curl", title: "Asked already after 9m", mark: experiment.Good, words: "asked, asked"},
		{
			name: "no sessions", behaviour: lab.Behaviour{NoTickets: true}, title: "Asked already after 9m", mark: experiment.Good, words: "asked, asked",
			realTitle: "The delays tell nothing", realWords: "not run, not run",
		},
		{name: "asks nobody", behaviour: lab.Behaviour{Auth: lab.AuthNone}, delays: []time.Duration{minute, 2 * minute}, title: "does not ask even a fresh connection", mark: experiment.Unknown, words: "not asked, not asked"},
		{name: "one lost", lost: "after 9m", title: "Asked after 11m; after 9m it can't be told", mark: experiment.Unknown, words: "no answer, asked"},
		{name: "the other one lost", lost: "after 11m", title: "Not asked after 9m; after 11m it can't be told", mark: experiment.Bad, words: "not asked, no answer"},
	} {
		for _, real := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, real %v", test.name, real), func(t *testing.T) {
				a := newAsking(t, test.behaviour)
				if test.cache != "" {
					a.plan.Caches = []string{test.cache}
				}
				a.before = func(s *experiment.Step) error {
					if s.Title == test.lost {
						lose(t, s)
					}
					return nil
				}
				q := a.question()
				q.Real, q.Delays = real, test.delays
				began := a.clock.Now()
				c := a.ask(t, experiment.Delays, q)
				title, mark, words := test.title, test.mark, test.words
				if real && test.realTitle != "" {
					title, mark, words = test.realTitle, experiment.Unknown, test.realWords
				}
				want(t, c, title, mark)
				var got []string
				for _, r := range c.Rows {
					got = append(got, r.Cells[1])
				}
				if s := strings.Join(got, ", "); s != words || !strings.Contains(c.Detail, test.detail) {
					t.Errorf("%s: want %s\n%s", s, words, explain(c))
				}
				if longest := 11 * minute; real && test.delays == nil && test.realTitle == "" && a.clock.Now().Sub(began) > longest+time.Minute {
					t.Errorf("it took %s: the waits did not overlap", a.clock.Now().Sub(began))
				}
			})
		}
	}
}

// stopAt asks for real and stops when a wait begins; it returns what was kept,
// as it would come back from the two files.
func stopAt(t *testing.T, a *asking, q experiment.Question, title string) experiment.State {
	t.Helper()
	before := goleak.IgnoreCurrent()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var state, secret bytes.Buffer
	q.Real = true
	q.Keep = func(s experiment.State) error {
		state.Reset()
		secret.Reset()
		return errors.Join(experiment.WriteState(&state, s), session.Save(&secret, s.Sessions))
	}
	q.Waiting = func(of string, until time.Time) {
		if of == title && !until.IsZero() {
			cancel()
		}
	}
	limit := experiment.Delays.Connections(q)
	a.made, a.steps = 0, nil
	c, err := experiment.Delays.Ask(ctx, q, a.run)
	if !errors.Is(err, context.Canceled) || c == nil {
		t.Fatalf("%v, %+v", err, c)
	}
	a.hold(t, c, limit)
	goleak.VerifyNone(t, before)
	for _, word := range []string{"ticket", "state", "master"} {
		if strings.Contains(state.String(), `"`+word+`"`) {
			t.Errorf("the state holds a %s", word)
		}
	}
	s, err := experiment.ReadState(&state)
	if err != nil {
		t.Fatal(err)
	}
	if s.Sessions, err = session.Load(&secret); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestDelaysGoOn: stopped at the second wait, closed, and gone on with.
func TestDelaysGoOn(t *testing.T) {
	a := newAsking(t, lab.Behaviour{})
	q := a.question()
	s := stopAt(t, a, q, "after 11m")
	if len(s.Waits) != 2 || !s.Waits[0].Over() || s.Waits[1].Over() || s.Over() || len(s.Sessions) != 1 {
		t.Fatalf("%+v", s)
	}
	q.Real, q.State = true, &s
	kept := s
	q.Keep = func(s experiment.State) error { kept = s; return nil }
	c := a.ask(t, experiment.Delays, q)
	want(t, c, "Not asked after 9m, asked after 11m", experiment.Bad)
	if len(a.steps) != 1 || len(c.Runs) != 1 || c.Rows[0].Run != -1 || c.Rows[1].Run != 0 {
		t.Errorf("%d runs for what was left\n%s", len(a.steps), explain(c))
	}
	if !kept.Over() || len(kept.Sessions) != 0 {
		t.Errorf("what is over is kept as waiting, or with its sessions: %+v", kept)
	}
	if q.State = &kept; experiment.Delays.Connections(q) != 0 {
		t.Error("a question that is answered announces connections")
	}
	a.made, a.steps = 0, nil
	again, err := experiment.Delays.Ask(t.Context(), q, a.run)
	if err != nil || again.Title != c.Title || len(a.steps) != 0 {
		t.Errorf("%v: %+v", err, again)
	}
}

// TestDelaysLate: what comes later than meant counts for when it came.
func TestDelaysLate(t *testing.T) {
	for _, test := range []struct {
		name  string
		cache plan.Duration
		title string
		mark  experiment.Mark
	}{
		{"and the session is over", plan.Duration(10 * time.Minute), "Asked already after 1h9m", experiment.Good},
		{"and the session lives", plan.Duration(10 * time.Hour), "Still not asked after 1h9m", experiment.Bad},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := newAsking(t, lab.Behaviour{})
			a.plan.CustomCaches = []plan.CustomCache{{ID: "mine", Key: session.Recipe{session.PartName}, TTL: test.cache}}
			a.plan.Caches = []string{"mine"}
			q := a.question()
			s := stopAt(t, a, q, "after 9m")
			if err := a.clock.Wait(t.Context(), time.Hour+9*time.Minute); err != nil {
				t.Fatal(err)
			}
			q.Real, q.State = true, &s
			c := a.ask(t, experiment.Delays, q)
			want(t, c, test.title, test.mark)
			if why := c.Rows[0].Cells[3]; !strings.HasPrefix(c.Rows[0].Cells[0], "1h9m") || !strings.Contains(why, "9m was wanted") {
				t.Errorf("%q", c.Rows[0].Cells)
			}
		})
	}
}

// TestDelaysState: a state is for its own question, and needs its sessions.
func TestDelaysState(t *testing.T) {
	a := newAsking(t, lab.Behaviour{})
	q := a.question()
	s := stopAt(t, a, q, "after 9m")
	q.Real, q.State = true, &s
	for name, change := range map[string]func(*experiment.Question){
		"other delays":   func(q *experiment.Question) { q.Delays = []time.Duration{time.Minute} },
		"another cache":  func(q *experiment.Question) { q.Plan.Caches = []string{"go"} },
		"another stack":  func(q *experiment.Question) { q.Plan.Stack = "go" },
		"another target": func(q *experiment.Question) { q.Plan.Targets[0].URL = "https://a.test/" },
		"the other way":  func(q *experiment.Question) { q.First, q.Second = 2, 1 },
		"no sessions": func(q *experiment.Question) {
			bare := s
			bare.Sessions = nil
			q.State = &bare
		},
	} {
		t.Run(name, func(t *testing.T) {
			q := q
			q.Plan.Targets = slices.Clone(q.Plan.Targets)
			change(&q)
			if _, err := experiment.Delays.Ask(t.Context(), q, a.run); !errors.Is(err, experiment.ErrState) {
				t.Error(err)
			}
		})
	}
	a.deaf = true
	q.State = nil
	if _, err := experiment.Delays.Ask(t.Context(), q, a.run); err == nil || !strings.Contains(err.Error(), "keeps no sessions") {
		t.Errorf("a runner that keeps no sessions: %v", err)
	}
	a.deaf = false
	full := errors.New("no space left")
	q.Keep = func(experiment.State) error { return full }
	if _, err := experiment.Delays.Ask(t.Context(), q, a.run); !errors.Is(err, full) {
		t.Errorf("a state that can't be kept: %v", err)
	}
	for _, d := range []time.Duration{-time.Second, plan.MaxDelay + 1} {
		q.Delays = []time.Duration{d}
		if _, err := experiment.Delays.Ask(t.Context(), q, a.run); err == nil || experiment.Delays.Connections(q) != 0 {
			t.Errorf("a delay of %s: %v", d, err)
		}
	}
}

// state is a state as this program writes it.
const state = `{"schema": "rechallenge.delays/1", "pair": "00", "waits": [
 {"delay": "9m", "made": "2026-11-24T01:00:00Z", "until": "2026-11-24T01:09:00Z", "answer": {"after": "9m", "answer": "not asked", "as": "alice", "why": "resumed", "fresh": "asked", "ended": ""}},
 {"delay": "11m", "made": "2026-11-24T01:00:00Z", "until": "2026-11-24T01:11:00Z", "answer": null}]}`

func TestReadState(t *testing.T) {
	if _, err := experiment.ReadState(strings.NewReader(state)); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][2]string{
		"another schema":        {"delays/1", "delays/2"},
		"no waits":              {`"waits": [`, `"waits": [], "rest": [`},
		"not in order":          {`"delay": "11m"`, `"delay": "9m"`},
		"times that don't fit":  {"01:11:00", "01:12:00"},
		"over before it began":  {`"made": "2026-11-24T01:00:00Z", "until": "2026-11-24T01:09:00Z", `, ""},
		"an answer of its own":  {`"not asked"`, `"perhaps"`},
		"an end of its own":     {`"ended": ""`, `"ended": "me"`},
		"a word too long":       {`"alice"`, `"` + strings.Repeat("a", 5000) + `"`},
		"a delay before all":    {`"delay": "9m"`, `"delay": "-9m"`},
		"a delay past all":      {`"delay": "11m"`, `"delay": "1000h"`},
		"cut off":               {`"answer": null}]}`, ""},
		"far too long":          {`"pair": "00"`, `"pair": "` + strings.Repeat("0", experiment.MaxState) + `"`},
		"no time that is known": {"2026-11-24T01:09:00Z", "soon"},
	} {
		if _, err := experiment.ReadState(strings.NewReader(strings.Replace(state, change[0], change[1], 1))); err == nil || !strings.Contains(err.Error(), "read the state") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzReadState: what is read can be written and read again, and is the same.
func FuzzReadState(f *testing.F) {
	f.Add([]byte(state))
	f.Add([]byte(`{"schema": "rechallenge.delays/1", "waits": [{"delay": "0s", "answer": null}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := experiment.ReadState(bytes.NewReader(data))
		if err != nil {
			return
		}
		var b bytes.Buffer
		if err := experiment.WriteState(&b, s); err != nil {
			t.Fatal(err)
		}
		again, err := experiment.ReadState(&b)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(s, again); d != "" {
			t.Error(d)
		}
	})
}
