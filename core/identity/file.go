package identity

import (
	"fmt"
	"time"
)

// File is everything that was found in one identity file.
type File struct {
	Format     string        // "pkcs12", "pem", "der", "jks", "csr" ...
	Encoding   string        // "der" or "ber"; "" where it has no meaning
	MAC        string        // e.g. "HMAC-SHA-256, PKCS#12 derivation, 2048 iterations"; NoMAC; "" outside PKCS#12
	Encryption []string      // one a safe or key, e.g. "PBES2 AES-256-CBC, PBKDF2-HMAC-SHA-256, 2048 iterations"
	Identities []*Identity   // in the order of the file
	Others     []Certificate // certificates that belong to no key and no chain
	Problems   []Problem
	Readers    []Reader // who else will read this file
}

// NoMAC is the MAC of a PKCS#12 file that has none.
const NoMAC = "none"

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

	algorithm string // that is not supported; "" where it is not about one
}

func (e *Error) Error() string {
	if e.Do == "" {
		return e.What
	}
	return fmt.Sprintf("%s: %s", e.What, e.Do)
}

// Options of Read. The zero value is right for most.
type Options struct {
	MaxIterations int       // cap on a key derivation's iterations; 0 = 10,000,000
	MaxMemory     int64     // cap on scrypt's memory in bytes; 0 = 128 MiB
	Now           time.Time // by which validity is judged; zero = the clock's
}
