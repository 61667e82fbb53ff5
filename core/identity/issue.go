package identity

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"time"
)

// MaxIssued is how long a certificate of Issue may live.
const MaxIssued = time.Hour

// ErrNoCA is wrapped where a certificate is to be issued by what is no CA.
var ErrNoCA = errors.New("it is no CA's certificate with its key")

// Issue makes an identity with the names of another one, by a CA, that ends
// soon: at most MaxIssued from now. It is in memory only.
func Issue(ctx context.Context, id string, ca *Identity, other Public, life time.Duration) (*Identity, error) {
	if life <= 0 || life > MaxIssued {
		return nil, fmt.Errorf("issue a certificate: %s is not between 1s and %s", life, MaxIssued)
	}
	issuer, err := x509.ParseCertificate(ca.DER)
	if err != nil {
		return nil, fmt.Errorf("issue a certificate by %q: %w", ca.ID, err)
	}
	if !issuer.IsCA || ca.Signer == nil || issuer.KeyUsage != 0 && issuer.KeyUsage&x509.KeyUsageCertSign == 0 {
		return nil, fmt.Errorf("issue a certificate by %q (%s): %w", ca.ID, ca.Subject, ErrNoCA)
	}
	now := time.Now()
	var above []byte // what a server may need to get from the leaf to a root
	if !bytes.Equal(issuer.RawSubject, issuer.RawIssuer) {
		for _, c := range ca.Chain {
			above = append(above, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.DER})...)
		}
	}
	return made(ctx, id, other, issuer, ca.Signer, now.Add(-time.Minute), now.Add(life), above)
}

// made is an identity with another one's names and a key of its own.
func made(ctx context.Context, id string, other Public, issuer *x509.Certificate, signer crypto.Signer, from, to time.Time, above []byte) (*Identity, error) {
	leaf, err := x509.ParseCertificate(other.DER)
	if err != nil {
		return nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: serial, RawSubject: leaf.RawSubject, NotBefore: from, NotAfter: to,
		DNSNames: leaf.DNSNames, EmailAddresses: leaf.EmailAddresses, IPAddresses: leaf.IPAddresses, URIs: leaf.URIs,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}, issuer, key.Public(), signer)
	if err != nil {
		return nil, err
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	defer clear(pkcs8)
	var file bytes.Buffer
	pem.Encode(&file, &pem.Block{Type: "CERTIFICATE", Bytes: der})
	pem.Encode(&file, &pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})
	file.Write(above)
	defer clear(file.Bytes())
	f, err := Read(ctx, id+".pem", file.Bytes(), nil, Options{})
	if err != nil {
		return nil, err
	}
	x := f.Identities[0]
	x.ID = id
	return x, nil
}
