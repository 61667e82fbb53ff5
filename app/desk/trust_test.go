package desk_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rechallenge/app/desk"
	"rechallenge/core/lab"
	"rechallenge/core/trace"
)

// TestLabTrust: the lab's CA is known under a name that no file has; a plan that
// names a file is judged by the file, whatever it is called.
func TestLabTrust(t *testing.T) {
	d := newDesk(t)
	l := newLab(t, d, desk.LabOptions{})
	for _, x := range l.Case.Plan.Targets {
		if !strings.HasSuffix(x.Trust, "/") {
			t.Errorf("the lab's plan trusts %q, which can be a file", x.Trust)
		}
	}
	other, err := lab.New()
	if err != nil {
		t.Fatal(err)
	}
	c := l.Case
	c.Dir = t.TempDir()
	for _, name := range []string{"ca.pem", "lab-ca"} {
		if err := os.WriteFile(filepath.Join(c.Dir, name), other.CAPEM(), 0o600); err != nil {
			t.Fatal(err)
		}
		c.Plan.Targets = append(c.Plan.Targets[:0:0], c.Plan.Targets...)
		for i := range c.Plan.Targets {
			c.Plan.Targets[i].Trust = name
		}
		rep := ended(t, d.Start(c, nil))
		for _, x := range rep.Log.Passes[0].Connections {
			if x.Error == nil || x.Error.Reason != trace.ReasonUntrusted {
				t.Errorf("trust: %s is not judged by the file of that name: %+v", name, x.Error)
			}
		}
	}
}
