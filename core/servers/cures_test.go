package servers_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"rechallenge/core/cure"
	"rechallenge/core/lab"
	"rechallenge/core/servers"
)

// TestServerCures: before, bob resumes alice's session; with the directives that
// core/cure gives, standing in the server's configuration, he is asked.
func TestServerCures(t *testing.T) {
	b := newBench(t)
	for _, c := range cure.Servers {
		var before, after int
		for _, m := range servers.Modes {
			if m.Server != c.ID || m.Auth != servers.Required || m.Resumes == "session-id" {
				continue // Go's client knows no session IDs
			}
			t.Run(m.ID(), func(t *testing.T) {
				s, err := servers.Start(context.Background(), m, b.files)
				started(t, s, err)
				resumed := secondResumes(t, b.lab, s.Addr.String())
				if m.Sessions != servers.Neither {
					if before++; !resumed {
						t.Error("nothing was resumed before the cure")
					}
					return
				}
				if after++; resumed {
					t.Error("bob resumed all the same")
				}
				stands(t, s.Dir(), c.Directives)
			})
		}
		if own := strings.HasSuffix(c.ID, "-server"); !own && (before == 0 || after == 0) {
			t.Errorf("%s: tried %d times before and %d times after", c.ID, before, after)
		}
	}
}

// stands wants each line in one of a configuration's files.
func stands(t *testing.T, dir string, lines []string) {
	t.Helper()
	var all strings.Builder
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if data, err := os.ReadFile(f); err == nil {
			all.Write(data)
		}
	}
	for _, l := range lines {
		if !strings.Contains(all.String(), l) {
			t.Errorf("the configuration lacks %q", l)
		}
	}
}

// secondResumes visits as alice and as bob with one session cache, and tells
// whether bob's connection resumed.
func secondResumes(t *testing.T, l *lab.Lab, at string) (resumed bool) {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(l.CAPEM())
	cache := tls.NewLRUClientSessionCache(4)
	for _, who := range []string{"alice", "bob"} {
		own, err := l.Certificate(who)
		if err != nil {
			t.Fatal(err)
		}
		conn, err := tls.Dial("tcp", at, &tls.Config{RootCAs: roots, ServerName: "localhost", ClientSessionCache: cache, Certificates: []tls.Certificate{own}})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
		io.Copy(io.Discard, conn)
		resumed = conn.ConnectionState().DidResume
		conn.Close()
	}
	return resumed
}

// TestOwnServerCures does the same for the servers that one writes.
func TestOwnServerCures(t *testing.T) {
	l, err := lab.New()
	if err != nil {
		t.Fatal(err)
	}
	certificate, key, err := l.ServerPEM("localhost")
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(l.CAPEM())
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for _, cured := range []bool{false, true} {
			t.Run(fmt.Sprintf("go %#x cured %t", version, cured), func(t *testing.T) {
				s := httptest.NewUnstartedServer(http.NotFoundHandler())
				s.TLS = &tls.Config{
					Certificates: []tls.Certificate{pair}, MaxVersion: version, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: roots,
					SessionTicketsDisabled: cured,
				}
				s.StartTLS()
				defer s.Close()
				if got := secondResumes(t, l, s.Listener.Addr().String()); got == cured {
					t.Errorf("bob resumed: %t", got)
				}
			})
			t.Run(fmt.Sprintf("node %#x cured %t", version, cured), func(t *testing.T) {
				if got := secondResumes(t, l, nodeServer(t, l, certificate, key, version, cured)); got == cured {
					t.Errorf("bob resumed: %t", got)
				}
			})
		}
	}
}

// nodeServer runs Node's https server, with its cure or without.
func nodeServer(t *testing.T, l *lab.Lab, certificate, key []byte, version uint16, cured bool) string {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		missing(t, "node", err)
	}
	dir := t.TempDir()
	for name, data := range map[string][]byte{"ca.pem": l.CAPEM(), "server.pem": certificate, "server.key": key} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	highest, directive := "TLSv1.3", ""
	if version == tls.VersionTLS12 {
		highest = "TLSv1.2"
	}
	if cured {
		directive = cure.ServerByID("node-server").Directives[0] + ","
	}
	program := fmt.Sprintf(`const fs = require('fs');
const server = require('https').createServer({
  cert: fs.readFileSync('server.pem'), key: fs.readFileSync('server.key'), ca: fs.readFileSync('ca.pem'),
  requestCert: true, rejectUnauthorized: true, maxVersion: '%s', %s
}, (request, response) => response.end('ok'));
server.listen(0, '127.0.0.1', () => console.log('127.0.0.1:' + server.address().port));
`, highest, directive)
	cmd := exec.CommandContext(t.Context(), node, "-e", program)
	cmd.Dir = dir
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	var at string
	if _, err := fmt.Fscanln(out, &at); err != nil {
		t.Fatal(err)
	}
	return at
}
