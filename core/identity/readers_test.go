package identity_test

import (
	"crypto"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"software.sslmate.com/src/go-pkcs12"

	"rechallenge/core/identity"
)

// verdicts are what other programs make of a file: reader, then "" for one
// that reads it or what it said.
type verdicts map[string]string

// measure lets every program at hand read the samples, two at a time.
func (b bench) measure(list []sample, java *javaProcess) map[string]verdicts {
	out := map[string]verdicts{}
	for _, s := range list {
		out[s.file] = verdicts{}
	}
	var mu sync.Mutex
	set := func(file, reader, said string) {
		mu.Lock()
		defer mu.Unlock()
		out[file][reader] = said
	}
	var all sync.WaitGroup
	all.Go(func() {
		for _, s := range list {
			said := b.openssl3(s)
			set(s.file, "openssl 3", said)
			if said != "" {
				// -legacy adds to what it has.
				said = b.openssl3(s, "-legacy")
			}
			set(s.file, "openssl 3 -legacy", said)
			set(s.file, "go-pkcs12", b.goPKCS12(s))
		}
	})
	all.Go(func() {
		for _, s := range list {
			set(s.file, "firefox", b.nssReads(s))
		}
		for _, s := range list {
			said, err := java.ask("read", s.file, s.pass())
			if err != nil {
				b.Error(err)
			}
			set(s.file, "java 17", strings.TrimPrefix(said, "reads"))
		}
		for file, said := range b.nodeReads(list) {
			set(file, "node", said)
		}
	})
	all.Wait()
	return out
}

func (b bench) openssl3(s sample, args ...string) string {
	out, err := b.try("", "openssl", append([]string{"pkcs12", "-in", s.file, "-nodes", "-passin", "pass:" + s.pass()}, args...)...)
	if err != nil {
		return out
	}
	if !strings.Contains(out, "PRIVATE KEY-----") || !strings.Contains(out, "BEGIN CERTIFICATE") {
		return "no key or no certificate"
	}
	return ""
}

func (b bench) nssReads(s sample) string {
	db := "nss-reads"
	if err := errors.Join(os.RemoveAll(filepath.Join(b.dir, db)), os.CopyFS(filepath.Join(b.dir, db), os.DirFS(filepath.Join(b.dir, "nss-empty")))); err != nil {
		return err.Error()
	}
	out, err := b.try("", "pk12util", "-i", s.file, "-d", "sql:"+db, "-W", s.pass(), "-K", "")
	if err != nil {
		return out
	}
	out, err = b.try("", "certutil", "-L", "-d", "sql:"+db)
	if err != nil || !strings.Contains(out, "u,u,u") {
		return "no identity came in: " + out
	}
	return ""
}

// lines is what readers of many files get on their standard input.
func lines(list []sample) string {
	var in strings.Builder
	for _, s := range list {
		in.WriteString(s.file + "\t" + s.pass() + "\n")
	}
	return in.String()
}

func answers(out string) map[string]string {
	m := map[string]string{}
	for line := range strings.Lines(out) {
		if file, said, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
			m[file] = said
			if said == "reads" {
				m[file] = ""
			}
		}
	}
	return m
}

const nodeScript = `
const fs = require('fs'), tls = require('tls');
for (const line of fs.readFileSync(0, 'utf8').split('\n')) {
  if (!line) continue;
  const [file, passphrase] = line.split('\t');
  let said = 'reads';
  try { tls.createSecureContext({pfx: fs.readFileSync(file), passphrase}); } catch (e) { said = e.message; }
  console.log(file + '\t' + said);
}`

// nodeReads is nil where there is no Node: it is not among the packages that the tests need.
func (b bench) nodeReads(list []sample) map[string]string {
	if _, err := exec.LookPath("node"); err != nil {
		return nil
	}
	out, err := b.try(lines(list), "node", "-e", nodeScript)
	if err != nil {
		b.Errorf("node: %v\n%s", err, out)
	}
	return answers(out)
}

// goPKCS12 wants the leaf first: certificates in another order come out wrong.
func (b bench) goPKCS12(s sample) string {
	key, leaf, _, err := pkcs12.DecodeChain(b.read(s.file), s.pass())
	if err != nil {
		return err.Error()
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return fmt.Sprintf("a key of type %T", key)
	}
	if same, ok := signer.Public().(interface{ Equal(crypto.PublicKey) bool }); !ok || !same.Equal(leaf.PublicKey) {
		return "takes " + leaf.Subject.String() + " for the key's certificate"
	}
	return ""
}

// holdReaders compares what the doctor says of each file with what the
// programs do. Those aside are left out.
func (b bench) holdReaders(t *testing.T, java *javaProcess) {
	var list []sample
	said := map[string][]identity.Reader{}
	for _, s := range corpus {
		f, err := b.once(s, s.pass())
		if f == nil || s.key != "" || len(f.Readers) == 0 || s.aside || len(f.Identities) == 0 && err != nil {
			continue
		}
		list, said[s.file] = append(list, s), f.Readers
	}
	got := b.measure(list, java)
	for _, s := range list {
		for _, r := range said[s.file] {
			what, tried := got[s.file][r.Name]
			switch {
			case !tried:
			case r.Basis != "measured" || r.Reads == nil:
				t.Errorf("%s: what %s does is measured, the doctor says %q", s.file, r.Name, r.Basis)
			case *r.Reads && what != "":
				t.Errorf("%s: the doctor says that %s reads it, which says: %.300s", s.file, r.Name, what)
			case !*r.Reads && what == "":
				t.Errorf("%s: the doctor says that %s refuses it (%s), and it reads it", s.file, r.Name, r.Why)
			case !*r.Reads && r.Why == "":
				t.Errorf("%s: the doctor says not why %s refuses it", s.file, r.Name)
			}
		}
	}
}
