package e2e

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestTwoInOneFile loads both identities of a file that keytool made.
func TestTwoInOneFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "two.p12")
	twoIdentities(t, path)
	w := newDesktop(t).open()
	w.press("ctrl+i")
	w.choose(opening, path)
	w.until("the question for the password", func(s shown) bool { return strings.HasPrefix(s.Dialog, "password") })
	w.write("geheim")
	w.press("Return")
	w.until("the choice", func(s shown) bool { return s.Dialog == "aliases" })
	w.press("Return")
	s := w.until("both", func(s shown) bool { return len(s.Identities) == 2 })
	for i, name := range []string{"anna", "berta"} {
		if !strings.Contains(s.Identities[i].Title+s.Identities[i].Text, name) {
			t.Errorf("identity %d is %+v, want %s", i+1, s.Identities[i], name)
		}
	}
}

// twoIdentities has keytool make a file with two identities; its password is
// geheim.
func twoIdentities(t *testing.T, path string) {
	t.Helper()
	if _, err := exec.LookPath("keytool"); err != nil {
		unavailable(t, "keytool is not installed: `make packages-test` installs it")
	}
	for _, name := range []string{"anna", "berta"} {
		out, err := exec.Command("keytool", "-genkeypair", "-alias", name, "-keyalg", "EC", "-groupname", "secp256r1", "-dname", "CN="+name,
			"-validity", "100", "-keystore", path, "-storetype", "PKCS12", "-storepass", "geheim").CombinedOutput()
		if err != nil {
			t.Fatalf("keytool: %v: %s", err, out)
		}
	}
}
