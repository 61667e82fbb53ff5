package servers_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rechallenge/core/engine"
	"rechallenge/core/experiment"
	"rechallenge/core/experiment/run"
	"rechallenge/core/identity"
	"rechallenge/core/plan"
	"rechallenge/core/servers"
	"rechallenge/core/stack"
	"rechallenge/core/trace"
)

// outlived is a line of the table: what a server does with a session whose
// client certificate has ended.
type outlived struct{ server, session, fresh, with, answer string }

// TestRecheckServers waits for a certificate's end at every server and asks
// whether its session still opens what a fresh connection is refused.
func TestRecheckServers(t *testing.T) {
	b := newBench(t)
	ca := authority(t, b)
	var mu sync.Mutex
	var table []outlived
	var asking sync.WaitGroup
	for _, m := range servers.Modes {
		if m.Auth != servers.Required || m.Resumes == "" || m.Sessions == servers.Tickets && slices.ContainsFunc(servers.Modes, func(o servers.Mode) bool {
			return o.Server == m.Server && o.Version == m.Version && o.Auth == m.Auth && o.Sessions == servers.Both
		}) || m.Sessions == servers.IDs && m.Version == "1.3" {
			continue // one of each server and kind of session
		}
		s, err := servers.Start(context.Background(), m, b.files)
		started(t, s, err)
		asking.Go(func() {
			rows, err := b.outlive(m, s, ca)
			if err != nil {
				t.Errorf("%s: %v", m.ID(), err)
			}
			mu.Lock()
			table = append(table, rows...)
			mu.Unlock()
		})
	}
	asking.Wait()
	slices.SortFunc(table, func(x, y outlived) int { return strings.Compare(x.server+x.session, y.server+y.session) })
	var text strings.Builder
	text.WriteString("| server | session | a fresh connection | with the session | answer |\n|---|---|---|---|---|\n")
	got := map[string]string{}
	for _, x := range table {
		// Whether an ended connection is seen as closed or reset is a race of the last packets.
		if x.fresh == "refused: reset" || x.fresh == "refused: closed" {
			x.fresh = "refused: closed or reset"
		}
		fmt.Fprintf(&text, "| %s | %s | %s | %s | %s |\n", x.server, x.session, x.fresh, x.with, x.answer)
		got[x.server+" "+x.session] = x.answer
	}
	// What was published of OpenSSL's server, and what nginx was seen to do.
	for _, at := range []string{"s_server TLS 1.2 ticket", "s_server TLS 1.3 ticket", "nginx TLS 1.2 ticket", "nginx TLS 1.3 ticket"} {
		if got[at] != "carried over" {
			t.Errorf("%s: %q, want carried over", at, got[at])
		}
	}
	if t.Failed() || !debian12() {
		t.Logf("docs/recheck.md is not compared:\n%s", text.String())
		return
	}
	data, err := os.ReadFile("../../docs/recheck.md")
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- written by go test ./core/servers -run RecheckServers -args -update -->\n\n", "\n<!-- end of the servers -->"
	head, rest, ok1 := strings.Cut(string(data), begin)
	_, tail, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		t.Fatal("docs/recheck.md has no place for the table")
	}
	page(t, "recheck.md", head+begin+text.String()+end+tail)
}

// authority is the lab's CA with its key.
func authority(t *testing.T, b *bench) *identity.Identity {
	t.Helper()
	data, password, err := b.lab.CAPKCS12()
	if err != nil {
		t.Fatal(err)
	}
	f, err := identity.Read(t.Context(), "ca.p12", data, &password, identity.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return f.Identities[0]
}

// outlive asks the question of one server, by the stack that has every kind of session.
func (b *bench) outlive(m servers.Mode, s *servers.Server, ca *identity.Identity) (list []outlived, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	st := b.stacks[len(b.stacks)-1]
	p := modePlan(s, []string{"alice"}, "shared", "none")
	p.Version, p.Stack = plan.Version, st.Name()
	p.Identities = []plan.Identity{{ID: "alice", File: "alice.p12"}}
	res := b.res
	res.Identities, res.Roots = maps.Clone(b.res.Identities), b.res.Roots
	q := experiment.Question{Plan: p, First: 1, Second: 1, Told: map[string]experiment.Value{"issuer": {Texts: []string{"ca.p12"}}}}
	q.Issue = func(ctx context.Context, of string, life time.Duration) (experiment.Issued, error) {
		x, err := identity.Issue(ctx, fmt.Sprintf("issued-%d", len(res.Identities)), ca, res.Identities[of].Public, life)
		if err != nil {
			return experiment.Issued{}, err
		}
		res.Identities[x.ID] = x
		return experiment.Issued{ID: x.ID, Name: x.Subject, Serial: x.Serial, Ends: x.NotAfter}, nil
	}
	c, err := experiment.Recheck.Ask(ctx, q, func(ctx context.Context, step experiment.Step) (*trace.Log, error) {
		return run.Step(ctx, step, res, engine.Options{Stacks: []stack.Stack{st}})
	})
	if err != nil {
		return nil, err
	}
	want := map[string]string{"session-id": "TLS 1.2 session ID", "ticket": "TLS 1.2 ticket", "psk": "TLS 1.3 ticket"}[m.Resumes]
	for _, r := range c.Rows {
		if r.Cells[2] == want {
			list = append(list, outlived{m.Server, want, r.Cells[3], r.Cells[4], r.Cells[5]})
		}
	}
	if len(list) != 1 || !strings.Contains(c.Detail, "Made for this, in memory only: CN=alice") {
		return list, fmt.Errorf("%d rows: %s %s", len(list), c.Title, c.Detail)
	}
	return list, nil
}
