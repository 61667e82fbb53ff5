//go:build !windows

package files_test

import (
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"rechallenge/app/files"
)

// TestSweep: what a killed program left of a report goes with the next one; what
// somebody is still writing, and what only looks like it, stays.
func TestSweep(t *testing.T) {
	dir := t.TempDir()
	old := time.Now().Add(-time.Minute)
	for _, name := range []string{".report.html123456", ".report.html777", ".report.html.bak", ".report.htmlx1", ".other.html12", "report.html5"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
		os.Chtimes(filepath.Join(dir, name), old, old)
	}
	f, err := os.OpenFile(filepath.Join(dir, ".report.html777"), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "report.html")
	if err := files.Save(path, files.Public, func(w io.Writer) error { _, err := io.WriteString(w, "whole"); return err }); err != nil {
		t.Fatal(err)
	}
	for name, stays := range map[string]bool{".report.html123456": false, ".report.html777": true, ".report.html.bak": true, ".report.htmlx1": true, ".other.html12": true, "report.html5": true, "report.html": true} {
		if _, err := os.Stat(filepath.Join(dir, name)); (err == nil) != stays {
			t.Errorf("%s stays: %v", name, err == nil)
		}
	}
}
