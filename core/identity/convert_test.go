package identity_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"rechallenge/core/identity"
)

// conversion is a file that is no identity, and how the tools that are asked
// about passwords are answered on the command line.
type conversion struct {
	name  string
	tool  string // which the advice names, beside openssl
	make  [][]string
	cert  bool     // the certificate is given with what comes out
	more  []string // to every command of the advice
	gives string   // what the advice writes
}

// commands are in an advice, up to the end of a sentence.
var commands = regexp.MustCompile(`\b(?:openssl|keytool|ssh-keygen|pk12util|gunzip|unzip) [^;()>]*(?:> NEW)?`)

// TestConversions runs what is advised for files that are no identities, and
// reads what comes out.
func TestConversions(t *testing.T) {
	tools(t, "openssl")
	m := make1(t, "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
	pfx := []string{"-srckeystore", "id.p12", "-srcstoretype", "PKCS12", "-srcstorepass", corpusPassword, "-deststorepass", corpusPassword, "-noprompt"}
	asked := []string{"-srcstorepass", corpusPassword, "-deststorepass", corpusPassword, "-noprompt"}
	provider := []string{"-providerclass", "org.bouncycastle.jce.provider.BouncyCastleProvider", "-providerpath", "bcprov.jar"}
	keystore := func(kind string, more ...string) [][]string {
		return [][]string{append(append([]string{"keytool", "-importkeystore", "-destkeystore", "FILE", "-deststoretype", kind}, pfx...), more...)}
	}
	for _, c := range []conversion{
		{name: "JKS", tool: "keytool", make: keystore("JKS"), more: asked, gives: "NEW.p12"},
		{name: "JCEKS", tool: "keytool", make: keystore("JCEKS"), more: asked, gives: "NEW.p12"},
		{name: "BKS", tool: "keytool", make: keystore("BKS", provider...), more: asked, gives: "NEW.p12"},
		{name: "OpenSSH key", tool: "ssh-keygen", make: [][]string{{"cp", "key.pem", "FILE"}, {"chmod", "600", "FILE"}, {"ssh-keygen", "-q", "-p", "-N", "", "-f", "FILE"}}, cert: true, more: []string{"-N", "", "-P", ""}, gives: "FILE"},
		{name: "PVK", make: [][]string{{"openssl", "rsa", "-provider", "legacy", "-provider", "default", "-in", "key.pem", "-outform", "PVK", "-pvk-none", "-out", "FILE"}}, cert: true, gives: "key.pem"},
		{name: "key blob", make: [][]string{{"openssl", "rsa", "-in", "key.pem", "-outform", "MSBLOB", "-out", "FILE"}}, cert: true, gives: "key.pem"},
		{name: "PKCS#7", make: [][]string{{"openssl", "crl2pkcs7", "-nocrl", "-certfile", "cert.pem", "-out", "FILE"}}, more: []string{"-passout", "pass:" + corpusPassword}, gives: "NEW.p12"},
		{name: "CMS enveloped data", make: [][]string{{"openssl", "cms", "-encrypt", "-binary", "-in", "id.p12", "-outform", "DER", "-out", "FILE", "cert.pem"}}, gives: "NEW"},
		{name: "certificate request", make: [][]string{{"openssl", "req", "-new", "-key", "key.pem", "-subj", "/CN=alice", "-out", "FILE"}}, more: []string{"-passout", "pass:" + corpusPassword}, gives: "NEW.p12"},
		{name: "key alone", make: [][]string{{"cp", "key.pem", "FILE"}}, more: []string{"-passout", "pass:" + corpusPassword}, gives: "NEW.p12"},
		{name: "certificate alone", make: [][]string{{"cp", "cert.pem", "FILE"}}, more: []string{"-passout", "pass:" + corpusPassword}, gives: "NEW.p12"},
		{name: "gzip", make: [][]string{{"cp", "id.p12", "FILE"}, {"gzip", "FILE"}}, gives: "FILE"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.tool != "" {
				tools(t, c.tool)
			}
			if c.name == "BKS" {
				jar := "/usr/share/java/bcprov.jar"
				if _, err := os.Stat(jar); err != nil {
					t.Skip("no BouncyCastle here (libbcprov-java)")
				}
				write(m, "bcprov.jar", "")
				os.Remove(filepath.Join(m.dir, "bcprov.jar"))
				if err := os.Symlink(jar, filepath.Join(m.dir, "bcprov.jar")); err != nil {
					t.Fatal(err)
				}
			}
			for _, name := range []string{"FILE", "NEW", "NEW.p12", "FILE.gz"} {
				os.Remove(filepath.Join(m.dir, name))
			}
			write(m, "key.pem", string(m.key)) // an advice before may have written its own
			run := func(args []string) {
				cmd := exec.Command(args[0], args[1:]...)
				cmd.Dir = m.dir
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
				}
			}
			for _, args := range c.make {
				run(args)
			}
			name := "FILE"
			if c.name == "gzip" {
				name = "FILE.gz"
			}
			data, err := os.ReadFile(filepath.Join(m.dir, name))
			if err != nil {
				t.Fatal(err)
			}
			_, err = identity.Read(context.Background(), name, data, nil, identity.Options{})
			var e *identity.Error
			if !errors.As(err, &e) {
				t.Fatalf("read: %v", err)
			}
			for _, command := range commands.FindAllString(strings.ReplaceAll(e.Do, ", then ", "; "), -1) {
				if strings.HasPrefix(command, "gunzip") {
					command = "gunzip FILE.gz"
				}
				command = strings.NewReplacer("CERTIFICATE", "cert.pem", "KEY", "key.pem", "COPY", "FILE").Replace(command)
				args := strings.Fields(command)
				if args[0] != "openssl" || args[1] == "pkcs12" {
					args = append(args, c.more...)
				}
				run(args)
			}
			data, err = os.ReadFile(filepath.Join(m.dir, c.gives))
			if err != nil {
				t.Fatal(err)
			}
			if c.cert {
				data = append(append([]byte{}, m.cert...), data...)
			}
			password := corpusPassword
			f, err := identity.Read(context.Background(), c.gives, data, &password, identity.Options{})
			if err != nil || len(f.Identities) != 1 || f.Identities[0].Subject != "CN=alice" {
				t.Fatalf("what the advice wrote is not read: %v\n%s", err, e.Do)
			}
			proveKey(t, f.Identities[0])
		})
	}
}
