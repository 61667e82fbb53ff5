package session

// rustlsProfiles are rustls before and after its cache took in who verifies
// and who authenticates.
var rustlsProfiles = []Policy{
	{
		ID: "rustls", Title: "rustls 0.23.24 and later", Stack: "rustls",
		NoPostHandshakeAuth: true, NoRenegotiation: true, Chooses: AsGiven,
		Recipe: Recipe{PartName, PartTrust, PartIdentity}, MaxTTL: 7 * day, Capacity: 32, PerKey: 8, SingleUseTickets: true,
		PoolKeyHasIdentity: true, Scope: "ClientConfig", Bitten: "no; yes if one resolver changes its answer",
		Source: "rustls client/handy.rs and client/hs.rs", Date: read, Confidence: ReadInSource,
		Notes: "The server's name, and the very verifier and resolver objects that made the session: 32 servers of 8 tickets each.",
	},
	{
		ID: "rustls-before-0.23.24", Title: "rustls before 0.23.24", Stack: "rustls",
		NoPostHandshakeAuth: true, NoRenegotiation: true, Chooses: AsGiven,
		Recipe: Recipe{PartName}, MaxTTL: 7 * day, Capacity: 32, PerKey: 8, SingleUseTickets: true,
		PoolKeyHasIdentity: true, Scope: "session store, shared by clones of a ClientConfig", Bitten: "yes if the store is shared",
		Source: "rustls client/handy.rs", Date: read, Confidence: ReadInSource,
		Notes: "The server's name alone.",
	},
}
