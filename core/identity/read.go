package identity

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
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
		return &Error{
			Code: NotAnIdentity, What: fmt.Sprintf("the file has %d MiB; identity files have a few KiB", len(data)>>20),
			Do: "choose the .p12, .pfx or .pem file that holds the certificate and its key", Offset: -1,
		}
	}
	data = plainText(data)
	if m.foreign = foreign(data); m.foreign != nil {
		m.file.Format = m.foreignFormat()
		return nil
	}
	switch {
	case bytes.Contains(data, []byte("-----BEGIN ")):
		return m.readPEM(data)
	case len(data) > 0 && data[0] == 0x30:
		return m.readDER(data)
	}
	if der, ok := bareBase64(data); ok {
		m.facts.armoured = true
		m.problem("base64", "the file is base64 text without its PEM lines: most programs want it decoded first (base64 -d FILE > NEW)")
		return m.readDER(der)
	}
	m.foreign = unknownFile(data)
	m.file.Format = m.foreignFormat()
	return nil
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
	hi, lo := 0, 1
	switch string(data[:2]) {
	case "\xfe\xff":
	case "\xff\xfe":
		hi, lo = 1, 0
	default:
		return data
	}
	u := make([]uint16, 0, len(data)/2)
	for i := 2; i < len(data); i += 2 {
		u = append(u, uint16(data[i+hi])<<8|uint16(data[i+lo]))
	}
	var out []byte
	for _, r := range utf16.Decode(u) {
		out = utf8.AppendRune(out, r)
	}
	return out
}

// bareBase64 decodes a file that is nothing but base64 of a SEQUENCE.
func bareBase64(data []byte) ([]byte, bool) {
	if len(data) < 40 || data[0] != 'M' {
		return nil, false
	}
	der, err := base64.StdEncoding.DecodeString(string(withoutSpace(data)))
	return der, err == nil && len(der) > 0 && der[0] == 0x30
}

func withoutSpace(data []byte) []byte {
	return bytes.Map(func(r rune) rune {
		if r == ' ' || r == '\t' || r == '\r' || r == '\n' {
			return -1
		}
		return r
	}, data)
}

// readDER reads one DER value or several in a row.
func (m *material) readDER(data []byte) error {
	m.file.Format, m.file.Encoding = "der", "der"
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
		if err := m.readValue(root); err != nil {
			return err
		}
		data = rest
		if m.file.Format == "pkcs12" {
			break
		}
	}
	if m.facts.trailing = len(data); len(data) > 0 {
		m.problem("trailing-bytes", "%s after the end: some programs refuse the file for it", plural(len(data), "byte"))
	}
	return nil
}

// readValue reads one DER structure, known by its shape.
func (m *material) readValue(root element) error {
	shape := ""
	for _, c := range root.children {
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
		default:
			shape += "."
		}
	}
	starts := func(s string) bool { return len(shape) >= len(s) && shape[:len(s)] == s }
	switch {
	case starts("is") && root.children[1].firstOID() != "" && (len(shape) == 2 || shape == "iss") && isContent(root.children[1].firstOID()):
		return m.readPKCS12(root)
	case starts("iso"):
		k, err := pkcs8Of(root)
		m.facts.plainKey = true
		return m.addKey(k, err, attributes{})
	case starts("iiiiiiiii"):
		return m.traditional(oidRSA, root, root.der(), attributes{})
	case shape == "iiiiii":
		return m.traditional(oidDSA, root, root.der(), attributes{})
	case starts("io"):
		return m.traditional(oidEC, root, root.der(), attributes{})
	case shape == "so":
		b, err := sealedKey(root)
		if err != nil {
			return m.fail(err)
		}
		m.describe(b, "key")
		return m.openBoxes([]box{b}, false)
	case shape == "ssb" && len(root.children[0].children) >= 6:
		return m.addCert(root.raw, attributes{})
	case shape == "ssb":
		m.skip("csr", csr())
	case shape == "sb":
		m.skip("public key", publicKeyOnly())
	case starts("O") && root.firstOID() == oidSignedData:
		return m.readPKCS7(root)
	case shape == "ss" && len(root.children[0].children) == 2 && root.children[0].children[0].tag == tagSequence:
		m.skip("bcfks", bcfks())
	default:
		m.skip("data", &Error{
			Code: NotAnIdentity, What: "the file is ASN.1, but not PKCS#12, a certificate or a key", Offset: -1,
			Do: "choose the .p12, .pfx or .pem file that holds the certificate and its key",
		})
	}
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
	m.foreign = pkcs7(len(m.certs))
	return nil
}
