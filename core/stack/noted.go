package stack

import (
	"crypto"
	"errors"
	"io"
	"sync/atomic"

	"rechallenge/core/identity"
)

// NotedSigner notes why a key did not sign: TLS libraries keep the words of that
// error and lose the error.
type NotedSigner struct {
	crypto.Signer
	failed atomic.Pointer[identity.KeyFailure]
}

// Sign is the signer's.
func (s *NotedSigner) Sign(rand io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	out, err := s.Signer.Sign(rand, digest, opts)
	var f *identity.KeyFailure
	if errors.As(err, &f) {
		s.failed.Store(f)
	}
	return out, err
}

// Error is err, or a KeyFailed error where the key was what failed.
func (s *NotedSigner) Error(err error) error {
	if f := s.failed.Load(); err != nil && f != nil {
		return &Error{Reason: KeyFailed, Err: f}
	}
	return err
}
