package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestThreads: a user who may have few threads is told so.
func TestThreads(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can become another user, whose threads are counted")
	}
	for _, tool := range []string{"setpriv", "prlimit"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(err)
		}
	}
	// Where another user can read it.
	dir, err := os.MkdirTemp("", "threads")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "rechallenge-cli")
	if err := os.WriteFile(program, data, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	as := func(limit string) (int, string) {
		cmd := exec.Command("setpriv", "--reuid=64321", "--regid=64321", "--clear-groups", "prlimit", "--nproc="+limit, program, "caches")
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "HOME="+dir)
		var errOut bytes.Buffer
		cmd.Stderr = &errOut
		_ = cmd.Run()
		return cmd.ProcessState.ExitCode(), errOut.String()
	}
	if code, says := as("16"); code != exitNotRun || !strings.Contains(says, "raise the limit with ulimit -u") {
		t.Errorf("exit %d: %s", code, says)
	}
	if code, says := as("2000"); code != exitOK {
		t.Errorf("exit %d: %s", code, says)
	}
}
