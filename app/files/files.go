// Package files is what both programs do with the disk: read a plan and what it
// names, ask for passwords, save whole files or none.
package files

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"rechallenge/core/engine"
	"rechallenge/core/identity"
	"rechallenge/core/plan"
	"rechallenge/core/target"
)

// Limits on what is read.
const (
	maxIdentity = 16 << 20
	maxTrust    = 16 << 20
	maxPassword = 4096
)

// Ask asks a person for the password of an identity's file. again is true when
// the last answer was wrong. An error ends the loading.
type Ask func(ctx context.Context, id, file string, again bool) (string, error)

// Loader reads what plans name. Dir is the plan's folder; relative names start there.
type Loader struct {
	Dir string
	Ask Ask // nil = nobody can be asked
}

// Resources loads everything that p names. Errors name the identity or target
// and say what to do.
func (l Loader) Resources(ctx context.Context, p *plan.Plan) (engine.Resources, error) {
	res := engine.Resources{
		Identities: map[string]*identity.Identity{}, Roots: map[string]*x509.CertPool{}, Passwords: map[string]string{},
	}
	for _, i := range p.Identities {
		id, err := l.Identity(ctx, i)
		if err != nil {
			return res, fmt.Errorf("read identity %q: %w", i.ID, err)
		}
		res.Identities[i.ID] = id
	}
	for i := range p.Targets {
		t := &p.Targets[i]
		if t.Trust != "" && t.Trust != target.TrustSystem && t.Trust != target.TrustNone && res.Roots[t.Trust] == nil {
			pool, err := l.Roots(t.Trust)
			if err != nil {
				return res, fmt.Errorf("target %q: %w", t.ID, err)
			}
			res.Roots[t.Trust] = pool
		}
		if env := t.ProxyPasswordEnv; env != "" {
			password, ok := os.LookupEnv(env)
			if !ok {
				return res, fmt.Errorf("target %q: the environment has no %s (proxy_password_env)", t.ID, env)
			}
			res.Passwords[env] = password
		}
	}
	return res, nil
}

// Identity loads one identity of a plan: the one of its alias where the file
// holds several.
func (l Loader) Identity(ctx context.Context, i plan.Identity) (*identity.Identity, error) {
	f, err := l.File(ctx, i)
	if err != nil {
		return nil, err
	}
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
		return nil, fmt.Errorf("%s holds no identity", i.File)
	case len(found) == 0:
		return nil, fmt.Errorf("%s has no identity with the alias %q (has %s)", i.File, i.Alias, strings.Join(Aliases(f), ", "))
	case len(found) > 1 && i.Alias == "":
		return nil, fmt.Errorf("%s holds %d identities: choose one with alias: (%s)", i.File, len(found), strings.Join(Aliases(f), ", "))
	}
	id := found[0]
	id.ID, id.File = i.ID, i.File
	return id, nil
}

// Aliases lists the aliases in a file, quoted.
func Aliases(f *identity.File) []string {
	var list []string
	for _, id := range f.Identities {
		list = append(list, fmt.Sprintf("%q", id.Alias))
	}
	return list
}

// File reads the file or files of one identity, asking for the password where
// none was given and one is needed.
func (l Loader) File(ctx context.Context, i plan.Identity) (*identity.File, error) {
	password, err := l.password(i)
	if err != nil {
		return nil, err
	}
	read, err := l.reader(i)
	if err != nil {
		return nil, err
	}
	name := i.File
	if name == "" {
		name = i.Key
	}
	again := false
	for {
		f, err := read(ctx, password)
		if err == nil {
			return f, nil
		}
		var refused *identity.Error
		if l.Ask == nil || i.PasswordEnv != "" || i.PasswordFile != "" || !errors.As(err, &refused) ||
			(refused.Code != identity.PasswordNeeded && refused.Code != identity.WrongPassword) {
			return f, err
		}
		answer, askErr := l.Ask(ctx, i.ID, name, again)
		if askErr != nil {
			return f, askErr
		}
		password, again = &answer, true
	}
}

// reader returns how to read an identity's bytes with a password.
func (l Loader) reader(i plan.Identity) (func(context.Context, *string) (*identity.File, error), error) {
	if i.File != "" {
		data, err := l.read(i.File, maxIdentity)
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context, password *string) (*identity.File, error) {
			return identity.Read(ctx, i.File, data, password, identity.Options{})
		}, nil
	}
	cert, err := l.read(i.Cert, maxIdentity)
	if err != nil {
		return nil, err
	}
	key, err := l.read(i.Key, maxIdentity)
	if err != nil {
		return nil, err
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
			return nil, fmt.Errorf("the environment has no %s (password_env): set it, or leave password_env out to be asked", i.PasswordEnv)
		}
		return &password, nil
	case i.PasswordFile != "":
		data, err := l.read(i.PasswordFile, maxPassword)
		if err != nil {
			return nil, err
		}
		// Editors and echo end the line; a password doesn't hold its end.
		password := strings.TrimRight(string(data), "\r\n")
		return &password, nil
	}
	return nil, nil
}

// Roots reads a file of PEM certificates to trust.
func (l Loader) Roots(name string) (*x509.CertPool, error) {
	data, err := l.read(name, maxTrust)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(data) {
		return nil, fmt.Errorf("%s holds no PEM certificate to trust: convert DER with `openssl x509 -inform der -in %s`", name, filepath.Base(name))
	}
	return pool, nil
}

// Path is where a name of the plan points.
func (l Loader) Path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(l.Dir, name)
}

func (l Loader) read(name string, limit int64) ([]byte, error) { return Read(l.Path(name), limit) }

// Read reads a file up to a limit in bytes.
func Read(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%s is larger than %d KiB", path, limit>>10)
	}
	return data, nil
}
