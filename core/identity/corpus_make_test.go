package identity_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"rechallenge/core/identity"
)

const (
	corpusPassword = "secret pass 1"
	jars           = "/usr/share/java/bcprov.jar:/usr/share/java/bcpkix.jar:/usr/share/java/bcutil.jar"
)

// bench is where the real tools make the corpus.
type bench struct {
	*testing.T
	dir  string
	seen *sync.Map // *reading by file and password
}

// reading is what a file gave with a password.
type reading struct {
	once sync.Once
	f    *identity.File
	err  error
}

// once reads a sample, the second time from memory.
func (b bench) once(s sample, password string) (*identity.File, error) {
	v, _ := b.seen.LoadOrStore(s.file+"\t"+password, &reading{})
	r := v.(*reading)
	r.once.Do(func() { r.f, r.err = s.readWith(b, &password) })
	return r.f, r.err
}

// tools skips where one is missing; where the tests must be whole it fails.
func tools(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			missing(t, name)
		}
	}
	if _, err := os.Stat(strings.Split(jars, ":")[0]); err != nil {
		missing(t, "BouncyCastle")
	}
}

func missing(t *testing.T, name string) {
	t.Helper()
	if os.Getenv("RECHALLENGE_REQUIRE_TOOLS") != "" {
		t.Fatalf("%s is missing; make test installs it", name)
	}
	t.Skipf("%s is missing", name)
}

// run runs a command in the corpus's directory.
func (b bench) run(name string, args ...string) string {
	b.Helper()
	out, err := b.try("", name, args...)
	if err != nil {
		b.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return out
}

func (b bench) try(input, name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Stdin = b.dir, strings.NewReader(input)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "HOME="+b.dir)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (b bench) write(name string, data []byte) {
	b.Helper()
	if err := os.WriteFile(filepath.Join(b.dir, name), data, 0o600); err != nil {
		b.Fatal(err)
	}
}

func (b bench) read(name string) []byte {
	b.Helper()
	data, err := os.ReadFile(filepath.Join(b.dir, name))
	if err != nil {
		b.Fatal(err)
	}
	return data
}

// words splits a command's arguments; {pw} is the corpus's password.
func words(s string) []string {
	list := strings.Fields(s)
	for i, w := range list {
		list[i] = strings.ReplaceAll(w, "{pw}", corpusPassword)
	}
	return list
}

// authorities makes a root, an intermediate, and a leaf and key for each kind.
func (b bench) authorities() {
	serial := int64(100)
	issue := func(name string, pub crypto.PublicKey, ca bool, parent *x509.Certificate, signer crypto.Signer) *x509.Certificate {
		serial++
		c := &x509.Certificate{
			SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name, Organization: []string{"Corpus"}},
			NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(5, 0, 0),
			KeyUsage: x509.KeyUsageDigitalSignature, BasicConstraintsValid: true, IsCA: ca,
		}
		if ca {
			c.KeyUsage |= x509.KeyUsageCertSign
		} else {
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
		}
		if parent == nil {
			parent = c
		}
		der, err := x509.CreateCertificate(rand.Reader, c, parent, pub, signer)
		if err != nil {
			b.Fatal(err)
		}
		out, err := x509.ParseCertificate(der)
		if err != nil {
			b.Fatal(err)
		}
		return out
	}
	certPEM := func(list ...*x509.Certificate) []byte {
		var out bytes.Buffer
		for _, c := range list {
			pem.Encode(&out, &pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
		}
		return out.Bytes()
	}
	keep := func(name string, key crypto.Signer) {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			b.Fatal(err)
		}
		b.write(name+".key.der", der)
		b.write(name+".key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	}
	ec := func(c elliptic.Curve) *ecdsa.PrivateKey {
		k, err := ecdsa.GenerateKey(c, rand.Reader)
		if err != nil {
			b.Fatal(err)
		}
		return k
	}
	rootKey, caKey := ec(elliptic.P256()), ec(elliptic.P256())
	root := issue("Corpus Root", rootKey.Public(), true, nil, rootKey)
	ca := issue("Corpus Intermediate", caKey.Public(), true, root, rootKey)
	b.write("chain.pem", certPEM(ca, root))
	b.write("ca.pem", certPEM(ca))
	b.write("root.pem", certPEM(root))
	keep("ca", caKey)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		b.Fatal(err)
	}
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	leaves := map[string]crypto.Signer{
		"rsa": rsaKey, "p256": ec(elliptic.P256()), "p384": ec(elliptic.P384()), "p521": ec(elliptic.P521()), "ed25519": edKey,
	}
	for name, key := range leaves {
		keep(name, key)
		leaf := issue(name, key.Public(), false, ca, caKey)
		b.write(name+".pem", certPEM(leaf))
		b.write(name+".der", leaf.Raw)
	}
	// What Go can't make.
	for name, algorithm := range map[string]string{
		"rsa-pss": "-algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048", "ed448": "-algorithm ED448",
		"secp256k1": "-algorithm EC -pkeyopt ec_paramgen_curve:secp256k1", "brainpool": "-algorithm EC -pkeyopt ec_paramgen_curve:brainpoolP256r1",
		"explicit": "-algorithm EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:explicit",
		"rsa1024":  "-algorithm RSA -pkeyopt rsa_keygen_bits:1024",
		"dsa":      "",
	} {
		if name == "dsa" {
			b.run("openssl", words("dsaparam -out dsa.params 1024")...)
			algorithm = "-paramfile dsa.params"
		}
		b.run("openssl", append(words("genpkey -out "+name+".key"), words(algorithm)...)...)
		b.run("openssl", words("req -new -key "+name+".key -out "+name+".csr -subj /O=Corpus/CN="+name)...)
		hash := "-sha256"
		if name == "rsa1024" {
			hash = "-sha1"
		}
		b.run("openssl", words("x509 -req -in "+name+".csr -CA ca.pem -CAkey ca.key -days 1000 "+hash+" -out "+name+".pem")...)
	}
}

// openssl makes NAME with openssl pkcs12 -export from a kind of key.
func (b bench) openssl(name, kind, args string) {
	b.Helper()
	list := words("pkcs12 -export -inkey " + kind + ".key -name alice -out " + name)
	if !strings.Contains(args, "-nokeys") {
		list = append(list, "-in", kind+".pem")
	}
	if !strings.Contains(args, "-nochain") {
		list = append(list, "-certfile", "chain.pem")
	}
	if !strings.Contains(args, "-passout") {
		list = append(list, "-passout", "pass:"+corpusPassword)
	}
	b.run("openssl", append(list, words(strings.ReplaceAll(args, "-nochain", ""))...)...)
}

func (b bench) certtool(name, args string) {
	b.Helper()
	list := words("--to-p12 --load-privkey rsa.key --load-certificate rsa.pem --p12-name alice --outder --outfile " + name)
	if !strings.Contains(args, "-password") {
		list = append(list, "--password", corpusPassword)
	}
	b.run("certtool", append(list, words(args)...)...)
}

// nss makes NAME with pk12util from the database that has rsa in it.
func (b bench) nss(name, args string) {
	b.Helper()
	list := append(words("-o "+name+" -d sql:nss -n alice"), "-W", corpusPassword, "-K", "")
	b.run("pk12util", append(list, words(args)...)...)
}

// makeCorpus makes every file; the table of corpus_test.go says what each is.
// Java works beside the others, in one process.
func (b bench) makeCorpus(java *javaProcess) {
	b.authorities()
	first := corpus[0]
	first.make(b, first.file)
	made := make(chan error, 1)
	go func() { made <- java.makeAll() }()
	for _, e := range corpus[1:] {
		if e.make != nil {
			e.make(b, e.file)
		}
	}
	if err := <-made; err != nil {
		b.Fatalf("make the Java files: %v", err)
	}
	for _, e := range corpus {
		if e.from != "" {
			b.write(e.file, e.change(b.read(e.from)))
		}
	}
}

// javaProcess is testdata/Corpus.java, which answers each line by a line.
type javaProcess struct {
	in     io.WriteCloser
	out    *bufio.Scanner
	errors bytes.Buffer
}

// startJava compiles and runs testdata/Corpus.java until the test ends.
func (b bench) startJava() *javaProcess {
	b.Helper()
	source, err := filepath.Abs("testdata/Corpus.java")
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Minute)
	cmd := exec.CommandContext(ctx, "java", "-XX:+UseSerialGC", "-Dfile.encoding=UTF-8",
		"--add-exports", "java.base/sun.security.tools.keytool=ALL-UNNAMED", "-cp", jars, source, b.dir, corpusPassword)
	cmd.Dir, cmd.Env = b.dir, append(os.Environ(), "LC_ALL=C.UTF-8", "HOME="+b.dir)
	java := &javaProcess{}
	cmd.Stderr = &java.errors
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if java.in, err = cmd.StdinPipe(); err != nil {
		b.Fatal(err)
	}
	java.out = bufio.NewScanner(out)
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		java.in.Close()
		if err := cmd.Wait(); err != nil {
			b.Errorf("java: %v\n%s", err, &java.errors)
		}
		cancel()
	})
	return java
}

// ask sends one line and gives the answer.
func (j *javaProcess) ask(words ...string) (string, error) {
	if _, err := io.WriteString(j.in, strings.Join(words, "\t")+"\n"); err != nil {
		return "", err
	}
	if !j.out.Scan() {
		return "", fmt.Errorf("java ended (%v) at %q", j.out.Err(), words)
	}
	return j.out.Text(), nil
}

// makeAll makes what the table gives to Java and to keytool.
func (j *javaProcess) makeAll() error {
	if _, err := j.ask("make"); err != nil {
		return err
	}
	for _, e := range corpus {
		if e.keytool == "" {
			continue
		}
		line := []string{"keytool", "modern"}
		if strings.Contains(e.file, "legacy") {
			line[1] = "legacy"
		}
		if e.keytool == "import" {
			line = append(line, words("-importkeystore -noprompt -srckeystore openssl.p12 -srcstoretype PKCS12 -srcstorepass {pw} -deststorepass {pw} -destkeystore "+
				e.file+" -deststoretype "+e.storeType())...)
		} else {
			line = append(line, words(e.keytool+" -noprompt -storepass {pw} -storetype PKCS12 -keystore "+e.file)...)
		}
		if _, err := j.ask(line...); err != nil {
			return err
		}
	}
	return nil
}

// storeType is what keytool calls the file's format.
func (s sample) storeType() string {
	switch filepath.Ext(s.file) {
	case ".jks":
		return "JKS"
	case ".jceks":
		return "JCEKS"
	}
	return "PKCS12"
}
