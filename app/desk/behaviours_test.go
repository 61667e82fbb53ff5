package desk_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"rechallenge/app/desk"
	"rechallenge/core/diagnose"
	"rechallenge/core/lab"
	"rechallenge/core/stack"
	"rechallenge/core/trace"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Every behaviour of the lab is shown by its visits, with every stack: what
// happened, and what the diagnosis says, is in testdata/lab.golden.
func TestBehaviours(t *testing.T) {
	stacks, missing := desk.New(desk.Options{}).Stacks()
	if missing != nil {
		t.Skip(missing)
	}
	var got bytes.Buffer
	for _, n := range desk.Behaviours() {
		for _, s := range stacks {
			if s.Capabilities().QUIC != (lab.ByID(n.ID).HTTP == 3) {
				continue
			}
			fmt.Fprintf(&got, "%s with %s\n", n.ID, s.Name())
			tell(&got, show(t, n.ID, s))
		}
	}
	const golden = "testdata/lab.golden"
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(got.String(), "\n") {
		if lines := strings.Split(string(want), "\n"); i >= len(lines) || lines[i] != line {
			t.Fatalf("%s, line %d:\n got %s\nwant %s\nall of it:\n%s", golden, i+1, line, append(lines, make([]string, i+1)...)[i], got.String())
		}
	}
}

// show runs a behaviour's visits.
func show(t *testing.T, id string, s stack.Stack) *trace.Log {
	t.Helper()
	d := desk.New(desk.Options{Stacks: []stack.Stack{s}})
	defer shut(t, d)
	l, err := d.StartLab(t.Context(), desk.LabOptions{Behaviour: id})
	if err != nil {
		t.Fatal(err)
	}
	if problems := l.Case.Plan.Check(); len(problems) > 0 {
		t.Fatalf("%s: %v", id, problems)
	}
	return ended(t, d.Start(l.Case, nil)).Log
}

// tell writes what happened, a line for each connection and each finding.
func tell(b *bytes.Buffer, log *trace.Log) {
	name := func(id *string) string {
		if id == nil {
			return "nobody"
		}
		return *id
	}
	for _, p := range log.Passes {
		for _, c := range p.Connections {
			fmt.Fprintf(b, "  %s #%d %s %s: %s", p.Cache, c.Index, c.Identity, c.Target, c.Handshake)
			if c.Resumption != nil {
				fmt.Fprintf(b, ", %s of #%d offered, accepted %v, established by %s", c.Resumption.Mechanism, c.Resumption.FromConnection, c.Resumption.Accepted, name(c.Resumption.EstablishedBy))
			}
			for _, ch := range c.Challenges {
				fmt.Fprintf(b, ", asked (%s) answered %s", ch.When, name(ch.AnsweredWith))
			}
			if c.ReusedConnection != nil {
				fmt.Fprintf(b, ", on #%d coalesced %v", *c.ReusedConnection, c.Coalesced)
			}
			for _, r := range c.Wire.Renegotiations {
				if r.Resumed {
					b.WriteString(", renegotiated by resuming")
				}
			}
			fmt.Fprintf(b, ", carries %s", name(c.IdentityAuthenticated))
			if c.HTTP != nil {
				fmt.Fprintf(b, ", %d %s", c.HTTP.Status, name(c.SeenAs))
			}
			if c.Service != nil {
				fmt.Fprintf(b, ", after %s in clear it said %q, saw %s", c.StartTLS, c.Service.Words, name(c.SeenAs))
			}
			if c.Error != nil {
				fmt.Fprintf(b, ", %s %s", c.Error.Reason, c.Error.Alert)
			}
			b.WriteString("\n")
		}
	}
	for _, f := range diagnose.Diagnose(log).Findings {
		var numbers []int
		for _, at := range f.Connections {
			numbers = append(numbers, at.Connection)
		}
		fmt.Fprintf(b, "  %s %s %v (%s)\n", f.Severity, f.Rule, numbers, f.Pass)
	}
}
