package files

import (
	"fmt"
	"os"
	"path/filepath"

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
// folder's access list decides who may read, and a secret file, before
// anything is in it, gets one of its own that replaces the folder's.
func create(path string, mode os.FileMode) (pending, error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return nil, err
	}
	r := &replacement{File: f, path: path}
	if mode == Secret {
		if err := ownerAlone(f.Name()); err != nil {
			_ = r.Cleanup()
			return nil, fmt.Errorf("keep it from others: %w", err)
		}
	}
	return r, nil
}

// ownerAlone lets nobody but the user of this process at a file. Renaming keeps it so.
func ownerAlone(path string) error {
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return err
	}
	list, err := windows.ACLFromEntries([]windows.EXPLICIT_ACCESS{{
		AccessPermissions: windows.GENERIC_ALL, AccessMode: windows.SET_ACCESS, Inheritance: windows.NO_INHERITANCE,
		Trustee: windows.TRUSTEE{TrusteeForm: windows.TRUSTEE_IS_SID, TrusteeType: windows.TRUSTEE_IS_USER, TrusteeValue: windows.TrusteeValueFromSID(user.User.Sid)},
	}}, nil)
	if err != nil {
		return err
	}
	return windows.SetNamedSecurityInfo(path, windows.SE_FILE_OBJECT,
		windows.DACL_SECURITY_INFORMATION|windows.PROTECTED_DACL_SECURITY_INFORMATION, nil, nil, list, nil)
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
