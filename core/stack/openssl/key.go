package openssl

import (
	"fmt"

	"rechallenge/core/identity"
)

// CanUse tells of the keys that can't be handed over.
func (*opensslStack) CanUse(id *identity.Identity) error {
	key, err := id.PKCS8()
	clear(key)
	if err != nil {
		return fmt.Errorf("use %q with OpenSSL: %w; use the go stack", id.ID, err)
	}
	return nil
}
