// Package token is keys that are in no file: in PKCS#11 tokens (smart cards,
// HSMs, SoftHSM), in NSS databases of Firefox and Chromium, in the stores of
// Windows and macOS. A place goes in (a URI of RFC 7512, a folder, a store's
// name), an identity.Identity comes out whose key never leaves its home: its
// Signer asks the token for each signature.
//
// A module is somebody else's C. It is loaded in a process of its own, which is
// this program started with a hidden word (Word), so that its crash takes
// nothing along. Nothing here asks a person: PINs come from a function.
package token

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"rechallenge/core/identity"
)

// Home is where an identity's key is.
type Home struct {
	URI    *URI   // a PKCS#11 token
	Module string // path of the module, "" = the usual ones are looked through
	NSS    string // folder of an NSS database (cert9.db)
	Store  string // "user" or "machine": the operating system's
	Choose string // NSS: a nickname; store: subject or fingerprint; "" = the only one
}

// Ask is asked for a PIN or an NSS master password, once for each token.
type Ask func(ctx context.Context, q Question) (pin string, err error)

// Question is what a PIN is asked for.
type Question struct {
	Token  string // its label
	Master bool   // it is an NSS master password
	Again  bool   // the last answer was wrong
	Tries  string // what the token says of the tries that are left: "last try" ..., "" = nothing
}

// Code tells the errors of opening apart; each is a stable kebab-case id.
type Code string

// The codes of Error.
const (
	NoTokens  Code = "no-tokens"  // this build, or this system, has none
	NoModule  Code = "no-module"  // the module is not there, or does not work
	NoToken   Code = "no-token"   // no token fits
	NoObject  Code = "no-object"  // no certificate with its key fits
	Ambiguous Code = "ambiguous"  // several fit
	WrongPIN  Code = "wrong-pin"  // it was refused
	LockedPIN Code = "pin-locked" // too many were
	NeedsPIN  Code = "pin-needed" // and nobody could be asked
	BadURI    Code = "bad-uri"    // it is not RFC 7512, or would show a PIN
	Failed    Code = "failed"     // the module said something else
)

// Error is why no identity was found: what happened and what to do. It holds
// no PIN.
type Error struct {
	Code Code
	What string
	Do   string
}

func (e *Error) Error() string {
	if e.Do == "" {
		return e.What
	}
	return e.What + ": " + e.Do
}

// Token is what may be shown of a PKCS#11 token.
type Token struct {
	Module       string // path
	Slot         uint64
	Label        string
	Manufacturer string
	Model        string
	Serial       string
	NeedsPIN     bool
	Pad          bool // the PIN is typed at the reader (protected authentication path)
	Locked       bool
	Tries        string // as Question.Tries
}

// URI names the token as RFC 7512 does, without module and PIN.
func (t Token) URI() string {
	var parts []string
	for _, p := range []struct{ key, value string }{{"model", t.Model}, {"manufacturer", t.Manufacturer}, {"serial", t.Serial}, {"token", t.Label}} {
		if p.value != "" {
			parts = append(parts, p.key+"="+escapeURI(p.value))
		}
	}
	return "pkcs11:" + strings.Join(parts, ";")
}

// ObjectURI is what names an object in a URI, behind its token; "" for none.
func ObjectURI(label string) string {
	if label == "" {
		return ""
	}
	return ";object=" + escapeURI(label)
}

// Object is a certificate on a token.
type Object struct {
	Label string
	ID    []byte // CKA_ID, which it shares with its key
	DER   []byte
	Key   bool // its private key is there too, as far as is seen
}

// Open finds the identity at a place. Errors are *Error, ask's, or the context's.
func Open(ctx context.Context, p Home, ask Ask) (*identity.Identity, error) {
	switch {
	case p.Store != "":
		return openStore(ctx, p)
	case !Available:
		return nil, available()
	case p.NSS != "":
		return openNSS(ctx, p, ask)
	case p.URI != nil:
		return openPKCS11(ctx, p, ask)
	}
	return nil, &Error{Code: BadURI, What: "no place of a key is named"}
}

// openPKCS11 looks through the modules for the token that the URI names.
func openPKCS11(ctx context.Context, p Home, ask Ask) (*identity.Identity, error) {
	if p.Module == "" {
		p.Module = p.URI.Module
	}
	modules := []string{p.Module}
	if p.Module == "" {
		if modules = Modules(); len(modules) == 0 {
			return nil, &Error{NoModule, "no PKCS#11 module was found", "name it: module-path= in the URI, or module: in a plan"}
		}
	}
	var seen []string
	var failed error
	var fits []fitting
	for _, path := range modules {
		h, err := open(ctx, path, "")
		var tokens []Token
		if err == nil {
			tokens, err = h.tokens(ctx)
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if failed == nil {
			failed = err
		}
		for _, t := range tokens {
			seen = append(seen, fmt.Sprintf("%q", t.Label))
			if p.URI.fits(t) {
				fits = append(fits, fitting{h, t})
			}
		}
	}
	// Of several the one that shows such a certificate; it may need a PIN to.
	for _, f := range fits {
		if len(fits) == 1 || f.shows(ctx, p) {
			return f.helper.identity(ctx, f.token, p, ask)
		}
	}
	if len(fits) > 0 {
		return nil, &Error{NoObject, "none of the tokens " + strings.Join(seen, ", ") + " shows such a certificate", "name the token: token= in the URI"}
	}
	if failed != nil && (p.Module != "" || len(seen) == 0) {
		return nil, failed
	}
	what := "no token is there"
	if len(seen) > 0 {
		what = "no token fits " + p.URI.String() + ": there are " + strings.Join(seen, ", ")
	}
	return nil, &Error{NoToken, what, "plug it in, or name another; `rechallenge-cli identity pkcs11:` lists what is there"}
}

// fitting is a token that a URI may mean.
type fitting struct {
	helper *helper
	token  Token
}

// shows says whether it shows a certificate that is wanted, without a PIN.
func (f fitting) shows(ctx context.Context, p Home) bool {
	r, err := f.helper.list(ctx, f.token)
	return err == nil && slices.ContainsFunc(r.Objects, p.wants)
}

// Tokens lists the tokens that fit a URI, of one module or the usual ones; both
// may be absent. What the modules say against it is in the second answer.
func Tokens(ctx context.Context, uri *URI, module string) (list []Token, problems []string) {
	if err := available(); err != nil {
		return nil, []string{err.Error()}
	}
	modules := []string{module}
	if module == "" {
		if modules = Modules(); uri != nil && uri.Module != "" {
			modules = []string{uri.Module}
		}
	}
	for _, path := range modules {
		h, err := open(ctx, path, "")
		var tokens []Token
		if err == nil {
			tokens, err = h.tokens(ctx)
		}
		if err != nil {
			problems = append(problems, err.Error())
			continue
		}
		for _, t := range tokens {
			if uri == nil || uri.fits(t) {
				list = append(list, t)
			}
		}
	}
	return list, problems
}

// Certificates are the labels of the certificates that a token shows without a
// PIN; whether their keys are there shows with it.
func Certificates(ctx context.Context, t Token) ([]string, error) {
	h, err := open(ctx, t.Module, "")
	if err != nil {
		return nil, err
	}
	r, err := h.list(ctx, t)
	var labels []string
	for _, o := range r.Objects {
		labels = append(labels, o.Label)
	}
	return labels, err
}

// KeyFailure is why a key outside this process did not sign. It is data of the
// connection that wanted the signature.
type KeyFailure = identity.KeyFailure

func keyFailure(err error) error {
	var f *identity.KeyFailure
	if errors.As(err, &f) {
		return err
	}
	return &identity.KeyFailure{Reason: identity.KeyGone, Err: err}
}
