package session

import "rechallenge/core/protocol"

// curlProfiles are libcurl with OpenSSL, sessions shared by one multi or share handle.
var curlProfiles = []Policy{
	{
		ID: "curl", Title: "curl 8.21 and later", Stack: "libcurl",
		Chooses: AsGiven,
		Recipe:  Recipe{PartName, PartPort, PartVersion, PartTrust, PartIdentity}, MaxTTL: 7 * day, MaxTTL12: day,
		Capacity: 25, PerKey: 2, SingleUseTickets: true, PoolKeyHasIdentity: true,
		Scope: "multi or share handle", Bitten: "no",
		Source: "curl lib/vtls/vtls_scache.c", Date: read, Confidence: ReadInSource,
		Notes: "Host, port, transport, every TLS option and the paths of CA, certificate and key. Paths, not contents: a certificate file replaced in place keeps the old session.",
	},
	{
		ID: "curl-7.88", Title: "curl 7.88 (Debian 12)", Stack: "libcurl",
		Chooses: AsGiven,
		Recipe:  Recipe{PartName, PartPort, PartVersion, PartTrust, PartIdentity}, Mechanisms: []protocol.Mechanism{protocol.SessionID, protocol.PSK},
		PoolKeyHasIdentity: true, Scope: "multi handle", Bitten: "no",
		Source: "Debian's curl 7.88.1 against a server on loopback", Date: read, Confidence: RunOnly,
		Notes: "As later versions, by the certificate's path. It offers no TLS 1.2 ticket.",
	},
	{
		ID: "curl-before-2016", Title: "curl before 7.50.1 (August 2016)", Stack: "libcurl",
		MaxVersion: protocol.TLS12, NoPostHandshakeAuth: true, Chooses: AsGiven,
		Recipe: Recipe{PartName, PartPort}, Mechanisms: []protocol.Mechanism{protocol.SessionID, protocol.Ticket},
		Scope: "easy or share handle", Bitten: "yes",
		Source: "CVE-2016-5419 (session), CVE-2016-5420 (connection)", Date: "2016-08-03", Confidence: Documented,
		Notes: "The client certificate was no part of the key, nor of the connection pool's.",
	},
}
