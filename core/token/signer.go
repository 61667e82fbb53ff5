package token

import (
	"bytes"
	"cmp"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"math/big"
	"slices"
	"strings"

	"rechallenge/core/identity"
)

// tokens lists the tokens of the module.
func (h *helper) tokens(ctx context.Context) ([]Token, error) {
	r, err := h.ask(ctx, request{Op: "tokens"}, answerTime)
	if err == nil {
		err = r.failure()
	}
	if err != nil {
		return nil, &Error{NoModule, fmt.Sprintf("list the tokens of %s: %v", h.module, err), ""}
	}
	for i := range r.Tokens {
		r.Tokens[i].Module = h.module
	}
	return r.Tokens, nil
}

// login opens a token's private keys. master says what the PIN is called.
func (h *helper) login(ctx context.Context, t Token, ask Ask, master bool) error {
	h.mu.Lock()
	known := h.logged[t.Slot] != nil
	h.mu.Unlock()
	if !t.NeedsPIN || known {
		return nil
	}
	word := "PIN"
	if master {
		word = "master password"
	}
	var wrong *Error
	for try := 0; ; try++ {
		l := &login{pad: t.Pad}
		most := answerTime
		switch {
		case t.Locked:
			return lockedPIN(t)
		case t.Pad:
			most = personTime
		case ask == nil:
			return &Error{NeedsPIN, fmt.Sprintf("the token %q wants its %s, and nobody can be asked", t.Label, word), "name an environment variable that holds it: --pin-env, or pin_env: in a plan"}
		default:
			pin, err := ask(ctx, Question{Token: t.Label, Master: master, Again: wrong != nil, Tries: t.Tries})
			if wrong != nil && (errors.Is(err, ErrOnce) || try > maxTries) {
				return wrong
			}
			if err != nil {
				return err
			}
			l.pin = []byte(pin)
		}
		r, err := h.ask(ctx, request{Op: "login", Slot: t.Slot, PIN: l.pin, Pad: l.pad}, most)
		if err != nil {
			return err
		}
		if r.Value == 0 && r.Error == "" {
			h.mu.Lock()
			h.logged[t.Slot] = l
			h.mu.Unlock()
			return nil
		}
		clear(l.pin)
		// What the token now says of the tries that are left.
		if now, err := h.ask(ctx, request{Op: "token", Slot: t.Slot}, answerTime); err == nil && len(now.Tokens) == 1 {
			t.Tries, t.Locked = now.Tokens[0].Tries, now.Tokens[0].Locked
		}
		switch r.Value {
		case valuePINIncorrect, valuePINInvalid, valuePINLength:
			wrong = &Error{
				WrongPIN, fmt.Sprintf("wrong %s for the token %q (%s)", word, t.Label, cmp.Or(t.Tries, "how many tries are left it does not say")),
				"check it before the next try: tokens lock themselves after a few",
			}
			if l.pad {
				return wrong
			}
		case valuePINLocked:
			return lockedPIN(t)
		case valuePINExpired:
			return &Error{LockedPIN, fmt.Sprintf("the PIN of token %q has expired", t.Label), "set a new one: pkcs11-tool --module " + h.module + " --change-pin"}
		case valueNoPIN:
			return &Error{LockedPIN, fmt.Sprintf("the token %q has no PIN yet", t.Label), "set one: pkcs11-tool --module " + h.module + " --init-pin"}
		default:
			return &Error{Failed, fmt.Sprintf("log in to the token %q: %v", t.Label, r.failure()), ""}
		}
	}
}

// ErrOnce is what an Ask answers when its PIN was wrong and it has no other.
var ErrOnce = errors.New("the PIN is the only one there is")

// maxTries is how often a person is asked: tokens lock themselves after few.
const maxTries = 2

func lockedPIN(t Token) *Error {
	return &Error{LockedPIN, fmt.Sprintf("the PIN of token %q is locked: too many wrong ones were tried", t.Label), "have it unlocked with the PUK, or by who issued it"}
}

// list lists the certificates, and which have a key that is seen.
func (h *helper) list(ctx context.Context, t Token) (reply, error) {
	r, err := h.ask(ctx, request{Op: "objects", Slot: t.Slot}, answerTime)
	if err == nil {
		err = r.failure()
	}
	if err != nil {
		return r, &Error{Failed, fmt.Sprintf("look into the token %q: %v", t.Label, err), ""}
	}
	// A token has an order of its own, which may be another next time.
	slices.SortStableFunc(r.Objects, func(a, b Object) int { return cmp.Or(cmp.Compare(a.Label, b.Label), bytes.Compare(a.ID, b.ID)) })
	for i := range r.Objects {
		o := &r.Objects[i]
		o.Key = len(o.ID) > 0 && slices.ContainsFunc(r.Keys, func(id []byte) bool { return bytes.Equal(id, o.ID) })
	}
	return r, nil
}

// identity finds the certificate with its key on a token.
func (h *helper) identity(ctx context.Context, t Token, p Home, ask Ask) (*identity.Identity, error) {
	if err := h.login(ctx, t, ask, p.NSS != ""); err != nil {
		return nil, err
	}
	r, err := h.list(ctx, t)
	if err != nil {
		return nil, err
	}
	var found []Object
	var labels []string
	for _, o := range r.Objects {
		if !o.Key {
			continue
		}
		labels = append(labels, fmt.Sprintf("%q", o.Label))
		if p.wants(o) && !slices.ContainsFunc(found, func(f Object) bool { return bytes.Equal(f.DER, o.DER) }) {
			found = append(found, o)
		}
	}
	there := "it has no certificate with a key"
	if len(labels) > 0 {
		there = "it has " + strings.Join(labels, ", ")
	}
	switch {
	case len(found) == 0:
		return nil, &Error{NoObject, fmt.Sprintf("the token %q has no such certificate with its private key: %s", t.Label, there), "name one of them: object= in the URI, or the nickname"}
	case len(found) > 1:
		return nil, &Error{Ambiguous, fmt.Sprintf("the token %q has %d certificates with a key that fit: %s", t.Label, len(found), there), "choose one: object= or id= in the URI, or the nickname"}
	}
	o := found[0]
	return h.identityOf(t, o, r)
}

// identityOf makes an identity of a certificate whose key is there.
func (h *helper) identityOf(t Token, o Object, r reply) (*identity.Identity, error) {
	leaf, err := x509.ParseCertificate(o.DER)
	if err != nil {
		return nil, &Error{NoObject, fmt.Sprintf("the certificate %q on the token %q is damaged", o.Label, t.Label), ""}
	}
	s := &signer{helper: h, token: t, label: o.Label, id: o.ID, public: leaf.PublicKey, mechanisms: r.Mechanisms}
	var others [][]byte
	for _, x := range r.Objects {
		others = append(others, x.DER)
	}
	id, err := identity.FromSigner(o.Label, o.DER, others, s)
	if err != nil {
		return nil, &Error{NoObject, fmt.Sprintf("the certificate %q on the token %q: %v", o.Label, t.Label, err), ""}
	}
	return id, nil
}

// wants says whether a certificate is the one that is named.
func (p Home) wants(o Object) bool {
	if p.URI != nil {
		return (p.URI.Object == "" || p.URI.Object == o.Label) && (p.URI.ID == nil || bytes.Equal(p.URI.ID, o.ID))
	}
	// NSS's labels are the nickname, after the token's name where that is not its own.
	_, nick, _ := strings.Cut(o.Label, ":")
	return p.Choose == "" || p.Choose == o.Label || p.Choose == nick
}

// signer is a private key on a token.
type signer struct {
	helper     *helper
	token      Token
	label      string // of the certificate
	id         []byte
	public     crypto.PublicKey
	mechanisms []uint64 // of the token; none = it does not say
}

// Public is the certificate's public key.
func (s *signer) Public() crypto.PublicKey { return s.public }

// Home says where the key is, for people.
func (s *signer) Home() string {
	return s.token.URI() + ObjectURI(s.label)
}

// Present says whether the token is still there: nil, or a *identity.KeyFailure.
func (s *signer) Present(ctx context.Context) error {
	if !s.helper.mu.TryLock() {
		return nil // it is signing
	}
	s.helper.mu.Unlock()
	r, err := s.helper.ask(ctx, request{Op: "present", Slot: s.token.Slot, Key: s.id}, answerTime)
	if err == nil {
		err = r.failure()
	}
	if err == nil && r.Tokens[0].Serial != s.token.Serial {
		err = errors.New("another token is in its place")
	}
	if err == nil {
		return nil
	}
	return keyFailure(err)
}

// can says whether the token has a mechanism, as far as it tells.
func (s *signer) can(kind string) bool {
	return len(s.mechanisms) == 0 || slices.Contains(s.mechanisms, mechanisms[kind])
}

// PSS says whether the key can make RSA-PSS signatures, which TLS 1.3 wants.
func (s *signer) PSS() bool { return s.can(kindPSS) || s.can(kindRaw) }

// Sign signs a digest, or with Ed25519 a message. Its errors are a
// *identity.KeyFailure where the token is the reason.
func (s *signer) Sign(rand io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	r := request{Data: digest}
	switch key := s.public.(type) {
	case *rsa.PublicKey:
		if err := s.rsa(rand, key, &r, digest, opts); err != nil {
			return nil, err
		}
	case *ecdsa.PublicKey:
		r.Kind = kindECDSA
	case ed25519.PublicKey:
		r.Kind = kindEdDSA
	default:
		return nil, fmt.Errorf("sign with the token %q: a %T is not known", s.token.Label, s.public)
	}
	signature, err := s.send(r)
	if err == nil && r.Kind == kindECDSA {
		return ecdsaSignature(signature)
	}
	return signature, err
}

// send has the token sign.
func (s *signer) send(r request) ([]byte, error) {
	r.Op, r.Slot, r.Key = "sign", s.token.Slot, s.id
	s.helper.mu.Lock()
	if l := s.helper.logged[s.token.Slot]; l != nil {
		r.PIN, r.Pad = bytes.Clone(l.pin), l.pad
	}
	s.helper.mu.Unlock()
	defer clear(r.PIN)
	out, err := s.helper.ask(context.Background(), r, personTime)
	if err == nil {
		err = out.failure()
	}
	if err == nil {
		return out.Signature, nil
	}
	var f *identity.KeyFailure
	if errors.As(err, &f) {
		return nil, &identity.KeyFailure{Reason: f.Reason, Err: fmt.Errorf("the token %q did not sign: %w", s.token.Label, f.Err)}
	}
	// A module that says something vague may have lost its token.
	if gone := s.Present(context.Background()); gone != nil {
		return nil, gone
	}
	return nil, fmt.Errorf("the token %q did not sign: %w", s.token.Label, err)
}

// RawRSA is RSA on a whole block, for a library that pads by itself; false = the
// token has no such mechanism.
func (s *signer) RawRSA() (func(block []byte) ([]byte, error), bool) {
	if _, ok := s.public.(*rsa.PublicKey); !ok || !slices.Contains(s.mechanisms, mechanisms[kindRaw]) {
		return nil, false
	}
	return func(block []byte) ([]byte, error) { return s.send(request{Kind: kindRaw, Data: block}) }, true
}

// ecdsaSignature is r and s, as PKCS#11 has them, in DER.
func ecdsaSignature(raw []byte) ([]byte, error) {
	if len(raw) == 0 || len(raw)%2 != 0 {
		return nil, errors.New("the token's ECDSA signature is not r and s")
	}
	half := len(raw) / 2
	return asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(raw[:half]), new(big.Int).SetBytes(raw[half:])})
}
