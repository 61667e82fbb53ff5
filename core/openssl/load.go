//go:build !nolibssl && (amd64 || arm64) && ((linux && !android) || darwin || windows)

package openssl

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/ebitengine/purego"
)

// newCallback makes a C function of a Go one. They are few and live for ever.
func newCallback(fn any) uintptr { return purego.NewCallback(fn) }

// Setting is the environment variable that names the folder of the libraries
// to load instead of looking in the usual places; Off loads none.
const (
	Setting = "RECHALLENGE_LIBSSL"
	Off     = "off"
)

// open loads the first pair of libraries that is there and whole.
func open(s *symbols, g *signing) error {
	var last error
	pairs := candidates()
	switch dir := os.Getenv(Setting); dir {
	case "":
	case Off:
		return fmt.Errorf("%w: %s=%s keeps it from being loaded", ErrUnavailable, Setting, Off)
	default:
		for i, pair := range pairs {
			pairs[i] = [2]string{filepath.Join(dir, filepath.Base(pair[0])), filepath.Join(dir, filepath.Base(pair[1]))}
		}
	}
	for _, pair := range pairs {
		crypto, err := openLibrary(pair[0])
		if err != nil {
			last = err
			continue
		}
		ssl, err := openLibrary(pair[1])
		if err != nil {
			last = err
			continue
		}
		if last = bind(s, ssl, crypto); last == nil {
			g.err = bind(&g.keySymbols, ssl, crypto)
			return nil
		}
	}
	return fmt.Errorf("%w: install OpenSSL 3 or 1.1.1, or name its folder in %s (%v)", ErrUnavailable, Setting, last)
}

func bind(s any, libraries ...uintptr) error {
	v := reflect.ValueOf(s).Elem()
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		// Go exports by the first letter, and these begin with a small one.
		if strings.HasPrefix(name, "D2i") || strings.HasPrefix(name, "I2d") {
			name = strings.ToLower(name[:1]) + name[1:]
		}
		address := find(name, libraries)
		if address == 0 {
			address = find(renamed[name], libraries)
		}
		if address == 0 {
			return fmt.Errorf("the library has no %s", name)
		}
		purego.RegisterFunc(v.Field(i).Addr().Interface(), address)
	}
	return nil
}

func find(name string, libraries []uintptr) uintptr {
	if name == "" {
		return 0
	}
	for _, l := range libraries {
		if address, err := symbol(l, name); err == nil && address != 0 {
			return address
		}
	}
	return 0
}
