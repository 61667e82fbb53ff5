package identity

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"time"
)

// Forge makes an identity with the names of another one under an issuer that
// nobody knows, made on the spot: what a server must refuse that looks at more
// than the name. Errors are of other's certificate, which must parse.
func Forge(ctx context.Context, id string, other Public) (*Identity, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("forge %q: %w", other.ID, err)
	}
	now := time.Now()
	issuer := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: "An issuer that nobody knows"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	x, err := made(ctx, id, other, issuer, key, issuer.NotBefore, issuer.NotAfter, nil)
	if err != nil {
		return nil, fmt.Errorf("forge %q: %w", other.ID, err)
	}
	return x, nil
}
