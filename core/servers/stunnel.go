package servers

import (
	"fmt"
	"strings"
)

// stunnel starts a shell script for each connection, which answers with what
// stunnel tells it in the environment.
var stunnel = kind{
	program: "stunnel",
	words:   stunnelWords,
	spec: func(m Mode, dir string, port int) spec {
		lines := ""
		switch m.Sessions {
		case IDs:
			lines = "options = NO_TICKET\n"
		case Neither:
			lines = "sessionResume = no\n"
		}
		if m.Auth == Required {
			lines += "verifyChain = yes\n"
		} else {
			lines += "verify = 1\n" // the only way to ask and be content with none
		}
		return spec{
			args: []string{dir + "/stunnel.conf"},
			files: map[string]string{
				"stunnel.conf": fmt.Sprintf(`foreground = yes
syslog = no
debug = 7
pid =
[https]
accept = 127.0.0.1:%[2]d
cert = %[1]s/server.pem
key = %[1]s/server.key
CAfile = %[1]s/ca.pem
sslVersion = TLSv%[3]s
exec = /bin/sh
execArgs = sh %[1]s/answer.sh
%[4]s`, dir, port, m.Version, lines),
				"answer.sh": stunnelAnswer,
			},
		}
	},
}

// stunnelAnswer is the script that answers a request.
const stunnelAnswer = `cr=$(printf '\r')
while IFS= read -r line && [ "$line" != "$cr" ]; do :; done
printf 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\nX-Client-DN: %s\r\n\r\nok\n' "$SSL_CLIENT_DN"
`

// stunnelWords reads stunnel's line about each handshake.
func stunnelWords(log string) (list []Words) {
	for line := range strings.Lines(log) {
		var resumed bool
		switch {
		case strings.Contains(line, "TLS accepted: previous session reused"):
			resumed = true
		case strings.Contains(line, "TLS accepted: new session negotiated"):
		default:
			continue
		}
		list = append(list, Words{Resumed: &resumed})
	}
	return list
}
