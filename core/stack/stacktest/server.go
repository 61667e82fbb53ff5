package stacktest

import (
	"bytes"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// Port is a loopback port that was free a moment ago.
func Port(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// Answer has handle answer every connection of l, one after another, at most ten
// seconds each, and closes it; stop ends that and waits for it.
func Answer(l net.Listener, handle func(net.Conn)) (stop func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.SetDeadline(time.Now().Add(10 * time.Second))
			handle(c)
			c.Close()
		}
	}()
	return func() { l.Close(); <-done }
}

// Serve is Answer on loopback until the test ends.
func Serve(t testing.TB, handle func(net.Conn)) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(Answer(l, handle))
	return netip.MustParseAddrPort(l.Addr().String())
}

// Output is what a process printed, readable while it runs.
type Output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *Output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(b)
}

func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// run starts a server and waits for it to listen on port. The test is skipped
// where the program is not installed.
func run(t testing.TB, port, name string, args ...string) *Output {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if path, err = exec.LookPath("/usr/sbin/" + name); err != nil {
			t.Skipf("%s is not installed", name)
		}
	}
	out := &Output{}
	cmd := exec.Command(path, args...)
	cmd.Stdout, cmd.Stderr = out, out
	// s_server leaves when its standard input ends.
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	apart(cmd)
	// A child that lives on and holds the output must not hold the test.
	cmd.WaitDelay = 2 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		end(cmd)
		stdin.Close()
		cmd.Wait()
		if t.Failed() {
			t.Logf("%s said:\n%s", name, out)
		}
	})
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if c, err := net.DialTimeout("tcp", "127.0.0.1:"+port, time.Second); err == nil {
			c.Close()
			return out
		}
		if time.Now().After(end) {
			t.Fatalf("%s does not listen on port %s:\n%s", name, port, out)
		}
	}
}

// OpenSSL starts openssl s_server as HTTP server (-www) with the leaf named
// server and the given further arguments.
func (a *Authority) OpenSSL(t testing.TB, args ...string) (addr string) {
	t.Helper()
	port := Port(t)
	run(t, port, "openssl", append([]string{
		"s_server", "-accept", "127.0.0.1:" + port, "-cert", a.Path("server.pem"), "-key", a.Path("server.key"),
		"-CAfile", a.Path("ca.pem"), "-www", "-quiet",
	}, args...)...)
	return "127.0.0.1:" + port
}

// Nginx starts nginx with the given lines in its one server block, the
// certificate set. It answers with whom it saw and whether it resumed.
func (a *Authority) Nginx(t testing.TB, lines ...string) (addr string) {
	t.Helper()
	port, dir := Port(t), t.TempDir()
	os.Chmod(dir, 0o755)
	conf := `worker_processes 1; daemon off; master_process off; pid ` + dir + `/pid; error_log stderr;
events { worker_connections 256; }
http { access_log off;
 client_body_temp_path ` + dir + `/b; proxy_temp_path ` + dir + `/p; fastcgi_temp_path ` + dir + `/f; uwsgi_temp_path ` + dir + `/u; scgi_temp_path ` + dir + `/s;
 server { listen 127.0.0.1:` + port + ` ssl; server_name localhost;
  ssl_certificate ` + a.Path("server.pem") + `; ssl_certificate_key ` + a.Path("server.key") + `; ssl_client_certificate ` + a.Path("ca.pem") + `;
  ` + strings.Join(lines, "\n  ") + `
  location / { return 200 "dn=$ssl_client_s_dn reused=$ssl_session_reused.\n"; }
 }
}
`
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(conf), 0o644); err != nil {
		t.Fatal(err)
	}
	run(t, port, "nginx", "-p", dir, "-c", file)
	return "127.0.0.1:" + port
}

// Apache starts Apache with the given lines in its virtual host. /ask is a
// location that requires a certificate; the rest requires none.
func (a *Authority) Apache(t testing.TB, lines ...string) (addr string) {
	t.Helper()
	port, dir := Port(t), t.TempDir()
	for _, d := range []string{dir, filepath.Dir(dir)} {
		os.Chmod(d, 0o755)
	}
	os.MkdirAll(dir+"/htdocs/ask", 0o755)
	for _, f := range []string{"/htdocs/index.html", "/htdocs/ask/index.html"} {
		os.WriteFile(dir+f, []byte("ok\n"), 0o644)
	}
	const modules = "/usr/lib/apache2/modules/"
	conf := "ServerRoot " + dir + "\nPidFile " + dir + "/pid\nListen 127.0.0.1:" + port + "\nServerName localhost\nErrorLog " + dir + "/error.log\nMutex file:" + dir + "\n"
	for _, m := range []string{"mpm_event", "authz_core", "ssl", "headers", "dir", "socache_shmcb"} {
		conf += "LoadModule " + m + "_module " + modules + "mod_" + m + ".so\n"
	}
	conf += `User www-data
Group www-data
DirectoryIndex index.html
DocumentRoot ` + dir + `/htdocs
SSLSessionCache shmcb:` + dir + `/cache(512000)
<VirtualHost *:` + port + `>
SSLEngine on
SSLCertificateFile ` + a.Path("server.pem") + `
SSLCertificateKeyFile ` + a.Path("server.key") + `
SSLCACertificateFile ` + a.Path("ca.pem") + `
SSLOptions +StdEnvVars
Header set X-Client-DN "%{SSL_CLIENT_S_DN}s"
Header set X-Resumed "%{SSL_SESSION_RESUMED}s"
` + strings.Join(lines, "\n") + `
<Location /ask>
SSLVerifyClient require
</Location>
</VirtualHost>
`
	file := dir + "/apache.conf"
	if err := os.WriteFile(file, []byte(conf), 0o644); err != nil {
		t.Fatal(err)
	}
	run(t, port, "apache2", "-D", "FOREGROUND", "-f", file)
	return "127.0.0.1:" + port
}
