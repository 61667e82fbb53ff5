package stack

import (
	"crypto/x509"
	"errors"
	"fmt"
	"time"
)

// Verify judges a server's chain (DER, leaf first) at the time now, the same
// way for every stack. Errors are *Error with Untrusted or NameMismatch.
func (t Trust) Verify(chain [][]byte, now time.Time) error {
	if t.Disabled {
		return nil
	}
	var certs []*x509.Certificate
	for i, der := range chain {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return &Error{Reason: Untrusted, Err: fmt.Errorf("certificate %d of the server can't be read: %w", i+1, err)}
		}
		certs = append(certs, c)
	}
	return t.Evaluate(certs, now)
}

// Evaluate is Verify of certificates that have been read already.
func (t Trust) Evaluate(certs []*x509.Certificate, now time.Time) error {
	if t.Disabled {
		return nil
	}
	if len(certs) == 0 {
		return &Error{Reason: Untrusted, Err: errors.New("the server sent no certificate")}
	}
	opts := x509.VerifyOptions{Roots: t.Roots, Intermediates: x509.NewCertPool(), CurrentTime: now}
	for _, c := range certs[1:] {
		opts.Intermediates.AddCert(c)
	}
	if _, err := certs[0].Verify(opts); err != nil {
		return &Error{Reason: Untrusted, Err: fmt.Errorf("the server's certificate is not trusted: %w", err)}
	}
	if err := certs[0].VerifyHostname(t.Name); err != nil {
		return &Error{Reason: NameMismatch, Err: fmt.Errorf("the server's certificate is not for this name: %w", err)}
	}
	return nil
}
