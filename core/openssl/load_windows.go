//go:build !nolibssl && (amd64 || arm64)

package openssl

import (
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// candidates are pairs of libcrypto and libssl, always by their full paths: a
// bare name could be answered by a DLL in the working directory.
func candidates() [][2]string {
	var dirs []string
	if exe, err := os.Executable(); err == nil {
		dirs = append(dirs, filepath.Dir(exe))
	}
	for _, v := range []string{"ProgramW6432", "ProgramFiles"} {
		if p := os.Getenv(v); p != "" {
			dirs = append(dirs, filepath.Join(p, "OpenSSL-Win64", "bin"), filepath.Join(p, "OpenSSL-Win64-ARM", "bin"),
				filepath.Join(p, "OpenSSL", "bin"), filepath.Join(p, "Git", "mingw64", "bin"))
		}
	}
	suffix := map[string]string{"amd64": "-x64.dll", "arm64": "-arm64.dll"}[runtime.GOARCH]
	var list [][2]string
	for _, version := range []string{"-3", "-1_1"} {
		for _, dir := range dirs {
			list = append(list, [2]string{filepath.Join(dir, "libcrypto"+version+suffix), filepath.Join(dir, "libssl"+version+suffix)})
		}
	}
	return list
}

func openLibrary(path string) (uintptr, error) {
	h, err := syscall.LoadLibrary(path)
	return uintptr(h), err
}

func symbol(library uintptr, name string) (uintptr, error) {
	return syscall.GetProcAddress(syscall.Handle(library), name)
}
