// Package cure holds the cure as code: for each client two programs of two visits,
// one in which the second identity is not asked and one in which it is. What a test
// runs and what was only written from documentation is told apart. It knows
// programs as text and runs none: core/client does.
//
// A program that is run takes these arguments: the CA file ("-" = the system's,
// "none" = nothing is verified), the highest TLS version ("1.2", "-" = its own),
// then for each visit the URL, the address to connect to in its place, and the
// stem of the identity's files (STEM.pem, STEM.key, STEM.p12 with the password
// "client"; "-" = nobody).
package cure

import (
	"embed"
	"path"
	"slices"
	"strings"

	"rechallenge/core/session"
)

//go:embed programs
var programs embed.FS

// Program is a whole program.
type Program struct {
	Way    string   // in which it uses the client: "one SSLContext"
	File   string   // "java/Bitten.java"
	Beside []string // files that it needs beside it
}

// Text is the program.
func (p Program) Text() string { return Text(p.File) }

// Name is the file's own name.
func (p Program) Name() string { return path.Base(p.File) }

// Text is a program's file, or one beside it.
func Text(file string) string {
	data, _ := programs.ReadFile("programs/" + file)
	return string(data)
}

// Cure is a client's.
type Cure struct {
	ID       string
	Title    string
	Language string   // as Markdown names it
	Profiles []string // ids of the session policies of that client
	Says     string   // the cure in one sentence
	Bitten   Program
	Cured    Program
	// Unbitten says in which cases the first program is not bitten; "" = it is.
	Unbitten string
	// NotTried says what of it no test runs, and why; "" = a test runs both.
	NotTried string
	Source   string // what it was written from, where it is not tried
}

// ByID is the cure of that id, nil where there is none.
func ByID(id string) *Cure {
	i := slices.IndexFunc(Cures, func(c Cure) bool { return c.ID == id })
	if i < 0 {
		return nil
	}
	return &Cures[i]
}

// ByProfile is the cure of a session policy's client, nil where it is no client's.
func ByProfile(id string) *Cure {
	id = strings.TrimSuffix(id, session.EachIdentity)
	i := slices.IndexFunc(Cures, func(c Cure) bool { return slices.Contains(c.Profiles, id) })
	if i < 0 {
		return nil
	}
	return &Cures[i]
}
