package token

import (
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"rechallenge/core/identity"
)

// Untried is said wherever a system's store is offered.
const Untried = "nobody has tried it on a real Windows or macOS yet"

// openStore finds an identity in the system's store.
func openStore(ctx context.Context, p Home) (*identity.Identity, error) {
	list, err := storeIdentities(ctx, p)
	if err != nil {
		return nil, err
	}
	return p.choose(list)
}

// choose takes the one of a store's identities that is named.
func (p Home) choose(list []*identity.Identity) (*identity.Identity, error) {
	var found []*identity.Identity
	var names []string
	for _, id := range list {
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

// wantsStored says whether an identity is the one that is named: by subject, CN
// or fingerprint.
func (p Home) wantsStored(id *identity.Identity) bool {
	want := strings.ToLower(strings.NewReplacer(":", "", " ", "").Replace(p.Choose))
	thumb := sha1.Sum(id.DER)
	print := sha256.Sum256(id.DER)
	return p.Choose == "" || p.Choose == id.Subject || p.Choose == id.Alias || p.Choose == "CN="+id.Alias ||
		want == hex.EncodeToString(thumb[:]) || want == hex.EncodeToString(print[:])
}
