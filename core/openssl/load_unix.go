//go:build !nolibssl && (amd64 || arm64) && ((linux && !android) || darwin)

package openssl

import (
	"runtime"

	"github.com/ebitengine/purego"
)

// candidates are pairs of libcrypto and libssl. On macOS they are named by
// their full paths: a bare name would find the system's, which aborts.
func candidates() [][2]string {
	if runtime.GOOS == "linux" {
		return [][2]string{{"libcrypto.so.3", "libssl.so.3"}, {"libcrypto.so.1.1", "libssl.so.1.1"}}
	}
	var list [][2]string
	for _, dir := range []string{
		"/opt/homebrew/opt/openssl@3/lib/", "/usr/local/opt/openssl@3/lib/", "/opt/local/lib/", "/opt/local/libexec/openssl3/lib/",
	} {
		list = append(list, [2]string{dir + "libcrypto.3.dylib", dir + "libssl.3.dylib"})
	}
	for _, dir := range []string{"/opt/homebrew/opt/openssl@1.1/lib/", "/usr/local/opt/openssl@1.1/lib/", "/opt/local/libexec/openssl11/lib/"} {
		list = append(list, [2]string{dir + "libcrypto.1.1.dylib", dir + "libssl.1.1.dylib"})
	}
	return list
}

func openLibrary(name string) (uintptr, error) {
	return purego.Dlopen(name, purego.RTLD_NOW|purego.RTLD_LOCAL)
}

func symbol(library uintptr, name string) (uintptr, error) { return purego.Dlsym(library, name) }
