package diagnose

import (
	"rechallenge/core/plan"
	"rechallenge/core/trace"
)

// Seen makes what was seen of a connection the expectation of it: everything
// that is known, nothing that is not.
func Seen(p *trace.Pass, c *trace.Connection) plan.Expectation {
	e := plan.Expectation{Pass: p.Cache, Connection: c.Index, Handshake: string(c.Handshake)}
	if c.Handshake == "" {
		// Nothing is known of a connection that never got to TLS.
		return plan.Expectation{}
	}
	challenged := c.Challenged()
	if !c.ChallengeHidden {
		e.Challenged = &challenged
	}
	if c.Handshake != trace.Failed {
		e.Mechanism = plan.None
		if resumed(c) {
			e.Mechanism = string(c.Resumption.Mechanism)
		}
		if c.AuthenticatedKnown {
			id := plan.None
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
			words = plan.None
		}
		e.IdentitySeenByServer = &words
	}
	if c.HTTP != nil {
		e.Status = c.HTTP.Status
	}
	return e
}
