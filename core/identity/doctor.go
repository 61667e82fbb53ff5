package identity

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"rechallenge/core/protocol"
)

// weakIterations is how many a password needs at least to be worth guessing
// at: OpenSSL's 2048 of old is let pass.
const weakIterations = 1000

// diagnose adds the remarks on the file as a whole and who else reads it. It
// runs once, when everything that can be read was read.
func (m *material) diagnose() {
	for _, what := range slices.Sorted(maps.Keys(m.skipped)) {
		m.problem("skipped", "passed over: %s", protocol.Plural(m.skipped[what], what))
	}
	if m.file.Format != "pkcs12" {
		return
	}
	m.weaknesses()
	slices.SortStableFunc(m.file.Problems, func(a, b Problem) int { return strings.Compare(a.Code, b.Code) })
	closed := slices.ContainsFunc(m.failures, func(e *Error) bool { return e.Code == WrongPassword || e.Code == PasswordNeeded })
	if closed || len(m.keys) > 0 && len(m.certs) > 0 {
		m.file.Readers = m.whoReads(closed)
	}
}

// weaknesses are remarks on how the file is protected.
func (m *material) weaknesses() {
	mac := m.facts.mac
	if m.facts.plainKey {
		m.problem("key-not-encrypted", "a private key lies open in the file: whoever has the file has the key")
	}
	if m.file.MAC == NoMAC {
		m.problem("no-mac", "the file has no MAC: a change to it is not noticed, and some programs refuse it")
	}
	if mac.present && mac.digest == "MD5" {
		m.problem("weak-mac", "the MAC is made with MD5")
	}
	if name, ok := m.sealedWith(func(e *encryption) bool {
		return strings.HasSuffix(e.scheme, "-40") || e.cipher == "DES-CBC" || strings.HasSuffix(e.scheme, "-64") || e.cipher == "RC2-40-CBC"
	}); ok {
		m.problem("weak-encryption", "%s is broken with a key search in hours: write the file anew (style modern)", name)
	}
	for _, e := range m.facts.encryptions {
		if e.iterations > 0 && e.iterations < weakIterations {
			m.problem("few-iterations", "%s is few: a password is guessed quickly", rounds(e.iterations))
			break
		}
	}
	for i := range m.keys {
		for j := range i {
			if m.keys[i].public.id != "" && m.keys[i].public.id == m.keys[j].public.id {
				m.problem("key-twice", "the file holds the same %s key twice", m.keys[i].public.keyType)
			}
		}
	}
}

// unopened remembers an error that ended the reading, for diagnose.
func (m *material) unopened(err error) {
	var e *Error
	if errors.As(err, &e) {
		m.failures = append(m.failures, e)
	}
}
