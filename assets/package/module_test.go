package package_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestModule: make module NAME=... gives a tree that still builds, under the
// name; go install then makes a program called rechallenge-cli.
func TestModule(t *testing.T) {
	if os.Getenv("RECHALLENGE_PACKAGES") == "" {
		t.Skip("builds the command line anew: make test-packages")
	}
	dir := filepath.Join(t.TempDir(), "copy")
	run(t, root, "sh", "-c", `mkdir "$0" && git ls-files -z | grep -zv '^docs/.*png' | xargs -0 tar -cf - --ignore-failed-read 2>/dev/null | tar -xf - -C "$0"`, dir)
	run(t, dir, "sh", "-c", "git init -q && git add -A")
	make(t, dir, "module", "NAME=example.test/rechallenge")
	bin := t.TempDir()
	cmd := exec.Command("go", "install", "example.test/rechallenge/app/rechallenge-cli")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOBIN="+bin, "CGO_ENABLED=0", "GOFLAGS=-trimpath -buildvcs=false")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if out := run(t, dir, filepath.Join(bin, "rechallenge-cli"), "version"); !strings.HasPrefix(out, "rechallenge-cli ") {
		t.Errorf("version says %s", out)
	}
}
