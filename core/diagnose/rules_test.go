package diagnose_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"rechallenge/core/diagnose"
	"rechallenge/core/protocol"
	"rechallenge/core/trace"
	"rechallenge/core/trace/tracetest"
)

var update = flag.Bool("update", false, "write the document of the rules and the findings of the cases anew")

// TestRulesDocument: docs/rules.md says of each rule what the rule says of itself.
func TestRulesDocument(t *testing.T) {
	var b bytes.Buffer
	b.WriteString("# Rules\n\nWhat is looked for in every pass, what hurts most first. Each finding names the events that prove it. This page is written from\nthe rules themselves (`go test ./core/diagnose -run Document -update`).\n")
	seen := map[string]bool{}
	for _, r := range diagnose.Rules {
		if seen[r.ID] || r.Title == "" || r.Why == "" || r.Limits == "" || r.Advice == "" || r.Reference == "" || r.Severity == "" {
			t.Errorf("%s is there twice or lacks a text", r.ID)
		}
		seen[r.ID] = true
		fmt.Fprintf(&b, "\n## %s\n\n%s. Severity: %s.\n\n**Why it matters.** %s\n\n**What to do.** %s\n\n**What it can't know.** %s\n\nReference: %s.\n",
			r.ID, r.Title, r.Severity, r.Why, r.Advice, r.Limits, r.Reference)
	}
	const path = "../../docs/rules.md"
	if *update {
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(have, b.Bytes()) {
		t.Errorf("%s is not what the rules say (%v): go test ./core/diagnose -run Document -update", path, err)
	}
}

// TestTogether: what a rule says over and over is said a hundred times and then
// once for all the others, and each of them is marked.
func TestTogether(t *testing.T) {
	s := tracetest.Story{Identities: []tracetest.Person{{ID: "alice"}, {ID: "bob"}}, Passes: []tracetest.Pass{{Cache: "shared"}, {Cache: "none"}}}
	const bobs = 130
	for i := range bobs + 1 {
		who := []string{"alice", "bob"}[min(i, 1)]
		asked := tracetest.Line{As: who, Asked: []protocol.Moment{protocol.Initial}, Answer: who, Status: 200}
		s.Passes[1].Connections = append(s.Passes[1].Connections, asked)
		if i > 0 {
			asked = tracetest.Line{As: who, Resumed: &tracetest.Session{From: 1, Serial: i}, Status: 200}
		}
		s.Passes[0].Connections = append(s.Passes[0].Connections, asked)
	}
	log := s.Log()
	r := diagnose.Diagnose(log)
	alone, together := 0, 0
	for _, f := range r.Findings {
		if f.Rule != "challenge-suppressed" {
			continue
		}
		if !f.Together {
			alone++
			continue
		}
		together += len(f.Victims())
		if !strings.Contains(f.Title, "30 more times") || len(f.Evidence) == 0 || f.Advice == "" {
			t.Errorf("the others are %q, with %d pieces of evidence", f.Title, len(f.Evidence))
		}
	}
	if alone != 100 || together != bobs-100 {
		t.Errorf("%d findings stand alone, %d connections together", alone, together)
	}
	bad := r.Bad()
	for i := 2; i <= bobs+1; i++ {
		if !bad(trace.Ref{Pass: 1, Connection: i}) {
			t.Fatalf("connection %d is not marked", i)
		}
	}
	if bad(trace.Ref{Pass: 1, Connection: 1}) {
		t.Error("who made the session is marked")
	}
}
