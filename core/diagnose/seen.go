package diagnose

import (
	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/trace"
)

// Seen makes what was seen of a connection the expectation of it: everything
// that is known, nothing that is not.
func Seen(p *trace.Pass, c *trace.Connection) plan.Expectation {
	e := plan.Expectation{Pass: p.Cache, Connection: c.Index, Handshake: c.Handshake}
	if c.Handshake == "" {
		// Nothing is known of a connection that never got to TLS.
		return plan.Expectation{}
	}
	challenged := c.Challenged()
	if !c.ChallengeHidden {
		e.Challenged = &challenged
	}
	if c.Handshake != protocol.Failed {
		e.Mechanism = plan.NoMechanism
		if resumed(c) {
			e.Mechanism = c.Resumption.Mechanism
		}
		if c.AuthenticatedKnown {
			id := plan.NoIdentity
			if c.IdentityAuthenticated != nil {
				id = *c.IdentityAuthenticated
			}
			e.IdentityAuthenticated = &id
		}
	}
	if c.IdentitySeenByServer != nil {
		words := *c.IdentitySeenByServer
		switch {
		case c.SeenAs != nil:
			words = *c.SeenAs
		case words == "":
			words = plan.NoIdentity
		}
		e.IdentitySeenByServer = &words
	}
	if c.HTTP != nil {
		e.Status = c.HTTP.Status
	}
	return e
}
