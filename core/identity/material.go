package identity

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"rechallenge/core/protocol"
)

// maxParts is how many keys, certificates and encrypted parts a file may have.
const maxParts = 2000

// material is what was found in a file, before keys and certificates are
// brought together.
type material struct {
	file     *File
	work     *work
	secrets  []secret
	given    bool // a password was given
	now      time.Time
	keys     []foundKey
	certs    []foundCert
	skipped  map[string]int // other things found, by their name
	failures []*Error
	facts    facts
	foreign  *Error   // set when the file is something else altogether
	inPKCS12 bool     // what is read stands in a PFX
	pkcs7    bool     // foreign says so of a file whose certificates were read
	scratch  [][]byte // decrypted bytes, overwritten in the end

	owner     string // whom the text around says the next keys belong to
	unwrapped int    // bytes that were found within texts
}

// foundKey is a private key with what its bag says of it.
type foundKey struct {
	*privateKey
	alias string
	id    string // localKeyID
}

// foundCert is a certificate with what its bag says of it.
type foundCert struct {
	der     []byte
	tbs     *tbs
	alias   string
	id      string // localKeyID
	trusted bool   // carries a trust mark
	place   int    // of its bag in its SafeContents
}

// facts are what the doctor judges a file by.
type facts struct {
	mac         macFacts
	encryptions []*encryption
	plainKey    bool // a key lies open
	safes       int
	trailing    int  // bytes after the end
	armoured    bool // base64 or PEM around it
	// what the password is made of
	asciiPassword bool
	bmpPassword   bool // no character needs a surrogate
	oddPassword   bool // it opens the file in a form that is not the standards'
}

func newMaterial(ctx context.Context, password *string, opt Options) *material {
	m := &material{
		file: &File{Encryption: []string{}}, work: newWork(ctx, opt), secrets: secrets(password), given: password != nil,
		now: opt.Now, skipped: map[string]int{},
	}
	m.facts.asciiPassword, m.facts.bmpPassword = true, true
	if password != nil {
		m.facts.asciiPassword = isASCII(*password)
		m.facts.bmpPassword = !strings.ContainsFunc(*password, func(r rune) bool { return r > 0xffff })
	}
	if m.now.IsZero() {
		m.now = time.Now()
	}
	return m
}

// close overwrites what was decrypted.
func (m *material) close() {
	for _, b := range m.scratch {
		clear(b)
	}
	wipe(m.secrets)
}

// full refuses a file with more parts than any real one has.
func (m *material) full() error {
	if len(m.keys)+len(m.certs) > maxParts || len(m.facts.encryptions) > maxParts {
		return tooMuch("the file holds more than %d keys and certificates", maxParts)
	}
	return nil
}

// fail keeps a part's error, so that the rest is still read; it returns what
// ends the reading: a cancel, or too much work.
func (m *material) fail(err error) error {
	if err == nil {
		return nil
	}
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	if e.algorithm != "" && !m.inPKCS12 {
		e.Do = rewrite(false, e.algorithm)
	}
	m.failures = append(m.failures, e)
	if e.Code == TooMuchWork {
		return err
	}
	return nil
}

// locked is the error for a part that no form of the password opens.
func (m *material) locked(what string) *Error {
	if !m.given {
		return &Error{Code: PasswordNeeded, What: what + " is protected by a password", Do: "give the password", Offset: -1}
	}
	return &Error{Code: WrongPassword, What: "wrong password: it does not open " + what, Do: "check the password, its capitals and the keyboard layout; if it is right, the file was changed on its way", Offset: -1}
}

func (m *material) problem(code, format string, args ...any) {
	m.file.Problems = append(m.file.Problems, Problem{Code: code, Message: fmt.Sprintf(format, args...)})
}

// addCert takes a certificate, which is kept as it came: its signature is over
// exactly those bytes.
func (m *material) addCert(der []byte, attrs attributes) error {
	der = append([]byte(nil), der...)
	t, err := parseTBS(der)
	if err != nil {
		return m.fail(err)
	}
	m.certs = append(m.certs, foundCert{der: der, tbs: t, alias: cmp.Or(attrs.name, m.owner), id: attrs.id, trusted: attrs.trusted, place: attrs.place})
	return m.full()
}

// addKey takes a key, or why it was not one.
func (m *material) addKey(k *privateKey, err error, attrs attributes) error {
	if err != nil {
		return m.fail(err)
	}
	m.keys = append(m.keys, foundKey{privateKey: k, alias: cmp.Or(attrs.name, m.owner), id: attrs.id})
	return m.full()
}

// finish pairs what was found and decides what the reading comes to.
func (m *material) finish() (*File, error) {
	f := m.file
	f.Identities, f.Others = m.pair()
	usable := 0
	for _, id := range f.Identities {
		if id.Usable {
			usable++
		}
	}
	lonely := m.lonelyKeys()
	m.diagnose()
	if usable > 0 {
		for _, e := range m.failures {
			f.Problems = append(f.Problems, Problem{Code: string(e.Code), Message: e.Error()})
		}
		for _, k := range lonely {
			m.problem(string(NoCertificate), "the key %sof type %s has no certificate in the file", quoted(k.alias), k.public.keyType)
		}
		return f, nil
	}
	return f, m.verdict(lonely)
}

// verdict is why no identity came out.
func (m *material) verdict(lonely []foundKey) *Error {
	for _, id := range m.file.Identities {
		if s, ok := id.Signer.(*unusableKey); ok {
			return s.err
		}
	}
	if len(m.failures) > 0 {
		return m.failures[0]
	}
	if len(lonely) > 0 {
		e := &Error{
			Code: NoCertificate, What: fmt.Sprintf("the file holds a key (%s), but no certificate", lonely[0].public.keyType), Offset: -1,
			Do: "put the certificate beside it: openssl pkcs12 -export -inkey KEY -in CERTIFICATE -out NEW.p12",
		}
		if len(m.certs) > 0 {
			e.What = fmt.Sprintf("no certificate in the file belongs to its %s key; the first of %d is for %s, a %s key",
				lonely[0].public.keyType, len(m.certs), quotedName(m.certs[0].tbs), m.certs[0].tbs.key.keyType)
			e.Do = "find the certificate that was issued for this key, and put the two together: openssl pkcs12 -export -inkey KEY -in CERTIFICATE -out NEW.p12"
		}
		return e
	}
	if m.foreign != nil && (len(m.certs) == 0 || m.pkcs7) {
		return m.foreign
	}
	e := &Error{
		Code: NoKey, What: "the file holds nothing", Offset: -1,
		Do: "export it again with its private key; what a trust store holds is certificates only",
	}
	if n := len(m.certs); n > 0 {
		e.What = fmt.Sprintf("the file holds %s and no private key", protocol.Plural(n, "certificate"))
	}
	for what, n := range m.skipped {
		e.What += fmt.Sprintf(" (it has %s)", protocol.Plural(n, what))
	}
	if m.file.Format != "pkcs12" && len(m.certs) > 0 {
		e.Code = NotAnIdentity
		e.What = fmt.Sprintf("the file holds %s and no private key: that is not an identity", protocol.Plural(len(m.certs), "certificate"))
		e.Do = "give the key too, or put the two together: openssl pkcs12 -export -inkey KEY -in CERTIFICATE -out NEW.p12"
	}
	return e
}

func quoted(alias string) string {
	if alias == "" {
		return ""
	}
	return fmt.Sprintf("%q ", alias)
}

func quotedName(t *tbs) string {
	if name := nameOf(t.subject); name != "" {
		return fmt.Sprintf("%q", name)
	}
	return "a certificate without a name"
}
