package files_test

import (
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"rechallenge/app/files"
)

// TestSweepWindows: as TestSweep, by the names that are made here.
func TestSweepWindows(t *testing.T) {
	dir := t.TempDir()
	old := time.Now().Add(-time.Minute)
	make := func(name string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
		os.Chtimes(path, old, old)
		return path
	}
	for _, name := range []string{".r.html.123456", ".r.html.ABCDEFGHIJKLMNOPQRSTUVWXYZ", ".r.html.bak", ".r.html.ABC", ".other.html.12", "r.html5"} {
		make(name)
	}
	f, err := os.Open(make(".r.html.777"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := files.Save(filepath.Join(dir, "r.html"), files.Public, func(w io.Writer) error { _, err := io.WriteString(w, "whole"); return err }); err != nil {
		t.Fatal(err)
	}
	for name, stays := range map[string]bool{
		".r.html.123456": false, ".r.html.ABCDEFGHIJKLMNOPQRSTUVWXYZ": false, ".r.html.777": true, ".r.html.bak": true, ".r.html.ABC": true, ".other.html.12": true, "r.html5": true, "r.html": true,
	} {
		if _, err := os.Stat(filepath.Join(dir, name)); (err == nil) != stays {
			t.Errorf("%s stays: %v", name, err == nil)
		}
	}
}
