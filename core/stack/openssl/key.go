package openssl

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"fmt"

	"rechallenge/core/identity"
)

// pkcs8 is an identity's private key as libssl takes it.
func pkcs8(id *identity.Identity) ([]byte, error) {
	switch id.Signer.(type) {
	case *rsa.PrivateKey, *ecdsa.PrivateKey, ed25519.PrivateKey:
		return x509.MarshalPKCS8PrivateKey(id.Signer)
	}
	// Keys of further kinds know how to leave their file's form.
	if k, ok := any(id).(interface{ PKCS8() ([]byte, error) }); ok {
		return k.PKCS8()
	}
	return nil, fmt.Errorf("use %q with OpenSSL: its key, a %T, can't be handed over; use the go stack", id.ID, id.Signer)
}

// CanUse tells of the keys that can't be handed over.
func (*opensslStack) CanUse(id *identity.Identity) error {
	key, err := pkcs8(id)
	clear(key)
	return err
}
