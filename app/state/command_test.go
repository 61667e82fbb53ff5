package state_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"rechallenge/app/desk"
	"rechallenge/app/state"
	"rechallenge/core/stack"
	"rechallenge/core/stack/gotls"
	"rechallenge/core/trace"
)

// TestCommands: the commands do again what the connections did, by somebody
// else's program.
func TestCommands(t *testing.T) {
	for _, tool := range []string{"openssl", "curl"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("RECHALLENGE_REQUIRE_TOOLS") == "1" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
	}
	table := desk.New(desk.Options{Stacks: []stack.Stack{gotls.New()}})
	defer table.Close()
	l, err := table.StartLab(t.Context(), desk.LabOptions{RealTime: true})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	passwords, err := l.Write(dir)
	if err != nil {
		t.Fatal(err)
	}
	env := os.Environ()
	for file, password := range passwords {
		name := strings.ToUpper(strings.TrimSuffix(filepath.Base(file), ".p12")) + "_PASSWORD"
		t.Setenv(name, password)
		env = append(env, name+"="+password)
	}
	path := filepath.Join(dir, "plan.yaml")
	c, err := desk.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	var events []trace.Event
	if err := table.Start(c, func(e trace.Event) { events = append(events, e) }).Wait(); err != nil {
		t.Fatal(err)
	}
	s := state.New()
	s.SetPlan(c.Plan, path, c.Document.Source())
	s.Show(state.Live(trace.Connections(events)))

	shell := func(command string) string {
		t.Helper()
		cmd := exec.Command("sh", "-c", command)
		cmd.Dir, cmd.Env = dir, env
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Logf("%v", err) // s_client ends with 1 when the server closes first
		}
		for _, password := range passwords {
			if strings.Contains(command, password) {
				t.Errorf("the command holds a password: %s", command)
			}
		}
		return string(out)
	}
	last := func(text string) string { return text[strings.LastIndex(text, "HTTP/1.1 "):] }

	// Under shared connection 2 resumed alice's session, and so does openssl.
	s.Selected = trace.Ref{Pass: 1, Connection: 2}
	command, err := s.OpenSSL()
	if err != nil {
		t.Fatal(err)
	}
	if out := shell(command); strings.Count(out, "HTTP/1.1 ") != 2 || !strings.Contains(last(out), "CN=alice") || !strings.Contains(last(out), "403") {
		t.Errorf("%s\nsaid\n%s", command, out)
	}
	if _, err := s.Curl(); err == nil {
		t.Error("curl is said to repeat a resumption")
	}
	// Under none it was asked, and so are both tools.
	s.Selected = trace.Ref{Pass: 2, Connection: 2}
	for name, make := range map[string]func() (string, error){"openssl": s.OpenSSL, "curl": s.Curl} {
		command, err := make()
		if err != nil {
			t.Fatal(name, err)
		}
		if out := shell(command); !strings.Contains(out, "200 OK") || !strings.Contains(out, "CN=bob") {
			t.Errorf("%s\nsaid\n%s", command, out)
		}
	}
}
