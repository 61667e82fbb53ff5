package identity

import (
	"bytes"
	"cmp"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"strings"
)

// readPEM reads keys and certificates in any order.
func (m *material) readPEM(data []byte) error {
	m.file.Format = "pem"
	blocks, more := pemBlocks(string(data))
	for _, b := range blocks {
		m.scratch = append(m.scratch, b.body)
		if err := m.readBlock(b); err != nil {
			return err
		}
	}
	if more {
		return tooMuch("the file has more than %d PEM blocks", maxBlocks)
	}
	if len(m.keys)+len(m.certs)+len(m.failures) == 0 && m.foreign != nil {
		m.file.Format = m.foreignFormat()
	}
	return nil
}

func (m *material) readBlock(b pemBlock) error {
	if e := foreignBlock(b.label); e != nil {
		m.skip(strings.ToLower(b.label), e)
		return nil
	}
	attrs := attributes{name: b.alias, id: b.id}
	if b.err != nil {
		return m.fail(b.err)
	}
	body := b.body
	if b.dek != "" {
		plain, err := m.openHeaders(b)
		if err != nil {
			return m.fail(err)
		}
		m.scratch = append(m.scratch, plain)
		body = plain
	}
	lay := &layer{name: b.name(), base: -1}
	root, _, err := parseBER(body, lay)
	if err != nil {
		return m.fail(err)
	}
	switch b.label {
	case "CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE":
		// What follows the certificate are OpenSSL's trust settings.
		return m.addCert(root.raw, attrs)
	case "PRIVATE KEY", "ANY PRIVATE KEY":
		m.facts.plainKey = true
		k, err := pkcs8Of(root)
		return m.addKey(k, err, attrs)
	case "ENCRYPTED PRIVATE KEY":
		sealed, err := sealedKey(root)
		if err != nil {
			return m.fail(err)
		}
		sealed.attrs = attrs
		m.describe(sealed, "key")
		return m.openBoxes([]box{sealed}, false)
	case "RSA PRIVATE KEY":
		return m.traditional(oidRSA, root, root.der(), attrs)
	case "EC PRIVATE KEY":
		return m.traditional(oidEC, root, root.der(), attrs)
	case "DSA PRIVATE KEY":
		if len(root.children) != 6 {
			return m.fail(root.damaged("a DSA key has 6 parts, this one %d", len(root.children)))
		}
		return m.traditional(oidDSA, root, root.der(), attrs)
	case "PKCS7", "CMS":
		if root.firstOID() != oidSignedData {
			return nil
		}
		return m.readPKCS7(root)
	case "PKCS12":
		m.facts.armoured = true
		return m.readPKCS12(root)
	}
	m.skipped[cmp.Or(strings.ToLower(b.label), "block with an unreadable label")]++
	return nil
}

// dekCiphers are the ciphers of OpenSSL's own PEM encryption.
var dekCiphers = map[string]blockCipher{
	"DES-CBC":          blockCiphers["1.3.14.3.2.7"],
	"DES-EDE3-CBC":     blockCiphers["1.2.840.113549.3.7"],
	"DES-EDE-CBC":      {"2DES-CBC", 16, 8, twoKeyDES},
	"AES-128-CBC":      blockCiphers["2.16.840.1.101.3.4.1.2"],
	"AES-192-CBC":      blockCiphers["2.16.840.1.101.3.4.1.22"],
	"AES-256-CBC":      blockCiphers["2.16.840.1.101.3.4.1.42"],
	"CAMELLIA-128-CBC": blockCiphers["1.2.392.200011.61.1.1.1.2"],
	"CAMELLIA-192-CBC": blockCiphers["1.2.392.200011.61.1.1.1.3"],
	"CAMELLIA-256-CBC": blockCiphers["1.2.392.200011.61.1.1.1.4"],
	"RC2-CBC":          {"RC2-128-CBC", 16, 8, rc2Of(128)},
	"RC2-64-CBC":       {"RC2-64-CBC", 8, 8, rc2Of(64)},
	"RC2-40-CBC":       {"RC2-40-CBC", 5, 8, rc2Of(40)},
}

// openHeaders decrypts a block whose headers say how (RFC 1421 section 4.6.1.3):
// the key is MD5 over password and IV, as OpenSSL's EVP_BytesToKey has it.
func (m *material) openHeaders(b pemBlock) ([]byte, error) {
	c, ok := dekCiphers[strings.ToUpper(b.dek)]
	if !ok {
		name := cmp.Or(shownLabel(b.dek), "without a name")
		m.file.Encryption = append(m.file.Encryption, "PEM headers "+name+" (key)")
		e := unsupported("PEM encryption", "")
		e.What = fmt.Sprintf("PEM encryption %q is not supported", name)
		e.Do = "write the key anew: openssl pkcs8 -topk8 -in OLD -out NEW"
		return nil, e
	}
	iv, err := hex.DecodeString(b.iv)
	if err != nil || len(iv) != c.ivSize {
		return nil, pemDamaged("the DEK-Info of line %d has no initialisation vector of %d bytes", b.line, c.ivSize)
	}
	enc := &encryption{
		text: "PEM headers " + c.name + ", MD5, 1 iteration", scheme: "PEM headers", cipher: c.name, iterations: 1, block: c.new,
		key: func(_ *work, s secret) ([]byte, []byte, error) {
			var key, last []byte
			for len(key) < c.keySize {
				sum := md5.Sum(bytes.Join([][]byte{last, s.raw, iv[:8]}, nil))
				last = sum[:]
				key = append(key, last...)
			}
			return key[:c.keySize], iv, nil
		},
	}
	sealed := box{what: "the key", enc: enc}
	m.describe(sealed, "key")
	plain, _, err := enc.open(m.work, b.body, m.secrets)
	if err == errPadding {
		return nil, m.locked("the key")
	}
	return plain, err
}
