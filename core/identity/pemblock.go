package identity

import (
	"bytes"
	"cmp"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"strings"
)

// readBlocks reads keys and certificates in any order.
func (m *material) readBlocks(text string, blocks []pemBlock) error {
	for _, b := range blocks {
		m.scratch = append(m.scratch, b.body)
		keys, certs, outer := len(m.keys), len(m.certs), m.owner
		m.owner = cmp.Or(ownerOf(text, b.start), outer)
		err := m.readBlock(b)
		m.owner = outer
		if err != nil {
			return err
		}
		if len(m.keys) > keys || len(m.certs) > certs {
			if whereIs(text, b.start) != "" {
				m.foundIn("the "+cmp.Or(b.label, "block"), "", text, b.start)
			}
			if b.noEnd {
				m.problem("no-end", "%s has no END: most programs do not find it", b.name())
			}
		}
	}
	return nil
}

// readBlock reads one block. What it holds decides, not its label.
func (m *material) readBlock(b pemBlock) error {
	if e := foreignBlock(b.label); e != nil {
		m.skip(strings.ToLower(b.label), e)
		return nil
	}
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
	root, _, err := parseBER(body, &layer{name: b.name(), base: -1})
	if err != nil {
		return m.fail(err)
	}
	m.facts.armoured = true
	return m.readValue(root, b.label, attributes{name: b.alias, id: b.id})
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
		e.What, e.algorithm = fmt.Sprintf("PEM encryption %q is not supported", name), strings.ToUpper(name)
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
