package report

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"slices"

	"rechallenge/core/identity"
	"rechallenge/core/trace"
)

// collectCertificates makes a stand-in for every certificate in a log.
func (x *redactor) collectCertificates(log *trace.Log) {
	for i := range log.Run.Identities {
		for _, c := range log.Run.Identities[i].Chain {
			x.certificate(c.DER)
		}
	}
	for _, p := range log.Passes {
		for _, c := range p.Connections {
			for _, der := range c.ServerCertificates {
				x.certificate(der)
			}
			for _, ch := range c.Challenges {
				for _, der := range ch.Certificates {
					x.certificate(der)
				}
			}
		}
	}
}

// certificate makes a certificate of the same length and shape with other
// names, addresses, serial number, public key and no signature. What can't be
// parsed is filled with zeros.
func (x *redactor) certificate(der []byte) {
	if len(der) == 0 || x.certificates[string(der)] != nil {
		return
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		x.certificates[string(der)] = make([]byte, len(der))
		return
	}
	out := slices.Clone(der)
	if x.Addresses {
		for _, ip := range c.IPAddresses {
			if a, ok := netip.AddrFromSlice(ip); ok {
				p := x.addresses.pseudonym(a.Unmap()).AsSlice()
				replaceBytes(out, append([]byte{0x87, byte(len(p))}, a.Unmap().AsSlice()...), append([]byte{0x87, byte(len(p))}, p...))
			}
		}
	}
	if x.Names {
		n := uint64(len(x.certificates) + 1)
		for _, e := range c.Extensions {
			dropExtension(out, e)
		}
		x.words.replaceBytes(out)
		other(out, c, n)
		old, now := sha256.Sum256(der), sha256.Sum256(out)
		// Some servers name the certificate by its fingerprint.
		x.words.set(hex.EncodeToString(old[:]), hex.EncodeToString(now[:]))
	}
	x.certificates[string(der)] = out
}

// needed are the extensions that say what a certificate is for.
var needed = []asn1.ObjectIdentifier{{2, 5, 29, 15}, {2, 5, 29, 17}, {2, 5, 29, 19}, {2, 5, 29, 37}}

// dropExtension makes an extension one that nobody knows, filled with zeros:
// key identifiers, URLs and timestamps tell the certificate as well as its name.
func dropExtension(der []byte, e pkix.Extension) {
	if slices.ContainsFunc(needed, e.Id.Equal) {
		return
	}
	id, err := asn1.Marshal(e.Id)
	if err != nil {
		return
	}
	whole := slices.Concat(id, critical(e), octets(e.Value))
	unknown := slices.Clone(id)
	unknown[len(unknown)-1] = 0x63
	replaceBytes(der, whole, slices.Concat(unknown, critical(pkix.Extension{Critical: e.Critical}), octets(make([]byte, len(e.Value)))))
}

func critical(e pkix.Extension) []byte {
	if e.Critical {
		return []byte{1, 1, 0xff}
	}
	return nil
}

func octets(b []byte) []byte {
	out, err := asn1.Marshal(b)
	if err != nil {
		return b
	}
	return out
}

// other overwrites serial number, public key and signature, by number n.
func other(der []byte, c *x509.Certificate, n uint64) {
	serial := c.SerialNumber.Bytes()
	if at := bytes.Index(der, append([]byte{byte(len(serial))}, serial...)); at >= 0 && len(serial) > 0 {
		stand := filler(n, len(serial))
		stand[0] = stand[0]&0x3f | 0x40
		if serial[0] < 0x40 {
			stand[0] = serial[0]
		}
		copy(der[at+1:], stand)
	}
	var old, stand []byte
	switch k := c.PublicKey.(type) {
	case *rsa.PublicKey:
		old = k.N.Bytes()
		stand = filler(n, len(old))
		stand[0], stand[len(stand)-1] = old[0], stand[len(stand)-1]|1
	case *ecdsa.PublicKey:
		if key, err := k.ECDH(); err == nil {
			old = key.Bytes()
			stand = point(key.Curve(), n)
		}
	case ed25519.PublicKey:
		old = k
		stand = ed25519.NewKeyFromSeed(filler(n, ed25519.SeedSize)).Public().(ed25519.PublicKey)
	}
	if len(old) > 0 && len(old) == len(stand) {
		replaceBytes(der, old, stand)
	}
	if len(c.Signature) > 0 && bytes.HasSuffix(der, c.Signature) {
		clear(der[len(der)-len(c.Signature):])
	}
}

// point is a public key of a curve.
func point(curve ecdh.Curve, n uint64) []byte {
	size := map[ecdh.Curve]int{ecdh.P256(): 32, ecdh.P384(): 48, ecdh.P521(): 66}[curve]
	scalar := make([]byte, max(size, 8))
	binary.BigEndian.PutUint64(scalar[len(scalar)-8:], n)
	key, err := curve.NewPrivateKey(scalar)
	if err != nil {
		return nil
	}
	return key.PublicKey().Bytes()
}

// filler is bytes that follow from n alone.
func filler(n uint64, length int) []byte {
	var out []byte
	for i := uint64(0); len(out) < length; i++ {
		var b [16]byte
		binary.BigEndian.PutUint64(b[:8], n)
		binary.BigEndian.PutUint64(b[8:], i)
		sum := sha256.Sum256(b[:])
		out = append(out, sum[:]...)
	}
	return out[:length]
}

// describe sets what is said of a certificate to what its DER now says.
func (x *redactor) describe(c *identity.Certificate) {
	sum := sha256.Sum256(c.DER)
	c.FingerprintSHA256 = hex.EncodeToString(sum[:])
	if x.Names {
		c.Serial = identity.ParseCertificate(c.DER).Serial
	}
}

// parseDN reads a distinguished name in DER; an empty one where it can't.
func parseDN(der []byte) (n pkix.Name) {
	var seq pkix.RDNSequence
	if rest, err := asn1.Unmarshal(der, &seq); err == nil && len(rest) == 0 {
		n.FillFromRDNSequence(&seq)
	}
	return n
}
