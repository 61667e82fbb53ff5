package desk

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"rechallenge/app/files"
	"rechallenge/core/experiment"
	"rechallenge/core/session"
)

// sessionsFile is where the sessions of a state are: they are secret, the state
// is not.
func sessionsFile(state string) string { return state + ".sessions" }

// Remember lets a question go on from the state in a file, if there is one, and
// keep its own there.
func Remember(q *experiment.Question, name string) error {
	s, err := ReadState(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	default:
		q.State = &s
	}
	kept := 0
	q.Keep = func(s experiment.State) error {
		write := func(name string, text func(io.Writer) error) func() error {
			return func() error { return files.Save(name, files.Secret, text) }
		}
		state := write(name, func(w io.Writer) error { return experiment.WriteState(w, s) })
		secret := write(sessionsFile(name), func(w io.Writer) error { return session.Save(w, s.Sessions) })
		if len(s.Sessions) >= kept {
			// What the state says is waiting must have its sessions.
			state, secret = secret, state
		}
		kept = len(s.Sessions)
		if err := state(); err != nil {
			return err
		}
		return secret()
	}
	return nil
}

// ReadState reads a state and its sessions.
func ReadState(name string) (experiment.State, error) {
	f, err := files.Open(name)
	if err != nil {
		return experiment.State{}, fmt.Errorf("read the state of a question: %w", err)
	}
	defer f.Close()
	s, err := experiment.ReadState(f)
	if err != nil {
		return s, fmt.Errorf("%s: %w", name, err)
	}
	secret, err := os.Open(sessionsFile(name))
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil // the experiment says which wait can't be gone on with
	}
	if err != nil {
		return s, fmt.Errorf("read the state of a question: %w", err)
	}
	defer secret.Close()
	if s.Sessions, err = session.Load(secret); err != nil {
		return s, fmt.Errorf("%s: %w", sessionsFile(name), err)
	}
	return s, nil
}

// Forget removes a state that is no longer needed.
func Forget(name string) (err error) {
	for _, name := range []string{sessionsFile(name), name} {
		if e := os.Remove(name); e != nil && !errors.Is(e, fs.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}
	return err
}
