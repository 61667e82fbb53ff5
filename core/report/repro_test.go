package report_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"rechallenge/core/plan"
	"rechallenge/core/report"
	"rechallenge/core/target"
	"rechallenge/core/trace"
)

// nasty are values that a shell must take as they are.
var nasty = []string{
	"", "alice.p12", "it's", "''", `'"$(touch owned)"'`, "`touch owned`", "$(touch owned)", "; touch owned;", "a\nb", "a\n\n", "\ntouch owned\n", "-n", "%s%n", `\`, `\'`, `\033`,
	"\x1b[31m", "\u202etxt.exe", "\xff\xfe", "a b\tc", "*", "~", "#x", "ä", "'\n'; touch owned; '\n", "}", "${HOME}", "\x7f",
}

// said is what the variables of a script hold, by the shell's own account.
func said(t *testing.T, r *report.Report, names ...string) string {
	t.Helper()
	text := string(write(t, r, ".sh"))
	head, _, ok := strings.Cut(text, "# --- From here on")
	if !ok {
		t.Fatal("the script has no body")
	}
	for _, name := range names {
		head += `printf '%s\001' "$` + name + "\"\n"
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "head.sh")
	if err := os.WriteFile(file, []byte(head), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(tool(t, "sh"), file)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, out, head)
	}
	if _, err := os.Stat(filepath.Join(dir, "owned")); err == nil {
		t.Fatalf("a value was carried out:\n%s", head)
	}
	return string(out)
}

// withNames is the recording in which a value stands for file, trust, method and words.
func withNames(t *testing.T, value string) *report.Report {
	t.Helper()
	r, _ := read(t)
	events := report.Events(r.Log)
	run := events[0].Payload.(trace.RunStarted)
	run.Tool.Version = value
	run.Plan.Identities = []plan.Identity{{ID: "alice", Cert: value, Key: value}, {ID: "bob", File: value}}
	var list []target.Target
	for _, x := range run.Plan.Targets {
		x.Trust, x.Method, x.Host, x.Whoami.Header = value, value, value, value
		list = append(list, x)
	}
	run.Plan.Targets = list
	events[0].Payload = run
	return report.New(events)
}

func checkQuoting(t *testing.T, value string) {
	t.Helper()
	if value == "" {
		return // then the defaults stand
	}
	got := said(t, withNames(t, value), "FIRST_FILE", "FIRST_KEY", "SECOND_FILE", "FIRST_TRUST", "SECOND_METHOD", "WHOAMI_HEADER")
	want := strings.Repeat(strings.ReplaceAll(value, "\x00", "")+"\x01", 6)
	if got != want {
		t.Errorf("the shell has %q, want %q", got, want)
	}
}

// TestReproQuotes asks the shell itself what it made of names from outside.
func TestReproQuotes(t *testing.T) {
	for _, value := range nasty {
		checkQuoting(t, value)
	}
}

func FuzzReproQuotes(f *testing.F) {
	for _, value := range nasty {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if len(value) < 1000 {
			checkQuoting(t, value)
		}
	})
}

// TestReproRedacted: no name is left, and a capture, an empty run and a hostile name give scripts that the shell reads.
func TestReproRedacted(t *testing.T) {
	r, _ := read(t)
	text := string(write(t, report.Redact(r, report.Everything), ".sh"))
	for _, bad := range []string{"alice", "bob", "127.0.0.1", "localhost"} {
		if strings.Contains(text, bad) {
			t.Errorf("the redacted script holds %s", bad)
		}
	}
	for name, r := range map[string]*report.Report{"demo": r, "hostile": hostile(t), "empty": report.New(nil), "unreachable": unreachable(t)} {
		file := filepath.Join(t.TempDir(), "repro.sh")
		if err := os.WriteFile(file, write(t, r, ".sh"), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command(tool(t, "sh"), "-n", file).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}
