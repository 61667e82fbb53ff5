package servers

import (
	"context"
	"fmt"
	"strings"
)

// The names of the virtual hosts that a Hosts server has. One certificate
// covers them all.
const (
	Open   = "open.test"   // asks nobody
	Closed = "closed.test" // requires a certificate of the CA
	Second = "second.test" // requires one too, of the same CA
	Other  = "other.test"  // requires a certificate of Files.Other
)

// Hosts is a server with virtual hosts that differ in whom they ask, and that
// share whatever the server shares: the arrangement in which a session may
// reach a host that it was not made for.
type Hosts struct {
	Server  string // "nginx", "apache", "haproxy", "s_server"
	Version string
	Shared  Sessions // what the hosts share
	Ticket  string   // a ticket key of 48 bytes to share with another server; "" = the server's own (nginx)
}

// ID names the arrangement.
func (h Hosts) ID() string { return h.Server + "-" + h.Version + "-" + string(h.Shared) }

// StartHosts starts a server with the four virtual hosts; s_server, which
// knows two, has Closed and Second, the latter with a certificate of its own.
func StartHosts(ctx context.Context, h Hosts, f Files) (*Server, error) {
	make := hosts[h.Server]
	if make == nil {
		return nil, fmt.Errorf("start server: %q has no virtual hosts", h.Server)
	}
	s := &Server{Mode: Mode{Server: h.Server, Version: h.Version, Sessions: h.Shared}, kind: kinds[h.Server]}
	if err := s.start(ctx, s.kind.program, f, func(dir string, port int) spec { return make(h, dir, port) }); err != nil {
		return nil, fmt.Errorf("start hosts %s: %w", h.ID(), err)
	}
	return s, nil
}

var hosts = map[string]func(h Hosts, dir string, port int) spec{
	"nginx": nginxHosts, "apache": apacheHosts, "haproxy": haproxyHosts, "s_server": sServerHosts,
}

func nginxHosts(h Hosts, dir string, port int) spec {
	var b strings.Builder
	for _, host := range []struct{ name, verify string }{
		{Open, "ssl_verify_client off;"},
		{Closed, "ssl_client_certificate " + dir + "/ca.pem; ssl_verify_client on;"},
		{Second, "ssl_client_certificate " + dir + "/ca.pem; ssl_verify_client on;"},
		{Other, "ssl_client_certificate " + dir + "/other.pem; ssl_verify_client on;"},
	} {
		fmt.Fprintf(&b, `
  server {
    listen 127.0.0.1:%d ssl;
    server_name %s;
    ssl_protocols TLSv%s;
    %s
    %s
    %s
  }`, port, host.name, h.Version, host.verify, nginxSessions(h.Shared), nginxAnswer)
	}
	servers := b.String()
	if h.Ticket != "" {
		servers = "\n  ssl_session_ticket_key " + dir + "/ticket.key;" + servers
	}
	s := nginxSpec(dir, servers)
	s.files["ticket.key"] = h.Ticket
	return s
}

func apacheHosts(h Hosts, dir string, port int) spec {
	cache, tickets := apacheSessions(h.Shared, dir)
	var b strings.Builder
	for _, host := range []struct{ name, verify string }{
		{Open, "SSLVerifyClient none"},
		{Closed, "SSLVerifyClient require\nSSLCACertificateFile " + dir + "/ca.pem"},
		{Second, "SSLVerifyClient require\nSSLCACertificateFile " + dir + "/ca.pem"},
		{Other, "SSLVerifyClient require\nSSLCACertificateFile " + dir + "/other.pem"},
	} {
		fmt.Fprintf(&b, "<VirtualHost *:%d>\nServerName %s\nSSLProtocol TLSv%s\n%s\n%s\n</VirtualHost>\n", port, host.name, h.Version, tickets, host.verify)
	}
	return apacheSpec(dir, port, cache, b.String())
}

func haproxyHosts(h Hosts, dir string, port int) spec {
	global, bind := haproxySessions(h.Shared, h.Version)
	s := haproxySpec(dir, global, fmt.Sprintf("bind 127.0.0.1:%d ssl crt-list %s/list %s", port, dir, bind))
	s.files["list"] = fmt.Sprintf(`%[1]s/both.pem [verify none] open.test
%[1]s/both.pem [ca-file %[1]s/ca.pem verify required] closed.test
%[1]s/both.pem [ca-file %[1]s/ca.pem verify required] second.test
%[1]s/both.pem [ca-file %[1]s/other.pem verify required] other.test
`, dir)
	return s
}

func sServerHosts(h Hosts, dir string, port int) spec {
	s := sServer.spec(Mode{Version: h.Version, Sessions: h.Shared, Auth: Required}, dir, port)
	s.args = append(s.args, "-servername", Second, "-cert2", "second.pem", "-key2", "second.key")
	return s
}
