package files_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"rechallenge/app/files"
	"rechallenge/core/diagnose"
	"rechallenge/core/engine"
	"rechallenge/core/lab"
	"rechallenge/core/session"
	"rechallenge/core/stack"
	"rechallenge/core/trace"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Every behaviour of the lab is shown by its visits, with every stack: what
// happened, and what the diagnosis says, is in testdata/lab.golden.
func TestBehaviours(t *testing.T) {
	stacks, missing := files.Stacks()
	if missing != nil {
		t.Skip(missing)
	}
	var got bytes.Buffer
	for i := range lab.Behaviours {
		n := &lab.Behaviours[i]
		for _, s := range stacks {
			fmt.Fprintf(&got, "%s with %s\n", n.ID, s.Name())
			tell(&got, show(t, n, s))
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
func show(t *testing.T, n *lab.Named, s stack.Stack) *trace.Log {
	t.Helper()
	l, err := lab.New()
	if err != nil {
		t.Fatal(err)
	}
	clock := &session.Moved{}
	l.SetNow(clock.Now)
	server, err := l.Start(n.Behaviour, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	p := files.LabPlan(server, n)
	if problems := p.Check(); len(problems) > 0 {
		t.Fatalf("%s: %v", n.ID, problems)
	}
	res, err := files.LabResources(t.Context(), l, p)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	r, err := engine.Start(ctx, *p, res, engine.Options{Stacks: []stack.Stack{s}, Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	return trace.Connections(r.Wait())
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
