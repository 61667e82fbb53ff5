package servers

import (
	"fmt"
	"os"
	"strings"
)

var apache = kind{program: "apache2", spec: func(m Mode, dir string, port int) spec {
	cache, tickets := apacheSessions(m.Sessions, dir)
	lines := tickets + "\nSSLProtocol TLSv" + m.Version + "\nSSLCACertificateFile " + dir + "/ca.pem\n"
	switch m.Auth {
	case Optional:
		lines += "SSLVerifyClient optional\n"
	case Required:
		lines += "SSLVerifyClient require\n"
	case Location:
		lines += "<Location " + Ask + ">\nSSLVerifyClient require\n</Location>\n"
	}
	return apacheSpec(dir, port, cache, fmt.Sprintf("<VirtualHost *:%d>\nServerName localhost\n%s</VirtualHost>\n", port, lines))
}}

// apacheSessions are the global line about the cache and the host's about tickets.
func apacheSessions(s Sessions, dir string) (cache, tickets string) {
	cache, tickets = "SSLSessionCache shmcb:"+dir+"/cache(512000)", "SSLSessionTickets on"
	if s == Tickets || s == Neither {
		cache = "SSLSessionCache none"
	}
	if s == IDs || s == Neither {
		tickets = "SSLSessionTickets off"
	}
	return cache, tickets
}

// apacheModules are where Debian keeps them.
const apacheModules = "/usr/lib/apache2/modules/mod_"

// apacheSpec runs Apache with the given global line about its session cache
// and virtual hosts. Every path answers, and says what the server knows.
func apacheSpec(dir string, port int, cache, hosts string) spec {
	var b strings.Builder
	fmt.Fprintf(&b, "ServerRoot %[1]s\nPidFile %[1]s/pid\nListen 127.0.0.1:%[2]d\nServerName localhost\nErrorLog /dev/stderr\nMutex file:%[1]s\n", dir, port)
	for _, m := range []string{"mpm_event", "authz_core", "ssl", "headers", "dir", "socache_shmcb", "alias"} {
		fmt.Fprintf(&b, "LoadModule %s_module %s%s.so\n", m, apacheModules, m)
	}
	if os.Getuid() == 0 {
		b.WriteString("User www-data\nGroup www-data\n")
	}
	fmt.Fprintf(&b, `StartServers 1
ServerLimit 1
ThreadsPerChild 8
MaxRequestWorkers 8
DocumentRoot %[1]s/htdocs
AliasMatch ^/ %[1]s/htdocs/index.html
<Directory %[1]s/htdocs>
Require all granted
</Directory>
SSLEngine on
SSLCertificateFile %[1]s/server.pem
SSLCertificateKeyFile %[1]s/server.key
SSLOptions +StdEnvVars
LogFormat "%%{remote}p %%{SSL_SESSION_RESUMED}x \"%%{SSL_CLIENT_S_DN}x\"" words
CustomLog %[1]s/access.log words
Header always set X-Client-DN "expr=%%{SSL_CLIENT_S_DN}"
Header always set X-Resumed "expr=%%{SSL_SESSION_RESUMED}"
%[2]s
%[3]s`, dir, cache, hosts)
	return spec{
		args:  []string{"-D", "FOREGROUND", "-f", dir + "/apache.conf"},
		files: map[string]string{"apache.conf": b.String(), "htdocs/index.html": "ok\n"},
	}
}
