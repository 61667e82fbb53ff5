package identity_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"testing"

	"rechallenge/core/identity"
)

// proveKey signs with the identity's key and checks with its certificate's.
func proveKey(t *testing.T, id *identity.Identity) {
	t.Helper()
	message := []byte("the key belongs to the certificate")
	sum := sha256.Sum256(message)
	var ok bool
	var err error
	var sig []byte
	switch pub := id.Signer.Public().(type) {
	case *rsa.PublicKey:
		opts := &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA256}
		sig, err = id.Signer.Sign(rand.Reader, sum[:], opts)
		ok = err == nil && rsa.VerifyPSS(pub, crypto.SHA256, sum[:], sig, opts) == nil
	case *ecdsa.PublicKey:
		sig, err = id.Signer.Sign(rand.Reader, sum[:], crypto.SHA256)
		ok = err == nil && ecdsa.VerifyASN1(pub, sum[:], sig)
	case ed25519.PublicKey:
		sig, err = id.Signer.Sign(rand.Reader, message, crypto.Hash(0))
		ok = err == nil && ed25519.Verify(pub, message, sig)
	default:
		t.Fatalf("the key of %s is a %T", id.Subject, pub)
	}
	if !ok {
		t.Errorf("the signature of %s does not verify: %v", id.Subject, err)
	}
	if der, err := id.PKCS8(); err != nil || len(der) == 0 {
		t.Errorf("PKCS8: %v", err)
	}
}
