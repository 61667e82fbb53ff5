package diagnose

import (
	"fmt"

	"rechallenge/core/trace"
)

// saidBeforeTLS: bytes in clear came after the server's consent to TLS.
var saidBeforeTLS = Rule{
	ID: "said-before-tls", Severity: Warning,
	Title:     "The server said more in clear than its consent to TLS",
	Why:       "What comes in clear after the consent can be anybody's who sits between. A client that reads it after the handshake takes it for the server's own.",
	Limits:    "It was seen, not provoked, and thrown away before the handshake. Whether the server or somebody between sent it can't be told.",
	Advice:    "A server says nothing between its consent and the handshake. A client throws away what it has read by then.",
	Reference: "CVE-2011-0411; RFC 3207 section 4.2; CVE-2021-23222 (PostgreSQL)",
	Check: func(v view) (found []Finding) {
		for _, c := range v.pass.Connections {
			if c.Beyond == 0 {
				continue
			}
			found = append(found, Finding{
				Connections: []trace.Ref{c.Ref()},
				Title:       fmt.Sprintf("%d bytes came in clear on connection %d after the consent to TLS", c.Beyond, c.Index),
				Detail:      fmt.Sprintf("After its consent to begin TLS %s sent %d bytes more in clear. They were thrown away.", c.URL, c.Beyond),
				Evidence:    []Evidence{on(c, c.Proof.StartTLS, "what was said in clear")},
			})
		}
		return found
	},
}
