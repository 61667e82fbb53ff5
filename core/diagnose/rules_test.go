package diagnose_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"testing"

	"rechallenge/core/diagnose"
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
