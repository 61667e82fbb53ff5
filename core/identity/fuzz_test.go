package identity_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rechallenge/core/identity"
)

func seeds(f *testing.F) {
	files, err := filepath.Glob("testdata/seeds/*")
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
}

// FuzzRead feeds the whole reader, with little work allowed.
func FuzzRead(f *testing.F) {
	seeds(f)
	for _, s := range []string{
		"", "-----BEGIN X-----\n", "\xfe\xed\xfe\xed", "MIIC", "\xff\xfe-\x00-\x00", "0\x80\x02\x01\x030\x80\x06\x09",
		"K=-----BEGIN EC PRIVATE KEY----- MHcCAQEE -----END EC PRIVATE KEY----------BEGIN X\n", "users:\n- name: a\n  client-key-data: LS0tLS1CRUdJTiBYLS0tLS0KTUlJQgotLS0tLUVORCBYLS0tLS0K",
		"0x30,0x82,0x01,0x02,", "BEGIN%20-----BEGIN+X-----%0AMIIB", "<pkcs12>\nMIIKYAIBAzCCCiYGCSqGSIb3DQEHAaCCChcEggoT\n</pkcs12>",
	} {
		f.Add([]byte(s))
	}
	opt := identity.Options{MaxIterations: 3000, MaxMemory: 1 << 20}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, p := range []*string{nil, ptr(corpusPassword)} {
			file, err := identity.Read(context.Background(), "fuzzed", data, p, opt)
			sound(t, file, err)
		}
		file, err := identity.ReadPair(context.Background(), data, data, ptr(corpusPassword), opt)
		sound(t, file, err)
	})
}

// sound is what holds for every answer of Read.
func sound(t *testing.T, f *identity.File, err error) {
	t.Helper()
	var e *identity.Error
	if err != nil && !errors.As(err, &e) {
		t.Fatalf("an error without a code: %v", err)
	}
	if f == nil {
		t.Fatal("no file, though nothing was cancelled")
	}
	if err != nil && (e.Code == "" || e.What == "" || strings.Contains(e.Error(), corpusPassword)) {
		t.Fatalf("a bad error: %#v", e)
	}
	usable := false
	for _, id := range f.Identities {
		if id.Signer == nil || len(id.Chain) == 0 {
			t.Fatalf("an identity without key or certificate: %+v", id.Public)
		}
		usable = usable || id.Usable
	}
	if usable != (err == nil) {
		t.Fatalf("usable %v and error %v", usable, err)
	}
}

func ptr[T any](v T) *T { return &v }

// FuzzCertificate feeds what describes certificates that servers send.
func FuzzCertificate(f *testing.F) {
	f.Add([]byte("0\x82"))
	f.Fuzz(func(_ *testing.T, der []byte) {
		c := identity.ParseCertificate(der)
		p := identity.Public{Certificate: c, Chain: []identity.Certificate{c}}
		p.Fit(identity.Demand{AcceptableCAs: [][]byte{der}, OIDFilters: []identity.OIDFilter{{OID: "2.5.29.15", Values: der}, {OID: "2.5.29.37", Values: der}}}, c.NotBefore)
		identity.DistinguishedName(der)
	})
}

// FuzzMatch feeds a server's words.
func FuzzMatch(f *testing.F) {
	for _, s := range []string{"CN=a,O=b", "/O=b/CN=a", `Hash=00;Subject="CN=a"`, "CN=\\", "#30", "%2B", "-----BEGIN CERTIFICATE-----%0AMIIB"} {
		f.Add(s)
	}
	ids := []identity.Public{{ID: "a", Certificate: identity.Certificate{Subject: "CN=a,O=b", SANs: []string{"DNS:a.test"}}}}
	f.Fuzz(func(_ *testing.T, words string) { identity.Match(words, ids) })
}
