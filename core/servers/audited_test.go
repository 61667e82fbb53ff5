package servers_test

import (
	"net/netip"
	"strings"
	"testing"

	"rechallenge/core/lab"
	"rechallenge/core/servers"
)

// audited is a server with a configuration, as it is audited. What its names
// are for is said by servers.Open and the others; the first one that is visited
// is Closed unless it says otherwise.
type audited struct {
	name      string
	config    servers.Config
	mode      servers.Mode                                       // instead of a configuration: one of servers.Modes
	start     func(t *testing.T, b *auditedBench) netip.AddrPort // instead of both: a server of Go's
	elsewhere func(t *testing.T, b *auditedBench) netip.AddrPort // a server of its own for the other place
	main      string                                             // name and path of the audited place
	other     string                                             // of another one, "" = none
	there     string                                             // address of the other one, "" = the same
	body      string                                             // where the answer says whom the server saw; "" = in servers.Header
	defects   string                                             // tests that a mistake on purpose fails, "" = it is healthy
}

// nginxVersions are what nginx and Apache are configured for throughout.
const nginxBoth = "\n    listen 127.0.0.1:{port} ssl; listen 127.0.0.2:{port} ssl; ssl_protocols TLSv1.2 TLSv1.3; "

const nginxSays = `location / { return 200 'dn="$ssl_client_s_dn"\n'; } `

// block is a server block of nginx.
func block(name, lines string) string {
	if !strings.Contains(lines, "location") {
		lines += nginxSays
	}
	return "\n  server {" + nginxBoth + "server_name " + name + "; add_header X-Client-DN $ssl_client_s_dn always; " + lines + "}"
}

// vhost is a virtual host of Apache.
func vhost(name, lines string) string {
	return "<VirtualHost *:{port}>\nServerName " + name + "\nSSLProtocol -all +TLSv1.2 +TLSv1.3\n" + lines + "\n</VirtualHost>\n"
}

// frontend is HAProxy's, with bind words and rules.
func frontend(bind, rules string) string {
	return "frontend f\n  bind 127.0.0.1:{port} ssl ssl-min-ver TLSv1.2 " + bind + `
  http-request set-var(txn.dn) ssl_c_s_dn if { ssl_c_used 1 }
  ` + rules + `
  http-request return status 200 content-type text/plain lf-string 'dn="%[var(txn.dn)]"'
`
}

const (
	dn        = `dn="([^"]*)"`
	on        = "ssl_client_certificate {dir}/ca.pem; ssl_verify_client on; "
	optional  = "ssl_client_certificate {dir}/ca.pem; ssl_verify_client optional; "
	onOther   = "ssl_client_certificate {dir}/other.pem; ssl_verify_client on; "
	noTickets = "ssl_session_tickets off; ssl_session_cache shared:S:1m; "
	shared    = "ssl_session_cache shared:S:1m; "
	anyCA     = "ssl_client_certificate {dir}/ca.pem; ssl_verify_client optional_no_ca; "
	require   = "SSLVerifyClient require\nSSLCACertificateFile {dir}/ca.pem\n"
	wants     = "SSLVerifyClient optional\nSSLCACertificateFile {dir}/ca.pem\n"
	shmcb     = "SSLSessionCache shmcb:{dir}/cache(512000)"
)

func nginxOf(blocks ...string) servers.Config {
	return servers.Config{Server: "nginx", Text: strings.Join(blocks, "")}
}

func apacheOf(global string, hosts ...string) servers.Config {
	return servers.Config{Server: "apache", Global: global, Text: strings.Join(hosts, "")}
}

func haproxyOf(text string) servers.Config { return servers.Config{Server: "haproxy", Text: text} }

// configurations are all of them.
var configurations = []audited{
	{name: "nginx, required", config: nginxOf(block(servers.Closed, on)), body: dn},
	{name: "nginx, required, a cache and no tickets", config: nginxOf(block(servers.Closed, on+noTickets)), body: dn},
	{name: "nginx, required, a cache and tickets", config: nginxOf(block(servers.Closed, on+shared)), body: dn},
	{name: "nginx, required, no sessions", config: nginxOf(block(servers.Closed, on+"ssl_session_tickets off; ssl_session_cache off; ")), body: dn},
	{name: "nginx, optional", config: nginxOf(block(servers.Closed, optional+shared)), body: dn},
	{name: "nginx, optional, 403 unless verified", config: nginxOf(block(servers.Closed, optional+shared+"if ($ssl_client_verify != SUCCESS) { return 403; } ")), body: dn},
	{name: "nginx, optional, 302 to a login unless verified", config: nginxOf(block(servers.Closed, optional+shared+"if ($ssl_client_verify != SUCCESS) { return 302 /login; } ")), body: dn},
	{name: "nginx, optional, 404 unless verified", config: nginxOf(block(servers.Closed, optional+shared+"if ($ssl_client_verify != SUCCESS) { return 404; } ")), body: dn},
	{name: "nginx, optional, closes the connection unless verified", config: nginxOf(block(servers.Closed, optional+shared+"if ($ssl_client_verify != SUCCESS) { return 444; } ")), body: dn},
	{name: "nginx, any CA, 403 unless verified", config: nginxOf(block(servers.Closed, anyCA+shared+"if ($ssl_client_verify != SUCCESS) { return 403; } ")), body: dn},
	{name: "nginx, (null) for nobody", config: nginxOf(block(servers.Closed, optional+shared+`set $dn $ssl_client_s_dn; if ($dn = "") { set $dn "(null)"; } location / { return 200 'dn="$dn"\n'; } `)), body: dn},
	{name: "nginx, one block for two names", config: nginxOf(block(servers.Closed+" "+servers.Second, on+shared)), other: servers.Second, body: dn},
	{name: "nginx, two names of one CA", config: nginxOf(block(servers.Closed, on+shared), block(servers.Second, on+shared)), other: servers.Second, body: dn},
	{name: "nginx, two names with a CA each", config: nginxOf(block(servers.Closed, on+shared), block(servers.Other, onOther+shared)), other: servers.Other, body: dn},
	{name: "nginx, a closed name and an open one", config: nginxOf(block(servers.Closed, on+shared), block(servers.Open, shared)), other: servers.Open, body: dn},
	{name: "nginx, an open name and a closed one", config: nginxOf(block(servers.Open, shared), block(servers.Closed, on+shared)), main: servers.Open, other: servers.Closed, body: dn},
	{name: "nginx, two names, the second lets bob alone in", config: nginxOf(block(servers.Closed, on+shared), block(servers.Second, on+shared+"if ($ssl_client_s_dn != CN=bob) { return 403; } ")), other: servers.Second, body: dn},
	{name: "nginx, two addresses of one server", config: nginxOf(block(servers.Closed, on+shared)), other: servers.Closed, there: "127.0.0.2", body: dn},
	{name: "nginx, HTTP/2", config: nginxOf(strings.ReplaceAll(block(servers.Closed, on+shared), " ssl;", " ssl http2;")), body: dn},

	{name: "nginx, any CA, and the name is trusted", config: nginxOf(block(servers.Closed, anyCA+shared)), body: dn, defects: "C23"},
	{name: "nginx, 403 unless verified or resumed", config: nginxOf(block(servers.Closed, optional+shared+`set $in $ssl_client_verify; if ($ssl_session_reused = r) { set $in SUCCESS; } if ($in != SUCCESS) { return 403; } `)), body: dn, defects: "C22"},

	{name: "Apache, required", config: apacheOf(shmcb, vhost(servers.Closed, require))},
	{name: "Apache, required, a cache and no tickets", config: apacheOf(shmcb, vhost(servers.Closed, require+"SSLSessionTickets off"))},
	{name: "Apache, required, no sessions", config: apacheOf("SSLSessionCache none", vhost(servers.Closed, require+"SSLSessionTickets off"))},
	{name: "Apache, optional", config: apacheOf(shmcb, vhost(servers.Closed, wants))},
	{name: "Apache, optional, 403 unless verified", config: apacheOf(shmcb, vhost(servers.Closed, wants+"<Location />\nRequire expr %{SSL_CLIENT_VERIFY} == 'SUCCESS'\n</Location>"))},
	{name: "Apache, required at a location", config: apacheOf(shmcb, vhost(servers.Closed, "SSLCACertificateFile {dir}/ca.pem\n<Location /ask>\nSSLVerifyClient require\n</Location>")), main: servers.Closed + "/ask"},
	{name: "Apache, required at a location, HTTP/2", config: apacheOf(shmcb+"\nLoadModule http2_module /usr/lib/apache2/modules/mod_http2.so\nProtocols h2 http/1.1", vhost(servers.Closed, "SSLCACertificateFile {dir}/ca.pem\n<Location /ask>\nSSLVerifyClient require\n</Location>")), main: servers.Closed + "/ask"},
	{name: "Apache, two names of one CA", config: apacheOf(shmcb, vhost(servers.Closed, require), vhost(servers.Second, require)), other: servers.Second},
	{name: "Apache, two names with a CA each", config: apacheOf(shmcb, vhost(servers.Closed, require), vhost(servers.Other, "SSLVerifyClient require\nSSLCACertificateFile {dir}/other.pem")), other: servers.Other},
	{name: "Apache, a closed name and an open one", config: apacheOf(shmcb, vhost(servers.Closed, require), vhost(servers.Open, "")), other: servers.Open},
	{name: "Apache, any CA, and the name is trusted", config: apacheOf(shmcb, vhost(servers.Closed, "SSLVerifyClient optional_no_ca\nSSLCACertificateFile {dir}/ca.pem")), defects: "C23"},

	{name: "HAProxy, required", config: haproxyOf(frontend("crt {dir}/both.pem ca-file {dir}/ca.pem verify required", "")), body: dn},
	{name: "HAProxy, required, no tickets", config: haproxyOf(frontend("crt {dir}/both.pem ca-file {dir}/ca.pem verify required no-tls-tickets", "")), body: dn},
	{name: "HAProxy, optional", config: haproxyOf(frontend("crt {dir}/both.pem ca-file {dir}/ca.pem verify optional", "")), body: dn},
	{name: "HAProxy, optional, 403 without a certificate", config: haproxyOf(frontend("crt {dir}/both.pem ca-file {dir}/ca.pem verify optional", "http-request deny unless { ssl_c_used 1 }")), body: dn},
	{name: "HAProxy, optional, 403 without a certificate in this handshake", config: haproxyOf(frontend("crt {dir}/both.pem ca-file {dir}/ca.pem verify optional", "http-request deny unless { ssl_fc_has_crt 1 }")), body: dn},
	{name: "HAProxy, any error ignored, and the name is trusted", config: haproxyOf(frontend("crt {dir}/both.pem ca-file {dir}/ca.pem verify required crt-ignore-err all ca-ignore-err all", "")), body: dn, defects: "C23"},

	{name: "Caddy, required", config: caddyOf("require_and_verify", servers.Closed)},
	{name: "Caddy, optional", config: caddyOf("verify_if_given", servers.Closed)},
	{name: "Caddy, any certificate", config: caddyOf("require", servers.Closed), defects: "C23"},
	{name: "Caddy, a closed name and an open one", config: caddyOf("require_and_verify", servers.Closed, servers.Open), other: servers.Open},

	{name: "lighttpd, required", config: lighttpdOf("enable")},
	{name: "lighttpd, optional", config: lighttpdOf("disable")},

	{name: "stunnel, required", config: stunnelOf("verifyChain = yes")},
	{name: "stunnel, optional", config: stunnelOf("verify = 1")},

	{name: "openssl s_server, required, TLS 1.3", mode: servers.Mode{Server: "s_server", Version: "1.3", Sessions: servers.Both, Auth: servers.Required}},
	{name: "openssl s_server, optional, TLS 1.2", mode: servers.Mode{Server: "s_server", Version: "1.2", Sessions: servers.Both, Auth: servers.Optional}},
	{name: "gnutls-serv, required and not verified, TLS 1.2", mode: servers.Mode{Server: "gnutls-serv", Version: "1.2", Sessions: servers.Both, Auth: servers.Required}, defects: "C23"},
	{name: "gnutls-serv, required and not verified, TLS 1.3", mode: servers.Mode{Server: "gnutls-serv", Version: "1.3", Sessions: servers.Tickets, Auth: servers.Required}, defects: "C23"},
	{name: "Java HttpsServer, required, TLS 1.3", mode: servers.Mode{Server: "java", Version: "1.3", Sessions: servers.Both, Auth: servers.Required}},
	{name: "Java HttpsServer, optional, TLS 1.2", mode: servers.Mode{Server: "java", Version: "1.2", Sessions: servers.Both, Auth: servers.Optional}},

	{name: "Go, required", start: goAudited(goHost{name: servers.Closed, ca: true})},
	{name: "Go, optional", start: goAudited(goHost{name: servers.Closed, ca: true, optional: true})},
	{name: "Go, optional, nobody's connection is closed", start: goAudited(goHost{name: servers.Closed, ca: true, optional: true, aborts: true})},
	{name: "Go, two names of one CA, one ticket key", start: goAudited(goHost{name: servers.Closed, ca: true}, goHost{name: servers.Second, ca: true}), other: servers.Second},
	{name: "Go, two names with a CA each, one ticket key", start: goAudited(goHost{name: servers.Closed, ca: true}, goHost{name: servers.Other, otherCA: true}), other: servers.Other},
	{name: "Go, any certificate, and the name is trusted", start: goAudited(goHost{name: servers.Closed, any: true}), defects: "C23"},
	{name: "Go, the second name's callback lets bob alone in", start: goAudited(goHost{name: servers.Closed, ca: true}, goHost{name: servers.Second, ca: true, bob: true}), other: servers.Second, defects: "C10"},
	{name: "Go, the second name names no authorities, its callback lets bob alone in", start: goAudited(goHost{name: servers.Closed, ca: true}, goHost{name: servers.Second, any: true, bob: true}), other: servers.Second, defects: "C6"},
	{name: "Go, two servers with one ticket key", start: goAudited(goHost{name: servers.Closed, ca: true}), elsewhere: goAudited(goHost{name: servers.Closed, ca: true}), other: servers.Closed},
	{name: "Go, two servers with one ticket key, the second one's callback lets bob alone in", start: goAudited(goHost{name: servers.Closed, ca: true}), elsewhere: goAudited(goHost{name: servers.Closed, ca: true, bob: true}), other: servers.Closed, defects: "C11"},
	{name: "Go, two servers with one ticket key and a certificate each", start: goAudited(goHost{name: servers.Closed, ca: true}), elsewhere: goAudited(goHost{name: servers.Second, ca: true, own: true}), other: servers.Second, defects: "C12"},
	{name: "Go, optional, 401 for nobody", start: goAudited(goHost{name: servers.Closed, ca: true, optional: true, refuses: 401})},
	{name: "Go, Host decides and the handshake doesn't", start: goAudited(goHost{name: servers.Closed, ca: true}, goHost{name: servers.Open, byHost: true}), other: servers.Open, defects: "C9"},

	{name: "the lab, two names with a CA each, one heap of sessions", start: labAudited("resumes-across-names"), main: "a.test", other: "b.test", defects: "C6 C8"},
	{name: "the lab, an open name and closed ones, one heap of sessions", start: labAudited("open-to-closed"), main: "localhost", other: "a.test", defects: "C6 C7 C9"},
	{name: "the lab, asks by renegotiation, and not whoever resumes", start: labAudited("trusts-resumed-renegotiation"), main: "localhost/alice", defects: "C16"},
	{name: "the lab, asks late on HTTP/2", start: labAudited("late-on-http2"), main: "localhost/alice", defects: "C18"},
	{name: "the lab, a callback that resuming skips", start: labAudited("skips-callback"), main: "a.test", other: "b.test", defects: "C10"},
	{name: "the lab, two names with a certificate each and one ticket key", start: labAudited("one-ticket-key"), main: "a.test", other: "b.test", defects: "C12"},
	{name: "the lab, asks after the handshake, and not whoever resumes", start: labAudited("trusts-resumed"), main: "localhost/alice", defects: "C17"},
	{name: "the lab, refuses nobody, and welcomes nobody's session", start: labAudited("welcomes-resumed"), main: "localhost", defects: "C22"},
	{name: "the lab, takes any certificate, and trusts its name", start: labAudited("any-issuer"), main: "localhost", defects: "C23"},
}

// labAudited is a server of the lab.
func labAudited(id string) func(*testing.T, *auditedBench) netip.AddrPort {
	return func(t *testing.T, b *auditedBench) netip.AddrPort {
		s, err := b.lab.Start(lab.ByID(id).Behaviour, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return netip.MustParseAddrPort(s.Addr())
	}
}

func caddyOf(mode string, names ...string) servers.Config {
	var policies []string
	for i, name := range names {
		auth := ""
		if i == 0 {
			auth = `, "client_authentication": {"mode": "` + mode + `", "trusted_ca_certs_pem_files": ["{dir}/ca.pem"]}`
			if mode == "require" {
				auth = `, "client_authentication": {"mode": "require"}`
			}
		}
		policies = append(policies, `{"match": {"sni": ["`+name+`"]}`+auth+`}`)
	}
	return servers.Config{Server: "caddy", Text: `{
  "admin": {"disabled": true, "config": {"persist": false}},
  "logging": {"logs": {"default": {"level": "ERROR"}}},
  "apps": {
    "http": {"servers": {"s": {
      "listen": ["127.0.0.1:{port}"], "automatic_https": {"disable": true},
      "tls_connection_policies": [` + strings.Join(policies, ", ") + `],
      "routes": [{"handle": [{"handler": "static_response", "body": "{http.request.host}\n", "headers": {"X-Client-Dn": ["{http.request.tls.client.subject}"]}}]}]
    }}},
    "tls": {"certificates": {"load_files": [{"certificate": "{dir}/server.pem", "key": "{dir}/server.key"}]}}
  }
}
`}
}

func lighttpdOf(enforce string) servers.Config {
	return servers.Config{Server: "lighttpd", Text: `server.modules = ("mod_openssl", "mod_cgi")
server.document-root = "{dir}/htdocs"
server.bind = "127.0.0.1"
server.port = {port}
index-file.names = ("index.sh")
cgi.assign = (".sh" => "/bin/sh")
ssl.engine = "enable"
ssl.pemfile = "{dir}/server.pem"
ssl.privkey = "{dir}/server.key"
ssl.verifyclient.activate = "enable"
ssl.verifyclient.enforce = "` + enforce + `"
ssl.verifyclient.ca-file = "{dir}/ca.pem"
ssl.verifyclient.exportcert = "enable"
`}
}

func stunnelOf(lines string) servers.Config {
	return servers.Config{Server: "stunnel", Text: `[https]
accept = 127.0.0.1:{port}
cert = {dir}/server.pem
key = {dir}/server.key
CAfile = {dir}/ca.pem
exec = /bin/sh
execArgs = sh {dir}/answer.sh
` + lines + "\n"}
}
