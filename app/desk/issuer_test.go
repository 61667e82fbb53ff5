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

// TestIssuer: identities are made with a CA that was named, are let in, end
// soon, and are nobody's after the question. What is no CA issues nothing.
func TestIssuer(t *testing.T) {
	made, err := lab.New()
	if err != nil {
		t.Fatal(err)
	}
	server, err := made.Start(lab.Behaviour{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
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
	text := "version: 1\nidentities:\n  - {id: alice, file: alice.p12, password_env: ALICE_PASSWORD}\ntargets:\n  - {id: it, url: 'https://" + server.Addr() +
		"/', trust: ca.pem, whoami: {header: X-Client-DN}}\nconnections:\n  - {target: it, identity: alice}\n"
	path := filepath.Join(dir, "plan.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	d := desk.New(desk.Options{})
	t.Cleanup(func() { shut(t, d) })
	c, err := desk.Open(path)
	if err != nil {
		t.Fatal(err)
	}
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
	told := func(text string) experiment.Question {
		q := experiment.Question{First: 1}
		o, _ := ask.Option("issuer")
		if err := q.Tell(o, text); err != nil {
			t.Fatal(err)
		}
		return q
	}
	if _, err := d.Ask(t.Context(), c, ask, told("ca.p12:CA_PASSWORD"), nil); err != nil {
		t.Fatal(err)
	}
	if left := time.Until(kept.Ends); left <= 0 || left > time.Minute || kept.Serial == "" || kept.Name != "CN=alice" {
		t.Errorf("%+v", kept)
	}
	var mend desk.Refused
	if _, err := d.Ask(t.Context(), c, ask, told("alice.p12:ALICE_PASSWORD"), nil); !errors.As(err, &mend) || !strings.Contains(err.Error(), "no CA") {
		t.Errorf("issued by alice: %v", err)
	}
	for _, file := range []string{"missing.p12", "ca.pem"} {
		if _, err := d.Ask(t.Context(), c, ask, told(file), nil); !errors.As(err, &mend) {
			t.Errorf("%s: %v", file, err)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 4 {
		t.Errorf("%d files, %v", len(entries), err)
	}
}
