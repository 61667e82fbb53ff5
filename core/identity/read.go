package identity

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"rechallenge/core/protocol"
)

// Read reads an identity file of any kind: PKCS#12, PEM or DER. A nil password
// means that none was given. The error is an *Error, or the context's; what
// could be read all the same (facts, certificates that lie open) is returned
// beside it. A file with at least one usable identity gives no error: what is
// wrong with the rest is in File.Problems.
func Read(ctx context.Context, name string, data []byte, password *string, opt Options) (*File, error) {
	m := newMaterial(ctx, password, opt)
	defer m.close()
	if err := m.read(data); err != nil {
		return m.stopped(ctx, err)
	}
	return m.result()
}

// ReadPair reads an identity whose certificate and key are in two files, in
// PEM or DER; the certificate's may hold the chain too.
func ReadPair(ctx context.Context, cert, key []byte, password *string, opt Options) (*File, error) {
	m := newMaterial(ctx, password, opt)
	defer m.close()
	if err := m.read(cert); err != nil {
		return m.stopped(ctx, err)
	}
	format, foreign := m.file.Format, m.foreign
	m.foreign = nil
	if err := m.read(key); err != nil {
		return m.stopped(ctx, err)
	}
	if foreign != nil && m.foreign == nil {
		m.foreign = foreign
	}
	if m.foreign == nil && len(m.keys) == 0 && len(m.failures) == 0 {
		m.foreign = &Error{Code: NoKey, What: "the key file holds no private key", Do: "name the file that begins with BEGIN PRIVATE KEY or the like", Offset: -1}
	}
	if format == "pem" || m.file.Format == "pem" {
		m.file.Format = "pem"
	}
	return m.result()
}

// result is finish without a typed nil.
func (m *material) result() (*File, error) {
	if m.foreign != nil && !m.pkcs7 && len(m.keys)+len(m.certs)+len(m.failures) == 0 {
		m.file.Format = m.foreignFormat()
	}
	f, err := m.finish()
	if e, ok := err.(*Error); ok && e == nil {
		return f, nil
	}
	return f, err
}

// stopped is the answer where the reading could not go on.
func (m *material) stopped(ctx context.Context, err error) (*File, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	for _, c := range m.certs {
		m.file.Others = append(m.file.Others, ParseCertificate(c.der))
	}
	m.unopened(err)
	m.diagnose()
	return m.file, err
}

// read finds out what data is and reads it.
func (m *material) read(data []byte) error {
	if len(data) > maxFile {
		return tooLarge(len(data), "")
	}
	return m.readAny(data, 0)
}

// readAny reads a file, or what a text had in it; depth is how many texts are
// around.
func (m *material) readAny(data []byte, depth int) error {
	data = plainText(data)
	text := isText(data)
	switch {
	case len(data) > 0 && data[0] == 0x30 && (!text || len(data) == 1): // a SEQUENCE, also one of which nothing else is left
		return m.readDER(data)
	case (text || bytes.Contains(data, []byte("-----BEGIN "))) && len(data) > maxText:
		return tooLarge(len(data), "text ")
	case text || bytes.Contains(data, []byte("-----BEGIN ")):
		return m.readText(unescaped(string(data)), depth)
	}
	m.notKnown(data)
	return nil
}

func tooLarge(size int, what string) *Error {
	return notIdentity(fmt.Sprintf("the file has %d MiB; identity files have a few KiB", size>>20),
		"choose the "+what+"file that holds the certificate and its key")
}

// notKnown is for what nothing was found in.
func (m *material) notKnown(data []byte) {
	if len(m.keys)+len(m.certs)+len(m.failures) > 0 || m.foreign != nil {
		return
	}
	if m.foreign = foreign(data); m.foreign == nil {
		m.foreign = unknownFile(data)
	}
	m.file.Format = m.foreignFormat()
}

// setFormat notes what a file is; of several things in it the one that says most.
func (m *material) setFormat(format string) {
	rank := []string{"", "der", "pem", "pkcs12"}
	if slices.Index(rank, format) >= slices.Index(rank, m.file.Format) || slices.Index(rank, m.file.Format) < 0 {
		m.file.Format = format
	}
}

// readText reads what a text has in it: PEM blocks, and base64 or hexadecimal
// that stands for other files.
func (m *material) readText(text string, depth int) error {
	blocks, more := pemBlocks(text)
	if more {
		return tooMuch("the file has more than %d PEM blocks", maxBlocks)
	}
	if len(blocks) > 0 {
		m.setFormat("pem")
	}
	if err := m.readBlocks(text, blocks); err != nil {
		return err
	}
	if depth < maxNested {
		for _, a := range armours(text, blocks) {
			m.scratch = append(m.scratch, a.data)
			if m.unwrapped += len(a.data); m.unwrapped > 4*maxFile {
				return tooMuch("the texts within the file add up to more than %d MiB", 4*maxFile>>20)
			}
			if err := m.readArmour(text, a, depth); err != nil {
				return err
			}
		}
	}
	m.notKnown([]byte(text))
	return nil
}

// readArmour reads what base64 or hexadecimal stands for, and says where it was.
func (m *material) readArmour(text string, a armour, depth int) error {
	outer, keys, certs, failed := m.owner, len(m.keys), len(m.certs), len(m.failures)
	m.owner = cmp.Or(ownerOf(text, a.start), outer)
	m.facts.armoured = true
	err := m.fail(m.readAny(a.data, depth+1))
	m.owner = outer
	switch {
	case err != nil || len(m.keys) == keys && len(m.certs) == certs && len(m.failures) == failed:
		return err
	case strings.TrimSpace(text) == strings.TrimSpace(text[a.start:]) && a.how == "base64" && m.file.Format != "pem" && whereIs(text, a.start) == "":
		m.problem("base64", "the file is base64 text without its PEM lines: most programs want it decoded first (base64 -d FILE > NEW)")
	default:
		m.foundIn(whatIs(a.data), a.how, text, a.start)
	}
	return nil
}

// foundIn says where something was found that is not a file of its own.
func (m *material) foundIn(what, how, text string, at int) {
	where := "the middle"
	if len(text) <= 1<<20 {
		where = "line " + count(1+strings.Count(text[:at], "\n"))
	}
	if name := whereIs(text, at); name != "" {
		where = strconv.Quote(name) + ", " + where
	}
	if how != "" {
		how = " as " + how
	}
	m.problem("found-in", "%s was found%s in %s of the text", what, how, where)
}

// whatIs names what armour stood for.
func whatIs(data []byte) string {
	if !beginsDER(data) {
		return "a text with keys or certificates"
	}
	root, _, err := parseBER(data, &layer{base: -1})
	switch {
	case err != nil:
		return "something damaged"
	case isPFX(root, shapeOf(root)):
		return "a PKCS#12 file"
	case isCertificate(root, shapeOf(root)):
		return "a certificate"
	}
	return "a key, or what belongs to one,"
}

// plainText takes a byte-order mark off, and makes UTF-8 of UTF-16, which is
// what a Windows shell's redirection writes.
func plainText(data []byte) []byte {
	if rest, ok := bytes.CutPrefix(data, []byte("\xef\xbb\xbf")); ok {
		return rest
	}
	if len(data) < 4 || len(data)%2 != 0 {
		return data
	}
	hi, lo, from := 0, 1, 2
	switch {
	case string(data[:2]) == "\xfe\xff":
	case string(data[:2]) == "\xff\xfe":
		hi, lo = 1, 0
	case wide(data, 0):
		from = 0
	case wide(data, 1):
		hi, lo, from = 1, 0, 0
	default:
		return data
	}
	u := make([]uint16, 0, len(data)/2)
	for i := from; i < len(data); i += 2 {
		u = append(u, uint16(data[i+hi])<<8|uint16(data[i+lo]))
	}
	var out []byte
	for _, r := range utf16.Decode(u) {
		out = utf8.AppendRune(out, r)
	}
	return out
}

// wide says that every second byte, from the place of the first, is zero and
// the others are text: UTF-16 without its mark.
func wide(data []byte, zero int) bool {
	for i := 0; i+1 < min(len(data), 200); i += 2 {
		if c := data[i+1-zero]; data[i+zero] != 0 || c < ' ' && c != '\n' && c != '\r' && c != '\t' || c > 0x7e {
			return false
		}
	}
	return true
}

// readDER reads one DER value or several in a row.
func (m *material) readDER(data []byte) error {
	m.setFormat("der")
	m.file.Encoding = cmp.Or(m.file.Encoding, "der")
	for first := true; len(data) > 0 && data[0] == 0x30; first = false {
		lay := &layer{}
		if !first {
			lay.base = -1
		}
		root, rest, err := parseBER(data, lay)
		if err != nil {
			return err
		}
		m.note(lay)
		if err := m.readValue(root, "", attributes{}); err != nil {
			return err
		}
		data = rest
		if isPFX(root, shapeOf(root)) {
			break
		}
	}
	if m.facts.trailing = len(data); len(data) > 0 {
		m.problem("trailing-bytes", "%s after the end: some programs refuse the file for it", protocol.Plural(len(data), "byte"))
	}
	return nil
}

// shapeOf spells the kinds of a structure's parts, by which it is known.
func shapeOf(root element) string {
	shape := ""
	for _, c := range root.children[:min(len(root.children), 12)] {
		switch c.tag {
		case tagInteger:
			shape += "i"
		case tagSequence:
			shape += "s"
		case tagOctets:
			shape += "o"
		case tagBitString:
			shape += "b"
		case tagOID:
			shape += "O"
		case tagEnumerated:
			shape += "e"
		default:
			shape += "."
		}
	}
	return shape
}

func isPFX(root element, shape string) bool {
	return (shape == "is" || shape == "iss") && isContent(root.children[1].firstOID())
}

// isCertificate tells a Certificate from a CertificateList, which has times
// where a certificate has a validity, and from a request, which has neither.
func isCertificate(root element, shape string) bool {
	return shape == "ssb" && len(root.children[0].children) >= 6 && !isRevocationList(root)
}

func isRevocationList(root element) bool {
	return slices.ContainsFunc(root.children[0].children, func(e element) bool { return e.tag == tagUTCTime || e.tag == tagTime })
}

// readValue reads one DER structure, known by its shape: labels and names of
// files are often wrong. label is what a PEM block calls it, "" elsewhere.
func (m *material) readValue(root element, label string, attrs attributes) error {
	shape := shapeOf(root)
	starts := func(s string) bool { return strings.HasPrefix(shape, s) }
	switch {
	case isPFX(root, shape):
		return m.fail(m.readPKCS12(root))
	case starts("iso"):
		k, err := pkcs8Of(root)
		m.facts.plainKey = true
		return m.addKey(k, err, attrs)
	case starts("iiiiiiiii"):
		return m.traditional(oidRSA, root, root.der(), attrs)
	case shape == "iiiiii":
		return m.traditional(oidDSA, root, root.der(), attrs)
	case starts("io"):
		return m.traditional(oidEC, root, root.der(), attrs)
	case shape == "so":
		b, err := sealedKey(root)
		if err != nil {
			return m.fail(err)
		}
		b.attrs = attrs
		m.describe(b, "key")
		return m.openBoxes([]box{b}, false)
	case isCertificate(root, shape), label == "CERTIFICATE" && shape == "ssb" && !isRevocationList(root) && len(root.children[0].children) > 4:
		return m.addCert(root.raw, attrs)
	case starts("O") && root.firstOID() == oidSignedData:
		return m.readPKCS7(root)
	}
	for _, k := range foreignValues {
		if k.is(root, shape) {
			m.skip(k.format, notIdentity("the file is "+k.what, k.do))
			return nil
		}
	}
	switch {
	case strings.Contains(label, "CERTIFICATE"):
		return m.addCert(root.raw, attrs)
	case strings.Contains(label, "PRIVATE KEY"):
		_, err := pkcs8Of(root)
		return m.fail(cmp.Or(err, error(root.damaged("this is no private key of a kind that is known"))))
	}
	m.skip(cmp.Or(strings.ToLower(label), "block of unknown content"), &Error{
		Code: NotAnIdentity, What: "the file is ASN.1, but not PKCS#12, a certificate or a key", Offset: -1,
		Do: "choose the .p12, .pfx or .pem file that holds the certificate and its key",
	})
	return nil
}

// skip notes something that is no part of an identity; it explains the file
// when there is nothing else in it.
func (m *material) skip(what string, e *Error) {
	m.skipped[what]++
	if m.foreign == nil {
		m.foreign = e
	}
}

func (e element) firstOID() string {
	if len(e.children) == 0 || e.children[0].tag != tagOID {
		return ""
	}
	return oidString(e.children[0].body)
}

func isContent(oid string) bool {
	switch oid {
	case oidData, oidSignedData, oidEnvelopedData, oidEncryptedData:
		return true
	}
	return false
}

// traditional reads a key in the form of its own algorithm: RSAPrivateKey
// (RFC 8017), ECPrivateKey (RFC 5915), or OpenSSL's for DSA.
func (m *material) traditional(algorithm string, root element, der []byte, attrs attributes) error {
	defer clear(der)
	m.facts.plainKey = true
	k := &privateKey{public: publicKey{algorithm: algorithm}}
	k.public.keyType = k.public.typeName(0)
	lay := &layer{name: "the private key", base: -1}
	var err error
	switch algorithm {
	case oidRSA:
		err = k.readRSA(der, nil, lay)
	case oidEC:
		err = k.readEC(der, lay)
	case oidDSA:
		k.public.bits = bitLength(trimZeros(root.children[1].body))
		k.public.describe(root.children[4].der())
	}
	return m.addKey(k, err, attrs)
}

// readPKCS7 takes the certificates out of SignedData (RFC 5652 section 5.1).
func (m *material) readPKCS7(root element) error {
	c := &cursor{parent: root, rest: root.children[1:]}
	content, err := c.enter("SignedData", context0)
	if err != nil {
		return m.fail(err)
	}
	data, err := content.take("SignedData", tagSequence)
	if err != nil {
		return m.fail(err)
	}
	for _, part := range data.children {
		if part.tag != context0 {
			continue
		}
		for _, x := range part.children {
			if x.tag == tagSequence {
				if err := m.addCert(x.der(), attributes{}); err != nil {
					return err
				}
			}
		}
	}
	m.foreign, m.pkcs7 = pkcs7(len(m.certs)), true
	return nil
}
