package servers

import (
	"fmt"
	"strings"
)

// sServer is openssl s_server with its status page, which holds the client's
// certificate; its message log tells what it sent.
var sServer = kind{
	program: "openssl",
	whoami:  `(?s)(-----BEGIN CERTIFICATE-----.*-----END CERTIFICATE-----)|no client certificate available`,
	words:   sServerWords,
	spec: func(m Mode, _ string, port int) spec {
		args := []string{
			"s_server", "-accept", fmt.Sprintf("127.0.0.1:%d", port), "-cert", "server.pem", "-key", "server.key", "-CAfile", "ca.pem",
			"-www", "-msg", "-tls" + strings.ReplaceAll(m.Version, ".", "_"),
		}
		if m.Auth == Required {
			args = append(args, "-Verify", "2", "-verify_return_error")
		} else {
			args = append(args, "-verify", "2")
		}
		if m.Sessions == Tickets || m.Sessions == Neither {
			args = append(args, "-no_cache")
		}
		if m.Sessions == IDs || m.Sessions == Neither {
			args = append(args, "-no_ticket")
		}
		return spec{args: args}
	},
}

// sServerWords reads the message log: from a ClientHello to the server's own
// Finished, so that no connection is judged by half of its lines. A server that
// sends no Certificate has resumed.
func sServerWords(log string) (list []Words) {
	resumed, asked := true, false
	for line := range strings.Lines(log) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "<<<") && strings.HasSuffix(line, "ClientHello"):
			resumed, asked = true, false
		case !strings.HasPrefix(line, ">>>"):
		case strings.HasSuffix(line, ", Certificate"):
			resumed = false
		case strings.HasSuffix(line, ", CertificateRequest"):
			asked = true
		case strings.HasSuffix(line, ", Finished"):
			list = append(list, Words{Resumed: new(resumed), Asked: new(asked)})
		}
	}
	return list
}
