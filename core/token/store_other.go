//go:build !windows && !(darwin && cgo)

package token

import (
	"context"
	"runtime"

	"rechallenge/core/identity"
)

// Stores are the stores of this system that this build reads.
func Stores() []string { return nil }

// storeIdentities says what this build has instead of the system's store.
func storeIdentities(context.Context, Home) ([]*identity.Identity, error) {
	if runtime.GOOS == "darwin" {
		return nil, &Error{
			NoTokens, "this build does not read the Keychain: that needs one made with cgo on a Mac, and nobody has tried that",
			"export the identity from Keychain Access as .p12, or use a PKCS#11 module (OpenSC)",
		}
	}
	return nil, &Error{NoTokens, "store: means the certificate store of Windows or macOS, and this system has none", "use a file, pkcs11: or nss:"}
}
