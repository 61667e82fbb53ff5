package desk_test

import (
	"errors"
	"testing"

	"rechallenge/app/desk"
	"rechallenge/core/cure"
	"rechallenge/core/experiment"
)

// TestTryClient: both programs of a cure, run on the lab's plan: bitten, then asked.
func TestTryClient(t *testing.T) {
	need(t, "openssl")
	d := desk.New(desk.Options{})
	defer d.Close()
	l, err := d.StartLab(t.Context(), desk.LabOptions{RealTime: true})
	if err != nil {
		t.Fatal(err)
	}
	list, err := d.TryClient(t.Context(), l.Case, "openssl", 1, 2)
	if err != nil || len(list) != 2 {
		t.Fatalf("%d ways: %v", len(list), err)
	}
	if a, b := experiment.Tell(list[0]), experiment.Tell(list[1]); !a.NotAsked || a.Carries != "alice" || !b.Asked || b.Carries != "bob" {
		t.Errorf("bitten %+v, cured %+v", a, b)
	}
	if _, err := d.TryClient(t.Context(), l.Case, cure.ByProfile("dotnet").ID, 1, 2); !errors.Is(err, desk.ErrAbsent) {
		t.Errorf("a client that can't be driven: %v", err)
	}
	if _, err := d.TryClient(t.Context(), l.Case, "openssl", 1, 9); err == nil {
		t.Error("a connection that the plan lacks is visited")
	}
}
