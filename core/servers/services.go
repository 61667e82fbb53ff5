package servers

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"time"

	"rechallenge/core/target"
)

// Service is a server that is no web server, as Debian packages it. Every one of
// them lets alice in by her certificate, but for NoLogin; whom it says it sees is
// its own word.
type Service struct {
	Name    string // "postgres"
	Scheme  string // of the target's URL, and Path its path
	Path    string
	Program string
	Version string        // the TLS versions that it can be held to: "1.2 1.3", "" = it can't be told
	User    string        // who runs it where the tests are root's; "" = root
	Seen    string        // what it says of alice, "" = it names nobody
	Resumes bool          // sessions of its own come back
	NoLogin bool          // it offers no login by certificate
	Whoami  target.Whoami // what it is asked, where its protocol's own word is none
	Part    bool          // make test visits it too, not make test-services alone

	spec    func(dir string, port int, version string) spec
	prepare func(ctx context.Context, s *Server) error // once its files are there
	ready   string                                     // what it prints when it can be asked; "" = once it listens
}

// Services are all of them.
var Services = append(light, more...)

var light = []Service{
	{
		Name: "postgres", Part: true, Scheme: "postgres", Program: "postgres", Version: "1.2 1.3", User: "postgres", Seen: "alice", ready: "ready to accept connections",
		prepare: func(ctx context.Context, s *Server) error {
			if err := s.command(ctx, "initdb", "-D", s.dir+"/data", "-A", "trust", "--no-sync", "-U", "alice"); err != nil {
				return err
			}
			return os.WriteFile(s.dir+"/data/pg_hba.conf", []byte("hostssl all all 127.0.0.1/32 cert\n"), 0o644)
		},
		spec: func(dir string, port int, version string) spec {
			return spec{args: []string{
				"-D", dir + "/data", "-p", fmt.Sprint(port), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=" + dir, "-c", "fsync=off",
				"-c", "ssl=on", "-c", "ssl_cert_file=" + dir + "/server.pem", "-c", "ssl_key_file=" + dir + "/server.key", "-c", "ssl_ca_file=" + dir + "/ca.pem",
				"-c", "ssl_min_protocol_version=TLSv" + version, "-c", "ssl_max_protocol_version=TLSv" + version,
			}}
		},
	},
	{
		Name: "mariadb", Scheme: "mysql", Program: "mariadbd", Version: "1.2 1.3", Seen: "alice", Resumes: true,
		prepare: func(ctx context.Context, s *Server) error {
			return s.command(ctx, "mysql_install_db", "--no-defaults", "--user="+me(), "--datadir="+s.dir+"/data", "--auth-root-authentication-method=normal", "--skip-test-db")
		},
		spec: func(dir string, port int, version string) spec {
			return spec{
				args: []string{
					"--no-defaults", "--user=" + me(), "--datadir=" + dir + "/data", "--port=" + fmt.Sprint(port), "--bind-address=127.0.0.1", "--socket=" + dir + "/s", "--pid-file=" + dir + "/pid",
					"--ssl-ca=" + dir + "/ca.pem", "--ssl-cert=" + dir + "/server.pem", "--ssl-key=" + dir + "/server.key", "--tls-version=TLSv" + version, "--init-file=" + dir + "/init.sql",
				},
				files: map[string]string{"init.sql": "CREATE USER alice@'%' REQUIRE SUBJECT 'SUBJECT-OF-alice';\nCREATE USER bob@'%' REQUIRE SUBJECT 'SUBJECT-OF-bob';\n"},
			}
		},
	},
	{
		Name: "slapd", Part: true, Scheme: "ldap", Program: "slapd", Version: "1.2 1.3", Seen: "cn=alice",
		spec: func(dir string, port int, version string) spec {
			protocol := map[string]string{"1.2": "3.3", "1.3": "3.4"}[version]
			return spec{
				args: []string{"-d", "0", "-h", fmt.Sprintf("ldap://127.0.0.1:%d/", port), "-f", dir + "/slapd.conf"},
				files: map[string]string{"slapd.conf": fmt.Sprintf(`include /etc/ldap/schema/core.schema
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCACertificateFile %[1]s/ca.pem
TLSCertificateFile %[1]s/server.pem
TLSCertificateKeyFile %[1]s/server.key
TLSVerifyClient try
TLSProtocolMin %[2]s
database mdb
suffix "o=test"
directory %[1]s
`, dir, protocol)},
			}
		},
	},
	{
		Name: "dovecot", Part: true, Scheme: "imap", Program: "dovecot", Seen: "alice", prepare: mail,
		spec: func(dir string, port int, version string) spec { return dovecot(dir, port, "imap", version) },
	},
	{
		Name: "dovecot-pop3", Scheme: "pop3", Program: "dovecot", Seen: "alice", prepare: mail,
		spec: func(dir string, port int, version string) spec { return dovecot(dir, port, "pop3", version) },
	},
	{
		Name: "mosquitto", Scheme: "mqtts", Program: "mosquitto", Version: "1.2 1.3", Resumes: true,
		spec: func(dir string, port int, version string) spec {
			return spec{args: []string{"-c", dir + "/m.conf"}, files: map[string]string{"m.conf": fmt.Sprintf(`user root
listener %d 127.0.0.1
cafile %[2]s/ca.pem
certfile %[2]s/server.pem
keyfile %[2]s/server.key
require_certificate true
use_identity_as_username true
tls_version tlsv%[3]s
`, port, dir, version)}}
		},
	},
	{
		Name: "redis", Scheme: "rediss", Program: "redis-server", Version: "1.2 1.3", Seen: "default", Resumes: true,
		spec: func(dir string, port int, version string) spec {
			return spec{args: []string{
				"--port", "0", "--tls-port", fmt.Sprint(port), "--bind", "127.0.0.1", "--dir", dir, "--save", "", "--tls-protocols", "TLSv" + version,
				"--tls-cert-file", dir + "/server.pem", "--tls-key-file", dir + "/server.key", "--tls-ca-cert-file", dir + "/ca.pem", "--tls-auth-clients", "yes",
			}}
		},
	},
}

// mail makes a place that the mailboxes' user may write to.
func mail(_ context.Context, s *Server) error {
	if err := os.MkdirAll(s.dir+"/mail", 0o777); err != nil {
		return err
	}
	return os.Chmod(s.dir+"/mail", 0o777)
}

// dovecot speaks one protocol, logs by the certificate's CN, and needs no user of the system.
func dovecot(dir string, port int, protocol, version string) spec {
	other := map[string]string{"imap": "pop3", "pop3": "imap"}[protocol]
	return spec{
		args: []string{"-F", "-c", dir + "/dovecot.conf"},
		files: map[string]string{"dovecot.conf": fmt.Sprintf(`base_dir = %[1]s/run
state_dir = %[1]s/run
log_path = /dev/stderr
default_internal_user = root
default_internal_group = root
default_login_user = nobody
first_valid_uid = 0
protocols = %[2]s
listen = 127.0.0.1
ssl = required
ssl_cert = <%[1]s/server.pem
ssl_key = <%[1]s/server.key
ssl_ca = <%[1]s/ca.pem
ssl_verify_client_cert = yes
ssl_require_crl = no
ssl_min_protocol = TLSv1.2
auth_ssl_require_client_cert = yes
auth_ssl_username_from_cert = yes
auth_mechanisms = external
mail_location = maildir:%[1]s/mail/%%u
passdb {
  driver = static
  args = nopassword
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=%[1]s/mail/%%u
}
service %[2]s-login {
  inet_listener %[2]s {
    port = %[3]d
  }
  inet_listener %[2]ss {
    port = 0
  }
  chroot =
}
service anvil {
  chroot =
}
service stats {
  chroot =
}
# %[4]s is left out
`, dir, protocol, port, other)},
	}
}

// me is who runs the tests.
func me() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "root"
}

// StartService starts a service held to a TLS version and waits until it
// listens. about gives the name of an identity as OpenSSL's one-line form has it,
// and its certificate's SHA-256 with colons.
func StartService(ctx context.Context, x Service, version string, f Files, about func(id string) (subject, fingerprint string)) (*Server, error) {
	s := &Server{}
	program := x.Program
	s.as = ""
	if os.Getuid() == 0 {
		s.as = x.User
	}
	err := s.start(ctx, program, f, func(dir string, port int) spec {
		sp := x.spec(dir, port, version)
		for name, text := range sp.files {
			for _, id := range []string{"alice", "bob"} {
				subject, fingerprint := about(id)
				text = strings.NewReplacer("SUBJECT-OF-"+id, subject, "FINGERPRINT-OF-"+id, fingerprint).Replace(text)
			}
			sp.files[name] = text
		}
		sp.prepare = func() error {
			if err := s.own(); err != nil || x.prepare == nil {
				return err
			}
			return x.prepare(ctx, s)
		}
		return sp
	})
	if err != nil {
		return nil, fmt.Errorf("start service %s: %w", x.Name, err)
	}
	for began := time.Now(); x.ready != "" && !strings.Contains(s.Log(), x.ready); time.Sleep(20 * time.Millisecond) {
		if time.Since(began) > startTime {
			s.Stop()
			return nil, fmt.Errorf("start service %s: it never says %q:\n%s", x.Name, x.ready, s.Log())
		}
	}
	return s, nil
}

// own gives the server's files to who runs it; a key that everybody may read is
// refused by some.
func (s *Server) own() error {
	if err := os.Chmod(filepath.Join(s.dir, "server.key"), 0o600); err != nil || s.as == "" {
		return err
	}
	out, err := exec.Command("chown", "-R", s.as, s.dir).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

// command runs a program that prepares a server, as who will run it.
func (s *Server) command(ctx context.Context, program string, args ...string) error {
	path, err := find(program)
	if err != nil {
		return err
	}
	path, args = s.dropped(path, args)
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir = s.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", program, err, out)
	}
	return nil
}
