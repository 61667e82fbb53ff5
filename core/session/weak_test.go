package session_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"hash"
	"strings"
	"testing"

	"rechallenge/core/session"
)

// TestWeak: a ticket of a known layout under a key of zeros is told, as is one in
// clear; one under another key, or of nothing, is not.
func TestWeak(t *testing.T) {
	random := func(n int) []byte {
		b := make([]byte, n)
		rand.Read(b)
		return b
	}
	sealed := func(h func() hash.Hash, key []byte) []byte {
		body := append(append(make([]byte, 16), random(16)...), random(160)...)
		mac := hmac.New(h, key)
		mac.Write(body)
		return mac.Sum(body)
	}
	leaf, master := random(400), random(48)
	for _, test := range []struct {
		name     string
		ticket   []byte
		says     string
		advisory string
	}{
		{"GnuTLS before its first rotation", sealed(sha1.New, make([]byte, 16)), "GnuTLS's form under a key of zeros", "CVE-2020-13777"},
		{"a key file of zeros", sealed(sha256.New, make([]byte, 16)), "OpenSSL's form", ""},
		{"a longer one", sealed(sha256.New, make([]byte, 32)), "OpenSSL's form under a key of zeros", ""},
		{"the certificate in clear", bytes.Join([][]byte{random(20), leaf, random(20)}, nil), "certificate in clear", ""},
		{"the secret in clear", bytes.Join([][]byte{random(20), master, leaf}, nil), "secret in clear", ""},
		{"GnuTLS afterwards", sealed(sha1.New, random(16)), "", ""},
		{"another key", sealed(sha256.New, random(32)), "", ""},
		{"nothing", nil, "", ""},
		{"short", make([]byte, 20), "", ""},
		{"zeros alone", make([]byte, 200), "", ""},
	} {
		w := session.Session{Secret: session.Secret{Ticket: test.ticket, Master: master}}.Weak(leaf)
		if (test.says == "") != (w.Says == "") || !strings.Contains(w.Says, test.says) || w.Advisory != test.advisory {
			t.Errorf("%s: %+v", test.name, w)
		}
	}
}
