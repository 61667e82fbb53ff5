//go:build !nolibssl && (amd64 || arm64) && ((linux && !android) || darwin || windows)

package openssl

import (
	"os"
	"path/filepath"
	"strings"
)

// Present looks for the libssl that New would load, without loading it, which
// takes longer than many a command: its path, or "" where none is seen in the
// usual places (a loader that is set up otherwise may still find one).
func Present() string {
	dirs := []string{""}
	switch setting := os.Getenv(Setting); setting {
	case "":
		dirs = append(dirs, filepath.SplitList(os.Getenv("LD_LIBRARY_PATH"))...)
		for _, pattern := range []string{"/lib", "/lib64", "/lib/*-linux-gnu", "/usr/lib", "/usr/lib64", "/usr/lib/*-linux-gnu", "/usr/local/lib"} {
			found, _ := filepath.Glob(pattern)
			dirs = append(dirs, found...)
		}
	case Off:
		return ""
	default:
		dirs = []string{setting}
	}
	for _, pair := range candidates() {
		for _, dir := range dirs {
			path := pair[1]
			if dir != "" && (!filepath.IsAbs(path) || len(dirs) == 1) {
				path = filepath.Join(dir, filepath.Base(path))
			}
			if strings.ContainsRune(path, filepath.Separator) {
				if s, err := os.Stat(path); err == nil && !s.IsDir() {
					return path
				}
			}
		}
	}
	return ""
}
