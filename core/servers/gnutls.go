package servers

import (
	"fmt"
	"strings"
)

// gnutls is gnutls-serv with its status page. It can't be told to listen on
// loopback alone.
var gnutls = kind{
	program: "gnutls-serv",
	whoami:  `(?s)Description:.*?(?:Subject: ([^\n]*)|Your HTTP header was)`,
	words:   gnutlsWords,
	spec: func(m Mode, dir string, port int) spec {
		args := []string{
			"--http", "--port", fmt.Sprint(port), "--x509certfile", dir + "/server.pem", "--x509keyfile", dir + "/server.key", "--x509cafile", dir + "/ca.pem",
			"--priority", "NORMAL:-VERS-ALL:+VERS-TLS" + m.Version,
		}
		if m.Auth == Required {
			args = append(args, "--require-client-cert")
		}
		if m.Sessions == Tickets || m.Sessions == Neither {
			args = append(args, "--nodb")
		}
		if m.Sessions == IDs || m.Sessions == Neither {
			args = append(args, "--noticket")
		}
		return spec{args: args}
	},
}

// gnutlsWords reads what gnutls-serv prints of each handshake: whether it
// resumed, where it did, and then a description.
func gnutlsWords(log string) (list []Words) {
	resumed := false
	for line := range strings.Lines(log) {
		switch {
		case strings.HasPrefix(line, "*** This is a resumed session"):
			resumed = true
		case strings.HasPrefix(line, "- Description:"):
			said := resumed
			list, resumed = append(list, Words{Resumed: &said}), false
		}
	}
	return list
}
