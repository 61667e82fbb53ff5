package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"golang.org/x/term"

	"rechallenge/app/files"
	"rechallenge/core/diagnose"
)

// terminal gives the width to draw at, and whether colours may be used: on a
// terminal only, and not where NO_COLOR is set.
func (c *console) terminal() (width int, color bool) {
	file := tty(c.out)
	if file == nil {
		return 100, false
	}
	width, _, err := term.GetSize(int(file.Fd()))
	if err != nil || width < 60 {
		width = 100
	}
	return min(width, 160), os.Getenv("NO_COLOR") == ""
}

// paint colours a word.
func paint(word, code string, color bool) string {
	if !color {
		return word
	}
	return ours("\x1b["+code+"m") + word + ours("\x1b[0m")
}

func severityColor(s diagnose.Severity) string {
	return map[diagnose.Severity]string{diagnose.Error: "31", diagnose.Warning: "33", diagnose.Info: "36", diagnose.OK: "32"}[s]
}

// mark is a verdict's sign: a word, so that it needs no colour.
func mark(s diagnose.Severity, color bool) string {
	word := map[diagnose.Severity]string{diagnose.Error: "PROBLEM:", diagnose.Warning: "WARNING:", diagnose.Info: "NOTE:", diagnose.OK: "OK:"}[s]
	return paint(word, "1;"+severityColor(s), color)
}

// plainText is s as the screen shows it: for what is measured before.
func plainText(s string) string { return visible(s) }

// sticky remembers the first error of a writer.
type sticky struct {
	w   io.Writer
	err error
}

func (s *sticky) Write(b []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.w.Write(b)
	s.err = err
	return n, err
}

// written says where a write went wrong. A reader that closed the pipe has
// seen enough: that is nothing wrong.
func (c *console) written(err error) error {
	if err == nil || errors.Is(err, syscall.EPIPE) {
		return nil
	}
	return fmt.Errorf("write to standard output: %w", err)
}

// errNoTerminal says why nobody was asked for a password.
var errNoTerminal error = usage{errors.New("a password is needed and there is no terminal to ask at: name it with password_env or password_file (try: --identity FILE:ENVIRONMENT_VARIABLE)")}

// ask prompts for a password without echo.
func (c *console) ask() files.Ask {
	return func(ctx context.Context, id, file string, again bool) (string, error) {
		in, ok := c.in.(*os.File)
		if !ok || !term.IsTerminal(int(in.Fd())) {
			return "", errNoTerminal
		}
		if again {
			fmt.Fprintln(c.err, "wrong password")
		}
		fmt.Fprintf(c.err, "password of %s (%s): ", id, file)
		before, err := term.GetState(int(in.Fd()))
		if err != nil {
			return "", err
		}
		type answer struct {
			password []byte
			err      error
		}
		answered := make(chan answer, 1)
		// A read from a terminal can't be cancelled: it ends with the program.
		go func() {
			password, err := term.ReadPassword(int(in.Fd()))
			answered <- answer{password, err}
		}()
		defer fmt.Fprintln(c.err)
		select {
		case a := <-answered:
			return string(a.password), a.err
		case <-ctx.Done():
			// The terminal must show again what is typed.
			return "", errors.Join(ctx.Err(), term.Restore(int(in.Fd()), before))
		}
	}
}
