package e2e

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rechallenge/app/state"
	"rechallenge/core/protocol"
	"rechallenge/core/trace"
)

// TestDemo goes the way of somebody who has only just started the program:
// the demo, a run, and the report in both formats.
func TestDemo(t *testing.T) {
	w := newDesktop(t).open()
	w.until("the empty window", func(s shown) bool { return s.Empty })
	w.demo()
	w.verdict()

	folder := t.TempDir()
	page := filepath.Join(folder, "report.html")
	w.press("ctrl+e")
	w.choose(saving, page)
	w.until("the note about "+page, func(s shown) bool { return s.Notice == "wrote "+page })
	data := w.file(page, whole)
	for _, text := range []string{"<!doctype html>", "bob was never asked", "CN=alice"} {
		if !bytes.Contains(data, []byte(text)) {
			t.Errorf("%s lacks %q", page, text)
		}
	}

	// A name without an extension gets the format's.
	w.press("ctrl+j")
	w.choose(saving, filepath.Join(folder, "report"))
	path := filepath.Join(folder, "report.json")
	w.until("the note about "+path, func(s shown) bool { return s.Notice == "wrote "+path })
	checkReport(t, w.file(path, whole))
}

// TestOverwrite: a report that exists is replaced only after a yes, to GTK's
// question about a name that was typed whole, and to ours about one that was
// given its extension.
func TestOverwrite(t *testing.T) {
	w := newDesktop(t).open()
	w.demo()
	w.verdict()
	path := filepath.Join(t.TempDir(), "report.json")
	old := func() {
		if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	kept := func() {
		t.Helper()
		if data, err := os.ReadFile(path); err != nil || string(data) != "old" {
			t.Fatalf("%s was not kept: %d bytes, %v", path, len(data), err)
		}
	}
	old()

	// GTK asks: Escape says no to the question, and then to the dialog.
	w.press("ctrl+j")
	chooser := w.fill(saving, path)
	asked := func() bool {
		id := w.active()
		return id != "" && id != chooser && !slices.Contains(w.windows(mainTitle), id)
	}
	w.accept(chooser, asked)
	w.must("xdotool", "key", "Escape")
	w.poll("the file dialog again", func() bool { return w.active() == chooser })
	kept()
	w.accept(chooser, asked)
	w.must("xdotool", "key", "Return")
	checkReport(t, w.file(path, whole))

	// The window asks.
	old()
	for _, answer := range []string{"no", "yes"} {
		w.until("the end of the last dialog", func(s shown) bool { return s.Dialog == "" && !s.Busy })
		w.press("ctrl+j")
		w.choose(saving, strings.TrimSuffix(path, ".json"))
		w.until("the question", func(s shown) bool { return s.Dialog == "confirm" })
		kept()
		if answer == "yes" {
			w.press("Tab", "Tab", "space") // past Cancel
		} else {
			w.press("Tab", "space")
		}
	}
	checkReport(t, w.file(path, whole))
}

// demo loads the demo.
func (w *window) demo() {
	w.t.Helper()
	w.press("ctrl+d")
	w.until("the demo's identities", func(s shown) bool { return len(s.Identities) == 2 && len(s.Plan) == 2 })
}

// verdict runs the plan and checks what the window then shows: the second
// connection resumed alice's session under the shared cache, and was asked
// under none.
func (w *window) verdict() {
	w.t.Helper()
	w.press("ctrl+r")
	s := w.until("the verdict", func(s shown) bool { return !s.Running && strings.Contains(s.Verdict.Title, "bob was never asked") })
	if len(s.Results) != 4 {
		w.t.Fatalf("%d results, want 4: two connections in two passes", len(s.Results))
	}
	for _, want := range []struct {
		ref        trace.Ref
		pass       string
		handshake  protocol.Handshake
		challenged bool
		missing    bool
		seenAs     string
		wrong      bool
	}{
		{ref: trace.Ref{Pass: 1, Connection: 1}, pass: "shared", handshake: "full", challenged: true, seenAs: "CN=alice"},
		{ref: trace.Ref{Pass: 1, Connection: 2}, pass: "shared", handshake: "resumed", missing: true, seenAs: "CN=alice", wrong: true},
		{ref: trace.Ref{Pass: 2, Connection: 1}, pass: "none", handshake: "full", challenged: true, seenAs: "CN=alice"},
		{ref: trace.Ref{Pass: 2, Connection: 2}, pass: "none", handshake: "full", challenged: true, seenAs: "CN=bob"},
	} {
		i := slices.IndexFunc(s.Results, func(r state.ConnectionRow) bool { return r.Ref == want.ref })
		if i < 0 {
			w.t.Errorf("no result of %v", want.ref)
			continue
		}
		got := s.Results[i]
		if got.Pass != want.pass || got.Handshake != want.handshake || got.Challenged != want.challenged ||
			got.Missing != want.missing || got.SeenAs != want.seenAs || got.SeenWrong != want.wrong {
			w.t.Errorf("result %+v, want %+v", got, want)
		}
	}
}

// whole tells a report that was written from what stood there before.
func whole(data []byte) bool { return len(data) > 1000 }

// checkReport checks a JSON report of the demo.
func checkReport(t *testing.T, data []byte) {
	t.Helper()
	var r struct {
		Schema  string
		Verdict struct{ Title, Severity string }
		Passes  []struct {
			Cache       string
			Connections []struct{ Handshake string }
		}
	}
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	if r.Schema != "rechallenge.report/1" || !strings.Contains(r.Verdict.Title, "bob was never asked") || r.Verdict.Severity != "error" {
		t.Errorf("report %q with the verdict %+v", r.Schema, r.Verdict)
	}
	if len(r.Passes) != 2 || len(r.Passes[0].Connections) != 2 || r.Passes[0].Connections[1].Handshake != "resumed" {
		t.Errorf("passes %+v", r.Passes)
	}
}
