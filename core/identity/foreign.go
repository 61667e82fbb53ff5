package identity

import (
	"bytes"
	"strings"
	"unicode/utf8"
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
	switch m.foreign.What {
	case csr().What:
		return "csr"
	case publicKeyOnly().What:
		return "public-key"
	case openSSH().What:
		return "openssh"
	case openPGP().What:
		return "openpgp"
	case revocationList().What:
		return "crl"
	case bcfks().What:
		return "bcfks"
	}
	return "unknown"
}

// foreignBlock is the error for a PEM label that is no part of an identity.
func foreignBlock(label string) *Error {
	switch {
	case label == "CERTIFICATE REQUEST", label == "NEW CERTIFICATE REQUEST":
		return csr()
	case label == "OPENSSH PRIVATE KEY":
		return openSSH()
	case label == "PUBLIC KEY", label == "RSA PUBLIC KEY", strings.HasPrefix(label, "SSH2 PUBLIC"):
		return publicKeyOnly()
	case strings.HasPrefix(label, "PGP "):
		return openPGP()
	case label == "X509 CRL":
		return revocationList()
	}
	return nil
}

func csr() *Error {
	return notIdentity("the file is a certificate request: it asks a CA for a certificate and is none",
		"send it to the CA, then put the certificate and the key together: openssl pkcs12 -export -inkey KEY -in CERTIFICATE -out NEW.p12")
}

func publicKeyOnly() *Error {
	return notIdentity("the file is a public key", "choose the file that holds the certificate and the private key")
}

func openSSH() *Error {
	return notIdentity("the file is an OpenSSH private key, which has no X.509 certificate",
		"convert a copy of the key in place, then have it certified: ssh-keygen -p -m PKCS8 -f COPY")
}

func openPGP() *Error {
	return notIdentity("the file is an OpenPGP key or message", "TLS client certificates are X.509: choose a .p12, .pfx or .pem file")
}

func revocationList() *Error {
	return notIdentity("the file is a certificate revocation list", "choose the file that holds the certificate and its private key")
}

func bcfks() *Error {
	return notIdentity("the file is a BouncyCastle FIPS keystore (BCFKS)",
		"convert it: keytool -importkeystore -srckeystore FILE -srcstoretype BCFKS -destkeystore NEW.p12 -deststoretype PKCS12 "+
			"-providerclass org.bouncycastle.jcajce.provider.BouncyCastleFipsProvider -providerpath bc-fips.jar")
}

func pkcs7(n int) *Error {
	return notIdentity("the file is PKCS#7: "+plural(n, "certificate")+" and never a key",
		"take the certificates out and put the key beside them: openssl pkcs7 -print_certs -in FILE -out certs.pem, then openssl pkcs12 -export -inkey KEY -in certs.pem -out NEW.p12")
}
