//go:build windows || (darwin && cgo)

package token

import (
	"context"
	"crypto"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/tailscale/certstore"

	"rechallenge/core/identity"
)

// openStore finds an identity in the store of Windows (CNG and CAPI keys, smart
// cards through it) or in the Keychain. The store stays open for its signer.
func openStore(ctx context.Context, p Home) (*identity.Identity, error) {
	location := certstore.User
	if p.Store == "machine" {
		location = certstore.System
	}
	store, err := certstore.Open(location, certstore.ReadOnly)
	if err != nil {
		return nil, &Error{NoTokens, fmt.Sprintf("the %s's certificate store does not open: %v", p.Store, err), ""}
	}
	list, err := store.Identities()
	if err != nil {
		return nil, &Error{Failed, fmt.Sprintf("look into the %s's certificate store: %v", p.Store, err), ""}
	}
	var found []*identity.Identity
	var names []string
	for _, i := range list {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		id, err := fromStore(p, i)
		if err != nil {
			continue
		}
		names = append(names, fmt.Sprintf("%q", id.Subject))
		if p.wantsStored(id) {
			found = append(found, id)
		}
	}
	there := "it has none with a key"
	if len(names) > 0 {
		there = "it has " + strings.Join(names[:min(len(names), 20)], ", ")
	}
	switch {
	case len(found) == 0:
		return nil, &Error{NoObject, fmt.Sprintf("the %s's certificate store has no such identity: %s", p.Store, there), "choose one by its subject, its CN or its SHA-256 or SHA-1 fingerprint"}
	case len(found) > 1:
		return nil, &Error{Ambiguous, fmt.Sprintf("the %s's certificate store has %d identities that fit: %s", p.Store, len(found), there), "choose one by its fingerprint"}
	}
	return found[0], nil
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

// wantsStored says whether an identity is the one that is named: by subject, CN
// or fingerprint.
func (p Home) wantsStored(id *identity.Identity) bool {
	want := strings.ToLower(strings.NewReplacer(":", "", " ", "").Replace(p.Choose))
	thumb := sha1.Sum(id.DER)
	print := sha256.Sum256(id.DER)
	return p.Choose == "" || p.Choose == id.Subject || p.Choose == id.Alias || p.Choose == "CN="+id.Alias ||
		want == hex.EncodeToString(thumb[:]) || want == hex.EncodeToString(print[:])
}

// stored is a key of the store.
type stored struct {
	crypto.Signer
	home string
}

// Home says where the key is, for people.
func (s stored) Home() string { return s.home }
