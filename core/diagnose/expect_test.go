package diagnose_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"rechallenge/core/diagnose"
	"rechallenge/core/plan"
	"rechallenge/core/report"
	"rechallenge/core/trace"
)

// recorded is the demo: under "shared" bob's connection resumes alice's
// session, under "none" both are asked.
func recorded(t *testing.T) []trace.Event {
	t.Helper()
	data, err := os.ReadFile("../report/testdata/demo.json")
	if err != nil {
		t.Fatal(err)
	}
	r, err := report.Read(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return report.Events(r.Log)
}

// judge gives the one expectation, judged.
func judge(t *testing.T, events []trace.Event, e plan.Expectation) diagnose.Expectation {
	t.Helper()
	run := events[0].Payload.(trace.RunStarted)
	run.Plan.Expect = []plan.Expectation{e}
	events[0].Payload = run
	list := diagnose.Diagnose(trace.Connections(events)).Expectations
	if len(list) != 1 {
		t.Fatalf("%d expectations", len(list))
	}
	return list[0]
}

func of[T any](v T) *T { return &v }

func TestExpectations(t *testing.T) {
	events := recorded(t)
	second := plan.Expectation{Pass: "shared", Connection: 2}
	with := func(change func(*plan.Expectation)) plan.Expectation {
		e := second
		change(&e)
		return e
	}
	for _, c := range []struct {
		name  string
		e     plan.Expectation
		holds bool
		got   string // part of it, where it fails
	}{
		{"not challenged", with(func(e *plan.Expectation) { e.Challenged = of(false) }), true, ""},
		{"challenged", with(func(e *plan.Expectation) { e.Challenged = of(true) }), false, "challenged false"},
		{"handshake", with(func(e *plan.Expectation) { e.Handshake = "resumed" }), true, ""},
		{"other handshake", with(func(e *plan.Expectation) { e.Handshake = "full" }), false, "handshake resumed"},
		{"mechanism", with(func(e *plan.Expectation) { e.Mechanism = "psk" }), true, ""},
		{"other mechanism", with(func(e *plan.Expectation) { e.Mechanism = "none" }), false, "mechanism psk"},
		{"no mechanism", plan.Expectation{Pass: "none", Mechanism: "none"}, true, ""},
		{"authenticated", with(func(e *plan.Expectation) { e.IdentityAuthenticated = of("alice") }), true, ""},
		{"authenticated other", with(func(e *plan.Expectation) { e.IdentityAuthenticated = of("bob") }), false, "identity_authenticated alice"},
		{"authenticated nobody", with(func(e *plan.Expectation) { e.IdentityAuthenticated = of("none") }), false, "identity_authenticated alice"},
		{"seen by id", with(func(e *plan.Expectation) { e.IdentitySeenByServer = of("alice") }), true, ""},
		{"seen by words", with(func(e *plan.Expectation) { e.IdentitySeenByServer = of("CN=alice") }), true, ""},
		{"seen other", with(func(e *plan.Expectation) { e.IdentitySeenByServer = of("bob") }), false, "identity_seen_by_server CN=alice"},
		{"seen nobody", with(func(e *plan.Expectation) { e.IdentitySeenByServer = of("") }), false, "identity_seen_by_server CN=alice"},
		{"status", with(func(e *plan.Expectation) { e.Status = 403 }), true, ""},
		{"other status", with(func(e *plan.Expectation) { e.Status = 200 }), false, "status 403"},
		{"several, one fails", with(func(e *plan.Expectation) { e.Status, e.Handshake = 403, "full" }), false, "handshake resumed"},

		{"every connection of a pass", plan.Expectation{Pass: "none", Challenged: of(true), Status: 200}, true, ""},
		{"every connection of every pass", plan.Expectation{Challenged: of(true)}, false, "challenged false"},
		{"by target and identity", plan.Expectation{Target: "alice", Identity: "alice", Status: 200, Handshake: "full"}, true, ""},
		{"by identity", plan.Expectation{Identity: "bob", Status: 200}, false, "status 403"},
		{"no such connection", plan.Expectation{Pass: "shared", Connection: 7, Status: 200}, false, "none"},
		{"no such pair", plan.Expectation{Target: "alice", Identity: "bob", Status: 200}, false, "none"},
		{"no such pass", plan.Expectation{Pass: "curl", Status: 200}, false, "no such pass was run"},

		{"finding anywhere", plan.Expectation{Finding: "challenge-suppressed"}, true, ""},
		{"finding of a pass", plan.Expectation{Pass: "none", Finding: "challenge-suppressed"}, false, "no such finding"},
		{"finding of a connection", with(func(e *plan.Expectation) { e.Finding = "challenge-suppressed" }), true, ""},
		{"finding by identity", plan.Expectation{Identity: "bob", Finding: "challenge-suppressed"}, true, ""},
		{"no finding", plan.Expectation{NoFinding: "misdirected-request"}, true, ""},
		{"no finding, and there is one", plan.Expectation{NoFinding: "challenge-suppressed"}, false, "bob was never asked"},
		{"no finding of a pass", plan.Expectation{Pass: "none", NoFinding: "challenge-suppressed"}, true, ""},
		{"no finding, finding and status", with(func(e *plan.Expectation) {
			e.NoFinding, e.Finding, e.Status = "misdirected-request", "challenge-suppressed", 403
		}), true, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := judge(t, events, c.e)
			if x.Holds != c.holds || !c.holds && !strings.Contains(x.Got, c.got) {
				t.Errorf("holds %v, expected %q, got %q", x.Holds, x.Expected, x.Got)
			}
			if x.Expected == "" || x.Got == "" {
				t.Error("it does not say what was expected and what came")
			}
			if c.holds && x.Expected != x.Got {
				t.Errorf("it holds, but expected %q and got %q differ", x.Expected, x.Got)
			}
			for _, e := range x.Evidence {
				if e.Event < 1 || e.Event > len(events) || e.Says == "" {
					t.Errorf("evidence %+v points nowhere", e)
				}
			}
			if !c.holds && strings.Contains(c.got, " ") && !strings.HasPrefix(c.got, "no ") && len(x.Evidence) == 0 {
				t.Error("it fails without evidence")
			}
		})
	}
}

// TestExpectationOfAFailure: where nothing is known, nothing is claimed.
func TestExpectationOfAFailure(t *testing.T) {
	events := []trace.Event{
		{Payload: trace.RunStarted{Plan: plan.Plan{Version: 1}}},
		{Pass: 1, Payload: trace.PassStarted{Cache: "shared"}},
		{Pass: 1, Connection: 1, Payload: trace.ConnectionStarted{PlanConnection: 1, Iteration: 1, Attempt: 1, Target: "api", Identity: plan.NoIdentity}},
		{Pass: 1, Connection: 1, Payload: trace.ConnectionDone{Error: &trace.Failure{Phase: trace.PhaseDial, Reason: trace.ReasonRefused, Message: "connection refused"}}},
		{Pass: 1, Payload: trace.PassDone{}},
		{Payload: trace.RunDone{}},
	}
	for i := range events {
		events[i].Seq = i + 1
	}
	for _, e := range []plan.Expectation{
		{Challenged: of(false)}, {Challenged: of(true)}, {Handshake: "failed"}, {IdentitySeenByServer: of("")}, {Status: 200},
	} {
		x := judge(t, events, e)
		if x.Holds {
			t.Errorf("%+v holds of a connection that never was", e)
		}
		if !strings.Contains(x.Got, "connection refused") {
			t.Errorf("got %q does not say why", x.Got)
		}
	}
}

// TestExpectationSkipsTheControl: what the engine adds on its own is not meant,
// unless it is named.
func TestExpectationSkipsTheControl(t *testing.T) {
	events := recorded(t)
	for i := range events {
		if p, ok := events[i].Payload.(trace.PassStarted); ok && p.Cache == "none" {
			p.Control = true
			events[i].Payload = p
		}
	}
	if x := judge(t, events, plan.Expectation{Identity: "bob", Handshake: "resumed"}); !x.Holds {
		t.Errorf("the control pass was looked at: got %q", x.Got)
	}
	if x := judge(t, events, plan.Expectation{Pass: "none", Handshake: "full"}); !x.Holds {
		t.Errorf("the control pass was named: got %q", x.Got)
	}
}

// TestSeen: what was seen holds, names everything that is known, and is a plan
// that can be saved; on another connection it does not hold.
func TestSeen(t *testing.T) {
	events := recorded(t)
	log := trace.Connections(events)
	for _, p := range log.Passes {
		for _, c := range p.Connections {
			e := diagnose.Seen(p, c)
			if e.Challenged == nil || e.Handshake == "" || e.Mechanism == "" || e.IdentityAuthenticated == nil || e.IdentitySeenByServer == nil || e.Status == 0 {
				t.Errorf("pass %s, connection %d: %+v leaves something out", p.Cache, c.Index, e)
			}
			if x := judge(t, events, e); !x.Holds {
				t.Errorf("pass %s, connection %d: expected %q, got %q", p.Cache, c.Index, x.Expected, x.Got)
			}
			whole := log.Run.Plan
			whole.Expect = []plan.Expectation{e}
			if problems := whole.Check(); len(problems) > 0 {
				t.Errorf("the plan with it: %v", problems)
			}
		}
	}
	e := diagnose.Seen(log.Passes[0], log.Passes[0].Connections[0])
	e.Connection = 2
	if x := judge(t, events, e); x.Holds {
		t.Error("what was seen of alice holds of bob too")
	}
	if e := diagnose.Seen(log.Passes[0], &trace.Connection{Index: 3}); e.OfConnection() || e.Pass != "" {
		t.Errorf("%+v is expected of a connection of which nothing is known", e)
	}
}
