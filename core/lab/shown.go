package lab

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"time"

	"golang.org/x/crypto/ocsp"

	"rechallenge/core/openssl"
)

// shown is a certificate that a server shows in the place of its own.
type shown struct {
	condition   string
	certificate tls.Certificate
	credential  *openssl.Credential // for libssl; nil = another engine
}

// weakBits is the size of a key that most clients refuse and that can still be made.
const weakBits = 1024

// show makes the certificate that goes with a condition; nil = it has none.
func (s *Server) show(condition string) (*shown, error) {
	names := s.behaviour.names()
	x := &shown{condition: condition}
	var err error
	switch condition {
	case CertificateRenewed:
		x.certificate = s.renewed
	case ServerExpired:
		x.certificate, err = s.lab.ca.serverWith(names, nil, time.Now().Add(-time.Minute))
	case ServerName:
		x.certificate, err = s.lab.ca.server([]string{"elsewhere.test"})
	case ServerIssuer:
		x.certificate, err = s.lab.other.server(names)
	case ServerWeak:
		var key *rsa.PrivateKey
		if key, err = rsa.GenerateKey(rand.Reader, weakBits); err == nil {
			x.certificate, err = s.lab.ca.serverWith(names, key, time.Time{})
		}
	case ServerRevoked:
		if x.certificate, err = s.lab.ca.server(names); err == nil {
			x.certificate.OCSPStaple, err = s.lab.ca.revoked(x.certificate.Leaf.SerialNumber)
		}
	default:
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if _, libssl := s.engine.(*libsslServer); libssl {
		x.credential, err = credential(x.certificate)
	}
	return x, err
}

// credential is a certificate with its key in libssl's hands.
func credential(c tls.Certificate) (*openssl.Credential, error) {
	library, err := openssl.Load()
	if err != nil {
		return nil, err
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		return nil, err
	}
	return library.NewCredential(c.Certificate, pkcs8)
}

// showing is what the server shows in the place of its certificate just now.
func (s *Server) showing() *shown {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shown
}

// revoked is an OCSP answer (RFC 6960) which says that a certificate was.
func (a *authority) revoked(serial *big.Int) ([]byte, error) {
	now := time.Now()
	return ocsp.CreateResponse(a.cert, a.cert, ocsp.Response{
		Status: ocsp.Revoked, SerialNumber: serial, ThisUpdate: now.Add(-time.Hour), NextUpdate: now.Add(24 * time.Hour),
		RevokedAt: now.Add(-time.Minute), RevocationReason: ocsp.KeyCompromise,
	}, a.key)
}
