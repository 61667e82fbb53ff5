package session

import (
	"time"

	"rechallenge/core/protocol"
)

// appleProfiles are Apple's client stacks. The newer ones are closed: what
// their key holds is not known, and their rows are there to be measured.
var appleProfiles = []Policy{
	{
		ID: "nsurlconnection", Title: "NSURLConnection, 2011 to 2015", Stack: "NSURLConnection, Secure Transport",
		MaxVersion: protocol.TLS12, NoPostHandshakeAuth: true, Chooses: AsGiven,
		Recipe: qa1727, TTL: 10 * time.Minute, Mechanisms: []protocol.Mechanism{protocol.SessionID},
		Scope: "process", Bitten: "yes",
		Source: "Apple Technical Q&A QA1727; the lifetime also from coreTLS source", Date: "2015-08-19", Confidence: Documented,
		Notes: "The name goes into the key as typed, so that a trailing dot makes another key. Ten minutes from the full handshake; reuse does not extend them. " +
			"Tickets only where the application asks for them.",
	},
	{
		ID: "nsurlconnection-2005", Title: "NSURLConnection, 2005", Stack: "CFNetwork, Secure Transport",
		MaxVersion: protocol.TLS12, NoPostHandshakeAuth: true, Chooses: AsGiven,
		Recipe: Recipe{PartIP, PartPort}, ProxyRecipe: Recipe{PartName, PartPort}, TTL: 10 * time.Minute, Mechanisms: []protocol.Mechanism{protocol.SessionID},
		Scope: "process", Bitten: "yes",
		Source: "CFNetwork source as published in 2005", Date: "2005", Confidence: ReadInSource,
		Notes: "Address and port without the name; through a CONNECT or SOCKS proxy host and port instead.",
	},
	{
		ID: "nsurlsession", Title: "NSURLSession", Stack: "NSURLSession",
		Recipe: qa1727, TTL: 10 * time.Minute,
		PoolKeyHasIdentity: true, Scope: "session object", Bitten: "measure",
		Source: "Apple's advice in QA1727 to use one session object per identity; developers' reports on the lifetime and against the isolation", Date: "2015-08-19", Confidence: Reported,
		Notes: "Closed source. Modelled as one session object used with two identities; the key is assumed to be QA1727's. " +
			"Apple gives each session object its own cache, several developers did not see that. Measure before relying on it.",
	},
	{
		ID: "network-framework", Title: "Network.framework", Stack: "Network.framework",
		Recipe: qa1727, Mechanisms: []protocol.Mechanism{protocol.Ticket, protocol.PSK},
		PoolKeyHasIdentity: true, Scope: "unknown", Bitten: "measure",
		Source: "Apple's header sec_protocol_options: resumption and tickets can be switched off", Date: read, Confidence: Unknown,
		Notes: "Closed source: key, capacity and lifetime are assumptions. Joining an existing HTTP/2 connection compares the identity. Measure before relying on it.",
	},
}
