package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// built is where programs are built that no variable names.
var built string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "rechallenge-e2e-bin-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	built = dir
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

var buildProgram = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("RECHALLENGE_BIN"); path != "" {
		return path, nil
	}
	if _, err := build("rechallenge-dialogs", "../native/rechallenge-dialogs"); err != nil {
		return "", err
	}
	return build("rechallenge", "..")
})

var buildCLI = sync.OnceValues(func() (string, error) { return build("rechallenge-cli", "../rechallenge-cli", "CGO_ENABLED=0") })

func build(name, folder string, env ...string) (string, error) {
	return buildTagged(name, folder, "", env...)
}

func buildTagged(name, folder, tag string, env ...string) (string, error) {
	path := filepath.Join(built, name)
	cmd := exec.Command("go", "build", "-tags", tag, "-o", path, ".")
	cmd.Dir, cmd.Env = folder, append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", name, err, out)
	}
	return path, nil
}

// program is the desktop program's path.
func program(t testing.TB) string {
	t.Helper()
	path, err := buildProgram()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// cli is the command line program's path.
func cli(t testing.TB) string {
	t.Helper()
	path, err := buildCLI()
	if err != nil {
		t.Fatal(err)
	}
	return path
}
