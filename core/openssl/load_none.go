//go:build nolibssl || !(amd64 || arm64) || !((linux && !android) || darwin || windows)

package openssl

import "fmt"

func open(*symbols, *signing) error {
	return fmt.Errorf("%w: this program was built without it", ErrUnavailable)
}

// newCallback is never called: nothing is loaded.
func newCallback(any) uintptr { return 0 }

// Present is "": this program was built without libssl.
func Present() string { return "" }
