package files_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rechallenge/app/files"
)

// TestAutosave: what a living window keeps is nobody else's; what a window left
// behind is offered with all that is needed to go on with it, once.
func TestAutosave(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "autosave")
	living := files.NewAutosave(dir, time.Hour, nil)
	living.Keep(files.Kept{Path: "/living.yaml", Changes: 1, Text: []byte("version: 1\n")})
	flush(t, living)
	if list := files.Orphans(dir); len(list) != 0 {
		t.Fatalf("a living window's plan is offered: %q", list[0].Path)
	}

	left := files.NewAutosave(dir, time.Hour, nil)
	left.Keep(files.Kept{Path: "/old.yaml", Changes: 1, Text: []byte("version: 1\n")})
	left.Keep(files.Kept{Path: "/work/plan.yaml", Changes: 3, Text: []byte("# mine\nversion: 1\n")})
	if err := left.Close(); err != nil {
		t.Fatal(err)
	}
	list := files.Orphans(dir)
	if len(list) != 1 {
		t.Fatalf("%d orphans, want 1", len(list))
	}
	o := list[0]
	if o.Path != "/work/plan.yaml" || o.Changes != 3 || string(o.Text) != "# mine\nversion: 1\n" || time.Since(o.At).Abs() > time.Minute {
		t.Errorf("kept %+v with %q", o.Kept, o.Text)
	}
	if again := files.Orphans(dir); len(again) != 0 {
		t.Error("an orphan that is being offered is offered by a second window too")
	}
	o.Release()
	list = files.Orphans(dir)
	if len(list) != 1 {
		t.Fatal("an orphan that was left for later is gone")
	}
	if err := list[0].Discard(); err != nil {
		t.Fatal(err)
	}
	if len(files.Orphans(dir)) != 0 {
		t.Error("an orphan that was discarded is still there")
	}

	living.Forget()
	flush(t, living)
	if err := living.Close(); err != nil {
		t.Fatal(err)
	}
	living.Keep(files.Kept{Path: "/late.yaml"}) // as a window does that shows itself once more
	flush(t, living)
	if rest, _ := os.ReadDir(dir); len(rest) != 0 {
		t.Errorf("left behind: %v", rest)
	}
}

// TestAutosaveKilled: the lock ends with the process, in whatever way that ends.
func TestAutosaveKilled(t *testing.T) {
	if dir := os.Getenv("AUTOSAVE_DIR"); dir != "" {
		a := files.NewAutosave(dir, time.Millisecond, nil)
		a.Keep(files.Kept{Path: "/killed.yaml", Changes: 2, Text: []byte("version: 1\n")})
		time.Sleep(time.Minute)
		return
	}
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run", "^TestAutosaveKilled$")
	cmd.Env = append(os.Environ(), "AUTOSAVE_DIR="+dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		names, _ := filepath.Glob(filepath.Join(dir, "*.yaml"))
		if len(names) == 1 {
			break
		}
		if time.Now().After(end) {
			t.Fatal("nothing was kept")
		}
	}
	if len(files.Orphans(dir)) != 0 {
		t.Error("the plan of a process that lives is offered")
	}
	cmd.Process.Kill()
	cmd.Wait()
	list := files.Orphans(dir)
	if len(list) != 1 || list[0].Path != "/killed.yaml" {
		t.Fatalf("found %v", list)
	}
	list[0].Release()
}

// TestAutosaveBroken: what can't be read is not offered, and not thrown away.
func TestAutosaveBroken(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"1-a.lock": "", "1-a.yaml": "version: 1\n", "2-b.lock": "", "2-b.yaml": "# kept by rechallenge {\nversion: 1\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if list := files.Orphans(dir); len(list) != 0 {
		t.Errorf("offered %+v", list[0].Kept)
	}
	if rest, _ := os.ReadDir(dir); len(rest) != 4 {
		t.Errorf("%d files are left, want 4", len(rest))
	}
}

// TestAutosaveNewest: the newest comes first.
func TestAutosaveNewest(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"first", "second", "third"} {
		a := files.NewAutosave(dir, time.Hour, nil)
		a.Keep(files.Kept{Path: name})
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Millisecond)
	}
	var got []string
	for _, o := range files.Orphans(dir) {
		got = append(got, o.Path)
		o.Release()
	}
	if !slices.Equal(got, []string{"third", "second", "first"}) {
		t.Errorf("offered in the order %s", strings.Join(got, " "))
	}
}

func flush(t *testing.T, a *files.Autosave) {
	t.Helper()
	if err := a.Flush(); err != nil {
		t.Fatal(err)
	}
}
