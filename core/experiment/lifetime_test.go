package experiment_test

import (
	"context"
	"crypto/tls"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rechallenge/core/experiment"
	"rechallenge/core/lab"
	"rechallenge/core/session"
	"rechallenge/core/target"
)

func TestLifetime(t *testing.T) {
	minute := lab.Behaviour{Lifetime: time.Minute}
	for _, test := range []struct {
		name      string
		behaviour lab.Behaviour
		libssl    bool
		bound     time.Duration
		lost      string // title of the run that finds nobody
		title     string
		mark      experiment.Mark
		detail    string
		ages      int           // how many at most; 0 = not looked at
		runs      int           // 0 = not looked at
		took      time.Duration // at most; 0 = not looked at
	}{
		{name: "a minute", behaviour: minute, bound: 2 * time.Minute, title: "keeps a session for 59s to 1m", detail: "kept for 10m", took: 130 * time.Second},
		{name: "an hour's search", behaviour: minute, title: "keeps a session for 59s to 1m"},
		{name: "a minute, by session ID", behaviour: lab.Behaviour{Lifetime: time.Minute, SessionIDs: true, NoTickets: true, MaxVersion: tls.VersionTLS12}, libssl: true, bound: 2 * time.Minute, title: "keeps a session for "},
		{name: "longer", behaviour: lab.Behaviour{Lifetime: time.Hour}, bound: time.Minute, title: "for longer than 1m", runs: 17},
		{name: "longer than announced", behaviour: lab.Behaviour{MaxVersion: tls.VersionTLS12, Lifetime: time.Minute, Overlong: true}, libssl: true, bound: 10 * time.Minute, title: "for longer than 10m", detail: "announces 1m. It keeps sessions for longer than that"},
		{name: "as announced, past which TLS 1.3 offers nothing", behaviour: lab.Behaviour{MinVersion: tls.VersionTLS13, SessionIDs: true, Lifetime: time.Minute}, libssl: true, bound: 10 * time.Minute, title: "for the 1m that it announces", runs: 3},
		{name: "as announced", behaviour: lab.Behaviour{MaxVersion: tls.VersionTLS12, SessionIDs: true, Lifetime: time.Minute}, libssl: true, title: "keeps a session for 5", detail: "announces 1m", ages: 4},
		{name: "no sessions", behaviour: lab.Behaviour{NoTickets: true}, title: "gives no session that could be offered", detail: "announces no lifetime", runs: 1},
		{name: "none taken back", behaviour: lab.Behaviour{RefuseTickets: true}, title: "takes no session back", runs: 1},
		{name: "nobody there", lost: "after 0s", title: "Nothing was measured", mark: experiment.Unknown, runs: 1},
		{name: "lost at the bound", behaviour: lab.Behaviour{Lifetime: time.Hour}, bound: 2 * time.Minute, lost: "after 2m", title: "Not measured to the end: the server keeps a session for at least 1m49s; at the age of 2m", mark: experiment.Unknown},
		{name: "lost in the first round", behaviour: minute, bound: 2 * time.Minute, lost: "after 32s", title: "at least 21s; at the age of 32s it can't be told", mark: experiment.Unknown},
		{name: "lost in the second", behaviour: minute, bound: 2 * time.Minute, lost: "after 57s", title: "at least 56s and less than 1m5s; at the age of 57s it can't be told", mark: experiment.Unknown},
		{name: "a session that was not made", behaviour: minute, bound: 2 * time.Minute, lost: "a session to offer after 32s", title: "Not measured to the end", mark: experiment.Unknown},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.libssl {
				needLibssl(t, test.behaviour)
			}
			a := newAsking(t, test.behaviour)
			a.before = func(s *experiment.Step) error {
				if s.Title == test.lost {
					lose(t, s)
				}
				return nil
			}
			q := a.question()
			q.Bound = test.bound
			began := a.clock.Now()
			c := a.ask(t, experiment.Lifetime, q)
			want(t, c, test.title, test.mark)
			if !strings.Contains(c.Detail, test.detail) {
				t.Errorf("detail %q, want %q", c.Detail, test.detail)
			}
			if test.ages != 0 && len(c.Rows) > test.ages {
				t.Errorf("%d ages, want %d\n%s", len(c.Rows), test.ages, explain(c))
			}
			if test.runs != 0 && len(c.Runs) != test.runs {
				t.Errorf("%d runs, want %d\n%s", len(c.Runs), test.runs, explain(c))
			}
			if took := a.clock.Now().Sub(began); test.took != 0 && took > test.took {
				t.Errorf("it waited %s, want %s", took, test.took)
			}
		})
	}
}

// TestLifetimeElsewhere: a session that another node refuses says nothing of
// how long the one that made it keeps it.
func TestLifetimeElsewhere(t *testing.T) {
	a := newAsking(t, lab.Behaviour{})
	other := a.start(t, lab.Behaviour{})
	a.before = func(s *experiment.Step) error {
		if s.Title == "after 1m" {
			s.Plan.Targets = slices.Clone(s.Plan.Targets)
			s.Plan.Targets[0].ConnectTo = target.Addresses{other}
		}
		return nil
	}
	q := a.question()
	q.Bound = time.Minute
	c := a.ask(t, experiment.Lifetime, q)
	want(t, c, "Not measured to the end", experiment.Unknown)
	if key := a.steps[0].Plan.CustomCaches[0].Key; !slices.Equal(key, session.Recipe{session.PartName}) {
		t.Errorf("a session is found by %v only", key)
	}
	if why := c.Rows[len(c.Rows)-1].Cells[2]; !strings.Contains(why, other.String()+" refused it") {
		t.Errorf("%q", why)
	}
}

// TestLifetimeStopped: what is known when it is stopped is said, with its runs.
func TestLifetimeStopped(t *testing.T) {
	a := newAsking(t, lab.Behaviour{Lifetime: time.Minute})
	before := goleak.IgnoreCurrent()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	q := a.question()
	q.Bound = 2 * time.Minute
	q.Waiting = func(title string, until time.Time) {
		if title == "after 32s" && !until.IsZero() {
			cancel()
		}
	}
	limit := experiment.Lifetime.Connections(q)
	c, err := experiment.Lifetime.Ask(ctx, q, a.run)
	if !errors.Is(err, context.Canceled) || c == nil {
		t.Fatalf("%v, %+v", err, c)
	}
	a.hold(t, c, limit)
	want(t, c, "Stopped: the server keeps a session for at least 21s", experiment.Unknown)
	if len(c.Runs) != len(a.steps) || len(c.Rows) != 3 {
		t.Errorf("%d runs of %d kept\n%s", len(c.Runs), len(a.steps), explain(c))
	}
	goleak.VerifyNone(t, before)
}

// TestLifetimeAnnounces: a search of any bound stays within what it says.
func TestLifetimeAnnounces(t *testing.T) {
	a := newAsking(t, lab.Behaviour{Lifetime: time.Second})
	for _, bound := range []time.Duration{time.Second, 2 * time.Second, 3 * time.Second, 1500 * time.Millisecond, 63 * time.Second, 64 * time.Second, 65 * time.Second, 24 * time.Hour} {
		q := a.question()
		q.Bound = bound
		began := a.clock.Now()
		a.ask(t, experiment.Lifetime, q)
		if took := a.clock.Now().Sub(began); took > q.Longest()+time.Minute {
			t.Errorf("%s: it waited %s, and at most %s were announced", bound, took, q.Longest())
		}
	}
}
