package openssl_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/tls"
	"errors"
	"io"
	"math/big"
	"os/exec"
	"testing"

	"rechallenge/core/identity"
	"rechallenge/core/stack"
	"rechallenge/core/stack/stacktest"
)

// elsewhere is a key that gives nothing but signatures, as a token's.
type elsewhere struct {
	crypto.Signer
	fails error
}

func (elsewhere) Home() string { return "pkcs11:token=test" }

func (e elsewhere) Sign(r io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	if e.fails != nil {
		return nil, e.fails
	}
	return e.Signer.Sign(r, digest, opts)
}

// RawRSA is RSA without padding.
func (e elsewhere) RawRSA() (func([]byte) ([]byte, error), bool) {
	key, ok := e.Signer.(*rsa.PrivateKey)
	return func(block []byte) ([]byte, error) {
		if e.fails != nil {
			return nil, e.fails
		}
		out := new(big.Int).Exp(new(big.Int).SetBytes(block), key.D, key.N)
		return out.FillBytes(make([]byte, key.Size())), nil
	}, ok
}

// TestKeysElsewhere: libssl asks for each signature of a key that it is not
// given; one that does not sign is told from what the server says.
func TestKeysElsewhere(t *testing.T) {
	s := load(t)
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not installed")
	}
	a := stacktest.NewAuthority(t)
	a.Leaf("server")
	for _, key := range []struct {
		name      string
		algorithm []string
	}{
		{"rsa", []string{"-newkey", "rsa:2048"}},
		{"p-256", []string{"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"}},
		{"p-384", []string{"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"}},
		{"p-521", []string{"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-521"}},
	} {
		t.Run(key.name, func(t *testing.T) {
			whole := selfSigned(t, key.name, key.algorithm...)
			id := &identity.Identity{Public: whole.Public, Signer: elsewhere{Signer: whole.Signer}}
			if err := s.(stack.Chooser).CanUse(id); err != nil {
				t.Fatal(err)
			}
			for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
				flag := map[uint16]string{tls.VersionTLS12: "-tls1_2", tls.VersionTLS13: "-tls1_3"}[version]
				server := a.OpenSSL(t, flag, "-Verify", "1")
				r, err := visit(t, s, server, "/", stack.Config{Trust: stack.Trust{Disabled: true}, Identity: id})
				if err != nil || r.challenged != 1 || r.state.Version != version {
					t.Errorf("%s: %v, challenged %d times", flag, err, r.challenged)
				}
				gone := &identity.KeyFailure{Reason: identity.KeyGone, Err: errors.New("pulled")}
				_, err = visit(t, s, server, "/", stack.Config{
					Trust: stack.Trust{Disabled: true}, Identity: &identity.Identity{Public: whole.Public, Signer: elsewhere{whole.Signer, gone}},
				})
				var known *stack.Error
				if !errors.As(err, &known) || known.Reason != stack.KeyFailed || !errors.Is(err, gone) {
					t.Errorf("%s: a key that is gone: %v", flag, err)
				}
			}
		})
	}
	ed := selfSigned(t, "ed25519", "-newkey", "ed25519")
	if err := s.(stack.Chooser).CanUse(&identity.Identity{Public: ed.Public, Signer: elsewhere{Signer: ed.Signer}}); err == nil {
		t.Error("libssl is said to use an Ed25519 key of a token")
	}
}
