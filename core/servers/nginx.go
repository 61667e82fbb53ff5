package servers

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// nginx says whom it saw in the body: it leaves out a header that is empty.
var nginx = kind{program: "nginx", whoami: `dn="([^"]*)"`, spec: func(m Mode, dir string, port int) spec {
	verify := map[Auth]string{Optional: "optional", Required: "on"}[m.Auth]
	return nginxSpec(dir, fmt.Sprintf(`
  server {
    listen 127.0.0.1:%d ssl;
    server_name localhost;
    ssl_protocols TLSv%s;
    ssl_client_certificate %s/ca.pem;
    ssl_verify_client %s;
    %s
    %s
  }`, port, m.Version, dir, verify, nginxSessions(m.Sessions), nginxAnswer))
}}

func nginxSessions(s Sessions) string {
	return map[Sessions]string{
		Tickets: "ssl_session_tickets on; ssl_session_cache none;",
		IDs:     "ssl_session_tickets off; ssl_session_cache shared:S:1m;",
		Both:    "ssl_session_tickets on; ssl_session_cache shared:S:1m;",
		Neither: "ssl_session_tickets off; ssl_session_cache off;",
	}[s]
}

// nginxAnswer says what the server knows.
const nginxAnswer = `add_header X-Resumed $ssl_session_reused always;
    location / { return 200 'dn="$ssl_client_s_dn"\n'; }`

// nginxSpec runs nginx with the given server blocks, whose certificate is
// server.pem unless they say otherwise.
func nginxSpec(dir, servers string) spec {
	return spec{
		args: []string{"-p", dir, "-c", dir + "/nginx.conf"},
		files: map[string]string{"nginx.conf": fmt.Sprintf(`daemon off;
worker_processes 1;
pid %[1]s/pid;
error_log stderr;
events { worker_connections 256; }
http {
  log_format words '$connection $ssl_session_reused "$ssl_client_s_dn"';
  access_log %[1]s/access.log words;
  client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/proxy; fastcgi_temp_path %[1]s/fastcgi; uwsgi_temp_path %[1]s/uwsgi; scgi_temp_path %[1]s/scgi;
  ssl_certificate %[1]s/server.pem;
  ssl_certificate_key %[1]s/server.key;%[2]s
}
`, dir, servers)},
	}
}

// Request is a request as nginx or Apache saw it.
type Request struct {
	Connection string // a number of its own
	Resumed    bool
	Subject    string // "" = nobody
}

// Requests reads the access log of nginx or Apache.
func (s *Server) Requests() ([]Request, error) {
	data, err := os.ReadFile(filepath.Join(s.dir, "access.log"))
	if err != nil {
		return nil, err
	}
	var list []Request
	for line := range strings.Lines(string(data)) {
		fields := strings.SplitN(strings.TrimSpace(line), " ", 3)
		if len(fields) != 3 {
			return nil, fmt.Errorf("line %q of the log has %d fields", line, len(fields))
		}
		list = append(list, Request{Connection: fields[0], Resumed: fields[1] == "r" || fields[1] == "Resumed", Subject: strings.Trim(fields[2], `"-`)})
	}
	return list, nil
}
