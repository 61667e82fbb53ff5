package token

import (
	"context"
	"fmt"
	"strings"

	"rechallenge/core/identity"
)

// Explain is the doctor's look at a token or a database: what is on it, which
// certificates have keys, whether they fit client authentication, and who else
// sees them. What shows without a PIN is returned beside an error.
func Explain(ctx context.Context, p Home, ask Ask) (*identity.File, error) {
	f := &identity.File{Format: "pkcs11", Encryption: []string{}}
	if p.Store != "" {
		f.Format = "store"
		list, err := storeIdentities(ctx, p)
		for _, id := range list {
			if p.wantsStored(id) {
				f.Identities = append(f.Identities, id)
			}
		}
		if err == nil && len(f.Identities) == 0 {
			_, err = p.choose(list)
		}
		return f, err
	}
	if err := available(); err != nil {
		return f, err
	}
	h, t, err := p.only(ctx, f)
	if err != nil {
		return f, err
	}
	note := func(code, format string, args ...any) {
		f.Problems = append(f.Problems, identity.Problem{Code: code, Message: fmt.Sprintf(format, args...)})
	}
	if p.NSS == "" {
		note("token", "the token %q (%s), by the module %s", t.Label, strings.TrimSpace(t.Manufacturer+" "+t.Model), t.Module)
	}
	switch {
	case t.Pad:
		note("pin-pad", "its PIN is typed at the reader")
	case t.Tries != "":
		note("pin-tries", "its PIN: %s", t.Tries)
	}
	closed := h.login(ctx, t, ask, p.NSS != "")
	r, err := h.list(ctx, t)
	if err != nil {
		return f, err
	}
	for _, o := range r.Objects {
		if !p.wants(o) {
			continue
		}
		if !o.Key {
			f.Others = append(f.Others, identity.ParseCertificate(o.DER))
			continue
		}
		id, err := h.identityOf(t, o, r)
		if err != nil {
			note("damaged", "%v", err)
			continue
		}
		f.Identities = append(f.Identities, id)
	}
	if closed != nil {
		return f, closed
	}
	if len(f.Identities) == 0 {
		return f, &Error{NoObject, fmt.Sprintf("the token %q has no certificate with its private key that fits", t.Label), "write one there: pkcs11-tool --write-object, or the issuer's program"}
	}
	f.Readers = seers(p, t)
	return f, nil
}

// only is the one token that a place names.
func (p Home) only(ctx context.Context, f *identity.File) (*helper, Token, error) {
	if p.NSS != "" {
		f.Format = "nss"
		return database(ctx, p.NSS)
	}
	list, problems := Tokens(ctx, p.URI, p.Module)
	if err := ctx.Err(); err != nil {
		return nil, Token{}, err
	}
	switch {
	case len(list) == 1:
		h, err := open(ctx, list[0].Module, "")
		return h, list[0], err
	case len(list) > 1:
		for _, t := range list {
			f.Problems = append(f.Problems, identity.Problem{Code: "token", Message: fmt.Sprintf("there is %s (%s)", t.URI(), t.Module)})
		}
		return nil, Token{}, &Error{Ambiguous, fmt.Sprintf("%d tokens fit", len(list)), "choose one by token= or serial= in the URI"}
	}
	what := "no token fits"
	if len(problems) > 0 {
		what += " (" + strings.Join(problems, "; ") + ")"
	}
	return nil, Token{}, &Error{NoToken, what, "plug it in, or name its module: module-path= in the URI"}
}

// seers are the other programs that see such a key, by their documentation.
func seers(p Home, t Token) []identity.Reader {
	yes := true
	if p.NSS != "" {
		return []identity.Reader{
			{Name: "firefox", Reads: &yes, Basis: "documented", Why: "where it is its profile's database"},
			{Name: "openssl 3", Basis: "documented", Why: "only through a PKCS#11 provider with NSS's module"},
		}
	}
	return []identity.Reader{
		{Name: "openssl 3", Basis: "documented", Why: "with pkcs11-provider, or the engine of libp11: as " + t.URI()},
		{Name: "firefox", Basis: "documented", Why: "where the module is loaded in its Security Devices"},
		{Name: "java 17", Basis: "documented", Why: "as a keystore of type PKCS11, with SunPKCS11 configured for the module"},
		{Name: "curl", Basis: "documented", Why: "--cert takes the URI, where its OpenSSL has a PKCS#11 engine or provider, or with GnuTLS"},
	}
}
