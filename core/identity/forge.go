package identity

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"time"
)

// Forge makes an identity with the names of another one under an issuer that
// nobody knows, made on the spot: what a server must refuse that looks at more
// than the name. Errors are of other's certificate, which must parse.
func Forge(ctx context.Context, id string, other Public) (*Identity, error) {
	leaf, err := x509.ParseCertificate(other.DER)
	if err != nil {
		return nil, fmt.Errorf("forge %q: %w", other.ID, err)
	}
	issuerKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("forge %q: %w", other.ID, err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("forge %q: %w", other.ID, err)
	}
	now := time.Now()
	issuer := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: "An issuer that nobody knows"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	forged := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano() + 1), RawSubject: leaf.RawSubject, NotBefore: issuer.NotBefore, NotAfter: issuer.NotAfter,
		DNSNames: leaf.DNSNames, EmailAddresses: leaf.EmailAddresses, IPAddresses: leaf.IPAddresses, URIs: leaf.URIs,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, forged, issuer, key.Public(), issuerKey)
	if err != nil {
		return nil, fmt.Errorf("forge %q: %w", other.ID, err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("forge %q: %w", other.ID, err)
	}
	defer clear(pkcs8)
	var file bytes.Buffer
	pem.Encode(&file, &pem.Block{Type: "CERTIFICATE", Bytes: der})
	pem.Encode(&file, &pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})
	f, err := Read(ctx, id+".pem", file.Bytes(), nil, Options{})
	if err != nil {
		return nil, fmt.Errorf("forge %q: %w", other.ID, err)
	}
	made := f.Identities[0]
	made.ID = id
	return made, nil
}
