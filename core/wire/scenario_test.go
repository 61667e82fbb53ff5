package wire_test

import (
	"crypto/tls"
	"os"
	"time"
)

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
		r.gnutlsClient(r.gnutlsServer("NORMAL:-VERS-ALL:+VERS-TLS1.3"), "NORMAL", "--resume", "--alpn=http/1.1", "--waitresumption")
	}},
	{"gnutls-1.2", "GnuTLS 1.2 both sides, client certificate, AES-CBC, then a ticket", func(r *recorder) {
		const priority = "NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-256-CBC"
		r.gnutlsClient(r.gnutlsServer(priority), priority, "--resume")
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
func (r *recorder) nss(addr, versions string) {
	host, port := r.hostPort(addr)
	if out, err := r.command("certutil", "-N", "-d", "sql:"+r.dir, "--empty-password").CombinedOutput(); err != nil {
		r.t.Fatalf("certutil: %v\n%s", err, out)
	}
	r.run(get, "tstclnt", "-h", host, "-p", port, "-a", "a.test", "-d", "sql:"+r.dir, "-o", "-V", versions)
}
