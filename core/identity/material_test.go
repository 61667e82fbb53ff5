package identity

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"slices"
	"testing"
	"time"
)

const password = "Žluťoučký kůň"

// template is a certificate that signs itself.
func template() *x509.Certificate {
	return &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "alice"}, NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour)}
}

// selfMade is a PKCS#12 file of one P-256 identity, with password.
func selfMade(b testing.TB, style Style) (*ecdsa.PrivateKey, []byte) {
	b.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	c := template()
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		b.Fatal(err)
	}
	leaf := ParseCertificate(der)
	id := &Identity{Public: Public{Certificate: leaf, Chain: []Certificate{leaf}}, Signer: key}
	out, err := Encode([]*Identity{id}, password, style)
	if err != nil {
		b.Fatal(err)
	}
	return key, out
}

// TestWiped: after a reading what was decrypted and what was made of the
// password is overwritten.
func TestWiped(t *testing.T) {
	for _, style := range Styles {
		t.Run(string(style), func(t *testing.T) {
			key, file := selfMade(t, style)
			p := password
			m := newMaterial(context.Background(), &p, Options{})
			if err := m.read(file); err != nil {
				t.Fatal(err)
			}
			if len(m.scratch) != 2 || len(m.secrets) == 0 {
				t.Fatalf("%d decrypted parts and %d secrets, want 2 and some", len(m.scratch), len(m.secrets))
			}
			id, err := m.result()
			if err != nil {
				t.Fatal(err)
			}
			m.close()
			held := slices.Clone(m.scratch)
			for _, s := range m.secrets {
				held = append(held, s.bmp, s.raw)
			}
			for i, b := range held {
				if slices.ContainsFunc(b, func(c byte) bool { return c != 0 }) {
					t.Errorf("part %d of %d was not overwritten", i, len(held))
				}
			}
			if got := id.Identities[0].Signer.(*ecdsa.PrivateKey); !got.Equal(key) {
				t.Error("the identity's own key was overwritten too")
			}
		})
	}
}
