package desk_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rechallenge/app/desk"
	"rechallenge/core/experiment"
	"rechallenge/core/lab"
	"rechallenge/core/plan"
	"rechallenge/core/session"
)

// foreign is a server that the desk knows by a plan file alone, with a CA's file
// and alice's beside it.
func foreign(t *testing.T, d *desk.Desk, b lab.Behaviour) (c desk.Case, s *lab.Server) {
	t.Helper()
	made, err := lab.New()
	if err != nil {
		t.Fatal(err)
	}
	if s, err = made.Start(b, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	dir := t.TempDir()
	write := func(name string, data []byte, password string, err error) string {
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
		return password
	}
	data, password, err := made.CAPKCS12()
	t.Setenv("CA_PASSWORD", write("ca.p12", data, password, err))
	data, password, err = made.PKCS12("alice")
	t.Setenv("ALICE_PASSWORD", write("alice.p12", data, password, err))
	write("ca.pem", made.CAPEM(), "", nil)
	write("plan.yaml", []byte("version: 1\nidentities:\n  - {id: alice, file: alice.p12, password_env: ALICE_PASSWORD}\ntargets:\n  - {id: it, url: 'https://"+s.Addr()+
		"/', trust: ca.pem, whoami: {header: X-Client-DN}}\nconnections:\n  - {target: it, identity: alice}\n"), "", nil)
	if c, err = desk.Open(filepath.Join(dir, "plan.yaml")); err != nil {
		t.Fatal(err)
	}
	return c, s
}

// told is a recheck question with one option.
func told(t *testing.T, name string, value ...string) experiment.Question {
	t.Helper()
	q := experiment.Question{First: 1}
	o, ok := experiment.Recheck.Option(name)
	if !ok {
		t.Fatalf("no option %s", name)
	}
	if err := q.Tell(o, value...); err != nil {
		t.Fatal(err)
	}
	return q
}

// TestIssuer: identities are made with a CA that was named, are let in, end
// soon, and are nobody's after the question. What is no CA issues nothing.
func TestIssuer(t *testing.T) {
	d := desk.New(desk.Options{})
	t.Cleanup(func() { shut(t, d) })
	c, _ := foreign(t, d, lab.Behaviour{})
	ask := experiment.Recheck
	var kept experiment.Issued
	ask.Ask = func(ctx context.Context, q experiment.Question, run experiment.Runner) (*experiment.Conclusion, error) {
		x, err := q.Issue(ctx, "alice", 15*time.Second)
		if err != nil {
			return nil, err
		}
		kept = x
		p := q.Plan
		p.Identities = append(p.Identities, plan.Identity{ID: x.ID, File: x.ID})
		p.Connections, p.Caches = []plan.Connection{{Target: "it", Identity: x.ID}}, []string{session.NoCache}
		log, err := run(ctx, experiment.Step{Title: "as it", Plan: p, Knows: true})
		if err != nil {
			return nil, err
		}
		if one := log.Pass(1).Connections[0]; one.HTTP == nil || one.HTTP.Status != 200 || *one.IdentitySeenByServer != "CN=alice" {
			t.Errorf("not let in: %+v", one.Error)
		}
		return &experiment.Conclusion{Experiment: "recheck"}, nil
	}
	if _, err := d.Ask(t.Context(), c, ask, told(t, "issuer", "ca.p12:CA_PASSWORD"), nil); err != nil {
		t.Fatal(err)
	}
	if left := time.Until(kept.Ends); left <= 0 || left > time.Minute || kept.Serial == "" || kept.Name != "CN=alice" {
		t.Errorf("%+v", kept)
	}
	var mend desk.Refused
	if _, err := d.Ask(t.Context(), c, ask, told(t, "issuer", "alice.p12:ALICE_PASSWORD"), nil); !errors.As(err, &mend) || !strings.Contains(err.Error(), "no CA") {
		t.Errorf("issued by alice: %v", err)
	}
	for _, file := range []string{"missing.p12", "ca.pem"} {
		if _, err := d.Ask(t.Context(), c, ask, told(t, "issuer", file), nil); !errors.As(err, &mend) {
			t.Errorf("%s: %v", file, err)
		}
	}
	entries, err := os.ReadDir(c.Dir)
	if err != nil || len(entries) != 4 {
		t.Errorf("%d files, %v", len(entries), err)
	}
}

// TestRecheckByHand: a person is told once what to change and once to put it
// back, whatever the kinds of session; who stops is told that it is not put back.
func TestRecheckByHand(t *testing.T) {
	d := desk.New(desk.Options{})
	t.Cleanup(func() { shut(t, d) })
	c, s := foreign(t, d, lab.Behaviour{})
	var heard []string
	q := told(t, "by-hand")
	q.Continue = func(_ context.Context, what string) error {
		heard = append(heard, what)
		if len(heard) == 1 {
			return s.Change(lab.ClientRevoked)
		}
		return s.Restore(lab.ClientRevoked)
	}
	a, err := d.Ask(t.Context(), c, experiment.Recheck, q, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(heard) != 2 || !strings.HasPrefix(heard[0], "Change it now") || !strings.HasPrefix(heard[1], "Put it back") {
		t.Errorf("it said %q", heard)
	}
	carried := 0
	for _, r := range a.Rows {
		if r.Cells[5] == "carried over" {
			carried++
		}
	}
	if carried != 2 { // crypto/tls has no session IDs, and looks at no revocation again
		t.Errorf("%s: %v", a.Title, a.Rows)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	q = told(t, "by-hand")
	q.Continue = func(ctx context.Context, _ string) error { stop(); return ctx.Err() }
	if _, err := d.Ask(ctx, c, experiment.Recheck, q, nil); err == nil || !strings.Contains(err.Error(), "put it back by hand") {
		t.Errorf("stopped: %v", err)
	}
}
