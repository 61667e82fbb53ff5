package lab

// Rechecked are the servers that are asked what a resumed connection checks
// again: one for each TLS library that is at hand. Their visitor is dave, whose
// certificate ends within an hour.
var Rechecked = []Named{
	{
		ID: "crypto-tls", Title: "Conditions change, crypto/tls",
		Teaches:   "crypto/tls looks at the end and at the chain of a stored client certificate again, and calls VerifyConnection; VerifyPeerCertificate it does not call.",
		Behaviour: Behaviour{Auth: AuthOptional, HTTP3: true},
		Visits:    []Visit{{Path: "/", Identity: "dave"}},
	}, {
		ID: "quic", Title: "Conditions change, crypto/tls over QUIC",
		Teaches:   "Over QUIC crypto/tls looks at a resumed client again as it does over TCP.",
		Behaviour: Behaviour{Auth: AuthOptional, HTTP3: true}, HTTP: 3,
		Visits: []Visit{{Path: "/", Identity: "dave"}},
	}, {
		ID: "openssl", Title: "Conditions change, OpenSSL", Needs: NeedLibssl,
		Teaches:   "OpenSSL evaluates nothing of a client certificate again when its session is resumed; what changed has to end the sessions.",
		Behaviour: Behaviour{Auth: AuthOptional, SessionIDs: true, HTTP3: true},
		Visits:    []Visit{{Path: "/", Identity: "dave"}},
	},
}
