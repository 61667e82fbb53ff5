package files

import (
	"os"
	"path/filepath"
)

// replacement is a temporary file beside the real one. os.Rename replaces on
// Windows too, though not atomically.
type replacement struct {
	*os.File
	path string
	done bool
}

// create begins a file that will replace path. Windows knows no modes: the
// folder's access list decides who may read.
func create(path string, _ os.FileMode) (pending, error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return nil, err
	}
	return &replacement{File: f, path: path}, nil
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
