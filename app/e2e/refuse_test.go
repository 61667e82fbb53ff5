package e2e

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestNoDisplay: without a screen the program says so, and how to go on.
func TestNoDisplay(t *testing.T) {
	cmd := exec.Command(program(t), "--demo")
	cmd.Env = environment(t.TempDir())
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 3 {
		t.Errorf("ended with %v, want exit status 3", err)
	}
	text := string(out)
	if !strings.Contains(text, "there is no display") || !strings.Contains(text, "rechallenge-cli") {
		t.Errorf("it does not say what is wrong and what to do: %s", text)
	}
	if strings.Contains(text, "panic") || strings.Contains(text, "goroutine") {
		t.Errorf("it panicked: %s", text)
	}
}

// TestBadPlan: a plan that can't be read is refused with the place of the
// mistake, given as an argument or opened by the dialog; what was there stays.
func TestBadPlan(t *testing.T) {
	path := filepath.Join(t.TempDir(), "broken.yaml")
	if err := os.WriteFile(path, []byte("version: 1\ntargets:\n  - id: a\n    urll: https://localhost/\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := newDesktop(t)
	place := func(s shown) bool { return strings.Contains(s.Notice, "broken.yaml:4:5") }
	first := d.open(path)
	first.until("the place of the mistake", place)
	first.stop()

	w := d.open()
	w.demo()
	w.press("ctrl+o")
	w.choose(opening, path)
	if s := w.until("the place of the mistake", place); len(s.Identities) != 2 {
		t.Errorf("the demo is gone: %+v", s)
	}
}
