package files

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"rechallenge/core/identity"
	"rechallenge/core/plan"
	"rechallenge/core/token"
)

// TokenHelper is the whole program where it was started as a token's helper:
// main calls it first, and ends where it says true.
func TokenHelper() bool { return token.Main() }

// NeedsPIN is the doctor's code for a token whose PIN nobody gave.
const NeedsPIN = identity.Code(token.NeedsPIN)

// place is where a plan's identity is, for core/token; nil = in a file.
func (l Loader) place(i plan.Identity) (*token.Home, error) {
	switch {
	case i.PKCS11 != "":
		uri, err := token.ParseURI(i.PKCS11)
		if err != nil {
			return nil, field{"pkcs11", err}
		}
		p := &token.Home{URI: uri}
		if i.Module != "" {
			p.Module = l.Path(i.Module)
		}
		return p, nil
	case i.NSS != "":
		folder := i.NSS
		if !strings.HasPrefix(folder, "~") {
			folder = l.Path(folder)
		}
		return &token.Home{NSS: folder, Choose: i.Alias}, nil
	case i.Store != "":
		return &token.Home{Store: i.Store, Choose: i.Alias}, nil
	}
	return nil, nil
}

// token loads an identity that is in no file.
func (l Loader) token(ctx context.Context, i plan.Identity, p *token.Home) (*identity.Identity, error) {
	ask, err := l.pin(i, p)
	if err != nil {
		return nil, err
	}
	id, err := token.Open(ctx, *p, ask)
	if err != nil {
		return nil, field{elsewhere(i), err}
	}
	id.ID, id.File = i.ID, id.Home()
	return id, nil
}

func elsewhere(i plan.Identity) string {
	switch {
	case i.PKCS11 != "":
		return "pkcs11"
	case i.NSS != "":
		return "nss"
	}
	return "store"
}

// pin is how the PIN of a token, or the master password of a database, is found:
// where the plan points, else by asking.
func (l Loader) pin(i plan.Identity, p *token.Home) (token.Ask, error) {
	if i.PINFile == "" && i.PINEnv == "" && p.URI != nil {
		i.PINFile = p.URI.PINFile
	}
	env, name, keys := i.PINEnv, i.PINFile, [2]string{"pin_env", "pin_file"}
	if p.NSS != "" {
		env, name, keys = i.PasswordEnv, i.PasswordFile, [2]string{"password_env", "password_file"}
	}
	var fixed *string
	switch {
	case env != "":
		value, ok := os.LookupEnv(env)
		if !ok {
			return nil, field{keys[0], fmt.Errorf("the environment has no %s: set it to the PIN, or leave it out to be asked", env)}
		}
		fixed = &value
	case name != "":
		data, err := l.read(name, maxPassword)
		if err != nil {
			return nil, field{keys[1], err}
		}
		value := strings.TrimRight(string(data), "\r\n")
		fixed = &value
	}
	return func(ctx context.Context, q token.Question) (string, error) {
		word := "PIN"
		if q.Master {
			word = "master password"
		}
		switch {
		case fixed != nil && q.Again:
			return "", token.ErrOnce
		case fixed != nil:
			return *fixed, nil
		case l.Ask == nil:
			return "", fmt.Errorf("the token %q wants its %s", q.Token, word)
		}
		what := word + " of token " + q.Token
		if q.Tries != "" {
			what += ", " + q.Tries
		}
		answer, err := l.Ask(ctx, i.ID, what, q.Again)
		if err != nil && ctx.Err() == nil {
			err = fmt.Errorf("the token %q wants its %s (name an environment variable with it: --pin-env, or %s in a plan): %w", q.Token, word, keys[0], err)
		}
		return answer, err
	}, nil
}

// TokenPlace is a token or a database that is there, with its entry in a plan
// but for the identity in it.
type TokenPlace struct {
	Title string // the token's label, or the folder
	Note  string // model, slot and module, what it says of its PIN
	// Certificates are the labels that a token shows before its PIN is given; "" =
	// that is not known.
	Certificates string
	Entry        plan.Identity
}

// TokenPlaces lists the tokens of a module, "" = of those that are installed, and
// then the NSS databases of this person and the system's stores. problems are what
// modules said against it.
func TokenPlaces(ctx context.Context, module string) (list []TokenPlace, problems []string) {
	tokens, problems := token.Tokens(ctx, nil, module)
	for _, t := range tokens {
		note := []string{strings.TrimSpace(t.Manufacturer + " " + t.Model), fmt.Sprintf("slot %d of %s", t.Slot, filepath.Base(t.Module))}
		certificates := ""
		if labels, err := token.Certificates(ctx, t); err == nil {
			certificates = shown(labels)
		}
		if t.Pad {
			note = append(note, "PIN at the reader")
		}
		if t.Tries != "" {
			note = append(note, "PIN: "+t.Tries)
		}
		entry := plan.Identity{ID: t.Label, PKCS11: tokenURI(tokens, t)}
		if module != "" {
			entry.Module = module
		}
		list = append(list, TokenPlace{Title: t.Label, Certificates: certificates, Note: strings.Join(note, ", "), Entry: entry})
	}
	if module == "" {
		for _, folder := range token.Profiles() {
			list = append(list, TokenPlace{Title: folder, Note: "NSS database (Firefox, Thunderbird, Chromium)", Entry: plan.Identity{ID: filepath.Base(folder), NSS: folder}})
		}
		for _, name := range token.Stores() {
			list = append(list, TokenPlace{Title: "the system's certificates: " + name, Note: token.Untried, Entry: plan.Identity{ID: name, Store: name}})
		}
	}
	return list, problems
}

// shown says which certificates a token shows before its PIN is given.
func shown(labels []string) string {
	const most = 4
	if len(labels) == 0 {
		return "none without its PIN"
	}
	text := strings.Join(labels[:min(len(labels), most)], ", ")
	if more := len(labels) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// TokenModules are the PKCS#11 modules that are looked through.
func TokenModules() []string { return token.Modules() }

// tokenURI names a token by its label, and by its serial number where another has
// the same.
func tokenURI(all []token.Token, t token.Token) string {
	named := 0
	for _, other := range all {
		if other.Label == t.Label {
			named++
		}
	}
	if named == 1 {
		t = token.Token{Label: t.Label}
	}
	return t.URI()
}

// Of is the entry of one of the identities at a place.
func (p TokenPlace) Of(id *identity.Identity) plan.Identity {
	entry := p.Entry
	entry.ID = firstOf(id.Alias, entry.ID)
	if entry.Store != "" {
		entry.Alias = id.FingerprintSHA256
		return entry
	}
	if entry.NSS != "" {
		_, nick, found := strings.Cut(id.Alias, ":")
		if entry.Alias = id.Alias; found {
			entry.Alias = nick
		}
		return entry
	}
	entry.PKCS11 += token.ObjectURI(id.Alias)
	return entry
}

// Explain is the doctor's answer on an identity that is in no file.
func (l Loader) explain(ctx context.Context, i plan.Identity, p *token.Home) (*identity.File, error) {
	ask, err := l.pin(i, p)
	if err != nil {
		return nil, err
	}
	f, err := token.Explain(ctx, *p, ask)
	var refused *token.Error
	if errors.As(err, &refused) {
		err = &identity.Error{Code: identity.Code(refused.Code), What: refused.What, Do: refused.Do, Offset: -1}
	}
	return f, err
}

// Argument reads what stands behind --identity: FILE or FILE:PASSWORD_ENV,
// pkcs11:URI, nss:FOLDER#NICKNAME, store:user#SUBJECT. pinEnv is --pin-env's. Its
// id is the file's stem, the object's label, the nickname or the CN; a second
// one of that name in taken gets -2.
func Argument(text, pinEnv string, taken map[string]int) (plan.Identity, error) {
	var i plan.Identity
	kind, rest, _ := strings.Cut(text, ":")
	place, choose, _ := strings.Cut(rest, "#")
	switch kind {
	case "pkcs11":
		uri, err := token.ParseURI(text)
		if err != nil {
			return i, err
		}
		i.PKCS11, i.PINEnv = text, pinEnv
		i.ID = firstOf(uri.Object, uri.Token, "token")
	case "nss":
		if place == "" {
			return i, errors.New("--identity nss: names no folder: want nss:FOLDER#NICKNAME")
		}
		i.NSS, i.Alias, i.PasswordEnv = place, choose, pinEnv
		i.ID = firstOf(choose, filepath.Base(place))
	case "store":
		if place != "user" && place != "machine" {
			return i, errors.New("--identity store: want store:user#SUBJECT or store:machine#SUBJECT")
		}
		i.Store, i.Alias = place, choose
		i.ID = firstOf(commonName(choose), place)
	default:
		file, env := text, ""
		if at := strings.LastIndexByte(text, ':'); at > 1 && !strings.ContainsAny(text[at+1:], `/\.`) {
			file, env = text[:at], text[at+1:]
		}
		if file == "" {
			return i, fmt.Errorf("--identity %s: want FILE, FILE:PASSWORD_ENV, pkcs11:URI, nss:FOLDER#NICKNAME or store:user#SUBJECT", text)
		}
		i.File, i.PasswordEnv = file, env
		i.ID = strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
	}
	taken[i.ID]++
	if n := taken[i.ID]; n > 1 {
		i.ID = fmt.Sprintf("%s-%d", i.ID, n)
	}
	return i, nil
}

func firstOf(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}

// commonName is the CN of a name in text, or the text.
func commonName(subject string) string {
	for part := range strings.SplitSeq(subject, ",") {
		if cn, ok := strings.CutPrefix(strings.TrimSpace(part), "CN="); ok {
			return cn
		}
	}
	return subject
}
