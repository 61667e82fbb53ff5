package identity_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"software.sslmate.com/src/go-pkcs12"

	"rechallenge/core/identity"
)

// accents are within what go-pkcs12 takes; an emoji is not.
const accents = "Žluťoučký kůň"

// TestEncode writes in each style, and what was written is read by this
// package, by go-pkcs12 and by OpenSSL.
func TestEncode(t *testing.T) {
	tools(t, "openssl")
	b := bench{t, t.TempDir(), &sync.Map{}}
	b.authorities()
	for _, style := range identity.Styles {
		for _, kind := range []string{"rsa", "p256", "ed25519", "rsa-pss"} {
			t.Run(string(style)+" "+kind, func(t *testing.T) {
				joined(kind+".pem", "chain.pem", kind+".key")(b, "in.pem")
				f, err := identity.Read(context.Background(), "in.pem", b.read("in.pem"), nil, identity.Options{})
				if err != nil {
					t.Fatal(err)
				}
				f.Identities[0].Alias = "alice’s key"
				der, err := identity.Encode(f.Identities, accents, style)
				if err != nil {
					t.Fatal(err)
				}
				password := accents
				again, err := identity.Read(context.Background(), "new.p12", der, &password, identity.Options{})
				if err != nil {
					t.Fatal(err)
				}
				id := again.Identities[0]
				if id.Alias != "alice’s key" || len(id.Chain) != 3 || id.FingerprintSHA256 != f.Identities[0].FingerprintSHA256 || again.Encoding != "der" {
					t.Errorf("read back: alias %q, %d certificates, %s", id.Alias, len(id.Chain), again.Encoding)
				}
				proveKey(t, id)
				if kind != "rsa-pss" {
					if _, leaf, cas, err := pkcs12.DecodeChain(der, accents); err != nil || leaf.Subject.CommonName != kind || len(cas) != 2 {
						t.Errorf("go-pkcs12: %v, %d CAs", err, len(cas))
					}
				}
				if err := os.WriteFile(filepath.Join(b.dir, "new.p12"), der, 0o600); err != nil {
					t.Fatal(err)
				}
				if said := b.openssl3(sample{file: "new.p12", password: accents}); said != "" {
					t.Errorf("openssl: %s", said)
				}
				wrong := "not it"
				var refused *identity.Error
				if _, err := identity.Read(context.Background(), "new.p12", der, &wrong, identity.Options{}); !errors.As(err, &refused) || refused.Code != identity.WrongPassword {
					t.Errorf("with a wrong password: %v", err)
				}
			})
		}
	}
	if _, err := identity.Encode(nil, "x", identity.Modern); err == nil {
		t.Error("a file of no identity was written")
	}
	if _, err := identity.Encode([]*identity.Identity{{}}, "x", "old"); err == nil {
		t.Error("an unknown style was written")
	}
}
