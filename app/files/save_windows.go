package files

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// replacement is a temporary file beside the real one. os.Rename replaces on
// Windows too, though not atomically.
type replacement struct {
	*os.File
	path string
	done bool
}

// create begins a file that will replace path. Windows knows no modes: the
// folder's access list decides who may read, but a secret file is made with
// one of its own, so that at no time anybody else can open it.
func create(path string, mode os.FileMode) (pending, error) {
	sweep(path)
	begin := func() (*os.File, error) { return os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") }
	if mode == Secret {
		begin = func() (*os.File, error) {
			return ownersAlone(filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+"."+rand.Text()))
		}
	}
	f, err := begin()
	if err != nil {
		return nil, err
	}
	return &replacement{File: f, path: path}, nil
}

// sweep removes what a killed program left of its writing to path: temporary
// files beside it that have not been written to for a while. One that somebody
// still has open Windows does not let go.
func sweep(path string) {
	const settling = 2 * time.Second // more than passes between closing and renaming
	dir, prefix := filepath.Dir(path), "."+filepath.Base(path)+"."
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		end, ok := strings.CutPrefix(e.Name(), prefix)
		// As os.CreateTemp and rand.Text make them.
		if !ok || end == "" || strings.Trim(end, "0123456789") != "" && (len(end) != 26 || strings.Trim(end, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") != "") {
			continue
		}
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() && time.Since(info.ModTime()) > settling {
			os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}

// ownersAlone makes a new file that nobody but the user of this process may
// open: its access list (SDDL, [MS-DTYP] section 2.5.1) is protected, so the
// folder's does not count, and names that user only. Renaming keeps it so.
func ownersAlone(path string) (*os.File, error) {
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return nil, fmt.Errorf("create %s for its owner alone: %w", path, err)
	}
	list, err := windows.SecurityDescriptorFromString("D:P(A;;FA;;;" + user.User.Sid.String() + ")")
	if err != nil {
		return nil, fmt.Errorf("create %s for its owner alone: %w", path, err)
	}
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return nil, &os.PathError{Op: "create", Path: path, Err: err}
	}
	handle, err := windows.CreateFile(name, windows.GENERIC_READ|windows.GENERIC_WRITE, windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE,
		&windows.SecurityAttributes{Length: uint32(unsafe.Sizeof(windows.SecurityAttributes{})), SecurityDescriptor: list},
		windows.CREATE_NEW, windows.FILE_ATTRIBUTE_NORMAL, 0)
	if err != nil {
		return nil, &os.PathError{Op: "create", Path: path, Err: err}
	}
	return os.NewFile(uintptr(handle), path), nil
}

func (r *replacement) CloseAtomicallyReplace() error {
	if err := r.Sync(); err != nil {
		return err
	}
	if err := r.Close(); err != nil {
		return err
	}
	if err := os.Rename(r.Name(), r.path); err != nil {
		return err
	}
	r.done = true
	return nil
}

func (r *replacement) Cleanup() error {
	if r.done {
		return nil
	}
	r.Close()
	return os.Remove(r.Name())
}
