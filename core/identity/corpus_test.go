package identity_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf16"

	"rechallenge/core/identity"
)

// sample is one file of the corpus and what must come out of it.
type sample struct {
	file string
	make func(b bench, file string)
	// from and change make it of another file instead; all nil = the Java program makes it.
	from   string
	change func([]byte) []byte
	// keytool makes it with these arguments; "import" = of openssl.p12.
	keytool string

	password string // "" = corpusPassword
	open     bool   // no password is needed, and none is wrong
	key      string // the key file of a pair

	kind  string        // subject is CN=kind,O=Corpus
	code  identity.Code // instead of an identity
	what  string        // part of the error
	keys  int           // identities, 0 = 1
	chain int           // length of the first one's chain, 0 = 3
	sight int           // certificates that show without a password
	notes string        // codes of remarks that must be there
	// aside: other programs are not measured with it: it takes them long (and
	// they are with one made the same way), or is about passwords.
	aside bool
}

var keyTypes = map[string]string{
	"rsa": "RSA-2048", "p256": "P-256", "p384": "P-384", "p521": "P-521", "ed25519": "Ed25519", "rsa-pss": "RSA-PSS-2048", "rsa1024": "RSA-1024",
	"ed448": "Ed448", "secp256k1": "secp256k1", "brainpool": "brainpoolP256r1", "dsa": "DSA-1024",
}

// openssl is a maker: openssl pkcs12 -export of a kind of key with arguments.
func openssl(kind, args string) func(bench, string) {
	return func(b bench, file string) { b.openssl(file, kind, args) }
}

func certtool(args string) func(bench, string) {
	return func(b bench, file string) { b.certtool(file, args) }
}

func nss(args string) func(bench, string) {
	return func(b bench, file string) { b.nss(file, args) }
}

// command is a maker: any command, with FILE for the file.
func command(list ...string) func(bench, string) {
	return func(b bench, file string) {
		var args []string
		for _, a := range list[1:] {
			args = append(args, strings.ReplaceAll(strings.ReplaceAll(a, "FILE", file), "{pw}", corpusPassword))
		}
		b.run(list[0], args...)
	}
}

// joined is a maker: other files one after another.
func joined(names ...string) func(bench, string) {
	return func(b bench, file string) {
		var out []byte
		for _, n := range names {
			out = append(out, b.read(n)...)
		}
		b.write(file, out)
	}
}

// sealed is a maker: an encrypted key by an openssl command, then its certificate.
func sealed(kind, args string) func(bench, string) {
	return func(b bench, file string) {
		list := words(strings.ReplaceAll(args, "KEY", kind+".key") + " -out sealed.tmp -passout")
		b.run("openssl", append(list, "pass:"+corpusPassword)...)
		joined("sealed.tmp", kind+".pem", "chain.pem")(b, file)
	}
}

func literal(s string) func(bench, string) {
	return func(b bench, file string) { b.write(file, []byte(s)) }
}

const emoji = "Žluťoučký 🔑"

var corpus = []sample{
	// OpenSSL: keys.
	{file: "openssl.p12", make: openssl("rsa", ""), kind: "rsa"},
	{file: "openssl-p256.p12", make: openssl("p256", ""), kind: "p256"},
	{file: "openssl-p384.p12", make: openssl("p384", ""), kind: "p384"},
	{file: "openssl-p521.p12", make: openssl("p521", ""), kind: "p521"},
	{file: "openssl-ed25519.p12", make: openssl("ed25519", ""), kind: "ed25519"},
	{file: "openssl-rsa-pss.p12", make: openssl("rsa-pss", ""), kind: "rsa-pss"},
	{file: "openssl-ed448.p12", make: openssl("ed448", ""), code: identity.UnsupportedAlgorithm, what: "Ed448 (1.3.101.113)"},
	{file: "openssl-secp256k1.p12", make: openssl("secp256k1", ""), code: identity.UnsupportedAlgorithm, what: "secp256k1 (1.3.132.0.10)"},
	{file: "openssl-brainpool.p12", make: openssl("brainpool", ""), code: identity.UnsupportedAlgorithm, what: "brainpoolP256r1 (1.3.36.3.3.2.8.1.1.7)"},
	{file: "openssl-dsa.p12", make: openssl("dsa", ""), code: identity.UnsupportedAlgorithm, what: "DSA-1024 (1.2.840.10040.4.1)"},
	{file: "openssl-explicit-curve.p12", make: openssl("explicit", ""), code: identity.UnsupportedAlgorithm, what: "EC with explicit parameters"},
	// OpenSSL: encryption.
	{file: "openssl-legacy.p12", make: openssl("rsa", "-legacy"), kind: "rsa"},
	{file: "openssl-aes-128.p12", make: openssl("rsa", "-certpbe aes-128-cbc -keypbe aes-128-cbc"), kind: "rsa"},
	{file: "openssl-aes-192.p12", make: openssl("p256", "-certpbe aes-192-cbc -keypbe aes-192-cbc"), kind: "p256"},
	{file: "openssl-pbes2-3des.p12", make: openssl("rsa", "-certpbe des-ede3-cbc -keypbe des-ede3-cbc"), kind: "rsa"},
	{file: "openssl-camellia-128.p12", make: openssl("rsa", "-certpbe camellia-128-cbc -keypbe camellia-128-cbc"), kind: "rsa"},
	{file: "openssl-camellia-192.p12", make: openssl("rsa", "-certpbe camellia-192-cbc -keypbe camellia-192-cbc"), kind: "rsa"},
	{file: "openssl-camellia-256.p12", make: openssl("rsa", "-certpbe camellia-256-cbc -keypbe camellia-256-cbc"), kind: "rsa"},
	{file: "openssl-aria-256.p12", make: openssl("rsa", "-certpbe aria-256-cbc -keypbe aria-256-cbc"), code: identity.UnsupportedAlgorithm, what: "ARIA-256-CBC (1.2.410.200046.1.1.12)"},
	{file: "openssl-3des.p12", make: openssl("rsa", "-certpbe PBE-SHA1-3DES -keypbe PBE-SHA1-3DES -macalg sha1"), kind: "rsa"},
	{file: "openssl-2des.p12", make: openssl("rsa", "-legacy -certpbe PBE-SHA1-2DES -keypbe PBE-SHA1-2DES -macalg sha1"), kind: "rsa"},
	{file: "openssl-rc2-40.p12", make: openssl("rsa", "-legacy -certpbe PBE-SHA1-RC2-40 -keypbe PBE-SHA1-RC2-40 -macalg sha1"), kind: "rsa"},
	{file: "openssl-rc2-128.p12", make: openssl("rsa", "-legacy -certpbe PBE-SHA1-RC2-128 -keypbe PBE-SHA1-RC2-128"), kind: "rsa"},
	{file: "openssl-rc4-40.p12", make: openssl("rsa", "-legacy -certpbe PBE-SHA1-RC4-40 -keypbe PBE-SHA1-RC4-40"), kind: "rsa"},
	{file: "openssl-rc4-128.p12", make: openssl("rsa", "-legacy -certpbe PBE-SHA1-RC4-128 -keypbe PBE-SHA1-RC4-128"), kind: "rsa"},
	{file: "openssl-3des-mac-sha256.p12", make: openssl("rsa", "-certpbe PBE-SHA1-3DES -keypbe PBE-SHA1-3DES -macalg sha256"), kind: "rsa"},
	{file: "openssl-rc4-128-mac-sha256.p12", make: openssl("rsa", "-legacy -certpbe PBE-SHA1-RC4-128 -keypbe PBE-SHA1-RC4-128 -macalg sha256"), kind: "rsa"},
	{file: "openssl-rc2-40-mac-sha256.p12", make: openssl("rsa", "-legacy -certpbe PBE-SHA1-RC2-40 -keypbe PBE-SHA1-RC2-40 -macalg sha256"), kind: "rsa"},
	{file: "openssl-aes-256-mac-sha512.p12", make: openssl("rsa", "-certpbe aes-256-cbc -keypbe aes-256-cbc -macalg sha512"), kind: "rsa"},
	{file: "openssl-open.p12", make: openssl("rsa", "-certpbe NONE -keypbe NONE"), kind: "rsa", open: true},
	{file: "openssl-open-certificates.p12", make: openssl("rsa", "-certpbe NONE"), kind: "rsa", sight: 3},
	{file: "openssl-open-no-mac.p12", make: openssl("rsa", "-certpbe NONE -keypbe NONE -nomac"), kind: "rsa", open: true},
	// OpenSSL: MAC and iterations.
	{file: "openssl-no-mac.p12", make: openssl("rsa", "-nomac"), kind: "rsa"},
	{file: "openssl-mac-sha1.p12", make: openssl("rsa", "-macalg sha1"), kind: "rsa"},
	{file: "openssl-mac-sha224.p12", make: openssl("rsa", "-macalg sha224"), kind: "rsa"},
	{file: "openssl-mac-sha384.p12", make: openssl("rsa", "-macalg sha384"), kind: "rsa"},
	{file: "openssl-mac-sha512.p12", make: openssl("rsa", "-macalg sha512"), kind: "rsa"},
	{file: "openssl-mac-sha512-256.p12", make: openssl("rsa", "-macalg sha512-256"), kind: "rsa"},
	{file: "openssl-mac-sha3-256.p12", make: openssl("rsa", "-macalg sha3-256"), kind: "rsa"},
	{file: "openssl-mac-md5.p12", make: openssl("rsa", "-macalg md5"), kind: "rsa"},
	{file: "openssl-one-iteration.p12", make: openssl("rsa", "-iter 1"), kind: "rsa"},
	{file: "openssl-600000-iterations.p12", make: openssl("p256", "-iter 600000"), kind: "p256", aside: true},
	// OpenSSL: what is inside.
	{file: "openssl-no-chain.p12", make: openssl("rsa", "-nochain"), kind: "rsa", chain: 1},
	{file: "openssl-csp.p12", make: openssl("rsa", "-keyex -CSP Microsoft_RSA_SChannel_Cryptographic_Provider"), kind: "rsa"},
	{file: "openssl-certificates-only.p12", make: openssl("rsa", "-nokeys -in rsa.pem"), code: identity.NoKey, what: "3 certificates and no private key"},
	{file: "openssl-key-only.p12", make: openssl("rsa", "-nocerts -nochain"), code: identity.NoCertificate, what: "a key (RSA-2048), but no certificate"},
	// OpenSSL: passwords.
	{file: "openssl-empty-password.p12", make: openssl("rsa", "-passout pass:"), kind: "rsa", password: "-"},
	{file: "openssl-empty-password-legacy.p12", make: openssl("rsa", "-legacy -passout pass:"), kind: "rsa", password: "-"},
	{file: "openssl-emoji-password.p12", make: func(b bench, file string) {
		b.run("openssl", "pkcs12", "-export", "-in", "rsa.pem", "-inkey", "rsa.key", "-certfile", "chain.pem", "-out", file, "-passout", "pass:"+emoji)
	}, kind: "rsa", password: emoji},
	{file: "openssl-emoji-password-legacy.p12", make: func(b bench, file string) {
		b.run("openssl", "pkcs12", "-export", "-legacy", "-in", "rsa.pem", "-inkey", "rsa.key", "-certfile", "chain.pem", "-out", file, "-passout", "pass:"+emoji)
	}, kind: "rsa", password: emoji},
	// The bytes of a Latin-1 terminal; and UTF-8 taken for Latin-1, as OpenSSL before 1.1 did.
	{file: "openssl-latin1-password.p12", make: func(b bench, file string) {
		b.run("openssl", "pkcs12", "-export", "-in", "rsa.pem", "-inkey", "rsa.key", "-certfile", "chain.pem", "-out", file, "-passout", "pass:Zl\xfd p\xe9s")
	}, kind: "rsa", password: "Zlý pés", aside: true},
	{file: "openssl-utf8-password-legacy.p12", make: func(b bench, file string) {
		b.run("openssl", "pkcs12", "-export", "-legacy", "-in", "rsa.pem", "-inkey", "rsa.key", "-certfile", "chain.pem", "-out", file, "-passout", "pass:"+widened("Žlutý pes"))
	}, kind: "rsa", password: "Žlutý pes", aside: true},

	// keytool and Java's own keystore.
	{file: "keytool.p12", keytool: "import", kind: "rsa"},
	{file: "keytool-legacy.p12", keytool: "import", kind: "rsa"},
	{file: "keytool-trust-store.p12", keytool: "-importcert -file root.pem -alias root", code: identity.NoKey, what: "1 certificate and no private key"},
	{file: "keytool.jks", keytool: "import", code: identity.NotAnIdentity, what: "(JKS)", open: true},
	{file: "keytool.jceks", keytool: "import", code: identity.NotAnIdentity, what: "(JCEKS)", open: true},
	{file: "java-rc2-40-certificates.p12", kind: "rsa"},
	{file: "java-rc4-128.p12", kind: "rsa"},
	{file: "java-aes-128-sha512.p12", kind: "rsa"},
	{file: "java-open-certificates.p12", kind: "rsa", sight: 3},
	{file: "java-no-mac.p12", kind: "rsa"},
	{file: "java-two-keys.p12", kind: "rsa", keys: 2},
	{file: "java-secret-and-trusted.p12", kind: "rsa", notes: "skipped"},
	{file: "java-secret-only.p12", code: identity.NoKey, what: "secret"},
	{file: "java-key-password-differs.p12", code: identity.WrongPassword, what: "password of its own"},

	// GnuTLS.
	{file: "certtool.p12", make: certtool(""), kind: "rsa", chain: 1, aside: true},
	{file: "certtool-with-ca.p12", make: certtool("--load-ca-certificate ca.pem"), kind: "rsa", chain: 2},
	{file: "certtool-aes-128.p12", make: certtool("--pkcs-cipher aes-128"), kind: "rsa", chain: 1, aside: true},
	{file: "certtool-aes-192.p12", make: certtool("--pkcs-cipher aes-192"), kind: "rsa", chain: 1, aside: true},
	{file: "certtool-aes-256.p12", make: certtool("--pkcs-cipher aes-256 --hash sha512"), kind: "rsa", chain: 1, aside: true},
	{file: "certtool-pbes2-3des.p12", make: certtool("--pkcs-cipher 3des"), kind: "rsa", chain: 1, aside: true},
	{file: "certtool-3des.p12", make: certtool("--pkcs-cipher 3des-pkcs12"), kind: "rsa", chain: 1, aside: true},
	{file: "certtool-rc4-128.p12", make: certtool("--pkcs-cipher arcfour"), kind: "rsa", chain: 1, aside: true},
	{file: "certtool-rc2-40.p12", make: certtool("--pkcs-cipher rc2-40"), kind: "rsa", chain: 1, aside: true},
	{file: "certtool-armoured.p12", from: "certtool.p12", change: func(b []byte) []byte {
		return pem.EncodeToMemory(&pem.Block{Type: "PKCS12", Bytes: b})
	}, kind: "rsa", chain: 1, aside: true},

	{file: "certtool-empty-password.p12", make: certtool("--empty-password"), kind: "rsa", chain: 1, password: "-", aside: true},
	{file: "certtool-null-password.p12", make: certtool("--null-password"), kind: "rsa", chain: 1, password: "-", aside: true},

	// NSS: the CA comes first, and all is BER.
	{file: "nss.p12", make: func(b bench, file string) {
		b.run("sh", "-c", `mkdir nss nss-empty && certutil -N -d sql:nss --empty-password && certutil -N -d sql:nss-empty --empty-password`)
		b.run("pk12util", "-i", "openssl.p12", "-d", "sql:nss", "-W", corpusPassword, "-K", "")
		b.nss(file, "")
	}, kind: "rsa"},
	{file: "nss-aes-128.p12", make: nss("-c AES-128-CBC -C AES-128-CBC"), kind: "rsa", aside: true},
	{file: "nss-aes-256.p12", make: nss("-c AES-256-CBC -C AES-256-CBC -M SHA-512"), kind: "rsa", aside: true},
	{file: "nss-camellia-256.p12", make: nss("-c CAMELLIA-256-CBC -C CAMELLIA-256-CBC"), kind: "rsa", aside: true},
	{file: "nss-3des.p12", make: func(b bench, file string) {
		b.run("pk12util", "-o", file, "-d", "sql:nss", "-n", "alice", "-W", corpusPassword, "-K", "", "-M", "SHA-1",
			"-c", "PKCS #12 V2 PBE With SHA-1 And 3KEY Triple DES-CBC", "-C", "PKCS #12 V2 PBE With SHA-1 And 3KEY Triple DES-CBC")
	}, kind: "rsa", aside: true},
	{file: "nss-open-certificates.p12", make: nss("-C NONE"), kind: "rsa", sight: 3, aside: true},

	// BouncyCastle: BER too, with the CA first.
	{file: "bc-rc2-40.p12", kind: "rsa"},
	{file: "bc-rc2-128.p12", kind: "rsa"},
	{file: "bc-2des.p12", kind: "rsa"},
	{file: "bc-rc4-40.p12", kind: "rsa"},
	{file: "bc-aes-256-sha384.p12", kind: "rsa"},
	{file: "bc-aes-192-sha512.p12", kind: "rsa"},
	{file: "bc-aes-128-sha1.p12", kind: "rsa"},
	{file: "bc-aes-256-sha3.p12", kind: "rsa"},
	{file: "bc-aes-256-sha512-256.p12", kind: "rsa"},
	{file: "bc-camellia-128.p12", kind: "rsa"},
	{file: "bc-3des-pbes2.p12", kind: "rsa"},
	{file: "bc-scrypt.p12", kind: "rsa"},
	{file: "bc-open.p12", kind: "rsa", open: true},
	{file: "bc-open-no-mac.p12", kind: "rsa", open: true},
	{file: "bc-pbmac1.p12", kind: "rsa"},
	{file: "bc-crl.p12", kind: "rsa", notes: "skipped"},
	{file: "bc-store-pkcs12.p12", kind: "rsa"},
	{file: "bc-store-pkcs12-3des-3des.p12", kind: "rsa"},
	{file: "bc-store-bks.keystore", code: identity.NotAnIdentity, what: "(BKS)", open: true},
	{file: "bc-store-bcfks.keystore", code: identity.NotAnIdentity, what: "(BCFKS)", open: true},

	// PEM and DER.
	{file: "pem-key-first.pem", make: joined("rsa.key", "rsa.pem", "chain.pem"), kind: "rsa", open: true},
	{file: "pem-root-first.pem", make: joined("root.pem", "ca.pem", "p256.pem", "p256.key"), kind: "p256", open: true},
	{file: "pem-bag-attributes.pem", make: command("openssl", "pkcs12", "-in", "openssl.p12", "-nodes", "-passin", "pass:{pw}", "-out", "FILE"), kind: "rsa", open: true},
	{file: "pem-pkcs1.pem", make: sealed("rsa", "rsa -traditional -in KEY"), kind: "rsa", open: true},
	{file: "pem-sec1.pem", make: sealed("p384", "ec -in KEY"), kind: "p384", open: true},
	{file: "pem-pbes2-aes-256.pem", make: sealed("rsa", "pkcs8 -topk8 -in KEY -v2 aes-256-cbc"), kind: "rsa"},
	{file: "pem-pbes2-sha512.pem", make: sealed("p521", "pkcs8 -topk8 -in KEY -v2 aes-128-cbc -v2prf hmacWithSHA512"), kind: "p521"},
	{file: "pem-pbes2-sha224.pem", make: sealed("rsa", "pkcs8 -topk8 -in KEY -v2 aes-256-cbc -v2prf hmacWithSHA224"), kind: "rsa"},
	{file: "pem-pbes2-sha512-224.pem", make: sealed("rsa", "pkcs8 -topk8 -in KEY -v2 aes-256-cbc -v2prf hmacWithSHA512-224"), kind: "rsa"},
	{file: "pem-pbes2-sha512-256.pem", make: sealed("rsa", "pkcs8 -topk8 -in KEY -v2 aes-256-cbc -v2prf hmacWithSHA512-256"), kind: "rsa"},
	{file: "pem-weak.pem", make: joined("rsa1024.key", "rsa1024.pem", "chain.pem"), kind: "rsa1024", open: true, notes: "weak-key weak-signature"},
	{file: "pem-pbes2-3des.pem", make: sealed("rsa", "pkcs8 -topk8 -in KEY -v2 des3"), kind: "rsa"},
	{file: "pem-pbes2-rc2.pem", make: sealed("rsa", "pkcs8 -provider legacy -provider default -topk8 -in KEY -v2 rc2-cbc"), kind: "rsa"},
	{file: "pem-scrypt.pem", make: sealed("ed25519", "pkcs8 -topk8 -in KEY -scrypt"), kind: "ed25519"},
	{file: "pem-pbe-md5-des.pem", make: sealed("rsa", "pkcs8 -provider legacy -provider default -topk8 -in KEY -v1 PBE-MD5-DES"), kind: "rsa"},
	{file: "pem-pbe-sha1-3des.pem", make: sealed("rsa", "pkcs8 -topk8 -in KEY -v1 PBE-SHA1-3DES"), kind: "rsa"},
	{file: "pem-pbe-sha1-rc2-64.pem", make: sealed("rsa", "pkcs8 -provider legacy -provider default -topk8 -in KEY -v1 PBE-SHA1-RC2-64"), kind: "rsa"},
	{file: "pem-headers-aes-256.pem", make: sealed("rsa", "rsa -traditional -aes256 -in KEY"), kind: "rsa"},
	{file: "pem-headers-3des.pem", make: sealed("p256", "ec -des3 -in KEY"), kind: "p256"},
	{file: "pem-headers-camellia-256.pem", make: sealed("rsa", "rsa -traditional -camellia256 -in KEY"), kind: "rsa"},
	{file: "pem-headers-seed.pem", make: sealed("rsa", "rsa -provider legacy -provider default -traditional -seed -in KEY"), code: identity.UnsupportedAlgorithm, what: `"SEED-CBC"`, open: true},
	{file: "pair.pem", make: joined("rsa.pem", "chain.pem"), key: "rsa.key", kind: "rsa", open: true},
	{file: "pair-key-first.pem", make: joined("p384.key"), key: "p384.pem", kind: "p384", chain: 1, open: true},
	{file: "pair-der.crt", make: joined("p256.der"), key: "p256.key.der", kind: "p256", chain: 1, open: true},
	{file: "pair-other-key.pem", make: joined("rsa.pem"), key: "p256.key", code: identity.NoCertificate, what: "no certificate in the file belongs to its P-256 key", open: true},
	{file: "pair-pkcs7.p7b", make: command("openssl", "crl2pkcs7", "-nocrl", "-certfile", "rsa.pem", "-certfile", "chain.pem", "-out", "FILE"), key: "rsa.key", kind: "rsa", open: true},

	// Changed on the way.
	{file: "made-windows-utf16.pem", from: "pem-key-first.pem", change: utf16LE, kind: "rsa", open: true},
	{file: "made-crlf-indented.pem", from: "pem-key-first.pem", change: func(b []byte) []byte {
		return bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n    "))
	}, kind: "rsa", open: true},
	{file: "made-base64.p12", from: "openssl.p12", change: func(b []byte) []byte { return []byte(base64.StdEncoding.EncodeToString(b)) }, kind: "rsa"},
	{file: "made-trailing-bytes.p12", from: "openssl.p12", change: func(b []byte) []byte { return append(b, "\r\n\r\n"...) }, kind: "rsa"},
	{file: "made-indefinite.p12", from: "openssl.p12", change: indefinite, kind: "rsa"},
	{file: "made-indefinite-3des.p12", from: "openssl-3des.p12", change: indefinite, kind: "rsa"},
	{file: "made-cut-off.p12", from: "openssl.p12", change: func(b []byte) []byte { return b[:len(b)-700] }, code: identity.Damaged, what: "damaged at offset 0", open: true},
	{file: "made-one-bit.p12", from: "openssl.p12", change: func(b []byte) []byte { b[len(b)/2] ^= 4; return b }, code: identity.Damaged, what: "the MAC does not match"},
	{file: "made-text-mode.p12", from: "openssl.p12", change: func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\x82"), []byte("\x82\r")) }, code: identity.Damaged, what: "damaged at offset", open: true},

	// Not an identity.
	{file: "certificate.pem", make: joined("rsa.pem"), code: identity.NotAnIdentity, what: "1 certificate and no private key", open: true},
	{file: "certificate.der", make: joined("rsa.der"), code: identity.NotAnIdentity, what: "1 certificate and no private key", open: true},
	{file: "key.pem", make: joined("rsa.key"), code: identity.NoCertificate, what: "but no certificate", open: true},
	{file: "request.pem", make: joined("dsa.csr"), code: identity.NotAnIdentity, what: "certificate request", open: true},
	{file: "request.der", make: command("openssl", "req", "-in", "dsa.csr", "-outform", "DER", "-out", "FILE"), code: identity.NotAnIdentity, what: "certificate request", open: true},
	{file: "pkcs7.p7b", make: command("openssl", "crl2pkcs7", "-nocrl", "-certfile", "rsa.pem", "-outform", "DER", "-out", "FILE"), code: identity.NotAnIdentity, what: "PKCS#7: 1 certificate", open: true},
	{file: "public-key.pem", make: command("openssl", "pkey", "-in", "rsa.key", "-pubout", "-out", "FILE"), code: identity.NotAnIdentity, what: "public key", open: true},
	{file: "id_openssh", make: literal("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n-----END OPENSSH PRIVATE KEY-----\n"), code: identity.NotAnIdentity, what: "OpenSSH private key", open: true},
	{file: "id_putty.ppk", make: literal("PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none\n"), code: identity.NotAnIdentity, what: "PuTTY key", open: true},
	{file: "login.html", make: literal("<!DOCTYPE html>\n<html><body>Please log in</body></html>"), code: identity.NotAnIdentity, what: "web page", open: true},
	{file: "notes.txt", make: literal("remember the milk\n"), code: identity.NotAnIdentity, what: "text without a certificate", open: true},
	{file: "empty.p12", make: literal(""), code: identity.NotAnIdentity, what: "the file is empty", open: true},
}

// widened is each byte of the UTF-8 as a character.
func widened(s string) string {
	var out []rune
	for _, b := range []byte(s) {
		out = append(out, rune(b))
	}
	return string(out)
}

func utf16LE(b []byte) []byte {
	out := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(string(b))) {
		out = append(out, byte(u), byte(u>>8))
	}
	return out
}

// indefinite writes the outer layer as Apple's and Microsoft's tools do: with
// indefinite lengths, and the content in pieces.
func indefinite(der []byte) []byte {
	_, n := header(der)
	body := der[n:]
	var out []byte
	for len(body) > 0 {
		size, n := header(body)
		whole, inside := body[:n+size], body[n:n+size]
		switch {
		case body[0] == 0x04 && size > 600:
			out = append(out, 0x24, 0x80)
			for len(inside) > 0 {
				piece := inside[:min(500, len(inside))]
				out = append(out, 0x04)
				switch n := len(piece); {
				case n > 0xff:
					out = append(out, 0x82, byte(n>>8), byte(n))
				case n > 0x7f:
					out = append(out, 0x81, byte(n))
				default:
					out = append(out, byte(n))
				}
				out = append(out, piece...)
				inside = inside[len(piece):]
			}
			out = append(out, 0, 0)
		case body[0]&0x20 != 0 && size > 600:
			out = append(out, indefinite(whole)...)
		default:
			out = append(out, whole...)
		}
		body = body[n+size:]
	}
	return append(append([]byte{der[0], 0x80}, out...), 0, 0)
}

// header gives the size of a DER value's contents and of what stands before them.
func header(der []byte) (size, n int) {
	if der[1] < 0x80 {
		return int(der[1]), 2
	}
	for _, c := range der[2 : 2+der[1]&0x7f] {
		size = size<<8 | int(c)
	}
	return size, 2 + int(der[1]&0x7f)
}

// TestCorpus makes the corpus with the real tools, reads each file and holds
// it to the table.
func TestCorpus(t *testing.T) {
	if raceDetector {
		t.Skip("key derivations of 600,000 iterations take the race detector minutes, and the package starts no goroutine: make unit runs this test without it")
	}
	tools(t, "openssl", "java", "keytool", "certtool", "pk12util", "certutil")
	b := bench{t, t.TempDir(), &sync.Map{}}
	if dir := os.Getenv("RECHALLENGE_CORPUS"); dir != "" {
		b.dir = dir
	}
	java := b.startJava()
	b.makeCorpus(java)
	t.Run("file", func(t *testing.T) {
		for _, s := range corpus {
			t.Run(s.file, func(t *testing.T) {
				t.Parallel()
				b.hold(t, s)
			})
		}
	})
	b.holdReaders(t, java)
	b.document(t)
}

// hold holds one file to the table: with its password, a wrong one and none.
func (b bench) hold(t *testing.T, s sample) {
	f, err := b.once(s, s.pass())
	s.check(t, f, err)
	if s.open || s.code == identity.Damaged {
		return
	}
	var e *identity.Error
	_, err = b.once(s, "not "+s.pass())
	if !errors.As(err, &e) || e.Code != identity.WrongPassword {
		t.Errorf("with a wrong password: %v, want %s", err, identity.WrongPassword)
	}
	if err != nil && strings.Contains(err.Error(), s.pass()) && s.pass() != "" {
		t.Errorf("the password stands in the error %q", err)
	}
	if s.pass() == "" {
		return
	}
	f, err = s.readWith(b, nil)
	if !errors.As(err, &e) || e.Code != identity.PasswordNeeded {
		t.Errorf("without a password: %v, want %s", err, identity.PasswordNeeded)
	}
	if f == nil || len(f.Others) < s.sight {
		t.Errorf("without a password %d certificates show, want %d", len(f.Others), s.sight)
	}
}

func (s sample) pass() string {
	switch s.password {
	case "":
		return corpusPassword
	case "-":
		return ""
	}
	return s.password
}

func (s sample) readWith(b bench, password *string) (*identity.File, error) {
	data := b.read(s.file)
	if s.key != "" {
		return identity.ReadPair(context.Background(), data, b.read(s.key), password, identity.Options{})
	}
	return identity.Read(context.Background(), s.file, data, password, identity.Options{})
}

func (s sample) check(t *testing.T, f *identity.File, err error) {
	t.Helper()
	if s.code != "" {
		var e *identity.Error
		if !errors.As(err, &e) || e.Code != s.code || !strings.Contains(e.What, s.what) {
			t.Errorf("got %v, want %s: ...%s...", describe(err), s.code, s.what)
		} else if e.Do == "" {
			t.Errorf("%q says not what to do", e.What)
		}
		return
	}
	if err != nil {
		t.Fatalf("read: %s", describe(err))
	}
	want := fmt.Sprintf("%d of CN=%s,O=Corpus, %s, chain %d", max(s.keys, 1), s.kind, keyTypes[s.kind], max(s.chain, 1))
	if s.chain == 0 {
		want = fmt.Sprintf("%d of CN=%s,O=Corpus, %s, chain 3", max(s.keys, 1), s.kind, keyTypes[s.kind])
	}
	id := f.Identities[0]
	got := fmt.Sprintf("%d of %s, %s, chain %d", len(f.Identities), id.Subject, id.KeyType, len(id.Chain))
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for _, note := range strings.Fields(s.notes) {
		is := func(p identity.Problem) bool { return p.Code == note }
		if !slices.ContainsFunc(slices.Concat(f.Problems, id.Problems), is) {
			t.Errorf("nothing is said of %s", note)
		}
	}
	for _, id := range f.Identities {
		if !id.Usable {
			t.Errorf("%s is not usable: %v", id.Subject, id.Problems)
		}
		proveKey(t, id)
	}
}

func describe(err error) string {
	var e *identity.Error
	if errors.As(err, &e) {
		return string(e.Code) + ": " + e.Error()
	}
	return fmt.Sprint(err)
}
