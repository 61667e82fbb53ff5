package identity

import (
	"context"
	"crypto/pbkdf2"
	"crypto/sha256"
	"testing"
)

// BenchmarkRead reads a modern file whole. Its three key derivations (MAC,
// safe, key) are what it waits for: BenchmarkDerivations is those alone.
func BenchmarkRead(b *testing.B) {
	p := password
	_, data := selfMade(b, Modern)
	for b.Loop() {
		if _, err := Read(context.Background(), "x.p12", data, &p, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDerivations is what BenchmarkRead can't do without.
func BenchmarkDerivations(b *testing.B) {
	p := password
	s := secrets(&p)[0]
	salt := make([]byte, 16)
	for b.Loop() {
		w := newWork(context.Background(), Options{})
		if _, err := w.pkcs12KDF(sha256.New, s.bmp, salt, modernIterations, forMAC, 32); err != nil {
			b.Fatal(err)
		}
		for range 2 {
			if _, err := w.pbkdf2(sha256.New, []byte(password), salt, modernIterations, 32); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkPBKDF2 is one derivation here and the standard library's, which
// can't be cancelled.
func BenchmarkPBKDF2(b *testing.B) {
	salt := make([]byte, 16)
	b.Run("own", func(b *testing.B) {
		for b.Loop() {
			w := newWork(context.Background(), Options{})
			if _, err := w.pbkdf2(sha256.New, []byte(password), salt, modernIterations, 32); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("standard", func(b *testing.B) {
		for b.Loop() {
			if _, err := pbkdf2.Key(sha256.New, password, salt, modernIterations, 32); err != nil {
				b.Fatal(err)
			}
		}
	})
}
