package desk

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"os"
	"time"

	"rechallenge/app/files"
	"rechallenge/core/engine"
	"rechallenge/core/identity"
	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/session"
	"rechallenge/core/target"
)

// Case is a plan with what it is run with.
type Case struct {
	Plan       plan.Plan
	Dir        string                        // the plan's folder: relative names start there
	Document   *plan.Document                // the plan's text, to place errors in; nil = it has none
	Identities map[string]*identity.Identity // loaded already, by id; the others are loaded when they are needed
	Roots      map[string][]byte             // PEM certificates to trust that are in no file, by name: the lab's
	Clock      session.Clock                 // nil = the system's, or moved where a question wants it
	Sessions   map[string][]session.Session  // that a run begins with, by cache id
	For        time.Duration                 // how long a run repeats the plan; 0 = as often as the plan says
	Bytes      bool                          // a long run keeps the bytes and secrets of every connection

	loaded *engine.Resources // by Load; nil = not yet
	lab    *Lab              // whose case it is; nil = none
}

// Refused wraps what is wrong with a case itself: it is the user's to mend, and
// nothing was run.
type Refused struct{ error }

func (r Refused) Unwrap() error { return r.error }

// Load loads everything that the plan names, so that runs don't wait for it.
// Errors are Refused, or the context's.
func (d *Desk) Load(ctx context.Context, c *Case) error {
	res, err := d.resources(ctx, *c)
	if err == nil {
		c.loaded = &res
	}
	return err
}

// resources are what the case's plan names. Whatever holds the reading up, it
// ends with ctx.
func (d *Desk) resources(ctx context.Context, c Case) (engine.Resources, error) {
	if c.loaded != nil {
		return *c.loaded, nil
	}
	var res engine.Resources // the reader's until it is done, also where nobody waits for it any more
	err := d.read(ctx, func() (err error) {
		res, err = d.readAll(ctx, c)
		return err
	})
	switch {
	case ctx.Err() != nil:
		return engine.Resources{}, ctx.Err()
	case err == nil:
		return res, nil
	}
	var named *files.Error
	if c.Document != nil && errors.As(err, &named) {
		err = c.Document.Locate(named.Problem)
	}
	return engine.Resources{}, Refused{err}
}

// readAll reads the identities that are not loaded yet, and what targets name.
func (d *Desk) readAll(ctx context.Context, c Case) (engine.Resources, error) {
	res := engine.Resources{Identities: maps.Clone(c.Identities), Roots: map[string]*x509.CertPool{}, Passwords: map[string]string{}, Bodies: map[string][]byte{}}
	if res.Identities == nil {
		res.Identities = map[string]*identity.Identity{}
	}
	loader := files.Loader{Dir: c.Dir, Ask: d.opt.Ask, Known: c.Roots}
	for i, entry := range c.Plan.Identities {
		if res.Identities[entry.ID] != nil {
			continue
		}
		id, err := loader.Identity(ctx, entry)
		if ctx.Err() != nil {
			return res, ctx.Err()
		}
		if err != nil {
			return res, files.At(err, "identities", i)
		}
		res.Identities[entry.ID] = id
	}
	for i := range c.Plan.Targets {
		if err := readTarget(loader, &c.Plan.Targets[i], &res); err != nil {
			return res, files.At(err, "targets", i)
		}
	}
	return res, nil
}

// readTarget loads what a target names, once.
func readTarget(l files.Loader, t *target.Target, res *engine.Resources) error {
	if t.Trust != "" && t.Trust != protocol.TrustSystem && t.Trust != protocol.TrustNone && res.Roots[t.Trust] == nil {
		pool, err := l.Roots(t.Trust)
		if err != nil {
			return files.Field("trust", err)
		}
		res.Roots[t.Trust] = pool
	}
	if t.BodyFile != "" && res.Bodies[t.BodyFile] == nil {
		body, err := l.Body(t.BodyFile)
		if err != nil {
			return files.Field("body_file", err)
		}
		res.Bodies[t.BodyFile] = body
	}
	if env := t.ProxyPasswordEnv; env != "" {
		password, ok := os.LookupEnv(env)
		if !ok {
			return files.Field("proxy_password_env", fmt.Errorf("the environment has no %s: set it to the proxy's password", env))
		}
		res.Passwords[env] = password
	}
	return nil
}
