package session

import "rechallenge/core/protocol"

// goProfiles are Go's crypto/tls with one ClientSessionCache for everybody,
// as Config.Clone and http.Transport.Clone leave it.
var goProfiles = []Policy{
	{
		ID: "go", Title: "Go crypto/tls, a shared ClientSessionCache", Stack: "crypto/tls",
		NoPostHandshakeAuth: true, NoRenegotiation: true, Chooses: ByList,
		Recipe: Recipe{PartName}, MaxTTL: 7 * day, Capacity: 64, Mechanisms: []protocol.Mechanism{protocol.Ticket, protocol.PSK},
		Scope: "ClientSessionCache object", Bitten: "yes if the cache is shared",
		Source: "crypto/tls handshake_client.go and common.go, Go 1.26", Date: read, Confidence: RunHere,
		Rechecks: goRechecks,
		Notes: "A second handshake is refused with no_renegotiation (the default, RenegotiateNever). ServerName without the port, so that another port is no way out. No cache unless one is configured; Config.Clone shares it. " +
			"The TLS 1.2 lifetime hint is not enforced; it is here, being what the server honours. Tickets are offered again and again; session IDs never. " +
			"A Transport pools by address alone, so that a GetClientCertificate that changes its answer is not asked while a connection is open; a Transport's clone has a pool of its own.",
	},
	{
		ID: "go-renegotiation", Title: "Go crypto/tls with Config.Renegotiation, a shared ClientSessionCache", Stack: "crypto/tls",
		NoPostHandshakeAuth: true, Chooses: ByList,
		Recipe: Recipe{PartName}, MaxTTL: 7 * day, Capacity: 64, Mechanisms: []protocol.Mechanism{protocol.Ticket, protocol.PSK},
		Scope: "ClientSessionCache object", Bitten: "yes if the cache is shared",
		Source: "crypto/tls handshake_client.go and common.go, Go 1.26", Date: read, Confidence: RunHere,
		Rechecks: goRechecks,
		Notes: "Renegotiation set to RenegotiateOnceAsClient or RenegotiateFreelyAsClient: a second handshake is answered, and the question in it. ServerName without the port, so that another port is no way out. No cache unless one is configured; Config.Clone shares it. " +
			"The TLS 1.2 lifetime hint is not enforced; it is here, being what the server honours. Tickets are offered again and again; session IDs never. " +
			"A Transport pools by address alone, so that a GetClientCertificate that changes its answer is not asked while a connection is open; a Transport's clone has a pool of its own.",
	},
}

// goRechecks is what loadSession of crypto/tls's handshake_client.go looks at.
const goRechecks = "end, name and chain of the stored certificate, at today's date and roots; read in source, Go 1.26, 2026-11"
