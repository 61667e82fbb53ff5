package identity

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
)

// pemBlock is one block of RFC 7468, or of the older RFC 1421 with headers.
type pemBlock struct {
	label   string
	headers map[string]string
	body    []byte
	alias   string // friendlyName of the "Bag Attributes" that OpenSSL writes above
	id      string // localKeyID of them
	line    int
}

// maxBlocks is how many PEM blocks are looked at.
const maxBlocks = 1000

// pemBlocks finds the blocks in a text, which may have anything between them,
// indentation and any kind of line end. It is more tolerant than encoding/pem:
// such files are pasted into YAML and sent by mail.
func pemBlocks(data []byte) ([]pemBlock, error) {
	text := string(data)
	if !strings.Contains(text, "\n") {
		text = strings.ReplaceAll(text, "\r", "\n")
	}
	if !strings.Contains(strings.TrimSpace(text), "\n") {
		// As it comes out of an environment variable or JSON.
		text = strings.ReplaceAll(strings.ReplaceAll(text, `\r`, ""), `\n`, "\n")
	}
	var out []pemBlock
	var b *pemBlock
	var body strings.Builder
	alias, id := "", ""
	offset := 0
	for n, line := range strings.Split(text, "\n") {
		at := offset
		offset += len(line) + 1
		line = strings.Trim(line, " \t\r\"'")
		switch label, begins := cut(line, "-----BEGIN "); {
		case begins:
			if b != nil {
				return nil, pemDamaged(at, "line %d: BEGIN %s without the END of %s before", n+1, label, b.label)
			}
			if len(out) >= maxBlocks {
				return nil, tooMuch("the file has more than %d PEM blocks", maxBlocks)
			}
			b = &pemBlock{label: label, headers: map[string]string{}, alias: alias, id: id, line: n + 1}
			alias, id = "", ""
			body.Reset()
		case b == nil:
			if v, ok := strings.CutPrefix(line, "friendlyName:"); ok {
				alias = strings.TrimSpace(v)
			} else if v, ok := strings.CutPrefix(line, "localKeyID:"); ok {
				id = strings.ToLower(strings.ReplaceAll(v, " ", ""))
			}
		default:
			if end, ends := cut(line, "-----END "); ends {
				if end != b.label {
					return nil, pemDamaged(at, "line %d: BEGIN %s ends with END %s", n+1, b.label, end)
				}
				if foreignBlock(b.label) == nil {
					der, err := base64.StdEncoding.DecodeString(body.String())
					if err != nil {
						return nil, pemDamaged(at, "the base64 of %s, from line %d, is not right: %v", b.label, b.line, err)
					}
					b.body = der
				}
				out = append(out, *b)
				b = nil
				continue
			}
			if key, value, ok := strings.Cut(line, ":"); ok && body.Len() == 0 {
				b.headers[key] = strings.TrimSpace(value)
			} else {
				body.Write(withoutSpace([]byte(line)))
			}
		}
	}
	if b != nil {
		return nil, pemDamaged(len(data), "BEGIN %s in line %d has no END: the file was cut off", b.label, b.line)
	}
	return out, nil
}

// cut takes the label out of an encapsulation boundary.
func cut(line, begin string) (string, bool) {
	rest, ok := strings.CutPrefix(line, begin)
	if !ok {
		return "", false
	}
	return strings.CutSuffix(rest, "-----")
}

func pemDamaged(offset int, format string, args ...any) *Error {
	return &Error{Code: Damaged, What: fmt.Sprintf("damaged at offset %d, ", offset) + fmt.Sprintf(format, args...), Do: getAgain, Offset: offset}
}

// readPEM reads keys and certificates in any order.
func (m *material) readPEM(data []byte) error {
	m.file.Format = "pem"
	blocks, err := pemBlocks(data)
	if err != nil {
		return err
	}
	for _, b := range blocks {
		if !strings.Contains(b.label, "CERTIFICATE") && !strings.HasPrefix(b.label, "PKCS") {
			m.scratch = append(m.scratch, b.body)
		}
		if err := m.readBlock(b); err != nil {
			return err
		}
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
	body := b.body
	if info := b.headers["DEK-Info"]; info != "" {
		plain, err := m.openHeaders(b, info)
		if err != nil {
			return m.fail(err)
		}
		m.scratch = append(m.scratch, plain)
		body = plain
	}
	lay := &layer{name: "the " + b.label + " of line " + count(b.line), base: -1}
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
	m.skipped[strings.ToLower(b.label)]++
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
func (m *material) openHeaders(b pemBlock, info string) ([]byte, error) {
	name, text, _ := strings.Cut(info, ",")
	c, ok := dekCiphers[strings.ToUpper(name)]
	if !ok {
		m.file.Encryption = append(m.file.Encryption, "PEM headers "+name+" (key)")
		e := unsupported("PEM encryption", "")
		e.What = fmt.Sprintf("PEM encryption %q is not supported", name)
		e.Do = "write the key anew: openssl pkcs8 -topk8 -in OLD -out NEW"
		return nil, e
	}
	iv, err := hex.DecodeString(strings.TrimSpace(text))
	if err != nil || len(iv) != c.ivSize {
		return nil, pemDamaged(0, "the DEK-Info of line %d has no initialisation vector of %d bytes", b.line, c.ivSize)
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
