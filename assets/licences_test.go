package assets_test

import (
	"os/exec"
	"strings"
	"testing"

	"rechallenge/assets"
)

// TestLicences: each module that is linked in on this system is named in its
// version. Where it fails: go generate ./assets.
func TestLicences(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}{{end}}{{end}}", "../app/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		if m != "" && !strings.Contains(assets.Licences, "\n==== "+m+"\n") {
			t.Errorf("licences.txt lacks %s: go generate ./assets", m)
		}
	}
	if !strings.Contains(assets.Licences, "\n==== Go\n") {
		t.Error("licences.txt lacks Go's own")
	}
}
