package session

import "time"

// javaProfiles are the JDK's provider and Android's.
var javaProfiles = []Policy{
	{
		ID: "jsse", Title: "Java (JSSE), one SSLContext", Stack: "JSSE",
		NoPostHandshakeAuth: true, Chooses: ByList,
		Recipe: Recipe{PartName, PartPort}, TTL: day, Capacity: 20480, SingleUseTickets: true, NeedsLifetime: true,
		Scope: "SSLContext", Bitten: "yes in one SSLContext",
		Source: "OpenJDK 17 sun.security.ssl.SSLSessionContextImpl", Date: read, Confidence: RunHere,
		Rechecks: "nothing of the certificate; that the endpoint identification algorithm is still the session's; read in source (ClientHello.java), run, 2026-11",
		Notes: "Host and port. A KeyManager that changes its answer is not asked again while the session lives; a second SSLContext is the cure. " +
			"A ticket without a lifetime (the hint 0, which Go's server sends) is thrown away.",
	},
	{
		ID: "conscrypt", Title: "Conscrypt, OkHttp on Android", Stack: "Conscrypt",
		NoPostHandshakeAuth: true, NoRenegotiation: true, Chooses: ByList,
		Recipe: Recipe{PartName, PartPort}, MaxTTL: 8 * time.Hour, Capacity: 10, SingleUseTickets: true,
		Scope: "SSLContext, and a file cache of 12 that survives a restart", Bitten: "yes in one factory",
		Source: "Conscrypt ClientSessionContext and FileClientSessionCache", Date: read, Confidence: ReadInSource,
		Notes: "The connection pool tells socket factories apart as objects, not by identity.",
	},
}
