package e2e

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rechallenge/app/state"
	"rechallenge/core/trace"
)

// The pages, and the inspector's tabs, by position.
const (
	pageTest = iota
	pageQuestions
	pageCompare
	pageLab
	pageGuide
)

// TestQuestions asks what takes several runs, looks at the run that is the
// evidence, and reads about it.
func TestQuestions(t *testing.T) {
	w := newDesktop(t).open()
	w.demo()
	w.verdict()
	for _, q := range []struct{ text, answer string }{
		{"Which clients", "clients: "}, {"Why was I not asked", "levels: "}, {"What cures it", "cures: "}, {"Is the server at fault", "audit: "},
	} {
		w.find(q.text)
		s := w.until("the answer", func(s shown) bool { return strings.HasPrefix(s.Answer, q.answer) })
		if s.Page != pageQuestions {
			t.Errorf("%s: page %d", q.text, s.Page)
		}
	}
	w.press("ctrl+3")
	w.until("the comparison", func(s shown) bool { return s.Page == pageCompare })
	w.press("ctrl+5")
	w.until("the guide", func(s shown) bool { return s.Page == pageGuide })
	w.press("ctrl+1")
	w.until("the test", func(s shown) bool { return s.Page == pageTest })
}

// TestCompare compares a run with the report of an earlier one: the same first,
// then one that has an expectation more.
func TestCompare(t *testing.T) {
	w := newDesktop(t).open()
	w.demo()
	w.verdict()
	before := filepath.Join(t.TempDir(), "before.json")
	w.press("ctrl+j")
	w.choose(saving, before)
	w.until("the note", func(s shown) bool { return s.Notice == "wrote "+before })
	compare := func(want string) {
		t.Helper()
		w.find("Compare with an earlier")
		w.choose(opening, before)
		w.until(want, func(s shown) bool { return s.Page == pageCompare && s.Compared == want })
	}
	compare("since before.json: nothing differs")
	w.press("ctrl+1")
	w.find("Expect what was just seen")
	w.verdict()
	compare("since before.json: one difference")
}

// TestInspector walks through what is known of the connection that was not
// asked, and copies a command that repeats it.
func TestInspector(t *testing.T) {
	w := newDesktop(t).open()
	w.demo()
	w.verdict()
	if s, _ := w.look(); s.Selected != (trace.Ref{Pass: 1, Connection: 2}) {
		t.Fatalf("selected %v, want the connection that the verdict is about", s.Selected)
	}
	value := func(s shown, key string) string {
		i := slices.IndexFunc(s.Shown, func(p state.Pair) bool { return p.Key == key })
		if i < 0 {
			return ""
		}
		return s.Shown[i].Value
	}
	for tab, want := range []struct{ key, value string }{
		{"Handshake", "resumed"}, {}, {}, {}, {"Session key", "{127.0.0.1:"}, {"Body", "bytes"}, {},
	} {
		w.press("alt+" + string(rune('1'+tab)))
		s := w.until("the tab", func(s shown) bool { return s.Tab == tab })
		if got := value(s, want.key); !strings.Contains(got, want.value) {
			t.Errorf("tab %d: %s is %q, want %q", tab, want.key, got, want.value)
		}
	}
	w.find("Copy as openssl")
	w.poll("the command on the clipboard", func() bool {
		out, err := w.tool("xclip", "-selection", "clipboard", "-o")
		return err == nil && strings.Contains(out, "openssl s_client") && strings.Contains(out, "-sess_in")
	})
	// The certificates of a connection, as a file that openssl reads.
	path := filepath.Join(t.TempDir(), "seen.pem")
	w.press("ctrl+8", "Home")
	w.until("the first connection", func(s shown) bool { return s.Selected == trace.Ref{Pass: 1, Connection: 1} })
	w.find("Save the connection")
	w.choose(saving, path)
	w.until("the note about "+path, func(s shown) bool { return s.Notice == "wrote "+path })
	if out, err := exec.Command("openssl", "x509", "-in", path, "-noout", "-subject").CombinedOutput(); err != nil {
		t.Errorf("openssl can't read %s: %s", path, out)
	}
}

// TestLab starts a server that asks later from the palette, and runs its test.
func TestLab(t *testing.T) {
	w := newDesktop(t).open()
	w.find("Lab: Asks later, after the handshake")
	w.until("its test", func(s shown) bool { return len(s.Plan) >= 2 && len(s.Identities) == 2 && s.Page == pageTest })
	w.press("ctrl+r")
	s := w.until("the verdict", func(s shown) bool { return !s.Running && s.Verdict.Title != "" && len(s.Results) >= 4 })
	if !slices.ContainsFunc(s.Results, func(r state.ConnectionRow) bool { return r.Late }) {
		t.Errorf("nobody was asked later: %+v", s.Results)
	}
}
