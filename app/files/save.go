package files

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Modes of files: what others may read (less the umask), and what holds secrets.
const (
	Public os.FileMode = 0o644
	Secret os.FileMode = 0o600
)

// pending is a temporary file that becomes the real one, or goes.
type pending interface {
	io.Writer
	CloseAtomicallyReplace() error
	Cleanup() error
}

// Save writes a whole file or none: to a temporary file beside it, synced, then
// renamed over path. On an error nothing of it is left behind and what was at
// path is untouched. A link is followed; a device such as /dev/stdout is
// written to directly.
func Save(path string, mode os.FileMode, write func(io.Writer) error) (err error) {
	real := path
	if followed, err := filepath.EvalSymlinks(path); err == nil {
		real = followed
	}
	if info, err := os.Stat(real); err == nil && !info.Mode().IsRegular() {
		return notWritten(path, stream(path, write))
	}
	f, err := create(real, mode)
	if err != nil {
		return notWritten(path, err)
	}
	defer func() {
		if e := f.Cleanup(); err == nil {
			err = e
		}
		err = notWritten(path, err)
	}()
	buffered := bufio.NewWriter(f)
	if err := write(buffered); err != nil {
		return err
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	return f.CloseAtomicallyReplace()
}

// notWritten says which file was not written and why: the user's name of it
// once, not the temporary one's. nil stays nil.
func notWritten(path string, err error) error {
	if err == nil {
		return nil
	}
	var of *fs.PathError
	if errors.As(err, &of) {
		err = of.Err
	}
	return fmt.Errorf("write %s: %w", path, err)
}

// stream writes to something that is not a regular file.
func stream(path string, write func(io.Writer) error) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return write(f)
}
