package identity_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"rechallenge/core/identity"
)

// protected is a PKCS#12 file of one P-256 identity, with the password corpusPassword.
func protected(t *testing.T, style identity.Style) []byte {
	t.Helper()
	ca := newCA(t, "CA", nil)
	a := ca.issue(t, "alice")
	f, err := readPEM(t, a.keyPEM(t), a.certPEM(), ca.certPEM())
	if err != nil {
		t.Fatal(err)
	}
	der, err := identity.Encode(f.Identities, corpusPassword, style)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// withoutMAC takes MacData off: what is changed then is not noticed by it.
func withoutMAC(t *testing.T, der []byte) []byte {
	t.Helper()
	var parts []asn1.RawValue
	if _, err := asn1.Unmarshal(der, &parts); err != nil || len(parts) != 3 {
		t.Fatalf("not a PFX of three parts: %v", err)
	}
	out, err := asn1.Marshal(parts[:2])
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func code(err error) identity.Code {
	var e *identity.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// TestErrors: what no tool makes.
func TestErrors(t *testing.T) {
	old, new := protected(t, identity.Compatible), protected(t, identity.Modern)
	replace := func(b []byte, from, to string) []byte {
		x, y := bytesOf(t, from), bytesOf(t, to)
		if !bytes.Contains(b, x) {
			t.Fatalf("the file has no %s", from)
		}
		return bytes.ReplaceAll(b, x, y)
	}
	last := func(b []byte, from, to string) []byte {
		x := bytesOf(t, from)
		i := bytes.LastIndex(b, x)
		return slices.Concat(b[:i], bytesOf(t, to), b[i+len(x):])
	}
	tests := []struct {
		name string
		data []byte
		opt  identity.Options
		code identity.Code
		what string
	}{
		{"more iterations than allowed", new, identity.Options{MaxIterations: 50_000}, identity.TooMuchWork, "asks for 100000 iterations of its key derivation, the limit is 50000"},
		{"2^23 iterations of the MAC", last(new, "02030186a0", "02037fffff"), identity.Options{MaxIterations: 1_000_000}, identity.TooMuchWork, "8388607 iterations"},
		{"no iterations at all", last(old, "02020800", "02020000"), identity.Options{}, identity.Damaged, "asks for no iterations"},
		{"PBES2 with AES-256-GCM", replace(withoutMAC(t, new), "060960864801650304012a", "060960864801650304012e"), identity.Options{}, identity.UnsupportedAlgorithm, "AES-256-GCM (2.16.840.1.101.3.4.1.46)"},
		{"PBES2 with a cipher of nobody", replace(withoutMAC(t, new), "060960864801650304012a", "060960864801650304017f"), identity.Options{}, identity.UnsupportedAlgorithm, `"2.16.840.1.101.3.4.1.127"`},
		{"PBES1 of nobody", replace(withoutMAC(t, old), "060a2a864886f70d010c0103", "060a2a864886f70d010c0109"), identity.Options{}, identity.UnsupportedAlgorithm, `"1.2.840.113549.1.12.1.9"`},
		{"one byte of the MAC", func() []byte {
			b := bytes.Clone(old)
			b[len(b)-30] ^= 1
			return b
		}(), identity.Options{}, identity.Damaged, "the MAC does not match"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := identity.Read(context.Background(), "x.p12", test.data, ptr(corpusPassword), test.opt)
			if code(err) != test.code || !strings.Contains(err.Error(), test.what) {
				t.Errorf("got %s, want %s: ...%s...", describe(err), test.code, test.what)
			}
		})
	}
}

// TestCutAnywhere: a file that ends early is damaged, never a wrong password.
func TestCutAnywhere(t *testing.T) {
	der := protected(t, identity.Compatible)
	for n := 1; n < len(der); n += 37 {
		_, err := identity.Read(context.Background(), "x.p12", der[:n], ptr(corpusPassword), identity.Options{})
		var e *identity.Error
		if !errors.As(err, &e) || e.Code != identity.Damaged || e.Offset < 0 {
			t.Fatalf("cut after %d of %d bytes: %s", n, len(der), describe(err))
		}
	}
}

// TestFlipAnywhere: with the right password a changed file is never a wrong
// password, but where salts and the MAC's own parameters are changed.
func TestFlipAnywhere(t *testing.T) {
	der := protected(t, identity.Compatible)
	wrong := 0
	for n := 0; n < len(der); n += 11 {
		b := bytes.Clone(der)
		b[n] ^= 0x10
		f, err := identity.Read(context.Background(), "x.p12", b, ptr(corpusPassword), identity.Options{MaxIterations: 100_000})
		switch code(err) {
		case identity.WrongPassword:
			wrong++
		case "":
			if err == nil && f.Identities[0].Subject == "" {
				t.Errorf("byte %d flipped: an identity without a name", n)
			}
		}
	}
	if wrong > 4 {
		t.Errorf("%d changed files were called a wrong password", wrong)
	}
}

// TestCancel ends a reading within each kind of key derivation: a reading that
// looked at its context before and after only would find the wrong password.
func TestCancel(t *testing.T) {
	der := protected(t, identity.Modern)
	// 100000 becomes 8388607 everywhere: seconds of work.
	slow := bytes.ReplaceAll(der, []byte{2, 3, 1, 0x86, 0xa0}, []byte{2, 3, 0x7f, 0xff, 0xff})
	tests := []struct {
		name string
		data []byte
	}{
		{"PKCS#12 derivation", slow},
		{"PBKDF2", withoutMAC(t, slow)},
		{"scrypt", scryptKey(t, 1<<17)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(context.Background())
			time.AfterFunc(20*time.Millisecond, cancel)
			f, err := identity.Read(ctx, "x", test.data, ptr(corpusPassword), identity.Options{})
			if !errors.Is(err, context.Canceled) || f != nil {
				t.Errorf("got %v, %v", f, err)
			}
		})
	}
}

// TestRefused: every code that comes without a file of its own in the corpus,
// with what to do.
func TestRefused(t *testing.T) {
	der := protected(t, identity.Compatible)
	tests := []struct {
		name     string
		data     []byte
		password *string
		code     identity.Code
	}{
		{"none given", der, nil, identity.PasswordNeeded},
		{"an empty one", der, ptr(""), identity.WrongPassword},
		{"a wrong one", der, ptr("x"), identity.WrongPassword},
		{"PKCS#12 cut off", der[:len(der)-1], ptr(corpusPassword), identity.Damaged},
		{"noise", []byte("\x01\x02\x03\x04\xff\xfe"), nil, identity.NotAnIdentity},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := identity.Read(context.Background(), "x", test.data, test.password, identity.Options{})
			var e *identity.Error
			if !errors.As(err, &e) || e.Code != test.code || e.Do == "" {
				t.Errorf("got %s, want %s and what to do", describe(err), test.code)
			}
		})
	}
}

// TestMemory: what a file asks scrypt for is refused before it is taken.
func TestMemory(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := identity.Read(context.Background(), "x.pem", scryptKey(t, 1<<30), ptr(corpusPassword), identity.Options{})
	runtime.ReadMemStats(&after)
	if code(err) != identity.TooMuchWork || !strings.Contains(err.Error(), "N=1073741824, r=8, p=1: more than 128 MiB") {
		t.Errorf("got %s", describe(err))
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 16<<20 {
		t.Errorf("%d MiB were taken", took>>20)
	}
}

// scryptKey is an encrypted key that asks for scrypt with n, r = 8, p = 1.
func scryptKey(t *testing.T, n uint32) []byte {
	t.Helper()
	tlv := func(tag byte, parts ...[]byte) []byte {
		body := slices.Concat(parts...)
		return append([]byte{tag, byte(len(body))}, body...)
	}
	oid := func(hex string) []byte { return tlv(6, bytesOf(t, hex)) }
	scrypt := tlv(0x30, oid("2b06010401da47040b"), tlv(0x30, tlv(4, make([]byte, 8)),
		tlv(2, []byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}), tlv(2, []byte{8}), tlv(2, []byte{1})))
	aes := tlv(0x30, oid("60864801650304012a"), tlv(4, make([]byte, 16)))
	der := tlv(0x30, tlv(0x30, oid("2a864886f70d01050d"), tlv(0x30, scrypt, aes)), tlv(4, make([]byte, 16)))
	return pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: der})
}

// TestPairing: by the public key, whatever the order; chains in order; what
// belongs to nobody aside.
func TestPairing(t *testing.T) {
	root := newCA(t, "Root", nil)
	middle := newCA(t, "Middle", root)
	alice, bob := middle.issue(t, "alice"), root.issue(t, "bob")
	other := newCA(t, "Other", nil)
	f, err := readPEM(t, root.certPEM(), other.certPEM(), bob.certPEM(), alice.keyPEM(t), middle.certPEM(), alice.certPEM(), bob.keyPEM(t), root.certPEM())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, id := range f.Identities {
		var chain []string
		for _, c := range id.Chain {
			chain = append(chain, c.Subject)
		}
		got = append(got, strings.Join(chain, " < "))
		proveKey(t, id)
	}
	const dn = ",O=Example\\, Inc.,C=CZ"
	want := []string{"CN=alice" + dn + " < CN=Middle < CN=Root", "CN=bob" + dn + " < CN=Root"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if len(f.Others) != 1 || f.Others[0].Subject != "CN=Other" {
		t.Errorf("others: %v", f.Others)
	}
}

// TestRenewed: of two certificates for one key the one that ends last counts.
func TestRenewed(t *testing.T) {
	ca := newCA(t, "CA", nil)
	first := client("alice")
	first.NotAfter = time.Now().AddDate(0, 1, 0)
	old := certify(t, first, ca, nil)
	renewed := certify(t, client("alice"), ca, old.key)
	for _, order := range [][]*certified{{old, renewed}, {renewed, old}} {
		f, err := readPEM(t, old.keyPEM(t), order[0].certPEM(), order[1].certPEM())
		if err != nil {
			t.Fatal(err)
		}
		if got := f.Identities[0]; !bytes.Equal(got.DER, renewed.cert.Raw) || len(f.Others) != 1 {
			t.Errorf("took the certificate until %v", got.NotAfter)
		}
	}
}

// TestRemarks: what the doctor says of an identity.
func TestRemarks(t *testing.T) {
	ca := newCA(t, "CA", nil)
	soon := client("soon")
	soon.NotAfter = time.Now().Add(48 * time.Hour)
	gone := client("gone")
	gone.NotBefore, gone.NotAfter = time.Now().AddDate(-2, 0, 0), time.Now().AddDate(-1, 0, 0)
	server, agreement, early := client("server"), client("agreement"), client("early")
	server.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	agreement.KeyUsage = x509.KeyUsageKeyAgreement
	early.NotBefore = time.Now().Add(48 * time.Hour)
	tests := []struct {
		name string
		of   *certified
		with bool // the CA is in the file
		want string
	}{
		{"nothing to remark", certify(t, client("fine"), ca, nil), true, ""},
		{"no issuer", certify(t, client("alone"), ca, nil), false, "issuer-not-in-file"},
		{"soon", certify(t, soon, ca, nil), true, "expires-soon"},
		{"expired", certify(t, gone, ca, nil), true, "expired"},
		{"a CA", newCA(t, "Some CA", ca), true, "key-usage ca-certificate"},
		{"for servers only", certify(t, server, ca, nil), true, "ext-key-usage"},
		{"for key agreement only", certify(t, agreement, ca, nil), true, "key-usage"},
		{"not yet", certify(t, early, ca, nil), true, "not-yet-valid"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			parts := [][]byte{test.of.keyPEM(t), test.of.certPEM()}
			if test.with {
				parts = append(parts, ca.certPEM())
			}
			f, err := readPEM(t, parts...)
			if err != nil {
				t.Fatal(err)
			}
			var codes []string
			for _, p := range f.Identities[0].Problems {
				codes = append(codes, p.Code)
			}
			if got := strings.Join(codes, " "); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// TestVisible: certificates that lie open are shown before there is a password.
func TestVisible(t *testing.T) {
	data := protected(t, identity.Compatible)
	f, err := identity.Read(context.Background(), "x.p12", data, nil, identity.Options{})
	if code(err) != identity.PasswordNeeded || f.Format != "pkcs12" || len(f.Encryption) != 2 || !strings.Contains(f.MAC, "SHA-1") {
		t.Errorf("got %+v, %s", f, describe(err))
	}
}
