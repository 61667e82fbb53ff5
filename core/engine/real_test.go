package engine_test

import (
	"crypto/x509"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"rechallenge/core/lab"
	"rechallenge/core/stack"
	"rechallenge/core/stack/gotls"
	"rechallenge/core/stack/openssl"
	"rechallenge/core/target"
)

// real is a real server with the lab's CA and a certificate of its own, and the
// bench's plan pointed at it.
func real(t *testing.T, program string, args func(dir string, port int) []string, prepare func(dir string, port int)) *bench {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		path, err = exec.LookPath("/usr/sbin/" + program)
	}
	if err != nil {
		if os.Getenv("RECHALLENGE_REQUIRE_TOOLS") != "" {
			t.Fatalf("%s is missing: make test installs it", program)
		}
		t.Skipf("%s is not installed; make test installs it", program)
	}
	x := newBench(t, lab.Behaviour{})
	dir := t.TempDir()
	os.Chmod(dir, 0o755) // nginx's workers drop their privileges
	write := func(name string, data []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cert, key, err := x.lab.ServerPEM("localhost", "127.0.0.1", "a.test", "b.test")
	if err != nil {
		t.Fatal(err)
	}
	write("ca.pem", x.lab.CAPEM())
	write("server.pem", cert)
	write("server.key", key)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	if prepare != nil {
		prepare(dir, port)
	}
	cmd := exec.Command(path, args(dir, port)...)
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := os.Create(filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM)
		done := make(chan struct{})
		go func() { cmd.Wait(); close(done) }()
		select {
		case <-done:
		case <-time.After(3 * time.Second):
			syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
			<-done
		}
		out.Close()
		if t.Failed() {
			text, _ := os.ReadFile(filepath.Join(dir, "out"))
			t.Logf("%s said:\n%s", program, text)
		}
	})
	address := netip.MustParseAddrPort(fmt.Sprintf("127.0.0.1:%d", port))
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		c, err := net.Dial("tcp", address.String())
		if err == nil {
			c.Close()
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s did not begin to listen: %v", program, err)
		}
	}
	for i := range x.plan.Targets {
		path := "/" + x.plan.Targets[i].ID
		x.plan.Targets[i] = x.target(x.plan.Targets[i].ID, path)
		x.plan.Targets[i].URL = fmt.Sprintf("https://localhost:%d%s", port, path)
		x.plan.Targets[i].ConnectTo = target.Addresses{address}
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(x.lab.CAPEM())
	x.res.Roots["ca.pem"] = pool
	return x
}

// each runs a test with every stack that is at hand.
func each(t *testing.T, name string, test func(*testing.T, stack.Stack)) {
	t.Helper()
	for _, s := range stacks() {
		t.Run(name+", "+s.Name(), func(t *testing.T) { test(t, s) })
	}
}

func stacks() []stack.Stack {
	list := []stack.Stack{gotls.New()}
	if s, err := openssl.New(); err == nil {
		list = append(list, s)
	}
	return list
}

// nginx with the given lines about sessions, a server block for each name.
func nginx(t *testing.T, lines string, names ...string) *bench {
	if names == nil {
		names = []string{"localhost"}
	}
	return real(t, "nginx", func(dir string, _ int) []string {
		return []string{"-c", filepath.Join(dir, "nginx.conf"), "-p", dir, "-g", "daemon off;"}
	}, func(dir string, port int) {
		conf := fmt.Sprintf(`worker_processes 1;
pid %[1]s/nginx.pid;
error_log stderr;
events {}
http {
  access_log off;
  client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/proxy; fastcgi_temp_path %[1]s/fastcgi; uwsgi_temp_path %[1]s/uwsgi; scgi_temp_path %[1]s/scgi;
`, dir)
		for _, name := range names {
			conf += fmt.Sprintf(`  server {
    listen 127.0.0.1:%[2]d ssl;
    server_name %[4]s;
    ssl_certificate %[1]s/server.pem;
    ssl_certificate_key %[1]s/server.key;
    ssl_client_certificate %[1]s/ca.pem;
    ssl_verify_client on;
    %[3]s
    add_header X-Client-DN $ssl_client_s_dn always;
    add_header X-Resumed $ssl_session_reused always;
    location = /alice { if ($ssl_client_s_dn !~ "CN=alice") { return 403 "not alice"; } return 200 "alice"; }
    location = /bob { if ($ssl_client_s_dn !~ "CN=bob") { return 403 "not bob"; } return 200 "bob"; }
  }
`, dir, port, lines, name)
		}
		conf += "}\n"
		if err := os.WriteFile(filepath.Join(dir, "nginx.conf"), []byte(conf), 0o644); err != nil {
			t.Fatal(err)
		}
	})
}

// nginxNames is one nginx with two names, a.test and b.test, one cache of
// sessions for both, and a client CA each (the same one).
func nginxNames(t *testing.T) *bench {
	x := nginx(t, "ssl_protocols TLSv1.3; ssl_session_cache shared:S:1m; ssl_session_tickets off;", "a.test", "b.test")
	for i, host := range []string{"a.test", "b.test"} {
		x.plan.Targets[i].URL = strings.Replace(x.plan.Targets[i].URL, "localhost", host, 1)
	}
	return x
}

func TestNginx(t *testing.T) {
	const alice = "full asked:initial=alice auth=alice seen=alice 200 trust=evaluated"
	const bob = "full asked:initial=bob auth=bob seen=bob 200 trust=evaluated"
	for _, mode := range []struct{ name, lines, second string }{
		{
			"TLS 1.2 session ID", "ssl_protocols TLSv1.2; ssl_session_cache shared:S:1m; ssl_session_tickets off;",
			"resumed offered=session-id accepted=true from=1 by=alice auth=alice seen=alice 403 trust=skipped-by-resumption",
		},
		{"TLS 1.2, nothing", "ssl_protocols TLSv1.2; ssl_session_cache off; ssl_session_tickets off;", bob},
		{
			// "none" gives out session IDs and takes none back.
			"TLS 1.2, IDs refused", "ssl_protocols TLSv1.2; ssl_session_cache none; ssl_session_tickets off;",
			"full offered=session-id accepted=false from=1 by=alice asked:initial=bob auth=bob seen=bob 200 trust=evaluated",
		},
		{
			"TLS 1.2 ticket", "ssl_protocols TLSv1.2; ssl_session_cache none; ssl_session_tickets on;",
			"resumed offered=ticket accepted=true from=1 by=alice auth=alice seen=alice 403 trust=skipped-by-resumption",
		},
		{
			"TLS 1.3 stateless", "ssl_protocols TLSv1.3; ssl_session_cache none; ssl_session_tickets on;",
			"resumed offered=psk accepted=true from=1 by=alice auth=alice seen=alice 403 trust=skipped-by-resumption",
		},
		{
			"TLS 1.3 stateful", "ssl_protocols TLSv1.3; ssl_session_cache shared:S:1m; ssl_session_tickets off;",
			"resumed offered=psk accepted=true from=1 by=alice auth=alice seen=alice 403 trust=skipped-by-resumption",
		},
		{
			"TLS 1.3 tickets refused", "ssl_protocols TLSv1.3; ssl_session_cache off; ssl_session_tickets off;",
			"full offered=psk accepted=false from=1 by=alice asked:initial=bob auth=bob seen=bob 200 trust=evaluated",
		},
	} {
		each(t, mode.name, func(t *testing.T, s stack.Stack) {
			x := nginx(t, mode.lines)
			x.opt.Stacks = []stack.Stack{s}
			log := x.run(t)
			expect(t, log.Pass(1), alice, mode.second)
			expect(t, log.Pass(2), alice, bob)
			for _, p := range log.Passes {
				for _, c := range p.Connections {
					said := ""
					for _, h := range c.HTTP.Header {
						if h[0] == "X-Resumed" {
							said = h[1]
						}
					}
					if (said == "r") != (c.Handshake == "resumed") {
						t.Errorf("pass %s, connection %d: the server says resumed=%q, the wire %s", p.Cache, c.Index, said, c.Handshake)
					}
				}
			}
		})
	}
}

func TestOpenSSLServer(t *testing.T) {
	for _, mode := range []struct {
		name   string
		flags  []string
		second string
	}{
		{"TLS 1.2 session ID", []string{"-tls1_2", "-no_ticket"}, "resumed offered=session-id accepted=true from=1 by=alice auth=alice 200 trust=skipped-by-resumption"},
		{"TLS 1.3 stateful", []string{"-tls1_3", "-no_ticket"}, "resumed offered=psk accepted=true from=1 by=alice auth=alice 200 trust=skipped-by-resumption"},
		{"TLS 1.2 ticket", []string{"-tls1_2", "-no_cache"}, "resumed offered=ticket accepted=true from=1 by=alice auth=alice 200 trust=skipped-by-resumption"},
		{"TLS 1.3", []string{"-tls1_3"}, "resumed offered=psk accepted=true from=1 by=alice auth=alice 200 trust=skipped-by-resumption"},
	} {
		each(t, mode.name, func(t *testing.T, s stack.Stack) {
			x := real(t, "openssl", func(dir string, port int) []string {
				return append([]string{
					"s_server", "-accept", fmt.Sprintf("127.0.0.1:%d", port), "-cert", "server.pem", "-key", "server.key",
					"-CAfile", "ca.pem", "-Verify", "2", "-verify_return_error", "-www", "-quiet",
				}, mode.flags...)
			}, nil)
			x.opt.Stacks = []stack.Stack{s}
			log := x.run(t)
			// s_server's status page does not name the client in a form of its own.
			expect(t, log.Pass(1), "full asked:initial=alice auth=alice 200 trust=evaluated", mode.second)
			expect(t, log.Pass(2), "full asked:initial=alice auth=alice 200 trust=evaluated", "full asked:initial=bob auth=bob 200 trust=evaluated")
			if got := strings.Join(rules(log), " "); !strings.HasPrefix(got, "challenge-suppressed/shared") {
				t.Errorf("findings: %s", got)
			}
		})
	}
}
