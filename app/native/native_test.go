package native_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"rechallenge/app/native"
	"rechallenge/app/native/exchange"
	"rechallenge/app/ui"
)

// TestMain makes this test program stand for the one that shows dialogs.
func TestMain(m *testing.M) {
	answer := os.Getenv("DIALOG_ANSWER")
	if answer == "" {
		os.Exit(m.Run())
	}
	line, _ := bufio.NewReader(os.Stdin).ReadBytes('\n')
	var r exchange.Request
	if err := json.Unmarshal(line, &r); err != nil || r.Title == "" || len(r.Kinds) != 1 {
		fmt.Fprintln(os.Stderr, "bad request", string(line))
		os.Exit(3)
	}
	if answer == "crash" {
		os.Exit(134)
	}
	fmt.Println(answer)
	os.Exit(0)
}

func TestAsk(t *testing.T) {
	dir := t.TempDir()
	taken := filepath.Join(dir, "taken.yaml")
	if err := os.WriteFile(taken, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	quoted := func(path string) string {
		b, _ := json.Marshal(exchange.Answer{Path: path})
		return string(b)
	}
	for _, c := range []struct {
		name, answer string
		save         bool
		path         string
		err          error
	}{
		{"chosen", quoted(taken), false, taken, nil},
		{"cancelled", `{"cancelled":true}`, false, "", ui.ErrCancelled},
		{"the toolkit's error", `{"error":"cannot open display"}`, false, "", ui.ErrUnavailable},
		{"crash", "crash", false, "", ui.ErrUnavailable},
		{"no answer of ours", "hello", false, "", ui.ErrUnavailable},
		{"extension added", quoted(filepath.Join(dir, "new")), true, filepath.Join(dir, "new.yaml"), nil},
		{"extension added, taken", quoted(filepath.Join(dir, "taken")), true, taken, ui.ErrExists},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("DIALOG_ANSWER", c.answer)
			d := native.At(os.Args[0])
			kind := ui.Kind{Title: "Plans", Extensions: []string{"yaml"}}
			path, err := d.Open(t.Context(), "Open a plan", dir, kind)
			if c.save {
				path, err = d.Save(t.Context(), "Save the plan", dir, "plan", kind)
			}
			if path != c.path || !errors.Is(err, c.err) {
				t.Errorf("got %q, %v; want %q, %v", path, err, c.path, c.err)
			}
		})
	}
}

func TestMissing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := native.New().Open(t.Context(), "Open", ""); !errors.Is(err, ui.ErrUnavailable) {
		t.Errorf("without the program: %v, want ErrUnavailable", err)
	}
}
