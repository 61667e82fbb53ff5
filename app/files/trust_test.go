package files_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rechallenge/app/files"
	"rechallenge/core/lab"
	"rechallenge/core/plan"
	"rechallenge/core/target"
)

// TestLabTrust: the lab's CA is known under a name that no file has; a plan that
// names a file is judged by the file, whatever it is called.
func TestLabTrust(t *testing.T) {
	l, err := lab.New()
	if err != nil {
		t.Fatal(err)
	}
	s, err := l.Start(lab.Behaviours[0].Behaviour, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	loader := files.Loader{Dir: t.TempDir(), Known: files.LabRoots(l)}
	p := files.DemoPlan(s)
	for _, x := range p.Targets {
		if !strings.HasSuffix(x.Trust, "/") {
			t.Errorf("the lab's plan trusts %q, which can be a file", x.Trust)
		}
	}
	if _, err := loader.Resources(t.Context(), &plan.Plan{Targets: p.Targets}); err != nil {
		t.Errorf("the lab's own plan: %v", err)
	}

	// Another CA stands in the files of a plan of one's own.
	other, err := lab.New()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ca.pem", "lab-ca"} {
		if err := os.WriteFile(filepath.Join(loader.Dir, name), other.CAPEM(), 0o600); err != nil {
			t.Fatal(err)
		}
		own, err := loader.Resources(t.Context(), &plan.Plan{Targets: []target.Target{{ID: "own", Trust: name}}})
		if err != nil {
			t.Fatal(err)
		}
		want, err := files.Loader{Dir: loader.Dir}.Roots(name)
		if err != nil {
			t.Fatal(err)
		}
		if !own.Roots[name].Equal(want) {
			t.Errorf("trust: %s is not judged by the file of that name", name)
		}
	}

	// Without the lab its name means nothing, even where there is such a file.
	if _, err := (files.Loader{Dir: loader.Dir}).Roots(files.LabTrust); err == nil || !strings.Contains(err.Error(), "start the lab") {
		t.Errorf("the lab's CA without the lab: %v", err)
	}
}
