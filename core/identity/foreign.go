package identity

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"rechallenge/core/protocol"
)

// notIdentity is the error for a file of another kind.
func notIdentity(what, do string) *Error {
	return &Error{Code: NotAnIdentity, What: what, Do: do, Offset: -1}
}

// foreignKind is a file that is known and is not an identity.
type foreignKind struct {
	format string
	magic  string // its first bytes
	what   string
	do     string
}

var foreignKinds = []foreignKind{
	{
		"jks", "\xfe\xed\xfe\xed", "the file is a Java keystore (JKS)",
		"convert it: keytool -importkeystore -srckeystore FILE -srcstoretype JKS -destkeystore NEW.p12 -deststoretype PKCS12",
	},
	{
		"jceks", "\xce\xce\xce\xce", "the file is a Java keystore (JCEKS)",
		"convert it: keytool -importkeystore -srckeystore FILE -srcstoretype JCEKS -destkeystore NEW.p12 -deststoretype PKCS12",
	},
	{"bks", "\x00\x00\x00\x02\x00\x00\x00\x14", "the file is a BouncyCastle keystore (BKS)", bouncyCastle("BKS")},
	{"bks", "\x00\x00\x00\x01\x00\x00\x00\x14", "the file is a BouncyCastle keystore (BKS, version 1)", bouncyCastle("BKS-V1")},
	{
		"nss", "SQLite format 3\x00", "the file is an SQLite database, as NSS and Firefox keep certificates and keys in (cert9.db, key4.db)",
		"export the identity: pk12util -d sql:DIRECTORY -n NICKNAME -o NEW.p12",
	},
	{"keychain", "kych", "the file is a macOS keychain", "export the identity: security export -k FILE -t identities -f pkcs12 -o NEW.p12"},
	{
		"putty", "PuTTY-User-Key-File-", "the file is a PuTTY key, which has no certificate",
		"convert the key, then have it certified: puttygen FILE -O private-openssh -o key.pem",
	},
	{"ssh", "ssh-", "the file is an SSH public key", "choose the file that holds a certificate and its private key"},
	{"ssh", "ecdsa-sha2-", "the file is an SSH public key", "choose the file that holds a certificate and its private key"},
	{"zip", "PK\x03\x04", "the file is a ZIP archive", "unpack it and choose the identity file inside: unzip FILE"},
	{"gzip", "\x1f\x8b", "the file is compressed with gzip", "unpack it first: gunzip FILE (or tar xzf FILE)"},
	{"pvk", "\x1e\xf1\xb5\xb0", "the file is a Microsoft PVK key, which has no certificate", "convert the key: openssl rsa -inform PVK -in FILE -out key.pem; then put its certificate beside it"},
	{"capi", "\x07\x02\x00\x00\x00\x24\x00\x00", "the file is a Microsoft key blob, which has no certificate", "convert the key: openssl rsa -inform MSBLOB -in FILE -out key.pem; then put its certificate beside it"},
	{"capi", "\x07\x02\x00\x00\x00\xa4\x00\x00", "the file is a Microsoft key blob, which has no certificate", "convert the key: openssl rsa -inform MSBLOB -in FILE -out key.pem; then put its certificate beside it"},
	{"age", "age-encryption.org/", "the file is encrypted with age", "decrypt it first: age -d FILE > NEW"},
	{"html", "<!doctype html", "the file is a web page: the download gave a page instead of the file", "download it again, logged in where that is needed"},
	{"html", "<html", "the file is a web page: the download gave a page instead of the file", "download it again, logged in where that is needed"},
	{"jwk", "{", "the file is JSON: perhaps a JSON Web Key, which carries no usable certificate", "export the key as PEM or PKCS#12 from where it is kept"},
}

func bouncyCastle(kind string) string {
	return "convert it: keytool -importkeystore -srckeystore FILE -srcstoretype " + kind +
		" -destkeystore NEW.p12 -deststoretype PKCS12 -providerclass org.bouncycastle.jce.provider.BouncyCastleProvider -providerpath bcprov.jar"
}

// foreign knows a file by its first bytes; nil = it may be an identity.
func foreign(data []byte) *Error {
	trimmed := bytes.TrimLeft(data, " \t\r\n")
	if len(trimmed) == 0 {
		e := notIdentity("the file is empty", getAgain)
		if len(data) > 0 {
			e.What = "the file has nothing but white space"
		}
		return e
	}
	start := strings.ToLower(string(trimmed[:min(len(trimmed), 40)]))
	for _, k := range foreignKinds {
		if bytes.HasPrefix(data, []byte(k.magic)) || utf8.ValidString(k.magic) && strings.HasPrefix(start, strings.ToLower(k.magic)) && k.magic[0] >= ' ' {
			return notIdentity(k.what, k.do)
		}
	}
	return nil
}

// unknownFile is the error for what nothing is known about.
func unknownFile(data []byte) *Error {
	const choose = "choose the .p12, .pfx or .pem file that holds the certificate and its key"
	if utf8.Valid(data) && !bytes.ContainsRune(data, 0) {
		return notIdentity("the file is text without a certificate or key in it", choose)
	}
	return notIdentity("the file is not PKCS#12, PEM, nor any key or certificate that is known", choose)
}

// foreignFormat is the format that foreign's error stands for.
func (m *material) foreignFormat() string {
	for _, k := range foreignKinds {
		if k.what == m.foreign.What {
			return k.format
		}
	}
	for _, k := range foreignValues {
		if m.foreign.What == "the file is "+k.what {
			return k.format
		}
	}
	for _, k := range foreignLabels {
		if m.foreign.What == "the file is "+k.what {
			return k.format
		}
	}
	return "unknown"
}

// foreignLabel is a PEM label whose block is no DER, so that the label is all
// there is to know it by.
type foreignLabel struct {
	format string
	is     func(label string) bool
	what   string
	do     string
}

const chooseIdentity = "choose the file that holds a certificate and its private key"

var foreignLabels = []foreignLabel{
	{"openssh", labelled("OPENSSH PRIVATE KEY"), "an OpenSSH private key, which has no X.509 certificate", "convert a copy of the key in place, then have it certified: ssh-keygen -p -m PKCS8 -f COPY"},
	{"ssh2", starting("SSH2 "), "an SSH key in the form of RFC 4716", "convert the key, then have it certified: ssh-keygen -i -f FILE"},
	{"openpgp", starting("PGP "), "an OpenPGP key or message", "TLS client certificates are X.509: choose a .p12, .pfx or .pem file"},
	{"openvpn-static", starting("OpenVPN "), "an OpenVPN static key, which OpenVPN alone uses (tls-auth, tls-crypt, secret)", chooseIdentity},
	{"cosign", ending("COSIGN PRIVATE KEY"), "a cosign key, which signs container images and has no certificate", chooseIdentity},
	{"cosign", ending("SIGSTORE PRIVATE KEY"), "a sigstore key, which signs container images and has no certificate", chooseIdentity},
	{"nebula", starting("NEBULA "), "a Nebula certificate or key: that network has its own kind, which is not X.509", chooseIdentity},
	{"age", starting("AGE "), "encrypted with age", "decrypt it first: age -d FILE > NEW"},
	{"minisign", starting("MINISIGN "), "a minisign key, which signs files and has no certificate", chooseIdentity},
	{"keybase", starting("SALTPACK "), "a saltpack message", chooseIdentity},
	{"openssl-session", labelled("SSL SESSION PARAMETERS"), "a saved TLS session of OpenSSL", chooseIdentity},
	{"ech", labelled("ECHCONFIG"), "an ECH configuration", chooseIdentity},
}

func labelled(label string) func(string) bool {
	return func(l string) bool { return strings.EqualFold(l, label) }
}

func starting(label string) func(string) bool {
	return func(l string) bool { return strings.HasPrefix(strings.ToUpper(l), strings.ToUpper(label)) }
}

func ending(label string) func(string) bool {
	return func(l string) bool { return strings.HasSuffix(strings.ToUpper(l), label) }
}

// foreignBlock is the error for a PEM label that stands for no DER.
func foreignBlock(label string) *Error {
	for _, k := range foreignLabels {
		if k.is(label) {
			return notIdentity("the file is "+k.what, k.do)
		}
	}
	return nil
}

// foreignValue is a DER structure that is known and is no part of an identity.
type foreignValue struct {
	format string
	is     func(root element, shape string) bool
	what   string
	do     string
}

var foreignValues = []foreignValue{
	{"crl", func(root element, shape string) bool { return shape == "ssb" && isRevocationList(root) }, "a certificate revocation list", chooseIdentity},
	{
		"csr", func(root element, shape string) bool {
			return shape == "ssb" && len(root.children[0].children) > 0 && root.children[0].children[0].tag == tagInteger
		},
		"a certificate request: it asks a CA for a certificate and is none",
		"send it to the CA, then put the certificate and the key together: openssl pkcs12 -export -inkey KEY -in CERTIFICATE -out NEW.p12",
	},
	{
		"public-key", func(root element, shape string) bool {
			return shape == "sb" || shape == "ii" && !smallGenerator(root)
		},
		"a public key", "choose the file that holds the certificate and the private key",
	},
	{
		"tpm", func(root element, _ string) bool { return strings.HasPrefix(root.firstOID(), "2.23.133.10.1.") },
		"a key that is sealed in a TPM (TSS2): only the machine with that TPM can use it, through OpenSSL's tpm2 provider or engine",
		"export another identity: this key can't leave its TPM; tpm2-pkcs11 offers it as a token",
	},
	{
		"ocsp", func(root element, shape string) bool { return shape == "e" || shape == "e." },
		"an OCSP answer, which servers staple to their certificates", chooseIdentity,
	},
	{
		"parameters", func(root element, shape string) bool {
			return root.tag == tagOID || shape == "ii" || shape == "iii" || isCurve(root, shape)
		},
		"parameters (of Diffie-Hellman, DSA or a curve), which servers are given beside their key", chooseIdentity,
	},
	{
		"enveloped", func(root element, _ string) bool { return root.firstOID() == oidEnvelopedData },
		"CMS enveloped data: encrypted to somebody's certificate", "decrypt it with that one's key: openssl cms -decrypt -inform DER -in FILE -inkey KEY -out NEW",
	},
	{
		"cms", func(root element, shape string) bool {
			return strings.HasPrefix(shape, "O.") && strings.HasPrefix(root.firstOID(), "1.2.840.113549.1.")
		},
		"CMS data of another kind than signed", chooseIdentity,
	},
	{
		"bcfks", func(root element, shape string) bool {
			return shape == "ss" && len(root.children[0].children) == 2 && root.children[0].children[0].tag == tagSequence
		},
		"a BouncyCastle FIPS keystore (BCFKS)",
		"convert it: keytool -importkeystore -srckeystore FILE -srcstoretype BCFKS -destkeystore NEW.p12 -deststoretype PKCS12 " +
			"-providerclass org.bouncycastle.jcajce.provider.BouncyCastleFipsProvider -providerpath bc-fips.jar",
	},
}

// smallGenerator tells Diffie-Hellman's prime and generator from RSA's modulus
// and exponent, which is odd and not that small.
func smallGenerator(root element) bool {
	g := trimZeros(root.children[1].body)
	return len(g) != 1 && len(g) != 3 || len(g) == 1 && (g[0] == 2 || g[0] == 5)
}

// isCurve knows ECParameters that spell the curve out (RFC 3279 section 2.3.5).
func isCurve(root element, shape string) bool {
	return strings.HasPrefix(shape, "issoi") && strings.HasPrefix(root.children[1].firstOID(), "1.2.840.10045.1.")
}

func pkcs7(n int) *Error {
	return notIdentity("the file is PKCS#7: "+protocol.Plural(n, "certificate")+" and never a key",
		"take the certificates out and put the key beside them: openssl pkcs7 -print_certs -in FILE -out certs.pem, then openssl pkcs12 -export -inkey KEY -in certs.pem -out NEW.p12")
}
