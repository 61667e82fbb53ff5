package diagnose

import "fmt"

// earlyDataAsAnother: what a client sends before the handshake is over is the
// session's owner's, whoever sends it.
var earlyDataAsAnother = Rule{
	ID: "early-data-as-another", Severity: Error,
	Title:     "An identity's early data was taken under another's session",
	Why:       "Early data (0-RTT) is answered before the handshake is over: nobody can be asked until then, and the request counts as that of whoever made the session. It can also be repeated by whoever recorded it (RFC 8446 section 8).",
	Limits:    "It needs the wire's word that early data was sent and taken, which without a key log can't be read. Whether the server acted on the request before the handshake was over can't be seen: it may hold it back (RFC 8470 section 5.1).",
	Advice:    "Send no early data where identities share a session cache; give each identity a session cache of its own. On the server, answer 425 Too Early to requests whose sender matters.",
	Reference: "RFC 8446 sections 2.3, 4.2.10 and 8; RFC 8470; RFC 9001 section 4.6",
	Check: func(v view) (found []Finding) {
		for _, c := range v.pass.Connections {
			e := c.Wire.Early
			if !resumed(c) || !c.MeantKnown() || !e.Sent || !e.Accepted || !c.Resumption.Known || c.Resumption.EstablishedBy == nil || *c.Resumption.EstablishedBy == c.Meant() {
				continue
			}
			other := *c.Resumption.EstablishedBy
			f := Finding{
				Connections: involved(c),
				Title:       fmt.Sprintf("%s's early data was taken under %s's session on connection %d", subject(c), other, c.Index),
				Detail: fmt.Sprintf("Under the cache %q it offered the %s that %s made as %s, sent its request before the handshake was over, and the server took it.%s",
					v.pass.Cache, mechanism(c), maker(c), other, saw(c)),
				Evidence: []Evidence{
					on(c, c.Proof.ClientHello, "offered, with early data"),
					on(c, c.Proof.Early, "early data accepted"),
				},
			}
			if c.IdentitySeenByServer != nil {
				f.Evidence = append(f.Evidence, on(c, c.Proof.Whoami, "the server saw "+words(c)))
			}
			found = append(found, f)
		}
		return found
	},
}
