package session

import "rechallenge/core/protocol"

// pythonProfiles are ssl, urllib3 and requests: nothing is resumed by itself.
var pythonProfiles = []Policy{
	{
		ID: "python", Title: "Python ssl, urllib3, requests", Stack: "Python ssl",
		Recipe: Recipe{PartName, PartPort}, Mechanisms: []protocol.Mechanism{},
		PoolKeyHasIdentity: true, Scope: "none", Bitten: "no; yes by hand on one SSLContext",
		Source: "CPython Modules/_ssl.c, urllib3 poolmanager, requests 2.32 adapters", Date: read, Confidence: RunHere,
		Notes: "A session is resumed only where the program hands it over itself, on the SSLContext that made it. Connections are pooled by the certificate's path or by context.",
	},
	{
		ID: "requests-before-2.32", Title: "Python requests before 2.32.0, one Session", Stack: "Python requests",
		Recipe: Recipe{PartName, PartPort}, Mechanisms: []protocol.Mechanism{},
		Scope: "requests.Session", Bitten: "yes where connections are kept open",
		Source: "psf/requests #2863, CVE-2024-35195 (the same cause: verify is not in the pool's key); Debian's requests 2.28.1 against a server on loopback", Date: read, Confidence: RunHere,
		Notes: "No TLS session comes back, but a kept-open connection does: the pool knows host and port, and neither certificate nor verification. A Session for each identity is the cure.",
	},
}
