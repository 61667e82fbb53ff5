// Package tokentest is a SoftHSM in a folder of a test, and a smart card with
// ways of its own in front of it. No program imports it.
package tokentest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"rechallenge/core/token"
)

const (
	// PIN is that of every token.
	PIN = "123456"
	// Module is SoftHSM's.
	Module = "/usr/lib/softhsm/libsofthsm2.so"
)

// HSM is a SoftHSM with its tokens.
type HSM struct {
	T   testing.TB
	Dir string
}

// New makes the tokens of these labels; the test is skipped where the tools for
// it are not there.
func New(t testing.TB, tokens ...string) HSM {
	t.Helper()
	Need(t, "softhsm2-util", "pkcs11-tool", "openssl")
	h := HSM{t, t.TempDir()}
	h.Write("softhsm2.conf", "directories.tokendir = "+h.Path("tokens")+"\nobjectstore.backend = file\nlog.level = ERROR\n")
	if err := os.Mkdir(h.Path("tokens"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SOFTHSM2_CONF", h.Path("softhsm2.conf"))
	t.Cleanup(token.CloseAll) // before the folder goes
	for _, label := range tokens {
		h.Run("softhsm2-util", "--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", "87654321")
	}
	return h
}

// Need skips the test where a tool is not installed; where all are meant to be,
// it fails.
func Need(t testing.TB, tools ...string) {
	t.Helper()
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("RECHALLENGE_ALL_TOOLS") != "" {
				t.Fatalf("%s is not installed", tool)
			}
			t.Skipf("%s is not installed", tool)
		}
	}
}

// Path is a file of the folder.
func (h HSM) Path(name string) string { return filepath.Join(h.Dir, name) }

// Write writes a file of the folder.
func (h HSM) Write(name, text string) {
	h.T.Helper()
	if err := os.WriteFile(h.Path(name), []byte(text), 0o600); err != nil {
		h.T.Fatal(err)
	}
}

// Run runs a command in the folder.
func (h HSM) Run(name string, args ...string) {
	h.T.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = h.Dir
	if out, err := cmd.CombinedOutput(); err != nil {
		h.T.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}

// Make makes a key and its certificate and puts both on a token.
func (h HSM) Make(label, object, id string, kind ...string) {
	h.T.Helper()
	h.Run("openssl", append([]string{"genpkey", "-out", object + ".key"}, kind...)...)
	h.Run("openssl", "req", "-new", "-x509", "-key", object+".key", "-subj", "/CN="+object, "-days", "30", "-addext", "extendedKeyUsage=clientAuth", "-outform", "DER", "-out", object+".der")
	h.put(label, object, id)
}

// Import puts the identity of a PKCS#12 file on a token.
func (h HSM) Import(label, object, id string, pkcs12 []byte, password string) {
	h.T.Helper()
	h.Write(object+".p12", string(pkcs12))
	h.Run("openssl", "pkcs12", "-in", object+".p12", "-passin", "pass:"+password, "-nodes", "-nocerts", "-out", object+".pem")
	h.Run("openssl", "pkcs8", "-topk8", "-nocrypt", "-in", object+".pem", "-out", object+".key")
	h.Run("openssl", "pkcs12", "-in", object+".p12", "-passin", "pass:"+password, "-clcerts", "-nokeys", "-out", object+".crt")
	h.Run("openssl", "x509", "-in", object+".crt", "-outform", "DER", "-out", object+".der")
	h.put(label, object, id)
}

func (h HSM) put(label, object, id string) {
	h.T.Helper()
	h.Run("softhsm2-util", "--import", object+".key", "--token", label, "--label", object, "--id", id, "--pin", PIN)
	h.Run("pkcs11-tool", "--module", Module, "--token-label", label, "--login", "--pin", PIN, "--write-object", object+".der", "--type", "cert", "--label", object, "--id", id)
}
