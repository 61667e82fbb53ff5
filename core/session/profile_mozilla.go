package session

import "rechallenge/core/protocol"

// mozillaProfiles are NSS and, on top of it with a token cache of its own, Firefox.
var mozillaProfiles = []Policy{
	{
		ID: "nss", Title: "NSS", Stack: "NSS",
		NoPostHandshakeAuth: true, Chooses: ByList,
		Recipe: qa1727, MaxTTL: 2 * day,
		Scope: "process", Bitten: "yes unless invalidated",
		Source: "NSS lib/ssl/sslnonce.c", Date: read, Confidence: ReadInSource,
		Notes: "Address, port, peer id (set by the application, usually empty) and the name of the URL; no limit in number. " +
			"Applications that change the certificate have to invalidate the session themselves.",
	},
	{
		ID: "firefox", Title: "Firefox", Stack: "NSS with Firefox's token cache",
		NoPostHandshakeAuth: true, Chooses: ByList,
		Recipe: Recipe{PartName, PartPort}, Mechanisms: []protocol.Mechanism{protocol.Ticket, protocol.PSK},
		AnonymousOnly: true,
		Scope:         "process, by container and private window", Bitten: "no; yes after visits without a certificate",
		Source: "Firefox ESR 153.7 against servers on loopback; netwerk/base/SSLTokensCache.cpp", Date: read, Confidence: RunHere,
		Notes: "A session made with a certificate is not kept, so whoever comes next is asked. One made without, because nobody was chosen, is resumed by whoever is chosen later. " +
			"Connection flags, host, port and origin attributes make the key: another container or a private window has other keys. The size is bounded in kilobytes, not in number; the lifetime is the server's.",
	},
}
