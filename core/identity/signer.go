package identity

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/tls"
	"strings"
	"time"
)

// KeyReason is why a key that is in no file did not sign; each is a stable
// kebab-case id, and a reason of the report.
type KeyReason string

// The reasons.
const (
	KeyGone   KeyReason = "token-gone"   // the token was pulled, its module crashed, the key was deleted
	KeyLocked KeyReason = "token-locked" // its PIN is locked, or it is logged out
	KeyBusy   KeyReason = "token-busy"   // it has no time or room, or gave no answer
)

// KeyFailure is an error of a Signer whose key is somewhere else.
type KeyFailure struct {
	Reason KeyReason
	Err    error
}

func (f *KeyFailure) Error() string { return f.Err.Error() }
func (f *KeyFailure) Unwrap() error { return f.Err }

// FromSigner makes an identity of a certificate (DER) and a key that stays where
// it is. others are certificates beside it, of which those of its chain are
// taken. The error is an *Error.
func FromSigner(alias string, leaf []byte, others [][]byte, signer crypto.Signer) (*Identity, error) {
	m := newMaterial(context.Background(), nil, Options{})
	if err := m.addCert(leaf, attributes{}); err != nil {
		return nil, err
	}
	if len(m.failures) > 0 {
		return nil, m.failures[0]
	}
	for _, der := range others[:min(len(others), maxParts)] {
		if err := m.addCert(der, attributes{}); err != nil {
			return nil, err
		}
	}
	id := &Identity{Signer: signer}
	chain := m.chainOf(0)
	for _, i := range chain {
		id.Chain = append(id.Chain, ParseCertificate(m.certs[i].der))
	}
	id.Certificate, id.Alias, id.Usable = id.Chain[0], alias, true
	top := m.certs[chain[len(chain)-1]].tbs
	id.remark(time.Now(), sameName(top.subject, top.issuer), nameOf(top.issuer))
	for i := range id.Problems {
		id.Problems[i].Message = strings.Replace(id.Problems[i].Message, " is not in the file:", " is not there beside it:", 1)
	}
	return id, nil
}

// Home says where a key is that is in no file, e.g. "pkcs11:token=demo"; "" for
// one that is at hand.
func (id *Identity) Home() string {
	if s, ok := id.Signer.(interface{ Home() string }); ok {
		return s.Home()
	}
	return ""
}

// schemes are what the key can sign where that is less than its type can; nil =
// everything of its type.
func (id *Identity) schemes() []tls.SignatureScheme {
	s, ok := id.Signer.(interface{ PSS() bool })
	if _, isRSA := id.Signer.Public().(*rsa.PublicKey); !ok || !isRSA || s.PSS() {
		return nil
	}
	return []tls.SignatureScheme{tls.PKCS1WithSHA256, tls.PKCS1WithSHA384, tls.PKCS1WithSHA512, tls.PKCS1WithSHA1}
}
