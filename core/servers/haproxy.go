package servers

import "fmt"

// haproxy says whom it saw in the body: it leaves out a header that is empty.
var haproxy = kind{program: "haproxy", whoami: `dn="([^"]*)"`, spec: func(m Mode, dir string, port int) spec {
	global, bind := haproxySessions(m.Sessions, m.Version)
	bind += " ca-file " + dir + "/ca.pem verify " + string(m.Auth)
	return haproxySpec(dir, global, fmt.Sprintf("bind 127.0.0.1:%d ssl crt %s/both.pem %s", port, dir, bind))
}}

// haproxySessions are the global line about the cache and the bind line's words
// about tickets and the version.
func haproxySessions(s Sessions, version string) (global, bind string) {
	bind = "ssl-min-ver TLSv" + version + " ssl-max-ver TLSv" + version
	if s == Tickets || s == Neither {
		global = "tune.ssl.cachesize 0"
	}
	if s == IDs || s == Neither {
		bind += " no-tls-tickets"
	}
	return global, bind
}

// haproxySpec runs HAProxy with one frontend of the given bind lines. It finds
// certificate and key in both.pem.
func haproxySpec(dir, global, binds string) spec {
	return spec{
		args: []string{"-db", "-f", dir + "/haproxy.cfg"},
		files: map[string]string{"haproxy.cfg": fmt.Sprintf(`global
  maxconn 100
  %s
defaults
  mode http
  timeout connect 5s
  timeout client 5s
  timeout server 5s
frontend f
  %s
  http-request set-var(txn.dn) ssl_c_s_dn if { ssl_c_used 1 }
  http-request return status 200 content-type text/plain lf-string 'dn="%%[var(txn.dn)]"' hdr X-Resumed "%%[ssl_fc_is_resumed]"
`, global, binds)},
	}
}
