package identity

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"io"
)

// unusableKey stands in for a key that no stack here can sign with.
type unusableKey struct {
	public crypto.PublicKey
	err    *Error
}

func (k *unusableKey) Public() crypto.PublicKey { return k.public }
func (k *unusableKey) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return nil, k.err
}

// pair brings each key together with its certificate and that one's chain.
// What belongs to no identity is returned beside them.
func (m *material) pair() (ids []*Identity, others []Certificate) {
	used := map[int]bool{}
	for _, k := range m.keys {
		leaf := m.leafOf(k)
		if leaf < 0 {
			continue
		}
		chain := m.chainOf(leaf)
		id := &Identity{Signer: signerFor(k.privateKey, m.certs[leaf].tbs)}
		for _, i := range chain {
			used[i] = true
			id.Chain = append(id.Chain, ParseCertificate(m.certs[i].der))
		}
		id.Certificate = id.Chain[0]
		id.Alias = k.alias
		if id.Alias == "" {
			id.Alias = m.certs[leaf].alias
		}
		id.Usable = id.Signer != nil
		if !id.Usable {
			id.Signer = &unusableKey{err: unusable(k.public)}
		}
		top := m.certs[chain[len(chain)-1]].tbs
		id.remark(m.now, sameName(top.subject, top.issuer), nameOf(top.issuer))
		ids = append(ids, id)
	}
	nameless(ids)
	for i, c := range m.certs {
		if !used[i] && !m.seenBefore(i) {
			others = append(others, ParseCertificate(c.der))
		}
	}
	return ids, others
}

// nameless gives several identities of one file something to choose by where
// the file has no aliases: the common name, numbered where that comes again.
func nameless(ids []*Identity) {
	if len(ids) < 2 {
		return
	}
	taken := map[string]int{}
	for _, id := range ids {
		if id.Alias == "" {
			if id.Alias = CommonName(id.DER); id.Alias == "" {
				id.Alias = id.KeyType
			}
		}
		taken[id.Alias]++
		if n := taken[id.Alias]; n > 1 {
			id.Alias += "-" + count(n)
		}
	}
}

func (m *material) seenBefore(i int) bool {
	for _, c := range m.certs[:i] {
		if bytes.Equal(c.der, m.certs[i].der) {
			return true
		}
	}
	return false
}

// leafOf finds the certificate of a key by its public key, never by position.
// Of several (a renewed one beside the old) the one with the key's localKeyID
// is meant, then the one that ends last. -1 = there is none.
func (m *material) leafOf(k foundKey) int {
	best := -1
	better := func(i int) bool {
		if best < 0 {
			return true
		}
		a, b := m.certs[i], m.certs[best]
		if mine, other := k.id != "" && a.id == k.id, k.id != "" && b.id == k.id; mine != other {
			return mine
		}
		return a.tbs.notAfter.After(b.tbs.notAfter)
	}
	for i, c := range m.certs {
		if k.public.id != "" && k.public.id == c.tbs.key.id && better(i) {
			best = i
		}
	}
	if best >= 0 || k.public.id != "" {
		return best
	}
	// A key whose public half can't be worked out here: by what the bags say.
	for i, c := range m.certs {
		if c.tbs.key.keyType == k.public.keyType && k.id != "" && c.id == k.id {
			return i
		}
	}
	for i, c := range m.certs {
		if c.tbs.key.keyType == k.public.keyType {
			if best >= 0 {
				return -1
			}
			best = i
		}
	}
	return best
}

// lonelyKeys are the keys without a certificate.
func (m *material) lonelyKeys() (list []foundKey) {
	for _, k := range m.keys {
		if m.leafOf(k) < 0 {
			list = append(list, k)
		}
	}
	return list
}

// maxChain is more than any TLS server accepts.
const maxChain = 10

// chainOf orders the certificates from the leaf up.
func (m *material) chainOf(leaf int) []int {
	chain := []int{leaf}
	seen := map[int]bool{leaf: true}
	for at := leaf; len(chain) < maxChain; {
		t := m.certs[at].tbs
		if sameName(t.subject, t.issuer) {
			break
		}
		next := -1
		for i, c := range m.certs {
			if seen[i] || !sameName(t.issuer, c.tbs.subject) || !keyIDsAgree(t, c.tbs) {
				continue
			}
			// Of several with the name (a renewed or cross-signed CA) the one whose key made the signature.
			if next < 0 || signed(m.certs[at].der, c.der) && !signed(m.certs[at].der, m.certs[next].der) {
				next = i
			}
		}
		if next < 0 {
			break
		}
		seen[next] = true
		chain = append(chain, next)
		at = next
	}
	return chain
}

// keyIDsAgree compares the authority's key identifier with the issuer's own
// (RFC 5280 sections 4.2.1.1 and 4.2.1.2); absent ones agree.
func keyIDsAgree(child, parent *tbs) bool {
	aki, _, err := parseBER(child.extensions["2.5.29.35"], &layer{base: -1})
	if err != nil {
		return true
	}
	ski, _, err := parseBER(parent.extensions["2.5.29.14"], &layer{base: -1})
	if err != nil {
		return true
	}
	for _, e := range aki.children {
		if e.tag == context0 {
			return bytes.Equal(e.octets(), ski.octets())
		}
	}
	return true
}

// signed says whether parent's key made child's signature, as far as crypto/x509 can tell.
func signed(child, parent []byte) bool {
	c, err := x509.ParseCertificate(child)
	if err != nil {
		return false
	}
	p, err := x509.ParseCertificate(parent)
	if err != nil {
		return false
	}
	err = p.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature)
	var old x509.InsecureAlgorithmError
	return err == nil || errors.As(err, &old)
}

// signerFor is the key as its certificate wants it: some producers write the
// RSA key of an RSA-PSS certificate as a plain one, and the other way round.
func signerFor(k *privateKey, t *tbs) crypto.Signer {
	switch s := k.signer.(type) {
	case *rsa.PrivateKey:
		if t.key.algorithm == oidRSAPSS {
			return &RSAPSSKey{key: s, algorithm: t.key.identifier}
		}
	case *RSAPSSKey:
		if t.key.algorithm == oidRSA {
			return s.key
		}
	}
	return k.signer
}

// unusable names a key that was read and can't be used here, with what can.
func unusable(k publicKey) *Error {
	e := &Error{Code: UnsupportedAlgorithm, What: "the key is " + k.keyType + " (" + k.oid() + "), which can't be used here", Do: k.uses(), Offset: -1}
	if k.algorithm == oidRSA || k.algorithm == oidRSAPSS {
		e.Do = "crypto/rsa refuses it: it is too short, or its exponent too long; have a new key of 2048 bits or more certified"
	}
	return e
}
