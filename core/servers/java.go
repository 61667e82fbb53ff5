package servers

import (
	_ "embed"
	"fmt"
)

//go:embed Server.java
var javaSource string

// java is the JDK's HttpsServer, started from one source file.
var java = kind{program: "java", spec: func(m Mode, dir string, port int) spec {
	return spec{
		args: []string{
			"-Xshare:auto", "-XX:TieredStopAtLevel=1", fmt.Sprintf("-Djdk.tls.server.enableSessionTicketExtension=%v", m.Sessions != IDs),
			dir + "/Server.java", fmt.Sprint(port), "TLSv" + m.Version, string(m.Auth),
		},
		files: map[string]string{"Server.java": javaSource},
	}
}}
