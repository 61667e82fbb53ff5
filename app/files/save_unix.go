//go:build !windows

package files

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/google/renameio/v2"
)

// create begins a file that will replace path. Secrets lose whatever wider
// permissions an older file had. It is made beside path: what is left of it
// where the program is killed is not in a folder that everybody shares.
func create(path string, mode os.FileMode) (pending, error) {
	sweep(path)
	beside := renameio.WithTempDir(filepath.Dir(path))
	var f *renameio.PendingFile
	var err error
	if mode == Secret {
		f, err = renameio.NewPendingFile(path, beside, renameio.WithStaticPermissions(mode))
	} else {
		f, err = renameio.NewPendingFile(path, beside, renameio.WithPermissions(mode), renameio.WithExistingPermissions())
	}
	if err != nil {
		return nil, err
	}
	// Whoever sweeps sees by it that somebody is still writing.
	syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	return f, nil
}

// sweep removes what a killed program left of its writing to path: temporary
// files beside it that nobody has locked any more.
func sweep(path string) {
	dir, prefix := filepath.Dir(path), "."+filepath.Base(path)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		number, ok := strings.CutPrefix(e.Name(), prefix)
		if !ok || number == "" || strings.Trim(number, "0123456789") != "" || !e.Type().IsRegular() {
			continue
		}
		name := filepath.Join(dir, e.Name())
		f, err := os.OpenFile(name, os.O_RDWR, 0)
		if err != nil {
			continue
		}
		info, err := f.Stat()
		old := err == nil && time.Since(info.ModTime()) > settling
		if old && syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			os.Remove(name)
		}
		f.Close()
	}
}

// settling is more than passes between a temporary file's beginning and its lock.
const settling = 2 * time.Second
