package openssl_test

import (
	"crypto/tls"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"rechallenge/core/identity"
	"rechallenge/core/stack"
	"rechallenge/core/stack/gotls"
	"rechallenge/core/stack/stacktest"
)

// selfSigned makes an identity with the openssl program and reads it as a
// user's file is read.
func selfSigned(t *testing.T, name string, algorithm ...string) *identity.Identity {
	t.Helper()
	dir := t.TempDir()
	args := append(append([]string{"req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=" + name}, algorithm...), "-keyout", "key.pem", "-out", "cert.pem")
	cmd := exec.Command("openssl", args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("openssl %v: %v\n%s", args, err, out)
	}
	read := func(file string) []byte {
		data, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	f, err := identity.ReadPair(t.Context(), read("cert.pem"), read("key.pem"), nil, identity.Options{})
	if err != nil {
		t.Fatal(err)
	}
	f.Identities[0].ID = name
	return f.Identities[0]
}

func TestKeys(t *testing.T) {
	s := load(t)
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not installed")
	}
	a := stacktest.NewAuthority(t)
	a.Leaf("server")
	for _, key := range []struct {
		name      string
		algorithm []string
		only      bool // this stack alone can use it
	}{
		{"rsa", []string{"-newkey", "rsa:2048"}, false},
		{"rsa-pss", []string{"-newkey", "rsa-pss", "-pkeyopt", "rsa_keygen_bits:2048"}, true},
		{"p-384", []string{"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"}, false},
		{"ed25519", []string{"-newkey", "ed25519"}, false},
	} {
		t.Run(key.name, func(t *testing.T) {
			id := selfSigned(t, key.name, key.algorithm...)
			if err := s.(stack.Chooser).CanUse(id); err != nil {
				t.Fatal(err)
			}
			if err := gotls.New().(stack.Chooser).CanUse(id); (err != nil) != key.only {
				t.Errorf("crypto/tls: %v", err)
			}
			for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
				flag := map[uint16]string{tls.VersionTLS12: "-tls1_2", tls.VersionTLS13: "-tls1_3"}[version]
				r, err := visit(t, s, a.OpenSSL(t, flag, "-Verify", "1"), "/", stack.Config{Trust: stack.Trust{Disabled: true}, Identity: id})
				if err != nil || r.challenged != 1 || r.state.Version != version {
					t.Errorf("%s: %v, challenged %d times", flag, err, r.challenged)
				}
			}
		})
	}
}
