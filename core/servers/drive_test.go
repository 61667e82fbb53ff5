package servers_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rechallenge/core/lab"
	"rechallenge/core/servers"
)

// clientFiles is a directory with ca.pem and NAME.pem, NAME.key, NAME.p12 of
// each identity.
func clientFiles(t *testing.T, l *lab.Lab) string {
	t.Helper()
	dir := t.TempDir()
	write := func(name string, data []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("ca.pem", l.CAPEM())
	for _, name := range []string{"alice", "dave"} {
		c, err := l.Certificate(name)
		if err != nil {
			t.Fatal(err)
		}
		key, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
		if err != nil {
			t.Fatal(err)
		}
		p12, _, err := l.PKCS12(name)
		if err != nil {
			t.Fatal(err)
		}
		write(name+".pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]}))
		write(name+".key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))
		write(name+".p12", p12)
	}
	return dir
}

// command runs a client's program in dir, which is to succeed.
func command(t *testing.T, dir, stdin, program string, args ...string) {
	t.Helper()
	visit(t, dir, stdin, false, program, args...)
}

// visit runs a client's program in dir, which may fail.
func visit(t *testing.T, dir, stdin string, may bool, program string, args ...string) {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		missing(t, program, err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(stdin)
	cmd.WaitDelay = 2 * time.Second
	if out, err := cmd.CombinedOutput(); err != nil && !may {
		t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, out)
	}
}

// suits skips a client whose version is not the one that its profile is about.
func suits(t *testing.T, policy string) {
	t.Helper()
	ask := map[string][]string{
		"curl-7.88":            {"curl", "--version"},
		"requests-before-2.32": {"/usr/bin/python3", "-c", "import requests; print(requests.__version__)"},
	}[policy]
	if ask == nil {
		return
	}
	out, err := exec.Command(ask[0], ask[1:]...).Output()
	if err != nil {
		missing(t, ask[0], err)
	}
	version := string(out)
	if policy == "curl-7.88" && !strings.HasPrefix(version, "curl 7.88") || policy != "curl-7.88" && version >= "2.32" {
		t.Skipf("%s is not about version %.40s", policy, version)
	}
}

// late reports whether a URL is of a server that asks late: who can't be asked
// then is turned away.
func late(u string) bool { return strings.HasSuffix(u, servers.Ask) }

// script runs one of testdata/clients.
func script(program, file string, args ...string) func(*testing.T, string, []string) {
	return func(t *testing.T, dir string, urls []string) {
		t.Helper()
		path, err := filepath.Abs(filepath.Join("testdata", "clients", file))
		if err != nil {
			t.Fatal(err)
		}
		all := append([]string{path}, args...)
		if program == "java" {
			if file == "Libraries.java" {
				all = append([]string{"-cp", javaLibraries}, all...)
			}
			all = append([]string{"-Xshare:auto", "-XX:TieredStopAtLevel=1"}, all...)
		}
		command(t, dir, "", program, append(all, urls...)...)
	}
}

// javaLibraries are where Debian keeps them.
const javaLibraries = "/usr/share/java/httpclient.jar:/usr/share/java/httpcore.jar:/usr/share/java/commons-logging.jar:/usr/share/java/commons-codec.jar:/usr/share/java/okhttp.jar:/usr/share/java/okio.jar"

// firefox runs a Firefox with a profile of its own.
func firefox(mode string) func(*testing.T, string, []string) {
	return func(t *testing.T, dir string, urls []string) {
		t.Helper()
		for _, program := range []string{"firefox-esr", "certutil", "pk12util"} {
			if _, err := exec.LookPath(program); err != nil {
				missing(t, program, err)
			}
		}
		script("/usr/bin/python3", "firefox.py", mode)(t, dir, urls)
	}
}

// curl makes all visits to a server in one process.
func curl(alive bool) func(*testing.T, string, []string) {
	return func(t *testing.T, dir string, urls []string) {
		for _, u := range urls {
			var args []string
			for i, who := range turns {
				if i > 0 {
					args = append(args, "--next")
				}
				if !late(u) {
					args = append(args, "--fail")
				}
				args = append(args, "--silent", "--show-error", "--http1.1", "--cacert", "ca.pem", "--cert", who+".pem", "--key", who+".key", "--output", os.DevNull, u)
				if !alive {
					args = append(args, "--header", "Connection: close")
				}
			}
			command(t, dir, "", "curl", args...)
		}
	}
}

// sClient is openssl s_client with a file of its session: one for everybody or
// one for each identity.
func sClient(apart bool) func(*testing.T, string, []string) {
	return func(t *testing.T, dir string, urls []string) {
		for _, u := range urls {
			at, err := url.Parse(u)
			if err != nil {
				t.Fatal(err)
			}
			for _, who := range turns {
				file := "session-" + at.Port()
				if apart {
					file += "-" + who
				}
				args := []string{
					"s_client", "-connect", "127.0.0.1:" + at.Port(), "-servername", at.Hostname(), "-CAfile", "ca.pem", "-verify_return_error",
					"-cert", who + ".pem", "-key", who + ".key", "-ign_eof", "-enable_pha", "-sess_out", file,
				}
				if _, err := os.Stat(filepath.Join(dir, file)); err == nil {
					args = append(args, "-sess_in", file)
				}
				command(t, dir, fmt.Sprintf("GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", at.RequestURI(), at.Host), "openssl", args...)
			}
			if files, err := filepath.Glob(filepath.Join(dir, "session-*")); err == nil {
				for _, f := range files {
					os.Remove(f)
				}
			}
		}
	}
}

// wget makes each visit in a process of its own: it has one certificate.
func wget(t *testing.T, dir string, urls []string) {
	for _, u := range urls {
		for _, who := range turns {
			args := []string{"--no-config", "--quiet", "--tries=1", "--timeout=10", "--ca-certificate=ca.pem", "--certificate=" + who + ".pem", "--private-key=" + who + ".key", "--output-document=" + os.DevNull, u}
			if late(u) {
				args = append(args, "--content-on-error")
			}
			visit(t, dir, "", late(u), "wget", args...)
		}
	}
}

// gnutlsCLI makes each visit in a process of its own.
func gnutlsCLI(t *testing.T, dir string, urls []string) {
	for _, u := range urls {
		at, err := url.Parse(u)
		if err != nil {
			t.Fatal(err)
		}
		for _, who := range turns {
			// It leaves when its input ends, which may be before the answer.
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			cmd := exec.CommandContext(ctx, "gnutls-cli", "--x509cafile=ca.pem", "--x509certfile="+who+".pem", "--x509keyfile="+who+".key", "--port="+at.Port(), at.Hostname())
			cmd.Dir = dir
			stdin, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				missing(t, "gnutls-cli", err)
			}
			fmt.Fprintf(stdin, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", at.RequestURI(), at.Host)
			if err := cmd.Wait(); err != nil && !late(u) {
				t.Fatalf("gnutls-cli at %s as %s: %v", u, who, err)
			}
			cancel()
		}
	}
}

// goTransports is net/http with a transport and its clone, which has another
// certificate and, through Config.Clone, the same session cache.
func goTransports(t *testing.T, dir string, urls []string) {
	certificates, roots := goFiles(t, dir)
	for _, u := range urls {
		first := &http.Transport{
			DisableKeepAlives: true,
			TLSClientConfig:   &tls.Config{RootCAs: roots, ClientSessionCache: tls.NewLRUClientSessionCache(0)},
		}
		transports := map[string]*http.Transport{}
		for who, c := range certificates {
			transports[who] = first.Clone()
			transports[who].TLSClientConfig.Certificates = []tls.Certificate{c}
		}
		for _, who := range turns {
			goGet(t, transports[who], u)
		}
	}
}

// goTransport is net/http with one transport, which is to be somebody else at
// each visit.
func goTransport(t *testing.T, dir string, urls []string) {
	certificates, roots := goFiles(t, dir)
	for _, u := range urls {
		var now tls.Certificate
		transport := &http.Transport{TLSClientConfig: &tls.Config{
			RootCAs: roots, ClientSessionCache: tls.NewLRUClientSessionCache(0),
			GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &now, nil },
		}}
		for _, who := range turns {
			now = certificates[who]
			goGet(t, transport, u)
		}
		transport.CloseIdleConnections()
	}
}

func goFiles(t *testing.T, dir string) (map[string]tls.Certificate, *x509.CertPool) {
	t.Helper()
	ca, err := os.ReadFile(filepath.Join(dir, "ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	certificates := map[string]tls.Certificate{}
	for _, who := range turns {
		if certificates[who], err = tls.LoadX509KeyPair(filepath.Join(dir, who+".pem"), filepath.Join(dir, who+".key")); err != nil {
			t.Fatal(err)
		}
	}
	return certificates, roots
}

func goGet(t *testing.T, transport *http.Transport, u string) {
	t.Helper()
	client := http.Client{Transport: transport, Timeout: 10 * time.Second}
	resp, err := client.Get(u)
	if err != nil && late(u) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
}
