package relay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// Program is a program to run.
type Program struct {
	Args     []string // the command and its arguments
	Vars     []string // its environment
	Dir      string   // where it is run; "" = here
	In       io.Reader
	Out, Err io.Writer
}

// Find says why a command can't be run, nil where it can.
func Find(command string) error {
	if _, err := exec.LookPath(command); err != nil {
		return fmt.Errorf("run %s: %w", command, plain(err))
	}
	return nil
}

// How long a program that is told to end is waited for.
const (
	graceful = 2 * time.Second // it has heard Ctrl-C as well, from the terminal
	forced   = 3 * time.Second // after SIGTERM
)

// Run runs the program until it ends, and says how in words: "exit status 1".
// Once ctx ends it is told to end too. An error: it could not be started.
func (p *Program) Run(ctx context.Context) (ended string, err error) {
	cmd := exec.Command(p.Args[0], p.Args[1:]...)
	cmd.Env, cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = p.Vars, p.Dir, p.In, p.Out, p.Err
	cmd.WaitDelay = forced // where something it began holds on to its output
	if err := cmd.Start(); err != nil {
		return "", fmt.Errorf("start %s: %w", p.Args[0], plain(err))
	}
	over := make(chan error, 1)
	go func() { over <- cmd.Wait() }()
	select {
	case err = <-over:
	case <-ctx.Done():
		err = end(cmd.Process, over)
	}
	var failed *exec.ExitError
	switch {
	case err == nil, errors.Is(err, exec.ErrWaitDelay):
		return cmd.ProcessState.String(), nil
	case errors.As(err, &failed):
		return failed.String(), nil
	}
	return "", fmt.Errorf("run %s: %w", p.Args[0], err)
}

// end ends a program, first gently.
func end(p *os.Process, over <-chan error) error {
	for _, step := range []struct {
		wait time.Duration
		then func() error
	}{{graceful, func() error { return terminate(p) }}, {forced, p.Kill}} {
		select {
		case err := <-over:
			return err
		case <-time.After(step.wait):
			step.then()
		}
	}
	return <-over
}

// plain leaves out what exec says twice.
func plain(err error) error {
	var e *exec.Error
	if errors.As(err, &e) {
		return e.Err
	}
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
