package wire

import (
	"bytes"
	"encoding/hex"
	"slices"
	"sync"
)

// KeyLog is the secrets of a run, in the terms of the SSLKEYLOGFILE format
// (draft-ietf-tls-keylogfile). It is an io.Writer for a TLS library's key log
// and the source for the Decoder. It is never marshalled and prints as nothing.
type KeyLog struct {
	mu       sync.Mutex
	list     []secret          // in the order in which they became known
	last     map[string]int    // by client random: one more than the place of its last secret
	rsa      bool              // some are named by an encrypted premaster secret
	sessions map[string][]byte // TLS 1.2 master secrets, by session ID or ticket digest

	forgotten int // secrets
}

// secret is one line of the log.
type secret struct {
	label, random string
	value         []byte
	before        int // one more than the place of the secret before it of the same random, 0 = none
	number        int // of them, from 1
}

// maxSecrets is how many secrets of one client random are kept: connections
// have about five.
const maxSecrets = 64

// labels are those of every connection, of which one copy is enough.
var labels = []string{
	"CLIENT_RANDOM", "CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET",
	"CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0", "EXPORTER_SECRET", "CLIENT_EARLY_TRAFFIC_SECRET",
}

// Write takes key log lines, each whole in one call. What is no such line is
// passed over: the files of some programs hold comments and more.
func (k *KeyLog) Write(lines []byte) (int, error) {
	var room [64]byte
	for l := range bytes.SplitSeq(lines, []byte("\n")) {
		label, rest := word(l)
		first, rest := word(rest)
		if id, master, ok := session(label, first, rest); ok {
			k.remember(string(id), master)
			continue
		}
		second, rest := word(rest)
		if more, _ := word(rest); len(second) == 0 || len(more) > 0 || label[0] == '#' {
			continue
		}
		random, err1 := hex.AppendDecode(room[:0], first)
		value, err2 := hex.DecodeString(string(second))
		if err1 == nil && err2 == nil && len(value) > 0 {
			k.keep(label, random, value)
			if string(label) == labelRSAPremaster {
				k.mu.Lock()
				k.rsa = true
				k.mu.Unlock()
			}
		}
	}
	return len(lines), nil
}

// session reads what older OpenSSL tools print: RSA Session-ID:HEX
// Master-Key:HEX.
func session(label, first, rest []byte) (id, master []byte, ok bool) {
	second, _ := word(rest)
	a, ok1 := bytes.CutPrefix(first, []byte("Session-ID:"))
	b, ok2 := bytes.CutPrefix(second, []byte("Master-Key:"))
	if string(label) != "RSA" || !ok1 || !ok2 {
		return nil, nil, false
	}
	id, err1 := hex.DecodeString(string(a))
	master, err2 := hex.DecodeString(string(b))
	return id, master, err1 == nil && err2 == nil && len(id) > 0 && len(master) > 0
}

// word is the first word of b, and what comes after it.
func word(b []byte) (first, rest []byte) {
	b = bytes.TrimLeft(b, " \t\r")
	if n := bytes.IndexAny(b, " \t\r"); n >= 0 {
		return b[:n], b[n:]
	}
	return b, nil
}

// Add records one secret; label is e.g. "CLIENT_RANDOM". A secret that is
// known already stays as it is.
func (k *KeyLog) Add(label string, clientRandom, value []byte) {
	k.keep([]byte(label), clientRandom, bytes.Clone(value))
}

// keep is Add of a value that is the log's own.
func (k *KeyLog) keep(label, clientRandom, value []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.find(string(label), clientRandom) != nil {
		return
	}
	if k.last == nil {
		k.last = map[string]int{}
	}
	s := secret{value: value, before: k.last[string(clientRandom)], number: 1}
	if s.before > 0 {
		last := &k.list[s.before-1]
		s.random, s.number = last.random, last.number+1
	} else {
		s.random = string(clientRandom)
	}
	if s.number > maxSecrets {
		return
	}
	if i := slices.IndexFunc(labels, func(l string) bool { return l == string(label) }); i >= 0 {
		s.label = labels[i]
	} else {
		s.label = string(label)
	}
	k.list = append(k.list, s)
	k.last[s.random] = len(k.list)
}

// find returns the value of that label and client random, or nil.
func (k *KeyLog) find(label string, clientRandom []byte) []byte {
	for at := k.last[string(clientRandom)]; at > 0; {
		s := &k.list[at-1]
		if s.label == label {
			return s.value
		}
		at = s.before
	}
	return nil
}

// Secret returns the secret of that label and client random, or nil.
func (k *KeyLog) Secret(label string, clientRandom []byte) []byte {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.find(label, clientRandom)
}

// Empty reports whether there are no secrets.
func (k *KeyLog) Empty() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.list) == 0 && len(k.sessions) == 0
}

// Has reports whether there is a secret of that client random.
func (k *KeyLog) Has(clientRandom []byte) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.last[string(clientRandom)] > 0
}

// size grows with every secret that becomes known.
func (k *KeyLog) size() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.list) + k.forgotten + len(k.sessions)
}

// Forget drops the secrets of handshakes, by client random. What a session may
// still be resumed with stays.
func (k *KeyLog) Forget(randoms [][]byte) {
	drop := make(map[string]bool, len(randoms))
	for _, r := range randoms {
		drop[string(r)] = true
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	list := k.list
	k.list, k.last = make([]secret, 0, len(list)), make(map[string]int, len(k.last))
	for _, s := range list {
		if drop[s.random] {
			k.forgotten++
			continue
		}
		s.before = k.last[s.random]
		k.list = append(k.list, s)
		k.last[s.random] = len(k.list)
	}
}

// Lines returns everything in the SSLKEYLOGFILE format, for a file that the user asked for.
func (k *KeyLog) Lines() (lines []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, s := range k.list {
		lines = append(append(lines, s.label...), ' ')
		lines = append(hex.AppendEncode(lines, []byte(s.random)), ' ')
		lines = append(hex.AppendEncode(lines, s.value), '\n')
	}
	return lines
}

// remember keeps the master secret of a TLS 1.2 session under what a client
// will offer to resume it; a key log need not have a line for the resumption.
func (k *KeyLog) remember(id string, master []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.sessions == nil {
		k.sessions = map[string][]byte{}
	}
	k.sessions[id] = master
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
