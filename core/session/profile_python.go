package session

import "rechallenge/core/protocol"

// pythonProfiles are ssl, urllib3 and requests: nothing is resumed by itself.
var pythonProfiles = []Policy{
	{
		ID: "python", Title: "Python requests and urllib3", Stack: "Python ssl",
		Chooses: AsGiven,
		Recipe:  Recipe{PartName, PartPort}, Mechanisms: []protocol.Mechanism{},
		PoolKeyHasIdentity: true, Scope: "no cache", Bitten: "no; yes by hand on one SSLContext",
		Source: "CPython Modules/_ssl.c, urllib3 poolmanager, requests 2.32 adapters", Date: read, Confidence: RunHere,
		Notes: "They switch post_handshake_auth on by themselves. A session is resumed only where the program hands it over itself, on the SSLContext that made it. Connections are pooled by the certificate's path or by context.",
	},
	{
		ID: "python-ssl", Title: "Python ssl without post_handshake_auth", Stack: "Python ssl",
		NoPostHandshakeAuth: true, Chooses: AsGiven,
		Recipe: Recipe{PartName, PartPort}, Mechanisms: []protocol.Mechanism{},
		PoolKeyHasIdentity: true, Scope: "no cache", Bitten: "no; yes by hand on one SSLContext",
		Source: "CPython Modules/_ssl.c, urllib3 poolmanager, requests 2.32 adapters", Date: read, Confidence: RunHere,
		Rechecks: "nothing, where a program hands a session over: name and chain are OpenSSL's, and stand with it; run, 2026-11",
		Notes:    "An SSLContext offers no post_handshake_auth unless the program sets it. A session is resumed only where the program hands it over itself, on the SSLContext that made it. Connections are pooled by the certificate's path or by context.",
	},
	{
		ID: "requests-before-2.32", Title: "Python requests before 2.32.0, one Session", Stack: "Python requests",
		Chooses: AsGiven,
		Recipe:  Recipe{PartName, PartPort}, Mechanisms: []protocol.Mechanism{},
		Scope: "requests.Session", Bitten: "yes where connections are kept open",
		Source: "psf/requests #2863, CVE-2024-35195 (the same cause: verify is not in the pool's key); Debian's requests 2.28.1 against a server on loopback", Date: read, Confidence: RunHere,
		Notes: "No TLS session comes back, but a kept-open connection does: the pool knows host and port, and neither certificate nor verification. A Session for each identity is the cure.",
	},
}
