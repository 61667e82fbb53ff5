package identity

import (
	"cmp"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha3"
	"crypto/sha512"
	"hash"
	"slices"
	"strings"
)

// digest is a hash function with the name its OID stands for.
type digest struct {
	name string
	new  func() hash.Hash
}

// digests by the OID of the hash, as MacData's DigestInfo names them.
var digests = map[string]digest{
	"1.2.840.113549.2.5":      {"MD5", md5.New},
	"1.3.14.3.2.26":           {"SHA-1", sha1.New},
	"2.16.840.1.101.3.4.2.4":  {"SHA-224", sha256.New224},
	"2.16.840.1.101.3.4.2.1":  {"SHA-256", sha256.New},
	"2.16.840.1.101.3.4.2.2":  {"SHA-384", sha512.New384},
	"2.16.840.1.101.3.4.2.3":  {"SHA-512", sha512.New},
	"2.16.840.1.101.3.4.2.5":  {"SHA-512/224", sha512.New512_224},
	"2.16.840.1.101.3.4.2.6":  {"SHA-512/256", sha512.New512_256},
	"2.16.840.1.101.3.4.2.7":  {"SHA3-224", func() hash.Hash { return sha3.New224() }},
	"2.16.840.1.101.3.4.2.8":  {"SHA3-256", func() hash.Hash { return sha3.New256() }},
	"2.16.840.1.101.3.4.2.9":  {"SHA3-384", func() hash.Hash { return sha3.New384() }},
	"2.16.840.1.101.3.4.2.10": {"SHA3-512", func() hash.Hash { return sha3.New512() }},
}

// prfs by the OID of the HMAC, as PBKDF2 and PBMAC1 name them (RFC 8018 appendix B.1).
var prfs = map[string]digest{
	"1.2.840.113549.2.6":      {"HMAC-MD5", md5.New},
	"1.2.840.113549.2.7":      {"HMAC-SHA-1", sha1.New},
	"1.2.840.113549.2.8":      {"HMAC-SHA-224", sha256.New224},
	"1.2.840.113549.2.9":      {"HMAC-SHA-256", sha256.New},
	"1.2.840.113549.2.10":     {"HMAC-SHA-384", sha512.New384},
	"1.2.840.113549.2.11":     {"HMAC-SHA-512", sha512.New},
	"1.2.840.113549.2.12":     {"HMAC-SHA-512/224", sha512.New512_224},
	"1.2.840.113549.2.13":     {"HMAC-SHA-512/256", sha512.New512_256},
	"2.16.840.1.101.3.4.2.13": {"HMAC-SHA3-224", func() hash.Hash { return sha3.New224() }},
	"2.16.840.1.101.3.4.2.14": {"HMAC-SHA3-256", func() hash.Hash { return sha3.New256() }},
	"2.16.840.1.101.3.4.2.15": {"HMAC-SHA3-384", func() hash.Hash { return sha3.New384() }},
	"2.16.840.1.101.3.4.2.16": {"HMAC-SHA3-512", func() hash.Hash { return sha3.New512() }},
}

// namedOnly are algorithms met in such files that are not done here.
var namedOnly = map[string]string{
	"2.16.840.1.101.3.4.1.6":     "AES-128-GCM",
	"2.16.840.1.101.3.4.1.26":    "AES-192-GCM",
	"2.16.840.1.101.3.4.1.46":    "AES-256-GCM",
	"2.16.840.1.101.3.4.1.7":     "AES-128-CCM",
	"2.16.840.1.101.3.4.1.47":    "AES-256-CCM",
	"2.16.840.1.101.3.4.1.1":     "AES-128-ECB",
	"2.16.840.1.101.3.4.1.3":     "AES-128-OFB",
	"2.16.840.1.101.3.4.1.4":     "AES-128-CFB",
	"2.16.840.1.101.3.4.1.23":    "AES-192-OFB",
	"2.16.840.1.101.3.4.1.24":    "AES-192-CFB",
	"2.16.840.1.101.3.4.1.41":    "AES-256-ECB",
	"2.16.840.1.101.3.4.1.43":    "AES-256-OFB",
	"2.16.840.1.101.3.4.1.44":    "AES-256-CFB",
	"0.3.4401.5.3.1.9.3":         "Camellia-128-OFB",
	"0.3.4401.5.3.1.9.4":         "Camellia-128-CFB",
	"0.3.4401.5.3.1.9.23":        "Camellia-192-OFB",
	"0.3.4401.5.3.1.9.24":        "Camellia-192-CFB",
	"0.3.4401.5.3.1.9.43":        "Camellia-256-OFB",
	"0.3.4401.5.3.1.9.44":        "Camellia-256-CFB",
	"1.3.14.3.2.6":               "DES-ECB",
	"1.3.14.3.2.8":               "DES-OFB",
	"1.3.14.3.2.9":               "DES-CFB",
	"1.2.410.200004.1.3":         "SEED-ECB",
	"1.2.410.200004.1.5":         "SEED-CFB",
	"1.2.410.200004.1.6":         "SEED-OFB",
	"1.2.410.200004.1.4":         "SEED-CBC",
	"1.2.410.200004.1.15":        "SEED-CBC with SHA-1 (KISA)",
	"1.2.410.200046.1.1.1":       "ARIA-128-ECB",
	"1.2.410.200046.1.1.3":       "ARIA-128-CFB",
	"1.2.410.200046.1.1.4":       "ARIA-128-OFB",
	"1.2.410.200046.1.1.6":       "ARIA-192-ECB",
	"1.2.410.200046.1.1.8":       "ARIA-192-CFB",
	"1.2.410.200046.1.1.9":       "ARIA-192-OFB",
	"1.2.410.200046.1.1.11":      "ARIA-256-ECB",
	"1.2.410.200046.1.1.13":      "ARIA-256-CFB",
	"1.2.410.200046.1.1.14":      "ARIA-256-OFB",
	"1.2.643.7.1.1.5.1.1":        "GOST Magma-CTR-ACPKM",
	"1.2.643.7.1.1.5.2.1":        "GOST Kuznyechik-CTR-ACPKM",
	"1.2.410.200046.1.1.2":       "ARIA-128-CBC",
	"1.2.410.200046.1.1.7":       "ARIA-192-CBC",
	"1.2.410.200046.1.1.12":      "ARIA-256-CBC",
	"1.2.643.2.2.21":             "GOST 28147-89",
	"1.2.643.7.1.1.5.2.2":        "GOST Kuznyechik-CTR-ACPKM-OMAC",
	"1.2.643.7.1.1.2.2":          "GOST R 34.11-2012-256",
	"1.2.643.7.1.1.2.3":          "GOST R 34.11-2012-512",
	"1.2.643.2.2.9":              "GOST R 34.11-94",
	"1.2.643.7.1.1.4.1":          "HMAC GOST R 34.11-2012-256",
	"1.2.643.7.1.1.4.2":          "HMAC GOST R 34.11-2012-512",
	"1.2.643.2.2.10":             "HMAC GOST R 34.11-94",
	"1.2.156.10197.1.104.2":      "SM4-CBC",
	"1.2.156.10197.1.401":        "SM3",
	"1.2.156.10197.1.401.2":      "HMAC-SM3",
	"1.2.840.113549.1.5.1":       "PBE-MD2-DES",
	"1.2.840.113549.1.5.4":       "PBE-MD2-RC2-64",
	"1.2.840.113549.3.8":         "RC5-CBC",
	"1.2.840.113549.2.2":         "MD2",
	"1.3.6.1.4.1.188.7.1.1.2":    "IDEA-CBC",
	"1.3.6.1.4.1.3029.1.2":       "Blowfish-CBC",
	"1.2.840.113533.7.66.10":     "CAST5-CBC",
	"1.2.840.113549.3.4":         "RC4",
	"1.3.6.1.4.1.11591.4.11":     "scrypt",
	"1.3.36.3.2.1":               "RIPEMD-160",
	"1.2.840.113549.1.7.2":       "signed data (public-key integrity)",
	"1.2.840.113549.1.7.3":       "enveloped data (to somebody's certificate or account)",
	"1.2.840.113549.1.9.22.2":    "SDSI certificate",
	"1.2.840.113549.1.9.16.3.18": "ChaCha20-Poly1305",
}

// legacyOnly are the algorithms that OpenSSL 3 keeps in its legacy provider, by
// the beginning of their name.
var legacyOnly = []string{"SEED", "CAST5", "Blowfish", "BF-", "IDEA", "RC5", "RC4", "RC2", "DES-", "PBE-MD2", "MD2"}

// unsupported is the error for an algorithm that is not done here. What to do
// depends on where it stands: see advise.
func unsupported(kind, oid string) *Error {
	name := `"` + oid + `"`
	if n, ok := namedOnly[oid]; ok {
		name = n + " (" + oid + ")"
	} else if oid == "" {
		name = "that is not named"
	}
	return &Error{
		Code: UnsupportedAlgorithm, What: kind + " " + name + " is not supported", Offset: -1,
		Do: rewrite(true, namedOnly[oid]), algorithm: cmp.Or(namedOnly[oid], oid, "?"),
	}
}

// rewrite is how a file is written anew without an algorithm: a test runs the
// commands. pkcs12 says that the file is one; PEM keys are none of openssl
// pkcs12's business.
func rewrite(pkcs12 bool, algorithm string) string {
	is := func(prefix string) bool { return strings.HasPrefix(algorithm, prefix) }
	if is("enveloped data") {
		return "it is protected to a user or group of Windows, or to somebody's certificate, instead of a password: " +
			"export it again on that Windows, as that user, with a password (certmgr.msc, or Export-PfxCertificate -Password)"
	}
	with, pfx, key := "", "", ""
	switch {
	case strings.Contains(algorithm, "GOST") || is("Kuznyechik"):
		with = " by an OpenSSL with the GOST engine (libengine-gost-openssl in Debian)"
		pfx, key = " -engine gost", " -engine gost"
	case slices.ContainsFunc(legacyOnly, is):
		pfx, key = " -legacy", " -provider legacy -provider default"
	}
	if pkcs12 {
		return "write the file anew with AES-256" + with + ": openssl pkcs12" + pfx + " -in OLD -nodes -out keys.pem, then openssl pkcs12 -export -in keys.pem -out NEW"
	}
	return "write the key anew with AES-256" + with + ", and give the certificate with it: openssl pkey" + key + " -in OLD -aes256 -out NEW"
}
