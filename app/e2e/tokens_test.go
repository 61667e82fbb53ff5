package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rechallenge/core/token/tokentest"
)

// TestTokens takes two identities out of a token by its PIN and tests with them:
// a wrong PIN, the right one, the choice, a target, a run. The plan that is saved
// names the token and holds no PIN.
func TestTokens(t *testing.T) {
	folder, urls, passwords := labServer(t)
	h := tokentest.New(t, "demo")
	for n, name := range []string{"alice", "bob"} {
		file := name + ".p12"
		h.Import("demo", name, []string{"10", "20"}[n], contents(t, filepath.Join(folder, file)), passwords[file])
	}
	d := newDesktop(t)
	d.env = append(d.env, "SOFTHSM2_CONF="+h.Path("softhsm2.conf"))
	w := d.open()
	w.find("Identity from a token")
	w.until("the tokens", func(s shown) bool { return s.Dialog == "tokens" })
	asks := func(s shown) bool { return s.Dialog == "password of PIN of token demo" }
	var pressed time.Time
	w.poll("the token in the list, to open", func() bool {
		s, ok := w.look()
		if ok && s.Dialog == "tokens" && time.Since(pressed) > 3*time.Second { // until it is there Return does nothing
			w.press("Return")
			pressed = time.Now()
		}
		return ok && asks(s)
	})
	w.write("not-it")
	w.press("Return")
	w.until("the question again", func(s shown) bool { return strings.HasPrefix(s.Dialog, "password again of PIN of token demo") })
	w.write(tokentest.PIN)
	w.press("Return")
	w.until("the choice", func(s shown) bool { return s.Dialog == "aliases" })
	w.press("Return")
	s := w.until("the identities", func(s shown) bool { return len(s.Identities) == 2 && s.Dialog == "" })
	for i, name := range []string{"alice", "bob"} {
		if card := s.Identities[i]; card.Title != name || card.Severity == "error" || !strings.Contains(card.Text, "CN="+name) {
			t.Errorf("card %d says %+v", i+1, card)
		}
	}
	w.press("ctrl+t")
	w.until("the form", func(s shown) bool { return s.Dialog == "target" })
	w.write(urls[0])
	w.press("Tab")
	w.write(filepath.Join(folder, "ca.pem"))
	w.press("Return")
	w.until("the plan", func(s shown) bool { return len(s.Plan) == 2 && s.Dialog == "" })
	w.press("ctrl+r")
	w.until("the verdict", func(s shown) bool { return !s.Running && strings.Contains(s.Verdict.Title, "bob was never asked") })
	path := filepath.Join(t.TempDir(), "card.yaml")
	w.press("ctrl+s")
	w.choose(saving, path)
	w.until("the plan on disk", func(s shown) bool { return s.Path == path && !s.Dirty })
	if text := string(contents(t, path)); !strings.Contains(text, "pkcs11:token=demo;object=alice") || strings.Contains(text, tokentest.PIN) {
		t.Errorf("the plan is\n%s", text)
	}
}

func contents(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
