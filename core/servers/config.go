package servers

import (
	"context"
	"fmt"
	"strings"
)

// Config is a server with a configuration written out: what its documentation
// recommends, or a mistake on purpose. In the text {dir} is where its files are
// and {port} the port to listen on, at 127.0.0.1 and at other loopback addresses.
type Config struct {
	Server string // "nginx", "apache", "haproxy", "caddy", "stunnel", "lighttpd"
	Text   string // server blocks, virtual hosts, bind lines and rules, JSON, lines of a service
	Global string // haproxy's global section, Apache's global lines, stunnel's
}

// StartConfig starts a server with that configuration.
func StartConfig(ctx context.Context, c Config, f Files) (*Server, error) {
	make := configs[c.Server]
	if make == nil {
		return nil, fmt.Errorf("start server: no configuration can be given to %q", c.Server)
	}
	s := &Server{Mode: Mode{Server: c.Server}, kind: kinds[c.Server]}
	program := s.kind.program
	if program == "" {
		program = c.Server
	}
	err := s.start(ctx, program, f, func(dir string, port int) spec {
		fill := strings.NewReplacer("{dir}", dir, "{port}", fmt.Sprint(port))
		c := c
		c.Text, c.Global = fill.Replace(c.Text), fill.Replace(c.Global)
		return make(c, dir, port)
	})
	if err != nil {
		return nil, fmt.Errorf("start server %s: %w", c.Server, err)
	}
	return s, nil
}

var configs = map[string]func(c Config, dir string, port int) spec{
	"nginx":  func(c Config, dir string, _ int) spec { return nginxSpec(dir, c.Text) },
	"apache": func(c Config, dir string, port int) spec { return apacheSpec(dir, port, c.Global, c.Text) },
	"haproxy": func(c Config, dir string, _ int) spec {
		return spec{args: []string{"-db", "-f", dir + "/haproxy.cfg"}, files: map[string]string{
			"haproxy.cfg": "global\n  maxconn 100\n  " + c.Global + "\ndefaults\n  mode http\n  timeout connect 5s\n  timeout client 5s\n  timeout server 5s\n" + c.Text,
		}}
	},
	"caddy": func(c Config, dir string, _ int) spec {
		return spec{args: []string{"run", "--config", dir + "/caddy.json"}, files: map[string]string{"caddy.json": c.Text}}
	},
	"stunnel": func(c Config, dir string, _ int) spec {
		return spec{args: []string{dir + "/stunnel.conf"}, files: map[string]string{
			"stunnel.conf": "foreground = yes\nsyslog = no\ndebug = 7\npid =\n" + c.Text, "answer.sh": stunnelAnswer,
		}}
	},
	"lighttpd": func(c Config, dir string, _ int) spec {
		return spec{args: []string{"-D", "-f", dir + "/lighttpd.conf"}, files: map[string]string{
			"lighttpd.conf": c.Text, "htdocs/index.sh": `printf 'Content-Type: text/plain\r\nX-Client-DN: %s\r\n\r\nok\n' "$SSL_CLIENT_S_DN"` + "\n",
		}}
	},
}
