package wire_test

import (
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"os"
	"strings"
	"time"

	"golang.org/x/crypto/ocsp"
)

// required makes gnutls-serv insist on a certificate; it asks in any case.
const required = "--require-client-cert"

// scenarios are what is recorded: who talks to whom, about what.
var scenarios = []struct {
	name, about string
	run         func(r *recorder)
}{
	{"go-1.3", "crypto/tls 1.3 both sides, client certificate, then a PSK", func(r *recorder) {
		r.dial(r.serve(&tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, NextProtos: []string{"http/1.1"}}), 2,
			&tls.Config{Certificates: []tls.Certificate{r.pair("alice")}, NextProtos: []string{"h2", "http/1.1"}})
	}},
	{"go-1.3-retry", "crypto/tls 1.3, HelloRetryRequest, then a PSK after another one", func(r *recorder) {
		r.dial(r.serve(&tls.Config{CurvePreferences: []tls.CurveID{tls.CurveP384}}), 2, &tls.Config{})
	}},
	{"go-1.3-refused", "crypto/tls 1.3, no certificate where one is required", func(r *recorder) {
		r.dial(r.serve(&tls.Config{ClientAuth: tls.RequireAnyClientCert}), 1, &tls.Config{})
	}},
	{"go-1.2-ticket", "crypto/tls 1.2, client certificate, then a ticket without a key log line", func(r *recorder) {
		r.dial(r.serve(&tls.Config{MaxVersion: tls.VersionTLS12, ClientAuth: tls.RequireAndVerifyClientCert, NextProtos: []string{"h2"}}), 2,
			&tls.Config{Certificates: []tls.Certificate{r.pair("alice")}, NextProtos: []string{"h2"}})
	}},
	{"go-1.2-chacha", "crypto/tls 1.2, ChaCha20-Poly1305, no tickets", func(r *recorder) {
		r.dial(r.serve(&tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256}, SessionTicketsDisabled: true}), 1, &tls.Config{})
	}},
	{"go-1.2-rsa-cbc", "crypto/tls 1.2, RSA key exchange, AES-CBC with SHA-256, MAC then encrypt", func(r *recorder) {
		r.dial(r.serve(&tls.Config{MaxVersion: tls.VersionTLS12, Certificates: []tls.Certificate{r.pair("rsa")}, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA256}}), 1,
			&tls.Config{CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA256}})
	}},
	{"go-1.2-3des", "crypto/tls 1.2, RSA key exchange, 3DES", func(r *recorder) {
		r.dial(r.serve(&tls.Config{MaxVersion: tls.VersionTLS12, Certificates: []tls.Certificate{r.pair("rsa")}, CipherSuites: []uint16{tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA}}), 1,
			&tls.Config{CipherSuites: []uint16{tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA}})
	}},
	{"go-1.1", "crypto/tls 1.1, AES-CBC, client certificate", func(r *recorder) {
		r.dial(r.serve(&tls.Config{MinVersion: tls.VersionTLS11, MaxVersion: tls.VersionTLS11, ClientAuth: tls.RequireAnyClientCert}), 1,
			&tls.Config{MinVersion: tls.VersionTLS10, Certificates: []tls.Certificate{r.pair("alice")}})
	}},
	{"go-1.0", "crypto/tls 1.0, AES-CBC with a running IV, then a ticket", func(r *recorder) {
		r.dial(r.serve(&tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10}), 2, &tls.Config{MinVersion: tls.VersionTLS10})
	}},
	{"openssl-1.2-id", "OpenSSL 1.2 both sides, client certificate, encrypt-then-MAC, then the session ID", func(r *recorder) {
		addr := r.openssl(nil, "server", "-tls1_2", "-no_ticket", "-Verify", "1", "-www", "-cipher", "ECDHE-ECDSA-AES256-SHA384")
		r.sClient(addr, get, "-no_ticket", "-sess_out", r.path("session"))
		r.sClient(addr, get, "-no_ticket", "-sess_in", r.path("session"))
	}},
	{"openssl-1.2-dhe-ccm", "OpenSSL 1.2, DHE, AES-CCM, OCSP asked for", func(r *recorder) {
		r.sClient(r.openssl(nil, "rsa", "-tls1_2", "-www", "-cipher", "DHE-RSA-AES128-CCM"), get, "-status", "-alpn", "h2,http/1.1", "-cipher", "DHE-RSA-AES128-CCM")
	}},
	{"openssl-1.2-renegotiation", "OpenSSL 1.2, the server asks again: HelloRequest, encrypted renegotiation, a challenge in it", func(r *recorder) {
		r.sClient(r.openssl([]string{"R"}, "server", "-tls1_2", "-no_ticket", "-no_cache", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"), []string{"hello", "hello", "hello", "hello"}, "-no_ticket")
	}},
	{"openssl-1.2-renegotiation-resumed", "OpenSSL 1.2, the server asks again and the client resumes instead: no challenge", func(r *recorder) {
		r.sClient(r.openssl([]string{"R"}, "server", "-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"), []string{"hello", "hello", "hello", "hello"})
	}},
	{"openssl-1.2-psk", "OpenSSL 1.2, external PSK with a hint, Diffie-Hellman", func(r *recorder) {
		addr := r.start(nil, "openssl", "s_server", "-accept", "127.0.0.1:PORT", "-nocert", "-psk", psk, "-psk_hint", "lab", "-tls1_2", "-www", "-cipher", "ECDHE-PSK-AES128-CBC-SHA256", "-keylogfile", r.path("keylog"))
		r.run(get, "openssl", "s_client", "-connect", addr, "-psk", psk, "-psk_identity", "alice", "-cipher", "ECDHE-PSK-AES128-CBC-SHA256", "-tls1_2")
	}},
	{"openssl-1.3-afterwards", "OpenSSL 1.3, a challenge after the handshake, key updates", func(r *recorder) {
		r.sClient(r.openssl([]string{"c", "k", "K"}, "server", "-tls1_3", "-ciphersuites", "TLS_AES_128_CCM_SHA256", "-verify", "1"),
			[]string{"hello", "hello", "hello", "k", "hello", "K", "hello", "hello"}, "-enable_pha", "-ciphersuites", "TLS_AES_128_CCM_SHA256")
	}},
	{"openssl-1.3-early", "OpenSSL 1.3, early data accepted under a PSK", func(r *recorder) {
		os.WriteFile(r.path("early"), []byte("early words\n"), 0o600)
		addr := r.openssl(nil, "server", "-tls1_3", "-early_data", "-no_anti_replay")
		r.sClient(addr, []string{"hello"}, "-sess_out", r.path("session"))
		r.sClient(addr, []string{"hello"}, "-sess_in", r.path("session"), "-early_data", r.path("early"))
	}},
	{"openssl-1.3-early-refused", "OpenSSL 1.3, early data refused, the PSK too", func(r *recorder) {
		os.WriteFile(r.path("early"), []byte("early words\n"), 0o600)
		addr := r.openssl(nil, "server", "-tls1_3", "-early_data", "-no_anti_replay")
		r.sClient(addr, []string{"hello"}, "-sess_out", r.path("session"))
		r.sClient(r.openssl(nil, "server", "-tls1_3"), []string{"hello"}, "-sess_in", r.path("session"), "-early_data", r.path("early"), "-keylogfile", r.path("keylog"))
	}},
	{"gnutls-1.3", "GnuTLS 1.3 both sides, client certificate, then a PSK", func(r *recorder) {
		r.gnutlsClient(r.gnutlsServer("NORMAL:-VERS-ALL:+VERS-TLS1.3", required), "NORMAL", "--resume", "--alpn=http/1.1", "--waitresumption")
	}},
	{"gnutls-1.2", "GnuTLS 1.2 both sides, client certificate, AES-CBC, then a ticket", func(r *recorder) {
		const priority = "NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-256-CBC"
		r.gnutlsClient(r.gnutlsServer(priority, required), priority, "--resume")
	}},
	{"java-1.3", "JDK against crypto/tls 1.3, a certificate asked for and not given, then a PSK", func(r *recorder) {
		r.java(r.serve(&tls.Config{ClientAuth: tls.RequestClientCert, NextProtos: []string{"http/1.1"}}), "TLSv1.3")
	}},
	{"java-1.2", "JDK against crypto/tls 1.2, a certificate asked for and not given, then a ticket", func(r *recorder) {
		r.java(r.serve(&tls.Config{ClientAuth: tls.RequestClientCert, MaxVersion: tls.VersionTLS12}), "TLSv1.2")
	}},
	{"nss-1.3", "NSS against crypto/tls 1.3", func(r *recorder) { r.nss(r.serve(&tls.Config{}), "tls1.3:tls1.3") }},
	{"nss-1.2", "NSS against crypto/tls 1.2, a certificate asked for and not given", func(r *recorder) {
		r.nss(r.serve(&tls.Config{ClientAuth: tls.RequestClientCert}), "tls1.2:tls1.2")
	}},
	{"go-1.2-stapled", "crypto/tls 1.2, an OCSP response and a certificate timestamp with the server's certificate", func(r *recorder) {
		r.dial(r.serve(&tls.Config{MaxVersion: tls.VersionTLS12, Certificates: []tls.Certificate{r.stapled()}}), 1, &tls.Config{})
	}},
	{"go-1.3-stapled", "crypto/tls 1.3, an OCSP response and a certificate timestamp in the Certificate message", func(r *recorder) {
		r.dial(r.serve(&tls.Config{Certificates: []tls.Certificate{r.stapled()}}), 1, &tls.Config{})
	}},
	{"openssl-1.3-chacha", "OpenSSL 1.3, ChaCha20-Poly1305, key updates from either side, tickets after them", func(r *recorder) {
		r.sClient(r.openssl([]string{"K", "k"}, "server", "-tls1_3", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"), []string{"hello", "hello", "hello", "K", "hello", "hello"})
	}},
	{"openssl-1.3-ccm-8", "OpenSSL 1.3, AES-CCM with short tags", func(r *recorder) {
		r.sClient(r.openssl(nil, "server", "-tls1_3", "-www", "-ciphersuites", "TLS_AES_128_CCM_8_SHA256"), get, "-ciphersuites", "TLS_AES_128_CCM_8_SHA256")
	}},
	{"openssl-1.3-stateful", "OpenSSL 1.3, tickets that only name what the server keeps", func(r *recorder) {
		addr := r.openssl(nil, "server", "-tls1_3", "-no_ticket", "-www", "-verify", "1")
		r.sClient(addr, get, "-sess_out", r.path("session"))
		r.sClient(addr, get, "-sess_in", r.path("session"))
	}},
	{"openssl-1.3-psk", "OpenSSL 1.3, external PSK, no certificate", func(r *recorder) {
		addr := r.start(nil, "openssl", "s_server", "-accept", "127.0.0.1:PORT", "-nocert", "-psk", psk, "-tls1_3", "-www", "-ciphersuites", "TLS_AES_128_GCM_SHA256", "-keylogfile", r.path("keylog"))
		r.run(get, "openssl", "s_client", "-connect", addr, "-psk", psk, "-psk_identity", "Client_identity", "-ciphersuites", "TLS_AES_128_GCM_SHA256", "-tls1_3")
	}},
	{"openssl-1.2-cbc", "OpenSSL 1.2, AES-256-CBC with SHA-384, MAC then encrypt, then a ticket", func(r *recorder) {
		addr := r.openssl(nil, "server", "-tls1_2", "-www", "-cipher", "ECDHE-ECDSA-AES256-SHA384")
		r.sClient(addr, get, "-no_etm", "-sess_out", r.path("session"))
		r.sClient(addr, get, "-no_etm", "-sess_in", r.path("session"))
	}},
	{"openssl-1.2-cbc-renegotiation", "OpenSSL 1.2, renegotiation under AES-CBC with SHA-256, encrypt-then-MAC", func(r *recorder) {
		r.sClient(r.openssl([]string{"R"}, "server", "-tls1_2", "-no_ticket", "-no_cache", "-cipher", "ECDHE-ECDSA-AES128-SHA256"), []string{"hello", "hello", "hello", "hello"}, "-no_ticket")
	}},
	{"openssl-1.2-ccm-8", "OpenSSL 1.2, AES-256-CCM with short tags", func(r *recorder) {
		r.sClient(r.openssl(nil, "server", "-tls1_2", "-www", "-cipher", "ECDHE-ECDSA-AES256-CCM8"), get, "-cipher", "ECDHE-ECDSA-AES256-CCM8")
	}},
	{"openssl-gnutls-1.3", "OpenSSL against GnuTLS 1.3, client certificate", func(r *recorder) {
		r.sClient(r.gnutlsServer("NORMAL:-VERS-ALL:+VERS-TLS1.3", required), []string{"hello"})
	}},
	{"openssl-java-1.3", "OpenSSL against the JDK 1.3, client certificate, then a PSK", func(r *recorder) {
		addr := r.javaServer("TLSv1.3")
		r.sClient(addr, get, "-keylogfile", r.path("keylog"), "-sess_out", r.path("session"))
		r.sClient(addr, get, "-keylogfile", r.path("keylog"), "-sess_in", r.path("session"))
	}},
	{"openssl-java-1.2", "OpenSSL against the JDK 1.2, client certificate", func(r *recorder) {
		r.sClient(r.javaServer("TLSv1.2"), get, "-keylogfile", r.path("keylog"))
	}},
	{"openssl-java-1.3-cookie", "OpenSSL against the JDK 1.3, HelloRetryRequest with a cookie", func(r *recorder) {
		r.sClient(r.javaServer("TLSv1.3", "-Djdk.tls.namedGroups=secp256r1"), get, "-keylogfile", r.path("keylog"), "-groups", "X25519:P-256")
	}},
	{"openssl-nss-1.3", "OpenSSL against NSS 1.3, client certificate, then a PSK", func(r *recorder) {
		addr := r.nssServer("tls1.3:tls1.3")
		r.sClient(addr, get, "-keylogfile", r.path("keylog"), "-sess_out", r.path("session"))
		r.sClient(addr, get, "-keylogfile", r.path("keylog"), "-sess_in", r.path("session"))
	}},
	{"openssl-nss-1.2", "OpenSSL against NSS 1.2, client certificate, then the session ID", func(r *recorder) {
		addr := r.nssServer("tls1.2:tls1.2")
		r.sClient(addr, get, "-keylogfile", r.path("keylog"), "-no_ticket", "-sess_out", r.path("session"))
		r.sClient(addr, get, "-keylogfile", r.path("keylog"), "-no_ticket", "-sess_in", r.path("session"))
	}},
	{"gnutls-1.2-3des", "GnuTLS 1.2, 3DES with SHA-1, encrypt-then-MAC", func(r *recorder) {
		const priority = "NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+3DES-CBC"
		r.gnutlsClient(r.gnutlsServer(priority, required), priority)
	}},
	{"gnutls-1.2-cbc-sha384", "GnuTLS 1.2, AES-256-CBC with SHA-384, MAC then encrypt", func(r *recorder) {
		const priority = "NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-256-CBC:-MAC-ALL:+SHA384:%NO_ETM"
		r.gnutlsClient(r.gnutlsServer(priority, required), priority)
	}},
	{"gnutls-1.1", "GnuTLS 1.1, AES-CBC with SHA-1, encrypt-then-MAC, client certificate", func(r *recorder) {
		const priority = "NORMAL:-VERS-ALL:+VERS-TLS1.1:-CIPHER-ALL:+AES-128-CBC:%VERIFY_ALLOW_SIGN_WITH_SHA1"
		r.gnutlsClient(r.gnutlsServer(priority, required), priority)
	}},
	{"gnutls-openssl-1.2", "GnuTLS against OpenSSL 1.2, client certificate, ChaCha20-Poly1305", func(r *recorder) {
		r.gnutlsClient(r.openssl(nil, "server", "-tls1_2", "-Verify", "1", "-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305"), "NORMAL:-VERS-ALL:+VERS-TLS1.2")
	}},
	{"java-gnutls-1.2", "JDK against GnuTLS 1.2, a certificate asked for and not given", func(r *recorder) {
		r.java(r.gnutlsServer("NORMAL:-VERS-ALL:+VERS-TLS1.2"), "TLSv1.2")
	}},
	{"nss-openssl-1.3", "NSS against OpenSSL 1.3, asked after the handshake", func(r *recorder) {
		r.nss(r.openssl([]string{"c"}, "server", "-tls1_3", "-verify", "1"), "tls1.3:tls1.3", "-E", "-n", "alice")
	}},
	{"chromium-1.3", "Chromium against crypto/tls 1.3: GREASE, ECH, compressed certificates offered", func(r *recorder) {
		addr := r.serve(&tls.Config{NextProtos: []string{"http/1.1"}})
		cmd := r.command("timeout", "20", "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--ignore-certificate-errors", "--user-data-dir="+r.path("profile"),
			"--host-resolver-rules=MAP a.test "+addr, "--dump-dom", "https://a.test/")
		out, err := cmd.CombinedOutput()
		r.t.Logf("chromium: %v\n%s", err, tail(string(out), 600))
		r.mu.Lock()
		if len(r.flow.Connections) > 1 {
			r.flow.Connections = r.flow.Connections[:1]
		}
		r.mu.Unlock()
		time.Sleep(100 * time.Millisecond)
	}},
}

// nss runs tstclnt, which trusts everybody (-o).
func (r *recorder) nss(addr, versions string, args ...string) {
	host, port := r.hostPort(addr)
	r.nssKeys("alice")
	r.run([]string{get[0], "", "", ""}, "tstclnt", append([]string{"-h", host, "-p", port, "-a", "a.test", "-d", "sql:" + r.dir, "-o", "-V", versions}, args...)...)
}

// nssServer runs selfserv, which asks for a certificate and goes on without
// one; it keeps no key log.
func (r *recorder) nssServer(versions string) string {
	r.nssKeys("server")
	return r.start(nil, "selfserv", "-d", "sql:"+r.dir, "-p", "PORT", "-n", "server", "-V", versions, "-r", "-u")
}

// nssKeys puts an identity and the CA into a database of NSS.
func (r *recorder) nssKeys(name string) {
	for _, args := range [][]string{
		{"certutil", "-N", "-d", "sql:" + r.dir, "--empty-password"},
		{"certutil", "-A", "-d", "sql:" + r.dir, "-n", "ca", "-t", "CT,CT,", "-a", "-i", r.path("ca.pem")},
		{"openssl", "pkcs12", "-export", "-inkey", r.path(name + ".key"), "-in", r.path(name + ".pem"), "-name", name, "-passout", "pass:nss", "-out", r.path(name + ".p12")},
		{"pk12util", "-d", "sql:" + r.dir, "-i", r.path(name + ".p12"), "-W", "nss", "-K", ""},
	} {
		if out, err := r.command(args[0], args[1:]...).CombinedOutput(); err != nil {
			r.t.Fatalf("%s: %v\n%s", args[0], err, out)
		}
	}
}

// stapled is the server's certificate with an OCSP response and a timestamp,
// which says nothing about any log.
func (r *recorder) stapled() tls.Certificate {
	c := r.pair("server")
	ca := r.pair("ca")
	issuer, err := x509.ParseCertificate(ca.Certificate[0])
	if err != nil {
		r.t.Fatal(err)
	}
	c.OCSPStaple, err = ocsp.CreateResponse(issuer, issuer, ocsp.Response{
		Status: ocsp.Good, SerialNumber: big.NewInt(2), ThisUpdate: issuer.NotBefore, NextUpdate: issuer.NotAfter,
	}, ca.PrivateKey.(crypto.Signer))
	if err != nil {
		r.t.Fatal(err)
	}
	c.SignedCertificateTimestamps = [][]byte{unhex(r.t, "00 "+strings.Repeat("22", 32)+" 0000018bcfe56800 2( ) 0403 2( 0102030405 )")}
	return c
}
