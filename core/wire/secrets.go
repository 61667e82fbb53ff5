package wire

import (
	"bytes"
	"encoding/hex"
	"sync"
)

// KeyLog is the secrets of a run, in the terms of the SSLKEYLOGFILE format
// (draft-ietf-tls-keylogfile). It is an io.Writer for a TLS library's key log
// and the source for the Decoder. It is never marshalled and prints as nothing.
type KeyLog struct {
	mu       sync.Mutex
	secrets  map[string][]byte // by label and client random
	sessions map[string][]byte // TLS 1.2 master secrets, by session ID or ticket digest
	lines    bytes.Buffer
}

// Write takes key log lines, each whole in one call. What is no such line is
// passed over: the files of some programs hold comments and more.
func (k *KeyLog) Write(line []byte) (int, error) {
	for l := range bytes.SplitSeq(line, []byte("\n")) {
		fields := bytes.Fields(l)
		if len(fields) != 3 || fields[0][0] == '#' {
			continue
		}
		random, err1 := hex.DecodeString(string(fields[1]))
		secret, err2 := hex.DecodeString(string(fields[2]))
		if err1 == nil && err2 == nil && len(secret) > 0 {
			k.Add(string(fields[0]), random, secret)
		}
	}
	return len(line), nil
}

// Add records one secret; label is e.g. "CLIENT_RANDOM". A secret that is
// known already stays as it is.
func (k *KeyLog) Add(label string, clientRandom, secret []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.secrets == nil {
		k.secrets = map[string][]byte{}
	}
	key := label + string(clientRandom)
	if k.secrets[key] != nil {
		return
	}
	k.secrets[key] = bytes.Clone(secret)
	line := make([]byte, 0, len(label)+2*len(clientRandom)+2*len(secret)+3)
	line = append(append(line, label...), ' ')
	line = append(hex.AppendEncode(line, clientRandom), ' ')
	line = append(hex.AppendEncode(line, secret), '\n')
	k.lines.Write(line)
}

// Secret returns the secret of that label and client random, or nil.
func (k *KeyLog) Secret(label string, clientRandom []byte) []byte {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.secrets[label+string(clientRandom)]
}

// size grows with every secret that becomes known.
func (k *KeyLog) size() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.secrets) + len(k.sessions)
}

// Lines returns everything in the SSLKEYLOGFILE format, for a file that the user asked for.
func (k *KeyLog) Lines() []byte {
	k.mu.Lock()
	defer k.mu.Unlock()
	return bytes.Clone(k.lines.Bytes())
}

// remember keeps the master secret of a TLS 1.2 session under what a client
// will offer to resume it; a key log need not have a line for the resumption.
func (k *KeyLog) remember(id string, master []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.sessions == nil {
		k.sessions = map[string][]byte{}
	}
	k.sessions[id] = bytes.Clone(master)
}

// session returns what remember kept, or nil.
func (k *KeyLog) session(id string) []byte {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.sessions[id]
}

// String keeps secrets out of %v, GoString out of %#v.
func (k *KeyLog) String() string   { return "[key log]" }
func (k *KeyLog) GoString() string { return "[key log]" }
