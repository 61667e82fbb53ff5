package session

import "rechallenge/core/protocol"

// libraryProfiles are HTTP clients that come with a language or a desktop.
var libraryProfiles = []Policy{
	{
		ID: "ruby", Title: "Ruby Net::HTTP, one object", Stack: "Ruby openssl",
		Chooses: AsGiven,
		Recipe:  Recipe{PartName, PartPort}, PoolKeyHasIdentity: true,
		Scope: "Net::HTTP object", Bitten: "yes where one object is given another certificate",
		Source: "Debian's Ruby 3.1 against servers on loopback; lib/net/http.rb, connect", Date: read, Confidence: RunHere,
		Notes: "An object keeps the session of its last connection and offers it at the next, whatever certificate it has by then. It offers post_handshake_auth. " +
			"Where a TLS 1.2 server gives a new ticket on every resumption, OpenSSL drops the old session and does not call back for the new one, so that every second visit is a full handshake.",
	},
	{
		ID: "php-streams", Title: "PHP https streams", Stack: "PHP openssl",
		NoPostHandshakeAuth: true, Chooses: AsGiven,
		Recipe: Recipe{PartName, PartPort}, Mechanisms: []protocol.Mechanism{}, PoolKeyHasIdentity: true,
		Scope: "no cache", Bitten: "no",
		Source: "Debian's PHP 8.2 against servers on loopback", Date: read, Confidence: RunOnly,
		Notes: "Nothing is resumed and nothing kept open; post_handshake_auth is not offered. PHP's curl extension is libcurl: see curl.",
	},
	{
		ID: "libsoup", Title: "libsoup 3 with GnuTLS", Stack: "glib-networking, GnuTLS",
		NoPostHandshakeAuth: true, Chooses: AsGiven,
		Recipe: qa1727, Mechanisms: []protocol.Mechanism{protocol.PSK},
		Scope: "process", Bitten: "yes",
		Source: "Debian's libsoup 3.2 with glib-networking 2.74 against servers on loopback", Date: read, Confidence: RunOnly,
		Notes: "TLS 1.3 tickets are kept for the whole process, so that a Session for each identity does not keep them apart; TLS 1.2 sessions are not resumed.",
	},
}
