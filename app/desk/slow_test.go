//go:build unix

package desk_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"rechallenge/app/desk"
)

// TestSlowDisk: a run whose CA file does not come is stopped all the same, and
// is over at once.
func TestSlowDisk(t *testing.T) {
	d := newDesk(t)
	l := newLab(t, d, desk.LabOptions{})
	slow := filepath.Join(t.TempDir(), "ca.pem")
	if err := syscall.Mkfifo(slow, 0o600); err != nil {
		t.Fatal(err)
	}
	c := l.Case
	c.Dir = filepath.Dir(slow)
	c.Plan.Targets = append(c.Plan.Targets[:0:0], c.Plan.Targets...)
	c.Plan.Targets[0].Trust = "ca.pem"
	r := d.Start(c, nil)
	if r.State() != desk.Loading {
		t.Errorf("%s while the file does not come", r.State())
	}
	r.Pause()
	r.Stop()
	over(t, r)
	if err := r.Wait(); !errors.Is(err, context.Canceled) || r.Report() != nil {
		t.Errorf("%v", err)
	}
	// The reader that was left behind is the desk's: it ends once the disk answers.
	f, err := os.OpenFile(slow, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
}
