package files

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"rechallenge/core/identity"
)

// WriteIdentities writes identities into a PKCS#12 file of mode 0600, after
// reading back what it is about to write, and returns what other programs make
// of it. Without replace a file that is there is left alone: fs.ErrExist.
func WriteIdentities(ctx context.Context, path string, ids []*identity.Identity, password string, style identity.Style, replace bool) (*identity.File, error) {
	if _, err := os.Lstat(path); err == nil && !replace {
		return nil, &fs.PathError{Op: "write", Path: path, Err: fs.ErrExist}
	}
	der, err := identity.Encode(ids, password, style)
	if err != nil {
		return nil, err
	}
	f, err := identity.Read(ctx, path, der, &password, identity.Options{})
	if err != nil {
		return nil, fmt.Errorf("check %s before it is written: %w", path, err)
	}
	if replace {
		err = Save(path, Secret, func(w io.Writer) error { _, err := w.Write(der); return err })
	} else {
		err = saveNew(path, der)
	}
	return f, err
}

// saveNew makes the file itself, so that one which appeared meanwhile is not
// replaced.
func saveNew(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, Secret)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", path, err), os.Remove(path))
	}
	return nil
}

// SaveCertificates writes certificates, given as DER, into a PEM file.
func SaveCertificates(path string, certificates [][]byte) error {
	return Save(path, Public, func(w io.Writer) error {
		for _, der := range certificates {
			if err := pem.Encode(w, &pem.Block{Type: "CERTIFICATE", Bytes: der}); err != nil {
				return err
			}
		}
		return nil
	})
}
