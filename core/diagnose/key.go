package diagnose

import (
	"fmt"

	"rechallenge/core/trace"
)

// keyGoneSessionLives: a card was pulled, and its session goes on.
var keyGoneSessionLives = Rule{
	ID: "key-gone-session-lives", Severity: Warning,
	Title:     "The key is gone, and the session made with it lives",
	Why:       "Who pulls a card, or leaves with it, believes to have logged out. Whoever has the client then goes on in the card's name for as long as the session can be resumed, without a PIN and without the card.",
	Limits:    "That a token does not answer is seen from here; why it does not, isn't. How long the server goes on resuming is the question *how long does the server keep a session*.",
	Advice:    "Empty the client's session cache when its token goes away, or keep none for such identities. A server that must know can give short-lived sessions, or ask again in a fresh handshake.",
	Reference: "open-eid/chrome-token-signing issue 24 describes it; RFC 8446 section 2.2; PKCS #11 version 2.40 section 5.1 (CKR_DEVICE_REMOVED).",
	Check: func(v view) (found []Finding) {
		for _, c := range v.pass.Connections {
			if c.KeyGone == 0 || !resumed(c) || !c.MeantKnown() || !c.Resumption.Known || c.Resumption.EstablishedBy == nil || *c.Resumption.EstablishedBy != c.Meant() {
				continue
			}
			let := "the server took it up"
			if c.HTTP != nil {
				let = fmt.Sprintf("the server took it up and answered with %d", c.HTTP.Status)
			}
			f := Finding{
				Connections: involved(c),
				Title:       fmt.Sprintf("The key of %s was gone, and connection %d resumed the session made with it", c.Meant(), c.Index),
				Detail: fmt.Sprintf("When connection %d began, the token with the key of %s was not there. It offered the %s that %s made%s; %s.%s%s",
					c.Index, c.Meant(), mechanism(c), maker(c), age(c), let, saw(c), until(v, c)),
				Evidence: []Evidence{on(c, c.KeyGone, "the key is gone"), on(c, c.Proof.ServerHello, "its session is accepted")},
			}
			if c.HTTP != nil {
				f.Evidence = append(f.Evidence, on(c, c.Proof.Response, fmt.Sprintf("status %d", c.HTTP.Status)))
			}
			found = append(found, f)
		}
		return found
	},
}

// until says how long the client would go on offering the session, "" = it is
// not known.
func until(v view, c *trace.Connection) string {
	for _, s := range v.pass.Entries {
		if s.Serial == c.Resumption.Serial && !s.Expires.IsZero() {
			return fmt.Sprintf(" The client keeps it until %s.", s.Expires.UTC().Format("15:04:05 UTC"))
		}
	}
	return ""
}
