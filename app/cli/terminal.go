package main

import (
	"context"
	"fmt"
	"os"

	"golang.org/x/term"

	"rechallenge/app/files"
	"rechallenge/core/diagnose"
)

// terminal gives the width to draw at, and whether colours may be used: on a
// terminal only, and not where NO_COLOR is set.
func (c *console) terminal() (width int, color bool) {
	file, ok := c.out.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return 100, false
	}
	width, _, err := term.GetSize(int(file.Fd()))
	if err != nil || width < 60 {
		width = 100
	}
	return min(width, 160), os.Getenv("NO_COLOR") == ""
}

// mark is a verdict's sign: a word, so that it needs no colour.
func mark(s diagnose.Severity, color bool) string {
	word, code := "OK:", "32"
	switch s {
	case diagnose.Error:
		word, code = "PROBLEM:", "31"
	case diagnose.Warning:
		word, code = "WARNING:", "33"
	case diagnose.Info:
		word, code = "NOTE:", "36"
	}
	if !color {
		return word
	}
	return "\x1b[1;" + code + "m" + word + "\x1b[0m"
}

// ask prompts for a password without echo.
func (c *console) ask() files.Ask {
	return func(_ context.Context, id, file string, again bool) (string, error) {
		in, ok := c.in.(*os.File)
		if !ok || !term.IsTerminal(int(in.Fd())) {
			return "", errNoTerminal
		}
		if again {
			fmt.Fprintln(c.err, "wrong password")
		}
		fmt.Fprintf(c.err, "password of %s (%s): ", id, file)
		password, err := term.ReadPassword(int(in.Fd()))
		fmt.Fprintln(c.err)
		return string(password), err
	}
}
