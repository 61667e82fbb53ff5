package token_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"rechallenge/core/identity"
	"rechallenge/core/token"
	"rechallenge/core/token/tokentest"
)

func TestMain(m *testing.M) {
	if token.Main() {
		return
	}
	code := m.Run()
	token.CloseAll()
	os.Exit(code)
}

// place is a place by its URI.
func place(t *testing.T, uri string) token.Home {
	t.Helper()
	u, err := token.ParseURI(uri)
	if err != nil {
		t.Fatal(err)
	}
	return token.Home{URI: u, Module: tokentest.Module}
}

// fixed answers with one PIN, once.
func fixed(pin string) token.Ask {
	return func(_ context.Context, q token.Question) (string, error) {
		if q.Again {
			return "", token.ErrOnce
		}
		return pin, nil
	}
}

var keys = []struct {
	name string
	kind []string
}{
	{"rsa", []string{"-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"}},
	{"p256", []string{"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"}},
	{"p384", []string{"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"}},
	{"p521", []string{"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"}},
	{"ed25519", []string{"-algorithm", "ed25519"}},
}

// TestKeys: an identity of each kind of key signs in each way that TLS wants.
func TestKeys(t *testing.T) {
	h := tokentest.New(t, "demo", "other")
	for i, k := range keys {
		h.Make("demo", k.name, string(rune('1'+i))+"0", k.kind...)
	}
	for _, k := range keys {
		id, err := token.Open(t.Context(), place(t, "pkcs11:token=demo;object="+k.name), fixed(tokentest.PIN))
		if err != nil {
			t.Errorf("%s: %v", k.name, err)
			continue
		}
		if id.Alias != k.name || id.Subject != "CN="+k.name || !id.Usable || !strings.Contains(id.Home(), "token=demo;object="+k.name) {
			t.Errorf("%s: %+v at %s", k.name, id.Public, id.Home())
		}
		prove(t, k.name, id)
		if _, err := id.PKCS8(); err == nil {
			t.Errorf("%s: the key left its token", k.name)
		}
	}
	// Many at once.
	id, err := token.Open(t.Context(), place(t, "pkcs11:object=p256"), fixed(tokentest.PIN))
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 64 {
		all.Go(func() { prove(t, "p256", id) })
	}
	all.Wait()
}

// prove signs with the identity and verifies by its certificate.
func prove(t *testing.T, name string, id *identity.Identity) {
	t.Helper()
	message := []byte("the handshake so far")
	digest := sha256.Sum256(message)
	for _, opts := range []crypto.SignerOpts{crypto.SHA256, &rsa.PSSOptions{Hash: crypto.SHA256, SaltLength: rsa.PSSSaltLengthEqualsHash}} {
		signed := digest[:]
		if _, ok := id.Signer.Public().(ed25519.PublicKey); ok {
			signed, opts = message, crypto.Hash(0)
		}
		signature, err := id.Signer.Sign(rand.Reader, signed, opts)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		good := false
		switch key := id.Signer.Public().(type) {
		case *rsa.PublicKey:
			if pss, ok := opts.(*rsa.PSSOptions); ok {
				good = rsa.VerifyPSS(key, crypto.SHA256, digest[:], signature, pss) == nil
			} else {
				good = rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], signature) == nil
			}
		case *ecdsa.PublicKey:
			good = ecdsa.VerifyASN1(key, digest[:], signature)
		case ed25519.PublicKey:
			good = ed25519.Verify(key, message, signature)
		}
		if !good {
			t.Errorf("%s: the signature is wrong", name)
		}
	}
}

// TestRefusals: what can't be opened says why, and never with the PIN.
func TestRefusals(t *testing.T) {
	h := tokentest.New(t, "demo", "empty")
	h.Make("demo", "alice", "10", keys[1].kind...)
	h.Make("demo", "bob", "20", keys[1].kind...)
	tests := []struct {
		uri, pin, module string
		code             token.Code
	}{
		{"pkcs11:token=demo;object=alice", "wrong-654321", tokentest.Module, token.WrongPIN},
		{"pkcs11:token=demo;object=carol", tokentest.PIN, tokentest.Module, token.NoObject},
		{"pkcs11:token=demo", tokentest.PIN, tokentest.Module, token.Ambiguous},
		{"pkcs11:token=empty;object=alice", tokentest.PIN, tokentest.Module, token.NoObject},
		{"pkcs11:token=nowhere;object=alice", tokentest.PIN, tokentest.Module, token.NoToken},
		{"pkcs11:token=demo;object=alice", tokentest.PIN, "/nowhere/module.so", token.NoModule},
		{"pkcs11:token=demo;object=alice", tokentest.PIN, "/etc/passwd", token.NoModule},
		{"pkcs11:token=demo;object=alice", tokentest.PIN, "/lib/x86_64-linux-gnu/libz.so.1", token.NoModule},
	}
	for _, test := range tests {
		token.CloseAll()
		p := place(t, test.uri)
		p.Module = test.module
		_, err := token.Open(t.Context(), p, fixed(test.pin))
		var e *token.Error
		if !errors.As(err, &e) || e.Code != test.code {
			t.Errorf("%s with %s: %v, want %s", test.uri, test.module, err, test.code)
		}
		if err != nil && (strings.Contains(err.Error(), test.pin) || strings.Contains(err.Error(), tokentest.PIN)) {
			t.Errorf("the PIN stands in %q", err)
		}
	}
	if _, err := token.Open(t.Context(), place(t, "pkcs11:token=demo;object=alice"), nil); err == nil {
		t.Error("opened without a PIN")
	}
	for _, uri := range []string{"pkcs11:token=a?pin-value=" + tokentest.PIN, "pkcs11:token=a;token=b", "pkcs11:token", "pkcs:token=a", "pkcs11:token=%zz", "pkcs11:secret=1"} {
		if _, err := token.ParseURI(uri); err == nil || strings.Contains(err.Error(), tokentest.PIN) {
			t.Errorf("%s: %v", uri, err)
		}
	}
}

// TestPulled: a token that goes away while it is used is a reason of its own.
func TestPulled(t *testing.T) {
	h := tokentest.New(t, "demo")
	h.Make("demo", "alice", "10", keys[1].kind...)
	id, err := token.Open(t.Context(), place(t, "pkcs11:token=demo;object=alice"), fixed(tokentest.PIN))
	if err != nil {
		t.Fatal(err)
	}
	present := func() error {
		return id.Signer.(interface{ Present(context.Context) error }).Present(t.Context())
	}
	if err := present(); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(h.Path("tokens")); err != nil {
		t.Fatal(err)
	}
	if err := present(); err == nil {
		t.Error("a token that was pulled is said to be there")
	}
	digest := sha256.Sum256(nil)
	_, err = id.Signer.Sign(rand.Reader, digest[:], crypto.SHA256)
	var f *identity.KeyFailure
	if !errors.As(err, &f) || f.Reason != identity.KeyGone {
		t.Errorf("after it was pulled: %v", err)
	}
}

// TestCrash: a module that aborts, and one that hangs, take nothing along.
func TestCrash(t *testing.T) {
	h := tokentest.HSM{T: t, Dir: t.TempDir()}
	t.Cleanup(token.CloseAll)
	p := place(t, "pkcs11:token=demo")
	p.Module = h.Crasher("abort()")
	for range 2 {
		_, err := token.Open(t.Context(), p, fixed(tokentest.PIN))
		if err == nil || !strings.Contains(err.Error(), "crashed") {
			t.Errorf("got %v", err)
		}
	}
	p.Module = h.Crasher("for(;;)")
	ctx, cancel := context.WithCancel(t.Context())
	go cancel()
	if _, err := token.Open(ctx, p, fixed(tokentest.PIN)); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled wait: %v", err)
	}
}

// TestNSS: an identity in a database made by NSS's own tools, with a master
// password; a wrong one is told apart; nothing is written into it.
func TestNSS(t *testing.T) {
	if _, err := exec.LookPath("certutil"); err != nil {
		t.Skip("certutil is not installed")
	}
	h := tokentest.HSM{T: t, Dir: t.TempDir()}
	t.Cleanup(token.CloseAll)
	h.Write("pw", "master-secret\n")
	h.Run("mkdir", "db")
	h.Run("certutil", "-N", "-d", "sql:db", "-f", "pw")
	for _, name := range []string{"alice", "bob"} {
		h.Run("openssl", "req", "-new", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", name+".key", "-subj", "/CN="+name, "-days", "30", "-out", name+".pem")
		h.Run("openssl", "pkcs12", "-export", "-in", name+".pem", "-inkey", name+".key", "-name", name, "-passout", "pass:x", "-out", name+".p12")
		h.Run("pk12util", "-i", name+".p12", "-d", "sql:db", "-k", "pw", "-W", "x")
	}
	before, err := os.ReadFile(h.Path("db/key4.db"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"alice", "bob"} {
		id, err := token.Open(t.Context(), token.Home{NSS: h.Path("db"), Choose: name}, fixed("master-secret"))
		if err != nil {
			t.Fatal(err)
		}
		if id.Subject != "CN="+name {
			t.Errorf("got %s", id.Subject)
		}
		prove(t, name, id)
	}
	token.CloseAll()
	_, err = token.Open(t.Context(), token.Home{NSS: h.Path("db"), Choose: "alice"}, fixed("wrong"))
	var e *token.Error
	if !errors.As(err, &e) || e.Code != token.WrongPIN || !strings.Contains(e.What, "master password") {
		t.Errorf("with a wrong master password: %v", err)
	}
	if _, err := token.Open(t.Context(), token.Home{NSS: h.Dir}, fixed("x")); err == nil || !strings.Contains(err.Error(), "cert9.db") {
		t.Errorf("a folder without a database: %v", err)
	}
	if after, err := os.ReadFile(h.Path("db/key4.db")); err != nil || string(after) != string(before) {
		t.Errorf("the database was written to (%v)", err)
	}
}

// TestFound: the modules that p11-kit is configured with, and the databases of
// browsers, are found by themselves.
func TestFound(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	h := tokentest.HSM{T: t, Dir: home}
	var want []string
	for _, folder := range []string{".config/mozilla/firefox/y.default", ".mozilla/firefox/x.default", ".pki/nssdb"} {
		if err := os.MkdirAll(h.Path(folder), 0o700); err != nil {
			t.Fatal(err)
		}
		h.Write(folder+"/cert9.db", "")
		want = append(want, h.Path(folder))
	}
	if err := os.MkdirAll(h.Path(".mozilla/firefox/Crash Reports"), 0o700); err != nil {
		t.Fatal(err)
	}
	if got := token.Profiles(); !slices.Equal(got, want) {
		t.Errorf("profiles %q, want %q", got, want)
	}
	if err := os.MkdirAll(h.Path(".config/pkcs11/modules"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"a.module": "# mine\nmodule: " + h.Path("mine.so") + "\npriority: 1\n", "b.module": "module: /nowhere/gone.so\n",
		"c.module": "remote: |ssh far p11-kit remote\nmodule: " + h.Path("far.so") + "\n", "d.module": "module: " + h.Path("p11-kit-proxy.so") + "\n",
	} {
		h.Write(".config/pkcs11/modules/"+name, text)
	}
	for _, name := range []string{"mine.so", "far.so", "p11-kit-proxy.so"} {
		h.Write(name, "")
	}
	modules := token.Modules()
	if len(modules) == 0 || modules[0] != h.Path("mine.so") {
		t.Errorf("modules %q, want %s first", modules, h.Path("mine.so"))
	}
	for _, m := range modules {
		if strings.Contains(m, "gone.so") || strings.Contains(m, "far.so") || strings.Contains(m, "p11-kit-proxy") {
			t.Errorf("%s is among the modules", m)
		}
	}
}

// TestExplain: the doctor's look, with the PIN and without.
func TestExplain(t *testing.T) {
	h := tokentest.New(t, "demo")
	h.Make("demo", "alice", "10", keys[1].kind...)
	f, err := token.Explain(t.Context(), place(t, "pkcs11:"), fixed(tokentest.PIN))
	if err != nil || len(f.Identities) != 1 || f.Identities[0].Alias != "alice" || len(f.Readers) == 0 {
		t.Errorf("%v: %+v", err, f)
	}
	token.CloseAll()
	f, err = token.Explain(t.Context(), place(t, "pkcs11:"), nil)
	var e *token.Error
	if !errors.As(err, &e) || e.Code != token.NeedsPIN || len(f.Others) != 1 {
		t.Errorf("without a PIN: %v, %+v", err, f)
	}
}

func FuzzURI(f *testing.F) {
	for _, s := range []string{"pkcs11:token=a;object=b?module-path=/x&pin-source=file:/y", "pkcs11:", "pkcs11:id=%01%02;slot-id=3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := token.ParseURI(s)
		if err == nil && strings.Contains(u.String(), "?") {
			t.Errorf("%q shows its query", u)
		}
	})
}
