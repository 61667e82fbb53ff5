package desk_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"rechallenge/app/desk"
	"rechallenge/core/experiment"
)

// TestRecheckClients asks the real clients of this machine, which takes minutes:
// make test-services does.
func TestRecheckClients(t *testing.T) {
	if os.Getenv("RECHALLENGE_SERVICES") != "all" {
		t.Skip("RECHALLENGE_SERVICES=all runs it")
	}
	d := desk.New(desk.Options{})
	t.Cleanup(func() { shut(t, d) })
	l := newLab(t, d, desk.LabOptions{Recheck: true})
	q := told(t, "installed")
	q.Plan = l.Case.Plan
	a, err := d.Ask(t.Context(), l.Case, experiment.Recheck, q, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	conditions := []string{"the server's certificate has expired", "the server's certificate is for another name", "the server's certificate is of an unknown CA"}
	var clients []string
	answers := map[string]string{}
	for _, r := range a.Rows {
		name, ours := strings.CutPrefix(r.Cells[1], "client ")
		if !ours || name == "go" || name == "openssl" {
			continue
		}
		if !slices.Contains(clients, name) {
			clients = append(clients, name)
		}
		answers[name+r.Cells[0]] = r.Cells[5]
	}
	text := "| client | the certificate has expired | is for another name | is of an unknown CA |\n|---|---|---|---|\n"
	told := 0
	for _, name := range clients {
		text += "| " + name
		for _, c := range conditions {
			text += " | " + answers[name+c]
			if answers[name+c] == "carried over" || answers[name+c] == "checked again" {
				told++
			}
		}
		text += " |\n"
	}
	if told == 0 {
		t.Errorf("of no client anything is known:\n%s", text)
	}
	if !*rewrite {
		t.Log(text) // versions are those of the machine that wrote the document
		return
	}
	const path, begin, end = "../../docs/recheck.md", "-run RecheckClients -args -recheck -->\n\n", "\n<!-- end of the clients -->"
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok1 := strings.Cut(string(data), begin)
	_, tail, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		t.Fatal("docs/recheck.md has no place for the table")
	}
	if err := os.WriteFile(path, fmt.Append(nil, head, begin, text, end, tail), 0o644); err != nil {
		t.Fatal(err)
	}
}
