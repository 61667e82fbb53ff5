package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"rechallenge/core/lab"
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

	w.kept("/plain.yaml", 1)
	w.stop() // a crash

	// Another window's work is not offered while that lives.
	w = d.open()
	w.until("the offer", func(s shown) bool { return s.Dialog == "confirm" })
	second := d.open()
	second.until("a window that offers nothing", func(s shown) bool { return s.Empty && s.Dialog == "" })
	second.stop()
	w.press("Return")
	w.until("what was edited", func(s shown) bool { return order(s) == "a a b" && s.Dirty && s.Path == path })

	// A log-out is a crash that is announced; nothing is asked.
	w.kept("/plain.yaml", 1)
	p, err := os.FindProcess(w.pid)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-w.gone
	w = d.open(path)
	w.until("the offer for this plan", func(s shown) bool { return s.Dialog == "confirm" && order(s) == "a b" })
	w.press("Return")
	w.until("what was edited", func(s shown) bool { return order(s) == "a a b" && s.Dirty && s.Path == path })

	// Leaving: Return saves.
	w.press("ctrl+q")
	w.until("the question", func(s shown) bool { return s.Dialog == "confirm" })
	w.press("Return")
	w.quits()
	if left := w.left(); len(left) != 0 {
		t.Errorf("what was saved is kept all the same: %q", left)
	}
	w = d.open(path)
	w.until("the plan as it was saved", func(s shown) bool { return order(s) == "a a b" && !s.Dirty })
	w.first()
	w.press("d")
	w.until("the edit", func(s shown) bool { return s.Dirty })
	w.press("ctrl+q")
	w.until("the question", func(s shown) bool { return s.Dialog == "confirm" })
	w.press("Tab", "Tab", "Return") // past Cancel: Don't save
	w.quits()
	if left := w.left(); len(left) != 0 {
		t.Errorf("what was left behind is kept all the same: %q", left)
	}
	again := d.open(path)
	again.until("the plan as it was saved", func(s shown) bool { return order(s) == "a a b" && !s.Dirty })
	again.press("ctrl+q")
	again.quits()
}

// left are the plans that windows keep for the case of a crash.
func (w *window) left() (texts []string) {
	names, err := filepath.Glob(filepath.Join(w.home, ".local", "state", "rechallenge", "autosave", "*.yaml"))
	if err != nil {
		w.t.Fatal(err)
	}
	for _, name := range names {
		if data, err := os.ReadFile(name); err == nil {
			texts = append(texts, string(data))
		}
	}
	return texts
}

// kept waits until a plan is kept with that end of its path and that many changes.
func (w *window) kept(path string, changes int) {
	w.t.Helper()
	w.poll("the kept plan", func() bool {
		return slices.ContainsFunc(w.left(), func(text string) bool {
			return strings.Contains(text, path+`"`) && strings.Contains(text, fmt.Sprintf(`"changes":%d,`, changes))
		})
	})
}

// TestNewAsks: a run that no report was written of is not dropped without a word.
func TestNewAsks(t *testing.T) {
	_, urls, _ := labServer(t)
	path := filepath.Join(t.TempDir(), "plan.yaml")
	text := fmt.Sprintf("version: 1\ntargets:\n  - {id: a, url: '%s', trust: none}\nconnections:\n  - {target: a, identity: none}\ncaches: [shared]\n", urls[0])
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	w := newDesktop(t).open(path, "--run")
	w.until("the end of the run", func(s shown) bool { return !s.Running && len(s.Results) > 0 })
	w.press("ctrl+n")
	w.until("the question", func(s shown) bool { return s.Dialog == "confirm" })
	w.press("Escape")
	w.until("the run still there", func(s shown) bool { return s.Dialog == "" && len(s.Results) > 0 })
	w.press("ctrl+n")
	w.until("the question", func(s shown) bool { return s.Dialog == "confirm" })
	w.press("Return")
	w.choose(saving, filepath.Join(t.TempDir(), "run.json"))
	w.until("the new plan", func(s shown) bool { return s.Empty })
}

// TestOwnTrust: after the demo, a plan of one's own is judged by the file that it
// names, though it has the name that the lab's CA has elsewhere.
func TestOwnTrust(t *testing.T) {
	_, urls, _ := labServer(t)
	dir := t.TempDir()
	other, err := lab.New()
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("version: 1\ntargets:\n  - {id: a, url: '%s', trust: ca.pem}\nconnections:\n  - {target: a, identity: none}\ncaches: [shared]\n", urls[0])
	path := filepath.Join(dir, "plan.yaml")
	for name, data := range map[string]string{path: text, filepath.Join(dir, "ca.pem"): string(other.CAPEM())} {
		if err := os.WriteFile(name, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w := newDesktop(t).open()
	w.demo()
	w.press("ctrl+o")
	w.choose(opening, path)
	w.until("the plan of one's own", func(s shown) bool { return order(s) == "a" })
	w.press("ctrl+r")
	s := w.until("the end of the run", func(s shown) bool { return !s.Running && len(s.Results) > 0 })
	if got := fmt.Sprintf("%+v", s.Results[0]); !strings.Contains(got, "untrusted") {
		t.Errorf("the run did not use the plan's own ca.pem: %s", got)
	}
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
