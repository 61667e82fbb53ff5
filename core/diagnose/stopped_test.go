package diagnose_test

import (
	"strings"
	"testing"

	"rechallenge/core/diagnose"
	"rechallenge/core/protocol"
	"rechallenge/core/trace"
	"rechallenge/core/trace/tracetest"
)

// A run that was stopped proves what it had shown by then, and nothing else.
func TestStopped(t *testing.T) {
	alice := "CN=alice"
	asked := tracetest.Line{As: "alice", Asked: []protocol.Moment{protocol.Initial}, Answer: "alice", Status: 200, Seen: &alice}
	for _, test := range []struct {
		name     string
		lines    []tracetest.Line
		severity diagnose.Severity
		title    string
		detail   string
	}{
		{"before the second connection", []tracetest.Line{asked}, diagnose.Warning, "The run was stopped", "1 connection: 1 challenge"},
		{"before the first one", nil, diagnose.Warning, "The run was stopped", "0 connections"},
		{"during the second one", []tracetest.Line{asked, {As: "bob", Fails: trace.ReasonCancelled}}, diagnose.Warning, "The run was stopped", "1 failure."},
		{"after a failure", []tracetest.Line{{As: "bob", Fails: trace.ReasonRefused}}, diagnose.Warning, "The run was stopped", "(refused)"},
		{"after it had been shown", []tracetest.Line{asked, {As: "bob", Resumed: &tracetest.Session{From: 1}, Status: 200, Seen: &alice}}, diagnose.Error, "bob was never asked", "The run was stopped"},
		{"after a warning", []tracetest.Line{asked, {As: "alice", Reused: 1, Status: 200, Seen: &alice}}, diagnose.Warning, "Request 2 was answered", "The run was stopped"},
	} {
		s := tracetest.Story{Identities: []tracetest.Person{{ID: "alice"}, {ID: "bob"}}, Passes: []tracetest.Pass{{Cache: "shared", Connections: test.lines}}, Stopped: true}
		log := s.Log()
		v := diagnose.Diagnose(log).Verdict
		if v.Severity != test.severity || !strings.HasPrefix(v.Title, test.title) || !strings.Contains(v.Detail, test.detail) {
			t.Errorf("%s: %s: %s\n%s", test.name, v.Severity, v.Title, v.Detail)
		}
	}
}
