package diagnose_test

import (
	"strings"
	"testing"

	"rechallenge/core/diagnose"
	"rechallenge/core/trace"
)

// A run that was stopped proves what it had shown by then, and nothing else.
func TestStopped(t *testing.T) {
	alice := "CN=alice"
	asked := storyLine{As: "alice", Asked: []string{"initial"}, Answer: "alice", Status: 200, Seen: &alice, Is: "alice"}
	for _, test := range []struct {
		name     string
		lines    []storyLine
		severity diagnose.Severity
		title    string
		detail   string
	}{
		{"before the second connection", []storyLine{asked}, diagnose.Warning, "The run was stopped", "1 connection: 1 challenge"},
		{"before the first one", nil, diagnose.Warning, "The run was stopped", "0 connections"},
		{"during the second one", []storyLine{asked, {As: "bob", Fails: string(trace.ReasonCancelled)}}, diagnose.Warning, "The run was stopped", "1 failure."},
		{"after a failure", []storyLine{{As: "bob", Fails: string(trace.ReasonRefused)}}, diagnose.Warning, "The run was stopped", "(refused)"},
		{"after it had been shown", []storyLine{asked, {As: "bob", Resumed: &storySession{From: 1, Of: "alice", Evaluated: true}, Status: 200, Seen: &alice, Is: "alice"}}, diagnose.Error, "bob was never asked", "The run was stopped"},
		{"after a warning", []storyLine{asked, {As: "alice", Reused: 1, Carried: "alice", Status: 200, Seen: &alice, Is: "alice"}}, diagnose.Warning, "Request 2 was answered", "The run was stopped"},
	} {
		s := story{Identities: []person{{ID: "alice"}, {ID: "bob"}}, Passes: []storyPass{{Cache: "shared", Connections: test.lines}}}
		log := s.log()
		log.Done = &trace.RunDone{Interrupted: true}
		v := diagnose.Diagnose(log).Verdict
		if v.Severity != test.severity || !strings.HasPrefix(v.Title, test.title) || !strings.Contains(v.Detail, test.detail) {
			t.Errorf("%s: %s: %s\n%s", test.name, v.Severity, v.Title, v.Detail)
		}
	}
}
