package state_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rechallenge/app/state"
	"rechallenge/core/report"
	"rechallenge/core/report/reporttest"
)

func demo(t testing.TB) *report.Report {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "core", "report", "testdata", "demo.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := report.Read(f)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestOutcomes: connections alike are counted, the grave ones first, and every
// connection is in one of them.
func TestOutcomes(t *testing.T) {
	v := state.Look(reporttest.Long(demo(t), 1000))
	list, of := v.Outcomes()
	var texts []string
	sum := 0
	for _, o := range list {
		sum += o.Count
		texts = append(texts, fmt.Sprintf("%s at %s: %s, %s", o.Identity, o.Target, o.Text(), o.Status))
	}
	if sum != v.Len() || len(of) != v.Len() {
		t.Errorf("%d counted, %d told, of %d", sum, len(of), v.Len())
	}
	if len(list) < 2 || list[0].Severity != "error" || list[0].Identity != "bob" || list[0].Asked != "not asked" || list[0].SeenAs != "CN=alice" {
		t.Errorf("outcomes:\n%s", strings.Join(texts, "\n"))
	}
	for i := range of {
		r, o := v.Row(i), list[of[i]]
		if r.Identity != o.Identity || r.SeenAs != o.SeenAs || r.AskedWord() != o.Asked {
			t.Fatalf("row %d is in the outcome %+v", i, o)
		}
	}
}

func TestArrange(t *testing.T) {
	v := state.Look(demo(t))
	if got := v.Arrange(state.OrderRun, false, nil); got != nil {
		t.Errorf("the run's own order: %v", got)
	}
	for by, want := range map[state.Order]string{
		state.OrderIdentity: "[0 2 1 3]", state.OrderNumber: "[0 2 1 3]", state.OrderSeen: "[0 1 2 3]", state.OrderHandshake: "[0 2 3 1]",
	} {
		if got := fmt.Sprint(v.Arrange(by, false, nil)); got != want {
			t.Errorf("by %s: %s, want %s", by, got, want)
		}
	}
	if got := fmt.Sprint(v.Arrange(state.OrderIdentity, true, func(i int) bool { return i > 0 })); got != "[1 3 2]" {
		t.Errorf("filtered and down: %s", got)
	}
}
