package session

// nodeProfiles are Node's two HTTP clients.
var nodeProfiles = []Policy{
	{
		ID: "node", Title: "Node https.Agent with cert, key or pfx", Stack: "Node https",
		NoPostHandshakeAuth: true, Chooses: AsGiven,
		Recipe: Recipe{PartName, PartPort, PartTrust, PartIdentity, PartVersion}, Capacity: 100, FIFO: true,
		PoolKeyHasIdentity: true, Scope: "Agent", Bitten: "no",
		Source: "Node lib/https.js, Agent.getName", Date: read, Confidence: RunHere,
		Rechecks: nodeRechecks,
		Notes:    "Host, port, local address and family, then ca, cert, key, pfx and the other TLS options; the connection pool goes by the same name. No lifetime of its own.",
	},
	{
		ID: "node-secure-context", Title: "Node https.Agent with secureContext", Stack: "Node https",
		NoPostHandshakeAuth: true, Chooses: AsGiven,
		Recipe: Recipe{PartName, PartPort}, Capacity: 100, FIFO: true,
		Scope: "Agent", Bitten: "yes",
		Source: "Node lib/https.js, Agent.getName", Date: read, Confidence: RunHere,
		Rechecks: nodeRechecks,
		Notes:    "A ready-made secureContext is no part of the name, so that two of them in one Agent share sessions and connections.",
	},
	{
		ID: "undici", Title: "Node fetch (undici)", Stack: "undici",
		NoPostHandshakeAuth: true, Chooses: AsGiven,
		Recipe: Recipe{PartName, PartIdentity}, Capacity: 100, FIFO: true,
		PoolKeyHasIdentity: true, Scope: "connector", Bitten: "no (its options are fixed)",
		Source: "undici lib/core/connect.js", Date: read, Confidence: RunHere,
		Notes: "The server's name without the port. Each connector keeps sessions of its own and has one identity for life, which puts the identity into the key in effect. Clients pool by origin.",
	},
}

// nodeRechecks is what onConnectSecure does with a session that was reused.
const nodeRechecks = "nothing: checkServerIdentity is left out, and the chain's result is the session's; read in source (lib/internal/tls/wrap.js), run, 2026-11"
