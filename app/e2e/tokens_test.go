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
	// A module that crashes is among them: it takes nothing along.
	modules := filepath.Join(d.home, ".config", "pkcs11", "modules")
	if err := os.MkdirAll(modules, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(modules, "crash.module"), []byte("module: "+h.Crasher("abort()")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w := d.open()
	w.find("Identity from a token")
	w.until("the PIN of the token that is in the list", w.returnIn("tokens", "password of PIN of token demo"))
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

// TestBrowser takes an identity out of a Firefox profile, which is found by itself.
func TestBrowser(t *testing.T) {
	tokentest.Need(t, "certutil", "pk12util", "openssl")
	d := newDesktop(t)
	profile := filepath.Join(d.home, ".mozilla", "firefox", "x.default")
	if err := os.MkdirAll(profile, 0o700); err != nil {
		t.Fatal(err)
	}
	h := tokentest.HSM{T: t, Dir: t.TempDir()}
	h.Write("pw", "master-secret\n")
	h.Run("certutil", "-N", "-d", "sql:"+profile, "-f", "pw")
	h.Run("openssl", "req", "-new", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "alice.key", "-subj", "/CN=alice", "-days", "90", "-out", "alice.pem")
	h.Run("openssl", "pkcs12", "-export", "-in", "alice.pem", "-inkey", "alice.key", "-name", "alice", "-passout", "pass:x", "-out", "alice.p12")
	h.Run("pk12util", "-i", "alice.p12", "-d", "sql:"+profile, "-k", "pw", "-W", "x")
	w := d.open()
	w.find("Identity from a token")
	w.until("the profile's master password", w.returnIn("tokens", "password of master password of token NSS Certificate DB"))
	w.write("master-secret")
	w.press("Return")
	s := w.until("the identity", func(s shown) bool { return len(s.Identities) == 1 && s.Dialog == "" })
	if card := s.Identities[0]; card.Title != "alice" || !strings.Contains(card.Text, "CN=alice") {
		t.Errorf("the card says %+v", card)
	}
}

// returnIn presses Return in a dialog until another one shows: until the list is
// there it does nothing.
func (w *window) returnIn(dialog, next string) func(shown) bool {
	var pressed time.Time
	return func(s shown) bool {
		if s.Dialog == dialog && time.Since(pressed) > 3*time.Second {
			w.press("Return")
			pressed = time.Now()
		}
		return s.Dialog == next
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
