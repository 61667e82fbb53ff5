package diagnose

import (
	"fmt"
	"strings"

	"rechallenge/core/protocol"
	"rechallenge/core/trace"
)

const qa1727 = "Apple Technical Q&A QA1727, TLS Session Cache; RFC 8446 section 4.6.1; RFC 5246 section 7.4.1.2"

// challengeSuppressed is QA1727 itself.
var challengeSuppressed = Rule{
	ID: "challenge-suppressed", Severity: Error,
	Title:     "An identity was not asked, because another's session was resumed",
	Why:       "Whoever opens the second URL believes to be somebody else than the server thinks. What the second person does is done in the first one's name, with the first one's rights, and stands so in the server's log.",
	Limits:    "Without a control pass it is not proved that the server would have asked a fresh connection; the finding then says so. Whether the server would have let the right identity in is another question: look at the control's answer.",
	Advice:    "Give each identity a session cache of its own (in most libraries: a TLS context, session or client object), or use none.",
	Reference: qa1727,
	Check: func(v view) (found []Finding) {
		for _, c := range v.pass.Connections {
			if !resumed(c) || !c.MeantKnown() || c.Challenged() || !c.Resumption.Known || c.Resumption.EstablishedBy == nil || *c.Resumption.EstablishedBy == c.Meant() {
				continue
			}
			control := v.log.Fresh(c)
			if control != nil && control.Error == nil && !control.Challenged() && len(v.asking[c.Target].asked) == 0 {
				continue // the server asks nobody here: nothing was suppressed
			}
			other := *c.Resumption.EstablishedBy
			f := Finding{
				Connections: involved(c),
				Title:       strings.TrimSpace(fmt.Sprintf("%s was never asked: connection %d resumed %s's session %s", subject(c), c.Index, other, c.Resumption.SessionKey)),
				Detail: fmt.Sprintf("Under the cache %q it offered the %s that %s made as %s%s; the server accepted it and sent no CertificateRequest.%s",
					v.pass.Cache, mechanism(c), maker(c), other, age(c), saw(c)),
				Evidence: []Evidence{
					on(c, c.Proof.CacheLookup, other+"'s session is handed out"),
					on(c, c.Proof.ClientHello, "offered"),
					on(c, c.Proof.ServerHello, "accepted, no CertificateRequest"),
				},
			}
			if c.IdentitySeenByServer != nil {
				f.Evidence = append(f.Evidence, on(c, c.Proof.Whoami, "the server saw "+words(c)))
			}
			if control != nil && control.Challenged() {
				f.Detail += fmt.Sprintf(" On a fresh connection (pass %q) the same server asks%s.", v.log.Cache(control.Pass), andSaw(control))
				f.Evidence = append(f.Evidence, on(control, control.Challenges[0].Event, "a fresh one is asked"))
			} else {
				f.Detail += " No control connection could show what a fresh connection is asked here; " + maker(c) + " was asked."
			}
			found = append(found, f)
		}
		return found
	},
}

// anonymousSessionResumed: a session made by nobody is taken up with an identity at hand.
var anonymousSessionResumed = Rule{
	ID: "anonymous-session-resumed", Severity: Error,
	Title:     "An identity was not asked, because a session made without a certificate was resumed",
	Why:       "The person has a certificate and is nobody to the server: refused where he has rights, or let in where only guests are, without a word about why.",
	Limits:    "It needs a control that was asked. Where no pass without a cache has run, nothing is claimed.",
	Advice:    "Don't let connections that present no certificate share a session cache with those that do; a session made without a certificate stays anonymous for as long as it is resumed.",
	Reference: qa1727,
	Check: func(v view) (found []Finding) {
		for _, c := range v.pass.Connections {
			if !resumed(c) || c.Challenged() || c.Meant() == "" || !c.Resumption.Known || c.Resumption.EstablishedBy != nil {
				continue
			}
			control := v.log.Fresh(c)
			if control == nil || !control.Challenged() {
				continue
			}
			found = append(found, Finding{
				Connections: involved(c),
				Title:       fmt.Sprintf("%s was never asked: connection %d resumed an anonymous session %s", c.Meant(), c.Index, c.Resumption.SessionKey),
				Detail: fmt.Sprintf("Under the cache %q, connection %d took up the %s that %s made without a certificate%s,%s. The server sent no CertificateRequest and goes on treating the client as nobody.%s On a fresh connection (pass %q) it asks%s.",
					v.pass.Cache, c.Index, mechanism(c), maker(c), age(c), kept(c), saw(c), v.log.Cache(control.Pass), andSaw(control)),
				Evidence: []Evidence{
					on(c, c.Proof.CacheLookup, "the cache handed out a session that nobody authenticated"),
					on(c, c.Proof.ServerHello, "the ServerHello accepts it; no CertificateRequest follows"),
					on(control, control.Challenges[0].Event, "a fresh connection is asked"),
				},
			})
		}
		return found
	},
}

// identityConfused: the server's own words name another loaded identity.
var identityConfused = Rule{
	ID: "identity-confused", Severity: Error,
	Title:     "The server saw another identity than the one meant",
	Why:       "The server's own words name somebody else. From here on every action is booked on the wrong person.",
	Limits:    "It is as good as the place where the server names the client (whoami). A proxy or an application that writes that name from something else than the certificate misleads it.",
	Advice:    "Find out through which level the other identity came: a resumed TLS session, a reused connection, or a certificate chosen by someone else than this client. The same plan without a cache and without connection reuse tells them apart.",
	Reference: qa1727,
	Check: func(v view) (found []Finding) {
		for _, c := range v.pass.Connections {
			if c.Stack == trace.StackCaptured {
				found = append(found, provedAnother(c)...)
				continue
			}
			if c.SeenAs == nil || !c.MeantKnown() || *c.SeenAs == c.Meant() || c.ReusedConnection != nil {
				continue
			}
			found = append(found, Finding{
				Connections: involved(c),
				Title:       fmt.Sprintf("The server took connection %d for %s, it was meant to be %s", c.Index, *c.SeenAs, meant(c)),
				Detail:      fmt.Sprintf("In its answer to connection %d the server named %s. The connection's TLS state carried %s.", c.Index, words(c), carried(c)),
				Evidence:    []Evidence{on(c, c.Proof.Whoami, "the server says it saw "+words(c))},
			})
		}
		return found
	},
}

// trustEvaluationSkipped: the session was made without judging the server.
var trustEvaluationSkipped = Rule{
	ID: "trust-evaluation-skipped", Severity: Warning,
	Title:     "The server's certificate was not evaluated, because a session made without evaluation was resumed",
	Why:       "A resumed handshake shows no server certificate. If the session was made by a connection that did not look at it, nobody ever did, and the client talks to whoever it is.",
	Limits:    "Whether the certificate would have passed is known only where a control evaluated it.",
	Advice:    "Don't share a session cache between connections that evaluate the server's certificate and connections that don't.",
	Reference: "RFC 8446 section 4.6.1; Apple's sample code AdvancedURLConnections, read-me: caching of trust decisions",
	Check: func(v view) (found []Finding) {
		for _, c := range v.pass.Connections {
			if c.ServerTrust != trace.TrustSkipped || !resumed(c) || c.Resumption.Evaluated {
				continue
			}
			f := Finding{
				Connections: involved(c),
				Title:       fmt.Sprintf("Connection %d trusts a server whose certificate nobody evaluated", c.Index),
				Detail: fmt.Sprintf("Connection %d was to evaluate the server's certificate, but resumed the session %s, made by %s without evaluation. A resumed handshake carries no certificate, so nothing was judged.",
					c.Index, c.Resumption.SessionKey, maker(c)),
				Evidence: []Evidence{
					on(c, c.Proof.CacheLookup, "the session was made without evaluation"),
					on(c, c.Proof.ServerHello, "resumed: no Certificate follows"),
				},
			}
			if control := v.log.Fresh(c); control != nil && control.ServerTrust == trace.TrustFailed {
				f.Detail += fmt.Sprintf(" A fresh connection (pass %q) refuses this certificate.", v.log.Cache(control.Pass))
				f.Evidence = append(f.Evidence, on(control, control.Proof.Done, "a fresh connection refuses the certificate"))
			}
			found = append(found, f)
		}
		return found
	},
}

// involved lists the connection that made the session and the one that took it up.
func involved(c *trace.Connection) []trace.Ref {
	if c.Resumption != nil && c.Resumption.FromConnection > 0 {
		return []trace.Ref{{Pass: c.Pass, Connection: c.Resumption.FromConnection}, c.Ref()}
	}
	return []trace.Ref{c.Ref()}
}

// subject names whom a suppressed challenge was for.
func subject(c *trace.Connection) string {
	if c.Meant() == "" {
		return "A client without a certificate"
	}
	return c.Meant()
}

// maker names the connection that made the resumed session.
func maker(c *trace.Connection) string {
	switch {
	case c.Resumption.FromConnection != 0:
	case c.Stack == trace.StackCaptured || c.Resumption.SessionKey == "":
		return "a connection that can't be told" // no earlier run is known, and it may be encrypted
	default:
		return "an earlier run"
	}
	return fmt.Sprintf("connection %d", c.Resumption.FromConnection)
}

// kept says under which key the session was kept, "" where no cache of ours did.
func kept(c *trace.Connection) string {
	if c.Resumption.SessionKey == "" {
		return ""
	}
	return " kept under " + c.Resumption.SessionKey
}

// mechanism names how the session came back, in words.
func mechanism(c *trace.Connection) string {
	version := "TLS 1.2"
	if c.TLSVersion != 0 && c.TLSVersion < protocol.TLS12 {
		version = protocol.VersionName(c.TLSVersion)
	}
	switch c.Resumption.Mechanism {
	case protocol.SessionID:
		return version + " session (by its ID)"
	case protocol.Ticket:
		return version + " session (by its ticket)"
	}
	return "TLS 1.3 session (by its PSK)"
}

// age says how old the session was, where that is worth a word.
func age(c *trace.Connection) string {
	if c.Resumption.Age < 1e9 {
		return ""
	}
	return fmt.Sprintf(" %s before", c.Resumption.Age.Round(1e9))
}

// words is what the server called the client.
func words(c *trace.Connection) string {
	if c.IdentitySeenByServer == nil {
		return "(it does not say)"
	}
	return trace.Who(c.IdentitySeenByServer)
}

// saw is a sentence about whom the server saw.
func saw(c *trace.Connection) string {
	if c.IdentitySeenByServer == nil {
		return ""
	}
	return fmt.Sprintf(" It took the client for %s.", words(c))
}

// andSaw continues a sentence with whom the server saw.
func andSaw(c *trace.Connection) string {
	if c.IdentitySeenByServer == nil {
		return ""
	}
	return " and sees " + words(c)
}

// carried says whom the TLS state carried.
func carried(c *trace.Connection) string {
	if !c.AuthenticatedKnown {
		return "an identity that can't be known from here"
	}
	return trace.Who(c.IdentityAuthenticated)
}
