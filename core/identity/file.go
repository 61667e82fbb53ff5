package identity

import (
	"context"
	"fmt"
)

// File is everything that was found in one identity file.
type File struct {
	Format     string        // "pkcs12", "pem", "der", "jks", "csr" ...
	Encoding   string        // "der" or "ber"; "" where it has no meaning
	MAC        string        // e.g. "HMAC-SHA-256, PBKDF2, 2048 iterations"; "none"; "" outside PKCS#12
	Encryption []string      // one a safe or key, e.g. "PBES2 AES-256-CBC, PBKDF2-HMAC-SHA-256, 2048 iterations"
	Identities []*Identity   // in the order of the file
	Others     []Certificate // certificates that belong to no key and no chain
	Problems   []Problem
	Readers    []Reader // who else will read this file
}

// Reader says whether another program reads this file.
type Reader struct {
	Name  string `json:"name"`  // "openssl 3", "macos", "java 8" ...
	Reads *bool  `json:"reads"` // nil = unknown
	Basis string `json:"basis"` // "measured" or "documented"
	Why   string `json:"why"`
}

// Code tells errors of reading apart; each is a stable kebab-case id.
type Code string

// The codes of Error.
const (
	WrongPassword        Code = "wrong-password"
	PasswordNeeded       Code = "password-needed"
	UnsupportedAlgorithm Code = "unsupported-algorithm"
	Damaged              Code = "damaged"
	NoKey                Code = "no-key"
	NoCertificate        Code = "no-certificate-for-key"
	TooMuchWork          Code = "too-much-work"
	NotAnIdentity        Code = "not-an-identity"
)

// Error is why a file gave no identity: what happened and what to do.
type Error struct {
	Code   Code
	What   string // lower case: `PBES2 cipher "1.2.3" is not supported`
	Do     string // a sentence: what the person can do; may be ""
	Offset int    // byte offset of the damage, -1 where it has no meaning
}

func (e *Error) Error() string {
	if e.Do == "" {
		return e.What
	}
	return fmt.Sprintf("%s: %s", e.What, e.Do)
}

// Options of Read. The zero value is right for most.
type Options struct {
	MaxIterations int   // cap on a key derivation's iterations; 0 = 10,000,000
	MaxMemory     int64 // cap on scrypt's memory in bytes; 0 = 128 MiB
}

// Read reads an identity file of any known format. name is used in messages
// and for the format guess only. A nil password means none was given, which
// is not the same as an empty one; both are tried where the file allows it.
// When a password is needed or wrong, the File still holds what is readable
// without it. Errors are *Error, or the context's.
func Read(ctx context.Context, name string, data []byte, password *string, opt Options) (*File, error) {
	return nil, &Error{Code: NotAnIdentity, What: "not written yet", Offset: -1}
}

// ReadPair reads an identity whose certificate and key are in two files.
func ReadPair(ctx context.Context, cert, key []byte, password *string, opt Options) (*File, error) {
	return nil, &Error{Code: NotAnIdentity, What: "not written yet", Offset: -1}
}

// ParseCertificate gives what may be shown of a DER certificate. It never
// fails: what crypto/x509 can't parse is described as far as can be told.
func ParseCertificate(der []byte) Certificate { return Certificate{DER: der} }
