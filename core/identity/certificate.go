package identity

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// ParseCertificate gives what may be shown of a DER certificate. It never
// fails: what crypto/x509 can't parse is described as far as can be told.
func ParseCertificate(der []byte) Certificate {
	sum := sha256.Sum256(der)
	c := Certificate{DER: der, FingerprintSHA256: hex.EncodeToString(sum[:])}
	t, err := parseTBS(der)
	if err != nil {
		return c
	}
	c.Subject, c.Issuer = nameOf(t.subject), nameOf(t.issuer)
	c.Serial = hex.EncodeToString(t.serial)
	c.NotBefore, c.NotAfter = t.notBefore, t.notAfter
	c.KeyType = t.key.keyType
	c.SignatureAlgorithm = signatureName(t.signature)
	if x, err := x509.ParseCertificate(der); err == nil {
		c.SANs = sansOf(x)
		c.KeyUsage = keyUsageOf(x.KeyUsage)
		c.ExtKeyUsage = extKeyUsageOf(x)
		c.IsCA = x.BasicConstraintsValid && x.IsCA
		if x.SignatureAlgorithm != x509.UnknownSignatureAlgorithm {
			c.SignatureAlgorithm = x.SignatureAlgorithm.String()
		}
		return c
	}
	t.fillExtensions(&c)
	return c
}

// tbs is the part of a TBSCertificate (RFC 5280 section 4.1) that is needed
// even where crypto/x509 refuses the certificate.
type tbs struct {
	serial          []byte
	signature       string // OID
	issuer, subject element
	notBefore       time.Time
	notAfter        time.Time
	key             publicKey
	extensions      map[string][]byte // by OID
}

func parseTBS(der []byte) (*tbs, error) {
	root, _, err := parseBER(der, &layer{name: "the certificate", base: -1})
	if err != nil {
		return nil, err
	}
	outer, err := root.open("Certificate", tagSequence)
	if err != nil {
		return nil, err
	}
	c, err := outer.enter("TBSCertificate", tagSequence)
	if err != nil {
		return nil, err
	}
	c.maybe(context0)
	t := &tbs{extensions: map[string][]byte{}}
	serial, err := c.take("serialNumber", tagInteger)
	if err != nil {
		return nil, err
	}
	t.serial = serial.body
	for len(t.serial) > 1 && t.serial[0] == 0 {
		t.serial = t.serial[1:]
	}
	sig, err := c.enter("signature", tagSequence)
	if err != nil {
		return nil, err
	}
	if t.signature, err = sig.oid("signature algorithm"); err != nil {
		return nil, err
	}
	if t.issuer, err = c.take("issuer", tagSequence); err != nil {
		return nil, err
	}
	validity, err := c.enter("validity", tagSequence)
	if err != nil {
		return nil, err
	}
	if len(validity.rest) == 2 {
		t.notBefore, t.notAfter = timeOf(validity.rest[0]), timeOf(validity.rest[1])
	}
	if t.subject, err = c.take("subject", tagSequence); err != nil {
		return nil, err
	}
	spki, err := c.take("subjectPublicKeyInfo", tagSequence)
	if err != nil {
		return nil, err
	}
	if t.key, err = parseSPKI(spki); err != nil {
		return nil, err
	}
	for _, e := range c.rest {
		if e.tag == context3 && len(e.children) == 1 {
			for _, x := range e.children[0].children {
				if n := len(x.children); n >= 2 {
					t.extensions[oidString(x.children[0].body)] = x.children[n-1].octets()
				}
			}
		}
	}
	return t, nil
}

func timeOf(e element) time.Time {
	layout := "060102150405Z"
	if e.tag == tagTime {
		layout = "20060102150405Z"
	}
	t, err := time.Parse(layout, string(e.body))
	if err != nil {
		return time.Time{}
	}
	// RFC 5280 section 4.1.2.5.1: a two-digit year from 50 on is of the last century.
	if e.tag == tagUTCTime && t.Year() >= 2050 {
		t = t.AddDate(-100, 0, 0)
	}
	return t
}

var keyUsageNames = []string{
	"digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment",
	"keyAgreement", "keyCertSign", "cRLSign", "encipherOnly", "decipherOnly",
}

func keyUsageOf(u x509.KeyUsage) []string {
	var out []string
	for i, name := range keyUsageNames {
		if u&(1<<i) != 0 {
			out = append(out, name)
		}
	}
	return out
}

// keyUsageNamesIn reads a KeyUsage BIT STRING (RFC 5280 section 4.2.1.3).
func keyUsageNamesIn(value []byte) (out []string) {
	root, _, err := parseBER(value, &layer{base: -1})
	if err != nil || root.tag != tagBitString {
		return nil
	}
	b := root.bits()
	for i, name := range keyUsageNames {
		if i/8+1 < len(b) && b[i/8+1]&(0x80>>(i%8)) != 0 {
			out = append(out, name)
		}
	}
	return out
}

var extKeyUsageNames = map[string]string{
	"2.5.29.37.0": "anyExtendedKeyUsage", "1.3.6.1.5.5.7.3.1": "serverAuth", "1.3.6.1.5.5.7.3.2": "clientAuth",
	"1.3.6.1.5.5.7.3.3": "codeSigning", "1.3.6.1.5.5.7.3.4": "emailProtection", "1.3.6.1.5.5.7.3.5": "ipsecEndSystem",
	"1.3.6.1.5.5.7.3.6": "ipsecTunnel", "1.3.6.1.5.5.7.3.7": "ipsecUser", "1.3.6.1.5.5.7.3.8": "timeStamping",
	"1.3.6.1.5.5.7.3.9": "OCSPSigning", "1.3.6.1.4.1.311.20.2.2": "msSmartcardLogin",
}

func extKeyUsageOf(x *x509.Certificate) []string {
	for _, e := range x.Extensions {
		if e.Id.String() == "2.5.29.37" {
			return extKeyUsageNamesIn(e.Value)
		}
	}
	return nil
}

func extKeyUsageNamesIn(value []byte) []string {
	root, _, err := parseBER(value, &layer{base: -1})
	if err != nil {
		return nil
	}
	var out []string
	for _, c := range root.children {
		oid := oidString(c.body)
		if name, ok := extKeyUsageNames[oid]; ok {
			oid = name
		}
		out = append(out, oid)
	}
	return out
}

func sansOf(x *x509.Certificate) []string {
	var out []string
	for _, s := range x.DNSNames {
		out = append(out, "DNS:"+s)
	}
	for _, s := range x.IPAddresses {
		out = append(out, "IP:"+s.String())
	}
	for _, s := range x.EmailAddresses {
		out = append(out, "email:"+s)
	}
	for _, s := range x.URIs {
		out = append(out, "URI:"+s.String())
	}
	return out
}

// fillExtensions reads the extensions that matter here without crypto/x509,
// for certificates whose key or fields it does not take.
func (t *tbs) fillExtensions(c *Certificate) {
	c.ExtKeyUsage = extKeyUsageNamesIn(t.extensions["2.5.29.37"])
	c.KeyUsage = keyUsageNamesIn(t.extensions["2.5.29.15"])
	if root, _, err := parseBER(t.extensions["2.5.29.19"], &layer{base: -1}); err == nil {
		c.IsCA = len(root.children) > 0 && root.children[0].tag == tagBoolean && string(root.children[0].body) == "\xff"
	}
	root, _, err := parseBER(t.extensions["2.5.29.17"], &layer{base: -1})
	if err != nil {
		return
	}
	for _, g := range root.children {
		switch g.tag {
		case context1:
			c.SANs = append(c.SANs, "email:"+string(g.body))
		case context2:
			c.SANs = append(c.SANs, "DNS:"+string(g.body))
		case context0 | 6:
			c.SANs = append(c.SANs, "URI:"+string(g.body))
		case context0 | 7:
			c.SANs = append(c.SANs, "IP:"+ipString(g.body))
		}
	}
}

func ipString(b []byte) string {
	if len(b) == 4 {
		return fmt.Sprintf("%d.%d.%d.%d", b[0], b[1], b[2], b[3])
	}
	return hex.EncodeToString(b)
}

var signatureNames = map[string]string{
	"1.2.840.113549.1.1.10": "RSA-PSS", "1.2.840.113549.1.1.4": "MD5-RSA", "1.2.840.113549.1.1.14": "SHA224-RSA",
	"1.2.840.10040.4.3": "DSA-SHA1", "2.16.840.1.101.3.4.3.2": "DSA-SHA256", "1.3.101.112": "Ed25519", "1.3.101.113": "Ed448",
	"1.2.840.113549.1.1.5": "SHA1-RSA", "1.2.840.113549.1.1.11": "SHA256-RSA", "1.2.840.113549.1.1.12": "SHA384-RSA",
	"1.2.840.113549.1.1.13": "SHA512-RSA", "1.2.840.10045.4.1": "ECDSA-SHA1", "1.2.840.10045.4.3.2": "ECDSA-SHA256",
	"1.2.840.10045.4.3.3": "ECDSA-SHA384", "1.2.840.10045.4.3.4": "ECDSA-SHA512", "1.2.156.10197.1.501": "SM2-SM3",
}

func signatureName(oid string) string {
	if n, ok := signatureNames[oid]; ok {
		return n
	}
	return strings.TrimSpace(oid)
}
