package session

// pythonProfiles are ssl, urllib3 and requests: nothing is resumed by itself.
var pythonProfiles = []Policy{
	{
		ID: "python", Title: "Python ssl, urllib3, requests", Stack: "Python ssl",
		Recipe: Recipe{PartName, PartPort}, Mechanisms: []Mechanism{},
		PoolKeyHasIdentity: true, Scope: "none", Bitten: "no; yes by hand on one SSLContext",
		Source: "CPython Modules/_ssl.c, urllib3 poolmanager", Date: read, Confidence: RunHere,
		Notes: "A session is resumed only where the program hands it over itself, on the SSLContext that made it. Connections are pooled by the certificate's path or by context.",
	},
}
