package identity

import (
	"crypto/hmac"
	"errors"
	"fmt"
	"hash"
	"slices"
)

// Content types (RFC 7292 section 4.1, RFC 5652).
const (
	oidData          = "1.2.840.113549.1.7.1"
	oidSignedData    = "1.2.840.113549.1.7.2"
	oidEnvelopedData = "1.2.840.113549.1.7.3"
	oidEncryptedData = "1.2.840.113549.1.7.6"
)

// macFacts describes a file's MAC.
type macFacts struct {
	present    bool
	pbmac1     bool
	digest     string // "SHA-256"; of PBMAC1 the HMAC's
	prf        string // of PBMAC1's PBKDF2
	iterations int
}

// mac is MacData (RFC 7292 section 4), or PBMAC1 in its place (RFC 9579).
type mac struct {
	facts macFacts
	text  string
	bmp   bool
	value []byte
	// lengthless: a PBMAC1 without the keyLength that RFC 9579 wants.
	lengthless bool
	new        func() hash.Hash
	key        func(w *work, s secret) ([]byte, error)
}

// readPKCS12 reads a PFX (RFC 7292 section 4).
//
//	PFX ::= SEQUENCE { version INTEGER {v3(3)}, authSafe ContentInfo, macData MacData OPTIONAL }
func (m *material) readPKCS12(root element) error {
	m.setFormat("pkcs12")
	m.inPKCS12 = true
	defer func() { m.inPKCS12 = false }()
	c, err := root.open("PFX", tagSequence)
	if err != nil {
		return err
	}
	if _, err := c.number("PFX version"); err != nil {
		return err
	}
	info, err := c.enter("authSafe", tagSequence)
	if err != nil {
		return err
	}
	kind, err := info.oid("authSafe content type")
	if err != nil {
		return err
	}
	if kind != oidData {
		return unsupported("authSafe content", kind)
	}
	wrapped, err := info.enter("authSafe content", context0)
	if err != nil {
		return err
	}
	octets, err := wrapped.take("authSafe content", tagOctets)
	if err != nil {
		return err
	}
	content := octets.octets()
	var sum *mac
	m.file.MAC = NoMAC
	if data, ok := c.maybe(tagSequence); ok {
		if sum, err = parseMAC(data); err != nil {
			e, ok := err.(*Error)
			if !ok || e.Code != UnsupportedAlgorithm {
				return err
			}
			m.file.MAC = "not supported"
			m.problem("mac-not-checked", "%s: the file is read without its check against changes", e.What)
		} else {
			m.file.MAC, m.facts.mac = sum.text, sum.facts
			if sum.lengthless {
				m.problem("pbmac1-no-key-length", "the MAC (PBMAC1) does not say how long its key is, which RFC 9579 wants: %d bytes are taken, and other programs refuse the file", sum.new().Size())
			}
		}
	}
	lay := octets.inner("the AuthenticatedSafe")
	safe, _, err := parseBER(content, lay)
	if err != nil {
		return err
	}
	boxes, err := m.authenticatedSafe(safe)
	m.note(lay)
	if err != nil {
		return err
	}
	if sum == nil {
		return m.openBoxes(boxes, false)
	}
	if len(boxes) == 0 && len(m.keys)+len(m.certs) > 0 {
		return m.openFile(sum, content)
	}
	switch fits, err := m.checkMAC(sum, content); {
	case err != nil:
		return m.fail(err)
	case fits:
		return m.openBoxes(boxes, true)
	}
	return m.brokenMAC(boxes)
}

// openFile is for a file in which nothing is encrypted: it can be read whatever
// the password, which only its MAC wants.
func (m *material) openFile(sum *mac, content []byte) error {
	fits, err := m.checkMAC(sum, content)
	switch {
	case err != nil:
		return m.fail(err)
	case fits:
	case m.given:
		m.problem("mac-mismatch", "the MAC does not match: the password is wrong, or the file was changed after it was written; "+
			"which of the two can't be told, because nothing in the file is encrypted: it was read without its password")
	default:
		m.problem("mac-not-checked", "nothing in the file is encrypted: it was read without its password, which only the MAC wants, "+
			"so that a change to the file would not have been noticed")
	}
	return nil
}

// note remembers that a layer was not DER.
func (m *material) note(lay *layer) {
	if lay.ber {
		m.file.Encoding = "ber"
	}
}

// parseMAC reads MacData.
//
//	MacData ::= SEQUENCE { mac DigestInfo, macSalt OCTET STRING, iterations INTEGER DEFAULT 1 }
func parseMAC(e element) (*mac, error) {
	c, err := e.open("macData", tagSequence)
	if err != nil {
		return nil, err
	}
	info, err := c.enter("MAC's digest", tagSequence)
	if err != nil {
		return nil, err
	}
	alg, err := info.enter("MAC's algorithm", tagSequence)
	if err != nil {
		return nil, err
	}
	oid, err := alg.oid("MAC's algorithm")
	if err != nil {
		return nil, err
	}
	value, err := info.take("MAC's value", tagOctets)
	if err != nil {
		return nil, err
	}
	out := &mac{value: value.octets(), facts: macFacts{present: true, iterations: 1}}
	if oid == oidPBMAC1 {
		return out, out.readPBMAC1(alg)
	}
	salt, err := c.take("MAC's salt", tagOctets)
	if err != nil {
		return nil, err
	}
	if n, ok := c.maybe(tagInteger); ok {
		if out.facts.iterations, err = n.number("MAC's iterations"); err != nil {
			return nil, err
		}
	}
	d, ok := digests[oid]
	if !ok {
		return nil, unsupported("MAC", oid)
	}
	n, bytes := out.facts.iterations, salt.octets()
	out.facts.digest, out.new, out.bmp = d.name, d.new, true
	out.text = fmt.Sprintf("HMAC-%s, PKCS#12 derivation, %s", d.name, rounds(n))
	out.key = func(w *work, s secret) ([]byte, error) {
		return w.pkcs12KDF(d.new, s.bmp, bytes, n, forMAC, d.new().Size())
	}
	return out, nil
}

// readPBMAC1 reads PBMAC1-params (RFC 8018 appendix A.5).
func (m *mac) readPBMAC1(alg *cursor) error {
	params, err := alg.enter("PBMAC1 parameters", tagSequence)
	if err != nil {
		return err
	}
	kdf, err := params.enter("PBMAC1 key derivation", tagSequence)
	if err != nil {
		return err
	}
	scheme, err := params.enter("PBMAC1 scheme", tagSequence)
	if err != nil {
		return err
	}
	oid, err := scheme.oid("PBMAC1 scheme")
	if err != nil {
		return err
	}
	h, ok := prfs[oid]
	if !ok {
		return unsupported("PBMAC1 scheme", oid)
	}
	d, err := parseDerivation(kdf)
	if err != nil {
		return err
	}
	length := d.length
	if m.lengthless = length == 0; m.lengthless {
		// RFC 9579 section 4 wants the length there; the hash's is what writers without it mean.
		length = h.new().Size()
	}
	m.facts.pbmac1, m.facts.digest, m.facts.prf, m.facts.iterations = true, h.name, d.prf, d.iterations
	m.new, m.text = h.new, fmt.Sprintf("PBMAC1 %s, %s", h.name, d.text)
	m.key = func(w *work, s secret) ([]byte, error) { return d.derive(w, s.raw, length) }
	return nil
}

// checkMAC looks for the form of the password that the MAC was made with and
// puts it first.
func (m *material) checkMAC(sum *mac, content []byte) (bool, error) {
	for i, s := range m.secrets {
		if seenForm(m.secrets[:i], s, sum.bmp) {
			continue
		}
		key, err := sum.key(m.work, s)
		if err != nil {
			return false, err
		}
		h := hmac.New(sum.new, key)
		clear(key)
		h.Write(content)
		if hmac.Equal(h.Sum(nil), sum.value) {
			m.secrets[0], m.secrets[i] = m.secrets[i], m.secrets[0]
			m.facts.oddPassword = s.odd
			return true, nil
		}
	}
	return false, nil
}

// brokenMAC decides what a MAC that does not fit means: when the password
// opens a part of the file, it is right and the file was changed. Only the
// password's first form is tried, on the cheapest part first: a wrong password
// should not be found out at many times the price of the right one.
func (m *material) brokenMAC(boxes []box) *Error {
	boxes = slices.DeleteFunc(slices.Clone(boxes), func(b box) bool { return b.err != nil })
	slices.SortStableFunc(boxes, func(a, b box) int { return a.enc.iterations - b.enc.iterations })
	for _, b := range boxes {
		out, _, err := b.enc.open(m.work, b.data, m.secrets[:1])
		clear(out)
		if err == nil || errors.Is(err, errChanged) {
			return &Error{
				Code: Damaged, What: "damaged: the password opens the file, but the MAC does not match: the file was changed after it was written",
				Do: getAgain, Offset: -1,
			}
		}
	}
	e := m.locked("the file")
	if m.given {
		e.What = "wrong password: the MAC does not match"
	}
	return e
}
