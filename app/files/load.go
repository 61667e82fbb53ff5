// Package files is the disk: read what a plan names, ask for passwords, save
// whole files or none. What is done with it is decided in app/desk.
package files

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"rechallenge/core/identity"
	"rechallenge/core/plan"
	"rechallenge/core/target"
)

// Limits on what is read, in bytes, and on how often a person is asked.
const (
	maxIdentity = 16 << 20
	maxTrust    = 16 << 20
	maxPassword = 4096
	maxAsked    = 3
)

// Ask asks a person for the password of an identity's file. again is true when
// the last answer was wrong. An error ends the loading.
type Ask func(ctx context.Context, id, file string, again bool) (string, error)

// Loader reads what plans name. Dir is the plan's folder; relative names start there.
type Loader struct {
	Dir   string
	Ask   Ask               // nil = nobody can be asked
	Known map[string][]byte // PEM certificates to trust that are in no file, by name: the lab's (LabTrust)
}

// LabTrust is what a plan of the lab's trusts: its CA, which is in memory only.
// It ends in a slash, so that it names no file, whatever files there are.
const LabTrust = "lab-ca/"

// Error is something that a plan names and that can't be used. Place it in the
// plan's text with plan.Document.Place.
type Error struct {
	plan.Problem
	Err error
}

func (e *Error) Unwrap() error { return e.Err }

// field is an error with the key of the entry that it is about.
type field struct {
	key string
	error
}

func (f field) Unwrap() error { return f.error }

// Field is an error about a key of an entry, for At.
func Field(key string, err error) error { return field{key, err} }

// At makes err an *Error about an entry of the plan; a Field says which key.
func At(err error, path ...any) error {
	var f field
	if errors.As(err, &f) {
		path = append(path, f.key)
	}
	return &Error{plan.Problem{Path: path, What: err.Error()}, err}
}

// Identity loads one identity of a plan: the one of its alias where the file
// holds several.
func (l Loader) Identity(ctx context.Context, i plan.Identity) (*identity.Identity, error) {
	switch p, err := l.place(i); {
	case err != nil:
		return nil, err
	case p != nil:
		return l.token(ctx, i, p)
	}
	f, err := l.File(ctx, i)
	if err != nil {
		return nil, err
	}
	name := file(i)
	found := f.Identities
	if i.Alias != "" {
		found = nil
		for _, id := range f.Identities {
			if id.Alias == i.Alias {
				found = append(found, id)
			}
		}
	}
	switch {
	case len(f.Identities) == 0:
		return nil, field{"file", fmt.Errorf("%s holds no identity: a certificate and its key are needed", name)}
	case len(found) == 0:
		return nil, field{"alias", fmt.Errorf("%s has no identity with the alias %q; it has %s", name, i.Alias, Aliases(f))}
	case len(found) > 1 && i.Alias == "":
		return nil, field{"file", fmt.Errorf("%s holds %d identities: choose one with alias: %s", name, len(found), Aliases(f))}
	case len(found) > 1:
		return nil, field{"alias", fmt.Errorf("%s holds %d identities with the alias %q: split the file", name, len(found), i.Alias)}
	}
	id := found[0]
	id.ID, id.File = i.ID, name
	return id, nil
}

// file is the name by which people know an identity's file.
func file(i plan.Identity) string {
	if i.File != "" {
		return i.File
	}
	return i.Cert
}

// Aliases lists the aliases in a file, quoted.
func Aliases(f *identity.File) string {
	var list []string
	for _, id := range f.Identities {
		list = append(list, fmt.Sprintf("%q", id.Alias))
	}
	return strings.Join(list, ", ")
}

// File reads the file or files of one identity, asking for the password where
// the plan points at none and one is needed. What could be read without it is
// returned beside the error, which wraps an *identity.Error where the file is
// at fault.
func (l Loader) File(ctx context.Context, i plan.Identity) (*identity.File, error) {
	switch p, err := l.place(i); {
	case err != nil:
		return nil, err
	case p != nil:
		return l.explain(ctx, i, p)
	}
	password, err := l.password(i)
	if err != nil {
		return nil, err
	}
	read, err := l.reader(i)
	if err != nil {
		return nil, err
	}
	for asked := 0; ; asked++ {
		f, err := read(ctx, password)
		var refused *identity.Error
		if err == nil || ctx.Err() != nil || !errors.As(err, &refused) {
			return f, err
		}
		if refused.Code != identity.PasswordNeeded && refused.Code != identity.WrongPassword {
			return f, field{"file", fmt.Errorf("read %s: %w", file(i), err)}
		}
		switch {
		case i.PasswordEnv != "":
			return f, field{"password_env", fmt.Errorf("read %s with the password in %s: %w", file(i), i.PasswordEnv, err)}
		case i.PasswordFile != "":
			return f, field{"password_file", fmt.Errorf("read %s with the password in %s: %w", file(i), i.PasswordFile, err)}
		case l.Ask == nil || asked == maxAsked:
			return f, field{"file", fmt.Errorf("read %s: %w", file(i), err)}
		}
		answer, err := l.Ask(ctx, i.ID, file(i), asked > 0)
		if err != nil {
			return f, field{"file", fmt.Errorf("read %s: %w", file(i), err)}
		}
		password = &answer
	}
}

// reader returns how to read an identity's bytes with a password.
func (l Loader) reader(i plan.Identity) (func(context.Context, *string) (*identity.File, error), error) {
	if i.File != "" {
		data, err := l.read(i.File, maxIdentity)
		if err != nil {
			return nil, field{"file", err}
		}
		return func(ctx context.Context, password *string) (*identity.File, error) {
			return identity.Read(ctx, i.File, data, password, identity.Options{})
		}, nil
	}
	cert, err := l.read(i.Cert, maxIdentity)
	if err != nil {
		return nil, field{"cert", err}
	}
	key, err := l.read(i.Key, maxIdentity)
	if err != nil {
		return nil, field{"key", err}
	}
	return func(ctx context.Context, password *string) (*identity.File, error) {
		return identity.ReadPair(ctx, cert, key, password, identity.Options{})
	}, nil
}

// password finds the password that the plan points at; nil when it points at none.
func (l Loader) password(i plan.Identity) (*string, error) {
	switch {
	case i.PasswordEnv != "":
		password, ok := os.LookupEnv(i.PasswordEnv)
		if !ok {
			return nil, field{"password_env", fmt.Errorf("the environment has no %s: set it, or leave it out to be asked", i.PasswordEnv)}
		}
		return &password, nil
	case i.PasswordFile != "":
		data, err := l.read(i.PasswordFile, maxPassword)
		if err != nil {
			return nil, field{"password_file", err}
		}
		// Editors and echo end the line; a password doesn't hold its end.
		password := strings.TrimRight(string(data), "\r\n")
		return &password, nil
	}
	return nil, nil
}

// Roots reads a file of PEM certificates to trust, or takes those that Known
// has under that name.
func (l Loader) Roots(name string) (*x509.CertPool, error) {
	data, known := l.Known[name]
	switch {
	case known:
	case name == LabTrust:
		return nil, fmt.Errorf("%s stands for the CA of a lab server that runs in this program, and none does: start the lab, or name the file that holds the CA", name)
	default:
		var err error
		if data, err = l.read(name, maxTrust); err != nil {
			return nil, err
		}
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(data) {
		return nil, fmt.Errorf("%s holds no PEM certificate to trust: convert DER with `openssl x509 -inform der -in %s`", name, filepath.Base(name))
	}
	return pool, nil
}

// Body reads the body of a request.
func (l Loader) Body(name string) ([]byte, error) { return l.read(name, target.MaxBody) }

// Path is where a name of the plan points.
func (l Loader) Path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(l.Dir, name)
}

func (l Loader) read(name string, limit int64) ([]byte, error) { return Read(l.Path(name), limit) }

// Read reads a regular file up to a limit in bytes; pipes and terminals too,
// but no folder.
func Read(path string, limit int64) ([]byte, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, Explain(path, err)
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%s is larger than %d KiB", path, limit>>10)
	}
	return data, nil
}

// Open opens a file. Its errors are explained.
func Open(path string) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, Explain(path, err)
	}
	return f, nil
}

// Explain says what is wrong with a file in a person's words; errors.Is still works.
func Explain(path string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s is not there: %w", path, fs.ErrNotExist)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s may not be read: %w", path, fs.ErrPermission)
	}
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	return fmt.Errorf("read %s: %w", path, err)
}
