package e2e

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// plain writes a plan without identities: two targets, two connections.
func plain(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "plain.yaml")
	text := "# my own words\nversion: 1\ntargets:\n  - {id: a, url: 'https://127.0.0.1:9/a'}\n  - {id: b, url: 'https://127.0.0.1:9/b'}\n" +
		"connections:\n  - {target: a, identity: none}\n  - {target: b, identity: none}\ncaches: [shared, none]\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// order is the plan's list in short: targets, in brackets where muted.
func order(s shown) string {
	var list []string
	for _, r := range s.Plan {
		id, _, _ := strings.Cut(r.Target, " ")
		if r.Muted {
			id = "(" + id + ")"
		}
		list = append(list, id)
	}
	return strings.Join(list, " ")
}

// TestEdit builds a plan by mouse and keyboard, takes every step back and does
// it again, and edits it as text.
func TestEdit(t *testing.T) {
	path := plain(t)
	w := newDesktop(t).open(path)
	is := func(want string) {
		t.Helper()
		w.until(want, func(s shown) bool { return order(s) == want })
	}
	is("a b")
	w.first()
	w.press("alt+Down")
	is("b a")
	w.press("d")
	is("b a a")
	w.press("space")
	is("b a (a)")
	w.press("Delete")
	is("b a")
	for _, want := range []string{"b a (a)", "b a a", "b a", "a b"} {
		w.press("ctrl+z")
		is(want)
	}
	for _, want := range []string{"b a", "b a a"} {
		w.press("ctrl+y")
		is(want)
	}
	w.press("ctrl+z", "ctrl+z")
	is("a b")

	// As text, beside it: a mistake is said with its place and changes nothing.
	w.press("ctrl+shift+y")
	w.until("the text", func(s shown) bool { return strings.Contains(s.Text, "# my own words") })
	w.click(1100, 300)
	w.press("ctrl+End")
	w.write("concurency: 2\n")
	s := w.until("what is wrong with it", func(s shown) bool { return s.Wrong != "" })
	if !strings.Contains(s.Wrong, "concurrency") || !strings.Contains(s.Wrong, "10:1") {
		t.Errorf("said %q, want the line and what was meant", s.Wrong)
	}
	is("a b")
	var pressed time.Time
	w.until("the text without it", func(s shown) bool {
		if s.Wrong != "" && time.Since(pressed) > time.Second { // the text is taken over a moment after the last key
			w.press("ctrl+z")
			pressed = time.Now()
		}
		return s.Wrong == ""
	})

	w.press("ctrl+s")
	w.until("the plan on disk", func(s shown) bool { return !s.Dirty })
	if data, err := os.ReadFile(path); err != nil || !strings.Contains(string(data), "# my own words") {
		t.Errorf("saved %q (%v): the comment is lost", data, err)
	}
}

// first selects the first connection of the plan.
func (w *window) first() {
	w.t.Helper()
	w.click(420, 133)
	w.until("the first row selected", func(s shown) bool { return s.Row == "1" })
}

// TestUnsaved: leaving asks about what is not saved; a crash leaves it to be
// taken up again.
func TestUnsaved(t *testing.T) {
	d := newDesktop(t)
	path := plain(t)
	w := d.open(path)
	w.until("the plan", func(s shown) bool { return order(s) == "a b" })
	w.first()
	w.press("d")
	w.until("the edit", func(s shown) bool { return order(s) == "a a b" && s.Dirty })
	w.press("ctrl+q")
	w.until("the question", func(s shown) bool { return s.Dialog == "confirm" })
	w.press("Escape")
	w.until("the window still there", func(s shown) bool { return s.Dialog == "" && s.Dirty })

	kept := filepath.Join(d.home, ".local", "state", "rechallenge", "autosave.yaml")
	w.file(kept, func(data []byte) bool { return bytes.Count(data, []byte("target: a")) == 2 })
	w.stop() // a crash

	w = d.open()
	w.until("the offer", func(s shown) bool { return s.Dialog == "confirm" })
	w.press("Tab", "Tab", "space")
	w.until("what was edited", func(s shown) bool { return order(s) == "a a b" && s.Dirty })
	w.press("ctrl+q")
	w.until("the question", func(s shown) bool { return s.Dialog == "confirm" })
	w.press("Tab", "Tab", "space")
	w.quits()
	if _, err := os.Stat(kept); err == nil {
		t.Error("what was left behind is kept all the same")
	}
	again := d.open(path)
	again.until("the plan as it was saved", func(s shown) bool { return order(s) == "a b" && !s.Dirty })
	again.press("ctrl+q")
	again.quits()
}

// TestBig opens a report of so many connections that it lacks the events of
// some, and stays usable.
func TestBig(t *testing.T) {
	_, urls, _ := labServer(t)
	folder := t.TempDir()
	plan, big := filepath.Join(folder, "plan.yaml"), filepath.Join(folder, "big.json")
	text := fmt.Sprintf("version: 1\ntargets:\n  - {id: a, url: '%s', trust: none}\nconnections:\n  - {target: a, identity: none}\nrepeat: 1500\nconcurrency: 8\ncaches: [shared, none]\n", urls[0])
	if err := os.WriteFile(plan, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	w := newDesktop(t).open(plan, "--run")
	w.until("the end of it", func(s shown) bool { return !s.Running && strings.HasPrefix(s.Status, "3000 connections") })
	w.press("ctrl+j")
	w.choose(saving, big)
	w.until("the note", func(s shown) bool { return s.Notice == "wrote "+big })
	w.press("ctrl+o")
	w.choose(opening, big)
	w.until("the report", func(s shown) bool {
		return strings.HasPrefix(s.Status, "3000 connections") && strings.HasSuffix(s.Status, "(from big.json)") && s.Dialog == ""
	})
}
