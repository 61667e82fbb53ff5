package identity

import "encoding/hex"

// Bag types (RFC 7292 section 4.2).
const (
	oidBags         = "1.2.840.113549.1.12.10.1."
	oidKeyBag       = oidBags + "1"
	oidShroudedBag  = oidBags + "2"
	oidCertBag      = oidBags + "3"
	oidCRLBag       = oidBags + "4"
	oidSecretBag    = oidBags + "5"
	oidSafeContents = oidBags + "6"
	oidX509Cert     = "1.2.840.113549.1.9.22.1"
	oidFriendlyName = "1.2.840.113549.1.9.20"
	oidLocalKeyID   = "1.2.840.113549.1.9.21"
	oidJavaTrust    = "2.16.840.1.113894.746875.1.1"
)

// attributes are what a bag says of its contents.
type attributes struct {
	name    string // friendlyName
	id      string // localKeyID, as hexadecimal
	trusted bool
	place   int // of the bag in its SafeContents
}

// box is an encrypted part: a safe, or a key in its shrouded bag.
type box struct {
	what  string
	key   bool
	attrs attributes
	enc   *encryption
	err   error // why it can't be opened whatever the password
	data  []byte
}

// authenticatedSafe walks AuthenticatedSafe ::= SEQUENCE OF ContentInfo and
// returns what is encrypted; the rest is read at once.
func (m *material) authenticatedSafe(root element) ([]box, error) {
	c, err := root.open("AuthenticatedSafe", tagSequence)
	if err != nil {
		return nil, err
	}
	var boxes []box
	m.facts.safes = len(c.rest)
	for i, e := range c.rest {
		info, err := e.open("ContentInfo", tagSequence)
		if err != nil {
			return nil, err
		}
		kind, err := info.oid("content type")
		if err != nil {
			return nil, err
		}
		content, err := info.enter("content", context0)
		if err != nil {
			return nil, err
		}
		name := "safe " + count(i+1)
		switch kind {
		case oidData:
			octets, err := content.take("safe", tagOctets)
			if err != nil {
				return nil, err
			}
			more, err := m.safeContents(octets.octets(), octets.inner(name))
			if err != nil {
				return nil, err
			}
			boxes = append(boxes, more...)
		case oidEncryptedData:
			b, err := encryptedSafe(content)
			if err != nil {
				return nil, err
			}
			b.what = name
			m.describe(b, name)
			boxes = append(boxes, b)
		default:
			if err := m.fail(unsupported(name+"'s content", kind)); err != nil {
				return nil, err
			}
		}
	}
	return boxes, m.full()
}

// encryptedSafe reads EncryptedData (RFC 5652 section 8).
func encryptedSafe(content *cursor) (box, error) {
	data, err := content.enter("EncryptedData", tagSequence)
	if err != nil {
		return box{}, err
	}
	if _, err := data.number("EncryptedData version"); err != nil {
		return box{}, err
	}
	info, err := data.enter("EncryptedContentInfo", tagSequence)
	if err != nil {
		return box{}, err
	}
	if _, err := info.oid("encrypted content type"); err != nil {
		return box{}, err
	}
	algorithm, err := info.take("encryption algorithm", tagSequence)
	if err != nil {
		return box{}, err
	}
	sealed, err := info.take("encrypted content", context0)
	if err != nil {
		return box{}, err
	}
	b := box{data: sealed.octets()}
	if b.enc, err = parseEncryption(algorithm); err != nil {
		b.err = err
	}
	return b, nil
}

// sealedKey reads EncryptedPrivateKeyInfo (RFC 5958 section 3).
func sealedKey(e element) (box, error) {
	c, err := e.open("EncryptedPrivateKeyInfo", tagSequence)
	if err != nil {
		return box{}, err
	}
	algorithm, err := c.take("encryption algorithm", tagSequence)
	if err != nil {
		return box{}, err
	}
	data, err := c.take("encrypted key", tagOctets)
	if err != nil {
		return box{}, err
	}
	b := box{key: true, what: "the key", data: data.octets()}
	if b.enc, err = parseEncryption(algorithm); err != nil {
		b.err = err
	}
	return b, nil
}

// describe notes a part's encryption for people and for the doctor.
func (m *material) describe(b box, what string) {
	if b.enc == nil {
		m.file.Encryption = append(m.file.Encryption, "not supported ("+what+")")
		return
	}
	m.facts.encryptions = append(m.facts.encryptions, b.enc)
	m.file.Encryption = append(m.file.Encryption, b.enc.text+" ("+what+")")
}

// safeContents walks SafeContents ::= SEQUENCE OF SafeBag.
func (m *material) safeContents(data []byte, lay *layer) ([]box, error) {
	root, _, err := parseBER(data, lay)
	if err != nil {
		return nil, err
	}
	m.note(lay)
	return m.bags(root)
}

func (m *material) bags(root element) ([]box, error) {
	c, err := root.open("SafeContents", tagSequence)
	if err != nil {
		return nil, err
	}
	var boxes []box
	for i, e := range c.rest {
		more, err := m.bag(e, i)
		if err != nil {
			return nil, err
		}
		boxes = append(boxes, more...)
	}
	return boxes, m.full()
}

// bag reads one SafeBag.
//
//	SafeBag ::= SEQUENCE { bagId OID, bagValue [0] EXPLICIT ANY, bagAttributes SET OF PKCS12Attribute OPTIONAL }
func (m *material) bag(e element, place int) ([]box, error) {
	c, err := e.open("SafeBag", tagSequence)
	if err != nil {
		return nil, err
	}
	kind, err := c.oid("bag type")
	if err != nil {
		return nil, err
	}
	value, err := c.enter("bag value", context0)
	if err != nil {
		return nil, err
	}
	if len(value.rest) != 1 {
		return nil, e.damaged("a bag holds %d values instead of 1", len(value.rest))
	}
	inside := value.rest[0]
	var attrs attributes
	if set, ok := c.maybe(tagSet); ok {
		attrs = bagAttributes(set)
	}
	attrs.place = place
	switch kind {
	case oidKeyBag:
		m.facts.plainKey = true
		k, err := pkcs8Of(inside)
		return nil, m.addKey(k, err, attrs)
	case oidShroudedBag:
		b, err := sealedKey(inside)
		if err != nil {
			return nil, err
		}
		if b.attrs = attrs; attrs.name != "" {
			b.what = "the key " + quoted(attrs.name)[:len(quoted(attrs.name))-1]
		}
		m.describe(b, "key")
		return []box{b}, nil
	case oidCertBag:
		return nil, m.certBag(inside, attrs)
	case oidSafeContents:
		return m.bags(inside)
	case oidCRLBag:
		m.skipped["revocation list"]++
	case oidSecretBag:
		m.skipped["secret"]++
	default:
		m.skipped["bag of unknown type "+kind]++
	}
	return nil, nil
}

// certBag reads CertBag (RFC 7292 section 4.2.3).
func (m *material) certBag(e element, attrs attributes) error {
	c, err := e.open("CertBag", tagSequence)
	if err != nil {
		return err
	}
	kind, err := c.oid("certificate type")
	if err != nil {
		return err
	}
	value, err := c.enter("certificate", context0)
	if err != nil {
		return err
	}
	if kind != oidX509Cert {
		m.skipped["certificate of type "+kind]++
		return nil
	}
	octets, err := value.take("certificate", tagOctets)
	if err != nil {
		return err
	}
	return m.addCert(octets.octets(), attrs)
}

// bagAttributes reads what is known of a SET OF PKCS12Attribute and passes over the rest.
func bagAttributes(set element) (out attributes) {
	for _, a := range set.children {
		if len(a.children) != 2 || a.children[0].tag != tagOID {
			continue
		}
		switch oid := oidString(a.children[0].body); {
		case oid == oidJavaTrust:
			out.trusted = true
		case len(a.children[1].children) == 0:
		case oid == oidFriendlyName:
			out.name, _ = textOf(a.children[1].children[0])
		case oid == oidLocalKeyID:
			out.id = hex.EncodeToString(a.children[1].children[0].octets())
		}
	}
	return out
}

// openBoxes decrypts what is encrypted, and what that holds in turn. proven
// says that the MAC showed password and contents to be right.
func (m *material) openBoxes(boxes []box, proven bool) error {
	opened := 0
	for i := 0; i < len(boxes); i++ {
		b := boxes[i]
		if b.err != nil {
			if err := m.fail(b.err); err != nil {
				return err
			}
			continue
		}
		plain, odd, err := b.enc.open(m.work, b.data, m.secrets)
		switch {
		case err == errPadding && proven:
			err = &Error{
				Code: WrongPassword, What: "the password opens the file, but not " + b.what + ": that has a password of its own", Offset: -1,
				Do: "give both the same password: open the file in the program that made it and export it again",
			}
		case err == errPadding && opened > 0:
			err = &Error{
				Code: WrongPassword, What: "the password opens other parts of the file, but not " + b.what + ": that has a password of its own, or was changed", Offset: -1,
				Do: "give both the same password: open the file in the program that made it and export it again",
			}
		case err == errPadding:
			err = m.locked(b.what)
		}
		if err != nil {
			if err := m.fail(err); err != nil {
				return err
			}
			continue
		}
		opened++
		m.facts.oddPassword = m.facts.oddPassword || odd
		m.scratch = append(m.scratch, plain)
		lay := &layer{name: b.what + ", decrypted", base: -1}
		if b.key {
			k, err := parsePKCS8(plain, lay)
			m.note(lay)
			if err := m.addKey(k, err, b.attrs); err != nil {
				return err
			}
			continue
		}
		more, err := m.safeContents(plain, lay)
		if err := m.fail(err); err != nil {
			return err
		}
		boxes = append(boxes, more...)
	}
	return nil
}
