package servers

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"

	"rechallenge/core/target"
)

// more are services that take a second or more to start.
var more = []Service{
	{
		// Postfix offers no login by certificate; what it lets a certificate do is relay.
		Name: "postfix", Scheme: "smtp", Program: "postfix", Version: "1.2 1.3", Resumes: true, Seen: "250 2.1.5",
		Whoami: target.Whoami{Send: `EHLO localhost\r\nMAIL FROM:<>\r\nRCPT TO:<somebody@elsewhere.test>\r\nQUIT\r\n`, Body: `(?m)^((?:250 2\.1\.5|454|554) [^\r]*)`},
		prepare: func(ctx context.Context, s *Server) error {
			for _, dir := range []string{"queue", "data"} {
				if err := os.MkdirAll(s.dir+"/"+dir, 0o755); err != nil {
					return err
				}
			}
			if out, err := exec.CommandContext(ctx, "chown", "postfix", s.dir+"/data").CombinedOutput(); err != nil {
				return fmt.Errorf("%w: %s", err, out)
			}
			return nil
		},
		spec: func(dir string, port int, version string) spec {
			return spec{
				args: []string{"-c", dir, "start-fg"}, stop: []string{"postfix", "-c", dir, "stop"},
				files: map[string]string{
					"main.cf": fmt.Sprintf(`compatibility_level = 3.6
queue_directory = %[1]s/queue
data_directory = %[1]s/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = /dev/stdout
myhostname = localhost
mydestination =
mynetworks =
alias_maps =
alias_database =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
relayhost = [127.0.0.1]:1
smtpd_peername_lookup = no
smtpd_tls_security_level = encrypt
smtpd_tls_mandatory_protocols = >=TLSv%[2]s, <=TLSv%[2]s
smtpd_tls_chain_files = %[1]s/server.key, %[1]s/server.pem
smtpd_tls_CAfile = %[1]s/ca.pem
smtpd_tls_req_ccert = yes
smtpd_tls_fingerprint_digest = sha256
relay_clientcerts = texthash:%[1]s/relay
smtpd_relay_restrictions = permit_tls_clientcerts, reject_unauth_destination
`, dir, version),
					"relay": "FINGERPRINT-OF-alice alice\n",
					"master.cf": fmt.Sprintf(`127.0.0.1:%d inet n - n - - smtpd
tlsmgr unix - - n 1000? 1 tlsmgr
anvil unix - - n - 1 anvil
rewrite unix - - n - - trivial-rewrite
proxymap unix - - n - - proxymap
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
postlog unix-dgram n - n - 1 postlogd
`, port),
				},
			}
		},
	},
	{
		Name: "proftpd", Scheme: "ftp", Program: "proftpd", Version: "1.2 1.3", Seen: "alice",
		spec: func(dir string, port int, version string) spec {
			return spec{
				args: []string{"-n", "-c", dir + "/proftpd.conf"},
				files: map[string]string{
					"passwd": "alice:x:65534:65534::/tmp:/bin/false\nbob:x:65534:65534::/tmp:/bin/false\n",
					"proftpd.conf": fmt.Sprintf(`ModulePath /usr/lib/proftpd
LoadModule mod_tls.c
ServerType standalone
DefaultAddress 127.0.0.1
Port %[2]d
User nobody
Group nogroup
UseReverseDNS off
PidFile %[1]s/pid
ScoreboardFile none
DelayEngine off
WtmpLog off
AuthOrder mod_auth_file.c
AuthUserFile %[1]s/passwd
RequireValidShell off
TLSEngine on
TLSRequired on
TLSProtocol TLSv%[3]s
TLSECCertificateFile %[1]s/server.pem
TLSECCertificateKeyFile %[1]s/server.key
TLSCACertificateFile %[1]s/ca.pem
TLSVerifyClient on
TLSUserName CommonName
`, dir, port, version),
				},
			}
		},
		prepare: func(_ context.Context, s *Server) error {
			return os.Chmod(s.dir+"/passwd", 0o600)
		},
	},
	{
		Name: "prosody", Scheme: "xmpp", Program: "prosody", Version: "1.2 1.3", NoLogin: true,
		spec: func(dir string, port int, version string) spec {
			protocol := map[string]string{"1.2": "tlsv1_2", "1.3": "tlsv1_3"}[version]
			return spec{
				args: []string{"--config", dir + "/prosody.cfg.lua", "-F"},
				files: map[string]string{"prosody.cfg.lua": fmt.Sprintf(`run_as_root = true
pidfile = "%[1]s/pid"
data_path = "%[1]s"
modules_enabled = { "saslauth", "tls" }
modules_disabled = { "s2s" }
c2s_interfaces = { "127.0.0.1" }
c2s_ports = { %[2]d }
c2s_require_encryption = true
authentication = "internal_hashed"
ssl = {
  certificate = "%[1]s/server.pem", key = "%[1]s/server.key", cafile = "%[1]s/ca.pem",
  protocol = "%[3]s", verify = { "peer", "fail_if_no_peer_cert" }, verifyext = { },
}
c2s_ssl = ssl
log = { info = "*console" }
VirtualHost "127.0.0.1"
`, dir, port, protocol)},
			}
		},
	},
	{
		Name: "inspircd", Scheme: "irc", Program: "inspircd", NoLogin: true,
		spec: func(dir string, port int, _ string) spec {
			return spec{
				args: []string{"--runasroot", "--nofork", "--config=" + dir + "/inspircd.conf"},
				files: map[string]string{"inspircd.conf": fmt.Sprintf(`<server name="irc.test" description="test" network="test">
<admin name="a" nick="a" email="a@test">
<bind address="127.0.0.1" port="%[2]d" type="clients">
<module name="ssl_gnutls">
<module name="starttls">
<module name="cap">
<sslprofile name="Clients" provider="gnutls" certfile="%[1]s/server.pem" keyfile="%[1]s/server.key" cafile="%[1]s/ca.pem" requestclientcert="yes">
<starttls profile="Clients">
<connect allow="*" timeout="60" resolvehostnames="no">
<pid file="%[1]s/pid">
<log method="file" type="*" level="default" target="%[1]s/log">
`, dir, port)},
			}
		},
	},
	{
		Name: "rabbitmq", Scheme: "amqps", Program: "rabbitmq-server", Version: "1.2 1.3", Resumes: true, User: "rabbitmq",
		spec: func(dir string, port int, version string) spec {
			type named = map[string]any
			definitions, _ := json.Marshal(named{
				"users": []named{{"name": "alice", "password_hash": "", "tags": ""}}, "vhosts": []named{{"name": "/"}},
				"permissions": []named{{"user": "alice", "vhost": "/", "configure": ".*", "write": ".*", "read": ".*"}},
			})
			return spec{
				env: []string{
					"RABBITMQ_NODENAME=rechallenge@localhost", "RABBITMQ_CONFIG_FILE=" + dir + "/rabbitmq.conf", "RABBITMQ_ENABLED_PLUGINS_FILE=" + dir + "/plugins",
					"RABBITMQ_MNESIA_BASE=" + dir + "/mnesia", "RABBITMQ_LOG_BASE=" + dir, "RABBITMQ_LOGS=-", "RABBITMQ_CONF_ENV_FILE=/dev/null",
					"RABBITMQ_DIST_PORT=" + fmt.Sprint(port+1), "ERL_EPMD_ADDRESS=127.0.0.1", "ERL_EPMD_PORT=" + fmt.Sprint(port+2), "ERL_EPMD_RELAXED_COMMAND_CHECK=1",
				},
				stop: []string{"epmd", "-kill"}, // it is started for the node, and would stay
				files: map[string]string{
					"plugins": "[rabbitmq_auth_mechanism_ssl].\n", "definitions.json": string(definitions),
					"rabbitmq.conf": fmt.Sprintf(`listeners.tcp = none
listeners.ssl.1 = 127.0.0.1:%[2]d
ssl_options.cacertfile = %[1]s/ca.pem
ssl_options.certfile = %[1]s/server.pem
ssl_options.keyfile = %[1]s/server.key
ssl_options.verify = verify_peer
ssl_options.fail_if_no_peer_cert = true
ssl_options.versions.1 = tlsv%[3]s
ssl_cert_login_from = common_name
auth_mechanisms.1 = EXTERNAL
load_definitions = %[1]s/definitions.json
log.console = true
`, dir, port, version),
				},
			}
		},
	},
	{
		Name: "etcd", Scheme: "https", Path: "version", Program: "etcd", Version: "1.2 1.3", Resumes: true, NoLogin: true,
		spec: func(dir string, port int, version string) spec {
			return spec{args: []string{
				"--data-dir", dir + "/data", "--listen-client-urls", fmt.Sprintf("https://127.0.0.1:%d", port), "--advertise-client-urls", fmt.Sprintf("https://127.0.0.1:%d", port),
				"--listen-peer-urls", "http://127.0.0.1:0", "--initial-advertise-peer-urls", "http://127.0.0.1:1", "--initial-cluster", "default=http://127.0.0.1:1",
				"--client-cert-auth", "--trusted-ca-file", dir + "/ca.pem", "--cert-file", dir + "/server.pem", "--key-file", dir + "/server.key",
			}}
		},
	},
}
