package session

import "time"

// chromiumProfiles are Chromium's network service on BoringSSL.
var chromiumProfiles = []Policy{
	{
		ID: "chromium", Title: "Chromium, Chrome, Edge", Stack: "BoringSSL in Chromium",
		NoPostHandshakeAuth: true, Chooses: ByList,
		Recipe: Recipe{PartName, PartPort}, MaxTTL: 2 * day, MaxTTL12: 2 * time.Hour, Capacity: 1024, PerKey: 2,
		SingleUseTickets: true, FlushOnIdentity: true,
		Scope: "network context", Bitten: "no",
		Source: "Chromium net/ssl/ssl_client_session_cache.cc and net/socket/ssl_client_socket_impl.cc", Date: read, Confidence: ReadInSource,
		Notes: "The identity is not in the key, but choosing or changing a certificate drops the host's sessions. " +
			"Network partition and privacy mode are in the key too, and the address where the key exchange is RSA.",
	},
}
