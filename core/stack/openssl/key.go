package openssl

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"sync"

	"rechallenge/core/identity"
	"rechallenge/core/openssl"
	"rechallenge/core/stack"
)

// CanUse tells of the keys that the library can neither be given nor ask.
func (*opensslStack) CanUse(id *identity.Identity) error {
	if id.Home() != "" {
		if _, _, err := signerOf(id, nil); err != nil {
			return fmt.Errorf("use %q with OpenSSL: %w; use the go stack", id.ID, err)
		}
		return nil
	}
	key, err := id.PKCS8()
	clear(key)
	if err != nil {
		return fmt.Errorf("use %q with OpenSSL: %w; use the go stack", id.ID, err)
	}
	return nil
}

// failure is why a key somewhere else did not sign last.
type failure struct {
	mu   sync.Mutex
	err  error
	turn int // counts the failures
}

func (f *failure) note(err error) {
	var key *identity.KeyFailure
	if errors.As(err, &key) {
		f.mu.Lock()
		f.err, f.turn = key, f.turn+1
		f.mu.Unlock()
	}
}

// since is the failure after a turn, as a stack's error; nil = there was none.
func (f *failure) since(turn int) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.turn == turn {
		return nil
	}
	return &stack.Error{Reason: stack.KeyFailed, Err: f.err}
}

func (f *failure) now() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.turn
}

// signerOf is a key that is somewhere else, as the library asks for it; isRSA
// says of which kind it is.
func signerOf(id *identity.Identity, note func(error)) (s openssl.Signer, isRSA bool, err error) {
	s.Digest = func(hash crypto.Hash, digest []byte) ([]byte, error) {
		out, err := id.Signer.Sign(rand.Reader, digest, hash)
		note(err)
		return out, err
	}
	switch id.Signer.Public().(type) {
	case *ecdsa.PublicKey:
		return s, false, nil
	case *rsa.PublicKey:
		if r, ok := id.Signer.(interface {
			RawRSA() (func([]byte) ([]byte, error), bool)
		}); ok {
			if raw, ok := r.RawRSA(); ok {
				s.Raw = func(block []byte) ([]byte, error) {
					out, err := raw(block)
					note(err)
					return out, err
				}
				return s, true, nil
			}
		}
		return s, true, errors.New("its token has no RSA without padding, which libssl wants for RSA-PSS")
	}
	return s, false, fmt.Errorf("libssl can't ask a token for signatures of %s", id.KeyType)
}

// elsewhere makes the credential of a key that is somewhere else.
func (s *opensslStack) elsewhere(id *identity.Identity, chain [][]byte) (*openssl.Credential, error) {
	signer, isRSA, err := signerOf(id, s.keys.note)
	if err != nil {
		return nil, err
	}
	public, err := x509.MarshalPKIXPublicKey(id.Signer.Public())
	if err != nil {
		return nil, err
	}
	return s.library.NewSigningCredential(chain, public, isRSA, signer)
}
