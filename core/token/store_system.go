//go:build windows || (darwin && cgo)

package token

import (
	"context"
	"crypto"
	"fmt"
	"runtime"

	"github.com/tailscale/certstore"

	"rechallenge/core/identity"
)

// storeIdentities are those of the store of Windows (CNG and CAPI keys, smart cards
// through it) or of the Keychain. The store stays open for their signers.
func storeIdentities(ctx context.Context, p Home) (list []*identity.Identity, err error) {
	location := certstore.User
	if p.Store == "machine" {
		location = certstore.System
	}
	store, err := certstore.Open(location, certstore.ReadOnly)
	if err != nil {
		return nil, &Error{NoTokens, fmt.Sprintf("the %s's certificate store does not open: %v", p.Store, err), ""}
	}
	stored, err := store.Identities()
	if err != nil {
		return nil, &Error{Failed, fmt.Sprintf("look into the %s's certificate store: %v", p.Store, err), ""}
	}
	for _, i := range stored {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if id, err := fromStore(p, i); err == nil {
			list = append(list, id)
		}
	}
	return list, nil
}

func fromStore(p Home, i certstore.Identity) (*identity.Identity, error) {
	leaf, err := i.Certificate()
	if err != nil {
		return nil, err
	}
	key, err := i.Signer()
	if err != nil {
		return nil, err
	}
	var others [][]byte
	if chain, err := i.CertificateChain(); err == nil {
		for _, c := range chain {
			others = append(others, c.Raw)
		}
	}
	name := identity.CommonName(leaf.Raw)
	return identity.FromSigner(name, leaf.Raw, others, stored{key, "store:" + p.Store + "#" + name})
}

// Stores are the stores of this system; the Keychain is one.
func Stores() []string {
	if runtime.GOOS == "darwin" {
		return []string{"user"}
	}
	return []string{"user", "machine"}
}

// stored is a key of the store.
type stored struct {
	crypto.Signer
	home string
}

// Home says where the key is, for people.
func (s stored) Home() string { return s.home }
