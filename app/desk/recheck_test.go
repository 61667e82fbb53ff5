package desk_test

import (
	"context"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rechallenge/app/desk"
	"rechallenge/core/experiment"
	"rechallenge/core/plan"
	"rechallenge/core/servers"
	"rechallenge/core/target"
	"rechallenge/core/trace"
)

var rewrite = flag.Bool("recheck", false, "write docs/recheck.md's table anew")

// TestRecheckLab: the table of the lab is the document's, and comes within ten seconds.
func TestRecheckLab(t *testing.T) {
	d := desk.New(desk.Options{Tool: trace.Tool{Name: "test"}})
	t.Cleanup(func() { shut(t, d) })
	l := newLab(t, d, desk.LabOptions{Recheck: true})
	q := experiment.Question{First: 1, Second: 1}
	q.Plan = l.Case.Plan
	d.Prepare(l.Case, &q)
	limit := experiment.Recheck.Connections(q)
	begun := time.Now()
	a, err := d.Ask(t.Context(), l.Case, experiment.Recheck, q, nil)
	if err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begun); took > 10*time.Second {
		t.Logf("it took %s", took) // a bound for a machine that does nothing else
	}
	made := 0
	for _, r := range a.Runs {
		for _, p := range r.Log.Passes {
			made += len(p.Connections)
		}
	}
	if made == 0 || made > limit {
		t.Errorf("%d connections of at most %d", made, limit)
	}
	if len(l.Case.Plan.Targets) < 2 {
		t.Skip("there is no libssl")
	}
	if a.Mark != experiment.Bad {
		t.Errorf("%s: %s", a.Mark, a.Title)
	}
	cell := func(condition, server, session string) string {
		for _, r := range a.Rows {
			if strings.Contains(r.Cells[0], condition) && r.Cells[1] == server && r.Cells[2] == session {
				return r.Cells[5]
			}
		}
		return ""
	}
	for _, c := range []struct{ condition, server, session, want string }{
		{"expired", "openssl", "TLS 1.2 session ID", "carried over"},
		{"expired", "openssl", "TLS 1.3 ticket", "carried over"},
		{"expired", "crypto-tls", "TLS 1.2 ticket", "checked again"},
		{"expired", "crypto-tls", "TLS 1.3 ticket", "checked again"},
		{"CA is not trusted", "crypto-tls", "TLS 1.3 ticket", "checked again"},
		{"CA is not trusted", "openssl", "TLS 1.3 ticket", "carried over"},
		{"required now", "crypto-tls", "TLS 1.3 ticket", "checked again"},
		{"rights", "openssl", "TLS 1.2 ticket", "checked again"},
		{"rotated", "crypto-tls", "TLS 1.2 ticket", "checked again"},
		{"rotated", "openssl", "TLS 1.2 ticket", "can't be asked"},
		{"server's certificate has expired", "client openssl", "TLS 1.2 session ID", "carried over"},
		{"for another name", "client go", "TLS 1.3 ticket", "carried over"},
		{"unknown CA", "client openssl", "TLS 1.3 ticket", "carried over"},
		{"weaker", "client go", "TLS 1.3 ticket", "nothing was enforced"},
		{"stapled", "client openssl", "TLS 1.3 ticket", "nothing was enforced"},
		{"trusts other CAs", "client go", "TLS 1.2 ticket", "carried over"},
		{"validates now", "client openssl", "TLS 1.2 session ID", "carried over"},
	} {
		if got := cell(c.condition, c.server, c.session); got != c.want {
			t.Errorf("%s, %s, %s: %q, want %q", c.condition, c.server, c.session, got, c.want)
		}
	}
	var b strings.Builder
	b.WriteString("| condition | evaluated by | TLS 1.2 session ID | TLS 1.2 ticket | TLS 1.3 ticket |\n|---|---|---|---|---|\n")
	var seen []string
	for _, r := range a.Rows {
		at := r.Cells[0] + "/" + r.Cells[1]
		if slices.Contains(seen, at) {
			continue
		}
		seen = append(seen, at)
		fmt.Fprintf(&b, "| %s | %s", r.Cells[0], r.Cells[1])
		for _, session := range []string{"TLS 1.2 session ID", "TLS 1.2 ticket", "TLS 1.3 ticket"} {
			word := ""
			for _, x := range a.Rows {
				if x.Cells[0] == r.Cells[0] && x.Cells[1] == r.Cells[1] && x.Cells[2] == session {
					word = x.Cells[5]
				}
			}
			fmt.Fprintf(&b, " | %s", word)
		}
		b.WriteString(" |\n")
	}
	const path = "../../docs/recheck.md"
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok1 := strings.Cut(string(data), "-recheck -->\n\n")
	table, tail, ok2 := strings.Cut(rest, "<!-- end")
	if !ok1 || !ok2 {
		t.Fatal("docs/recheck.md has no place for the table")
	}
	if *rewrite {
		if err := os.WriteFile(path, []byte(head+"-recheck -->\n\n"+b.String()+"\n<!-- end"+tail), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if strings.TrimSpace(table) != strings.TrimSpace(b.String()) {
		t.Errorf("the document has\n%s\nand the lab\n%s", table, b.String())
	}
}

// TestRecheckNginx: the CA is removed by a command and put back by another; the
// server is as it was, also when somebody stops in between.
func TestRecheckNginx(t *testing.T) {
	d := desk.New(desk.Options{Tool: trace.Tool{Name: "test"}})
	t.Cleanup(func() { shut(t, d) })
	l := newLab(t, d, desk.LabOptions{})
	other, err := os.ReadFile("testdata/other-ca.pem")
	if err != nil {
		t.Fatal(err)
	}
	f := servers.Files{CA: l.CAPEM(), Other: other}
	if f.Cert, f.Key, err = l.ServerPEM("localhost"); err != nil {
		t.Fatal(err)
	}
	mode := servers.Modes[slices.IndexFunc(servers.Modes, func(m servers.Mode) bool {
		return m.Server == "nginx" && m.Auth == servers.Required && m.Sessions == servers.Both && m.Version == "1.3" && m.Trait == ""
	})]
	s, err := servers.Start(t.Context(), mode, f)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(s.Stop)
	c := l.Case
	c.Plan.Targets = []target.Target{{
		ID: "nginx", URL: fmt.Sprintf("https://localhost:%d/", s.Addr.Port()), ConnectTo: target.Addresses{netip.MustParseAddrPort(s.Addr.String())},
		Trust: c.Plan.Targets[0].Trust,
	}}
	c.Plan.Connections = []plan.Connection{{Target: "nginx", Identity: "alice"}}
	dir := s.Dir()
	swap := func(from string) string {
		return fmt.Sprintf("cp %s %s && kill -HUP $(cat %s)", filepath.Join(dir, from), filepath.Join(dir, "ca.pem"), filepath.Join(dir, "pid"))
	}
	if err := os.WriteFile(filepath.Join(dir, "first.pem"), f.CA, 0o644); err != nil {
		t.Fatal(err)
	}
	ask := func(ctx context.Context, said func(string)) (rows []experiment.Row, err error) {
		q := experiment.Question{First: 1, Second: 1}
		for name, text := range map[string]string{"change": swap("other.pem"), "undo": swap("first.pem")} {
			o, _ := experiment.Recheck.Option(name)
			if err := q.Tell(o, text); err != nil {
				t.Fatal(err)
			}
		}
		a, err := d.Ask(ctx, c, experiment.Recheck, q, said)
		if a != nil {
			rows = a.Rows
		}
		return rows, err
	}
	rows, err := ask(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, r := range rows {
		t.Log(r.Cells)
		// Debian's nginx makes new ticket keys at a reload: its session is not taken.
		found = found || r.Cells[2] == "TLS 1.3 ticket" && strings.HasPrefix(r.Cells[3], "refused") && r.Cells[5] != "nothing was enforced"
	}
	if !found {
		t.Error("the row of TLS 1.3 does not say what became of the session")
	}
	ctx, stop := context.WithCancel(t.Context())
	if _, err := ask(ctx, func(step string) {
		if strings.HasSuffix(step, "after") {
			stop()
		}
	}); err == nil {
		t.Error("it was stopped, and says nothing of it")
	}
	if now, err := os.ReadFile(filepath.Join(dir, "ca.pem")); err != nil || string(now) != string(f.CA) {
		t.Errorf("after a stop the server was not put back (%v)", err)
	}
}
