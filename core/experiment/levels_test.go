package experiment_test

import (
	"strings"
	"testing"
	"time"

	"rechallenge/core/experiment"
	"rechallenge/core/lab"
	"rechallenge/core/target"
	"rechallenge/core/trace"
)

func TestLevels(t *testing.T) {
	none := lab.Behaviour{NoTickets: true}
	names := func(a *asking) {
		addr := a.plan.Targets[0].ConnectTo[0]
		for i, name := range []string{"a.test", "b.test"} {
			x := aimed(name, "https://"+name+"/", addr)
			x.ALPN = []string{"h2", "http/1.1"}
			a.plan.Targets = append(a.plan.Targets, x)
			a.plan.Connections[i].Target = name
		}
		a.plan.HTTPReuse = "coalesce"
	}
	alive := func(a *asking) { a.plan.HTTPReuse = "keep-alive" }
	for _, test := range []struct {
		name      string
		behaviour lab.Behaviour
		set       func(a *asking)
		lost      string // title of a run whose connections find nobody
		title     string
		mark      experiment.Mark
		rows      int
	}{
		{name: "session", title: "The TLS session swallowed", mark: experiment.Bad, rows: 2},
		{name: "nothing", behaviour: none, title: "nothing swallows", mark: experiment.Good, rows: 2},
		{name: "kept apart", set: func(a *asking) { a.plan.Caches = []string{"none", "curl"} }, title: "nothing swallows", mark: experiment.Good, rows: 2},
		{name: "server asks nobody", behaviour: lab.Behaviour{Auth: lab.AuthNone}, title: "does not ask even a fresh connection", mark: experiment.Plain, rows: 2},
		{name: "kept alive", behaviour: none, set: alive, title: "The kept-alive connection swallowed", mark: experiment.Bad, rows: 3},
		{name: "kept alive over a session", set: alive, title: "The TLS session swallowed", mark: experiment.Bad, rows: 3},
		{name: "coalesced", behaviour: none, set: names, title: "The HTTP/2 coalescing swallowed", mark: experiment.Bad, rows: 4},
		{name: "coalesced, and a run in between lost", behaviour: none, set: names, lost: "without HTTP/2 coalescing", title: "The HTTP/2 coalescing or the kept-alive connection swallowed", mark: experiment.Bad, rows: 4},
		{name: "the last run lost", lost: "without resuming TLS sessions", title: "can't be told: without resuming", mark: experiment.Unknown, rows: 2},
		{name: "the first run lost", lost: "as planned", title: "can't be told: as planned", mark: experiment.Unknown, rows: 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := newAsking(t, test.behaviour)
			if test.set != nil {
				test.set(a)
			}
			a.before = func(s *experiment.Step) error {
				if s.Title == test.lost {
					lose(t, s)
				}
				return nil
			}
			c := a.ask(t, experiment.Levels, a.question())
			want(t, c, test.title, test.mark)
			if len(c.Rows) != test.rows {
				t.Errorf("%d rows, want %d\n%s", len(c.Rows), test.rows, explain(c))
			}
		})
	}
}

// TestLevelsURLCache: whether a client with a URL cache of its own would have
// connected at all, by RFC 9111.
func TestLevelsURLCache(t *testing.T) {
	now := time.Now().UTC()
	httpTime := func(d time.Duration) string { return now.Add(d).Format("Mon, 02 Jan 2006 15:04:05 GMT") }
	same := func(*target.Target) {}
	for _, test := range []struct {
		name   string
		header string // lines of the first answer
		status int
		second func(*target.Target) // makes the second connection's target another one
		want   string               // in the row's reason, "" = no row
	}{
		{name: "nothing said", header: "Content-Type: text/plain"},
		{name: "max-age", header: "Cache-Control: private, max-age=60", want: "fresh for 1m0s"},
		{name: "max-age, quoted and in capitals", header: `Cache-Control: MAX-AGE="60"`, want: "fresh for 1m0s"},
		{name: "max-age on an error", header: "Cache-Control: max-age=60", status: 403, want: "fresh for 1m0s"},
		{name: "a part of the answer", header: "Cache-Control: max-age=60", status: 206},
		{name: "an age", header: "Cache-Control: max-age=60\nAge: 45", want: "fresh for 15s"},
		{name: "too old", header: "Cache-Control: max-age=60\nAge: 60"},
		{name: "s-maxage is for shared caches", header: "Cache-Control: s-maxage=60"},
		{name: "s-maxage beside max-age", header: "Cache-Control: s-maxage=600, max-age=5", want: "fresh for 5s"},
		{name: "max-age=0", header: "Cache-Control: max-age=0\nExpires: " + httpTime(time.Hour)},
		{name: "max-age without sense", header: "Cache-Control: max-age=soon\nExpires: " + httpTime(time.Hour)},
		{name: "max-age without end", header: "Cache-Control: max-age=99999999999999999999", want: "fresh for"},
		{name: "no-store", header: "Cache-Control: max-age=60, no-store"},
		{name: "no-cache on another line", header: "Cache-Control: max-age=60\nCache-Control: no-cache"},
		{name: "x-no-store is no directive", header: "Cache-Control: max-age=60, x-no-store", want: "fresh for 1m0s"},
		{name: "Expires after Date", header: "Date: " + httpTime(-time.Hour) + "\nExpires: " + httpTime(-time.Hour+90*time.Second), want: "fresh for 1m30s"},
		{name: "Expires at Date", header: "Date: " + httpTime(time.Hour) + "\nExpires: " + httpTime(time.Hour)},
		{name: "Expires without Date", header: "Expires: " + httpTime(time.Hour), want: "fresh for"},
		{name: "Expires without sense", header: "Expires: 0\nLast-Modified: " + httpTime(-time.Hour)},
		{name: "Last-Modified", header: "Last-Modified: " + httpTime(-time.Hour), want: "by a rule of its own"},
		{name: "Last-Modified on a refusal", header: "Last-Modified: " + httpTime(-time.Hour), status: 403},
		{name: "another URL", header: "Cache-Control: max-age=60", second: func(x *target.Target) { x.URL += "other" }},
		{name: "another method", header: "Cache-Control: max-age=60", second: func(x *target.Target) { x.Method = "POST" }},
		{name: "the same method by its name", header: "Cache-Control: max-age=60", second: func(x *target.Target) { x.Method = "GET" }, want: "fresh for"},
		{name: "the same by another target", header: "Cache-Control: max-age=60", second: same, want: "fresh for"},
		{name: "Vary by what differs", header: "Cache-Control: max-age=60\nVary: Accept-Encoding, ACCEPT", second: func(x *target.Target) { x.Headers = map[string]string{"Accept": "text/html"} }},
		{name: "Vary by what does not", header: "Cache-Control: max-age=60\nVary: Accept-Encoding", second: func(x *target.Target) { x.Headers = map[string]string{"Accept": "text/html"} }, want: "fresh for"},
		{name: "Vary by everything", header: "Cache-Control: max-age=60\nVary: *"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := newAsking(t, lab.Behaviour{})
			if test.second != nil {
				x := a.plan.Targets[0]
				x.ID = "second"
				test.second(&x)
				a.plan.Targets = append(a.plan.Targets, x)
				a.plan.Connections[1].Target = "second"
			}
			a.after = func(_ experiment.Step, log *trace.Log) {
				h := log.Pass(1).Connections[0].HTTP
				h.Header = nil
				for line := range strings.SplitSeq(test.header, "\n") {
					name, value, _ := strings.Cut(line, ": ")
					h.Header = append(h.Header, [2]string{name, value})
				}
				if test.status != 0 {
					h.Status = test.status
				}
			}
			c := a.ask(t, experiment.Levels, a.question())
			got := cellOf(c, 3, "response cache")
			if test.want == "" && got != "no such row" || test.want != "" && !strings.Contains(got, test.want) {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}
