//go:build !windows

package token

import (
	"context"
	"runtime"

	"rechallenge/core/identity"
)

// openStore says what this build has instead of the system's store.
func openStore(context.Context, Place) (*identity.Identity, error) {
	if runtime.GOOS == "darwin" {
		return nil, &Error{
			NoTokens, "the Keychain is not read yet: that needs Apple's SDK, and nobody has tried it on macOS",
			"export the identity from Keychain Access as .p12, or use a PKCS#11 module (OpenSC)",
		}
	}
	return nil, &Error{NoTokens, "store: means the certificate store of Windows or macOS, and this system has none", "use a file, pkcs11: or nss:"}
}
